"""A log copied into another one, of whatever kind: the same events, sealed anew with the keys of the other.

It goes from round to round: first all that a round knew, then its `round.opened`, then what came after. So what stands
before a round is the same world again, and it can be recomputed where the copy is (services/cuts.py), though its cut
names positions of the log that it was held on. What nobody can read any more stays behind.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import NamedTuple

from matcher.world import World
from schemas.codec import Event
from services.log import EventLog, Positions, ReadableLog, Record, Verdict
from services.trouble import Trouble

COPIED_AT_ONCE = 1_000  # events
APART_S = 0.02  # a round from what comes before and after it: the brokers' clocks, in milliseconds, are to tell it
NAME_BYTES = 16
OPENED = "round.opened"

Counted = Callable[[Iterable[Record], str, int], Iterator[Record]]
"""Passes records on, and shows how many of so many have been passed on and what for."""


class Copied(NamedTuple):
    """What a copy came to: how many events were copied, how many were there before, and the digests of both worlds."""

    copied: int
    there: int
    source: str
    target: str

    @property
    def is_equal(self) -> bool:
        """Whether the target now says what the source said when the copy began."""
        return self.source == self.target


class _Told(NamedTuple):
    """What a log tells: the digest of its world, and its rounds as they were opened."""

    digest: str
    opened: list[Record]


def copy(source: ReadableLog, target: EventLog, counted: Counted) -> Copied:
    """Copies what the source holds now; one that was cut short goes on where it was. Nobody else may write the target.
    Trouble: the target holds what the source does not."""
    end = source.end()
    there = {_name(each.event) for each in counted(target.read(remains=True), "reading the target", _all(target.end()))}
    strangers = set(there)
    told = _told(counted(source.read(to=end, remains=True), "reading the source", _all(end)), strangers)
    if strangers:
        what = "1 event" if len(strangers) == 1 else f"{len(strangers):,} events"
        raise Trouble(f"the target has {what} that the source does not have: copy into an empty one")
    had = len(there)
    records = counted(_from_round_to_round(source, told.opened, end), "copying", _all(end))
    copied = sum(_append(target, batch) for batch in _batches(records, there))
    return Copied(copied, had, told.digest, _told(counted(target.read(), "checking", _all(target.end())), set()).digest)


def _told(records: Iterable[Record], strangers: set[bytes]) -> _Told:
    """Folds them; takes out of `strangers` whom it meets."""
    world, opened = World(), []
    for record in records:
        strangers.discard(_name(record.event))
        if record.event.content:  # else it is what remains of what nobody can read
            world.apply(record.event)
        if record.event.type == OPENED:
            opened.append(record)
    return _Told(world.digest(), opened)


# --- from round to round ----------------------------------------------------------------------------------------------


def _from_round_to_round(source: ReadableLog, opened: list[Record], end: Positions) -> Iterator[Record]:
    """All records; `round.opened` comes twice: after what the round knew, and where it stands."""
    done: Positions = {}
    for cut, record in sorted(((_cut(source, record), record) for record in opened), key=lambda one: _all(one[0])):
        yield from source.read(done, cut)
        done = {name: max(done.get(name, 0), cut.get(name, 0)) for name in end}
        yield record
    yield from source.read(done, end)


def _cut(source: ReadableLog, opened: Record) -> Positions:
    """Up to where the round knew the log."""
    said = opened.event.data["cut"]
    return dict(said["positions"]) if said["log_id"] == source.log_id else source.before(opened)


def _batches(records: Iterable[Record], there: set[bytes]) -> Iterator[list[Event]]:
    """What is not there yet, in batches; each `round.opened` is one of its own."""
    batch: list[Event] = []
    for _, _, event in records:
        if (name := _name(event)) in there:
            continue
        if event.type == OPENED:
            there.add(name)
            yield batch
            time.sleep(APART_S)
            yield [event]
            time.sleep(APART_S)
            batch = []
            continue
        batch.append(event)
        if len(batch) == COPIED_AT_ONCE:
            yield batch
            batch = []
    yield batch


def _append(target: EventLog, events: list[Event]) -> int:
    return sum(receipt.verdict is Verdict.ACCEPTED for receipt in target.append(events))


def _name(event: Event) -> bytes:
    return blake2b(f"{event.source}\n{event.id}".encode(), digest_size=NAME_BYTES).digest()


def _all(positions: Positions) -> int:
    return sum(positions.values())
