"""What a round knew: the state at its instant of the cut that `round.opened` names, read again from the log."""

from collections import defaultdict
from typing import Any, NamedTuple

from matcher import round_events
from matcher.facts import named_in
from matcher.horizon import Horizon
from matcher.index import Index
from matcher.world import World
from schemas.codec import Event
from schemas.instants import parse_canonical
from services.log import Positions, ReadableLog, Record


class Told(NamedTuple):
    """A held round as the log tells it."""

    opened: Event
    suggested: list[Event]
    held: Event
    stands: Record  # `round.opened` in this log


class Erased(NamedTuple):
    """Somebody who was erased: where they were first named, partition by partition, and where they were erased."""

    named: Positions
    at: Positions

    def was_within(self, cut: Positions) -> bool:
        """Whether the cut knew of them, and not yet of their erasure."""
        return any(first < cut.get(partition, 0) for partition, first in self.named.items()) and any(
            position >= cut.get(partition, 0) for partition, position in self.at.items()
        )


class History(NamedTuple):
    """The held rounds of a log, by the instant they are of; who was erased; and what each `weights.fitted` said, by the
    card's id."""

    rounds: list[Told]
    erased: list[Erased]
    cards: dict[str, Any]


def history_of(log: ReadableLog) -> History:
    """All that a log tells of its rounds. LogDamaged."""
    opened: dict[str, Record] = {}
    suggested: dict[str, list[Event]] = defaultdict(list)
    held: dict[str, Event] = {}
    cards: dict[str, Any] = {}
    named: defaultdict[str, Positions] = defaultdict(dict)
    first: dict[str, Positions] = {}
    for record in log.read(remains=True):
        partition, position, event = record
        for member_id in (*named_in(event), *event.data.get("attendee_ids", ())):
            named[member_id].setdefault(partition, position)
        if event.type == "round.opened":
            opened[event.data["round_id"]] = record
        elif event.type == "introduction.suggested":
            suggested[event.data["round_id"]].append(event)
        elif event.type == "round.held":
            held[event.data["round_id"]] = event
        elif event.type == "member.erased":
            first.setdefault(event.data["member_id"], {partition: position})  # a second one takes nothing away
        elif event.type == "weights.fitted":
            cards[event.data["weights_id"]] = event.data
    erased = [Erased(dict(named[member_id]), at) for member_id, at in first.items()]
    rounds = [
        Told(opened[round_id].event, suggested[round_id], end, opened[round_id])
        for round_id, end in held.items()
        if round_id in opened
    ]
    return History(sorted(rounds, key=lambda told: (told.opened.time, told.opened.id)), erased, cards)


def judged_otherwise(told: Told) -> str | None:
    """Says so where the round was judged by other rules than those of today."""
    written, ours = told.opened.data["judgement"], round_events.JUDGEMENT
    return None if written == ours else f"it was judged by version {written} of the rules; this is {ours}"


class AtCut:
    """The state at one round's instant of one round's cut after the other; folded on where the next is later in both,
    else anew."""

    def __init__(self, log: ReadableLog) -> None:
        self._log = log
        self._start(0)

    def _start(self, as_of: int) -> None:
        self._positions: Positions = {}
        self._horizon = Horizon(World(), as_of)
        self.index = Index(self._horizon.world)

    @property
    def world(self) -> World:
        return self._horizon.world

    def move_to(self, told: Told, erased: list[Erased]) -> str | None:
        """Puts the state where the round was opened; says why that is not what it knew, if it is not. LogDamaged."""
        said = told.opened.data
        is_ours = said["cut"]["log_id"] == self._log.log_id
        positions = said["cut"]["positions"] if is_ours else self._log.before(told.stands)
        if any(somebody.was_within(positions) for somebody in erased):
            return "somebody who was within its cut has been erased since"
        self._move_to(positions, parse_canonical(said["as_of"]))
        if not is_ours and self.whole.digest() != said["cut"]["world"]:
            return "its cut is of another log, and what stands before it here is not the same"
        return None

    def _move_to(self, positions: Positions, as_of: int) -> None:
        behind = any(self._positions.get(partition, 0) > next_one for partition, next_one in positions.items())
        if behind or as_of < self._horizon.as_of:
            self._start(as_of)
        self.index.follow(self._horizon.advance(as_of))
        for record in self._log.read(self._positions, positions):
            self.index.follow(self._horizon.add(record.event))
        self._positions = dict(positions)
        self.whole = self._horizon.whole()
