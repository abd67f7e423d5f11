"""Learning anew on the log of a network: in a process of its own, so that nobody who is served waits, and what is no
worse than the card in force becomes an event."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid5

import orjson

from matcher.card import default_card, id_of
from matcher.horizon import state_at
from matcher.introductions import NAMESPACE
from matcher.world import World
from schemas.codec import Event, decode, encode, event_of
from schemas.door import WEFT_SOURCE
from schemas.instants import format_instant
from services.log import ReadableLog
from services.log.reader import LogReader
from services.trouble import Trouble

if TYPE_CHECKING:  # it takes a second to load what learning is done with: only the process that learns does
    from services.learning import Learned

IN_FOLDER, ON_BROKERS = "folder", "brokers"
_MILLIONTHS = 1_000_000


class Lesson(NamedTuple):
    """What one purpose has learned, as people and scripts are told it, and the event by which it is put in force; None
    where the card in force stays."""

    told: dict[str, Any]
    event: Event | None


class Source(NamedTuple):
    """The log to learn from: that of a folder (`where`), or on the brokers that the settings in a file say."""

    kind: str  # IN_FOLDER or ON_BROKERS
    where: Path

    @contextmanager
    def opened(self) -> Iterator[ReadableLog]:
        """The log. LogDamaged, LogAway, Trouble."""
        if self.kind == IN_FOLDER:
            with closing(LogReader(self.where)) as reader:
                yield reader
            return
        from services.kafka.place import opened
        from services.log.kafka import KafkaLog
        from services.settings import load

        place = opened(load(self.where))
        with closing(KafkaLog(place.brokers, place.sealing)) as log:
            yield log


def relearn(source: Source, at: int, *, from_the_default: bool = False) -> list[Lesson]:
    """Learns on a log what was known by an instant (µs), in another process, which ends whatever becomes of this one.
    Trouble: what that one said.

    `from_the_default`: no fitted card may stay in force, as somebody was erased on whom it was fitted; where the new
    one is worse than the default card, that one is put in force.
    """
    command = [sys.executable, "-m", "services.relearning", *map(str, source), str(at), str(int(from_the_default))]
    ended = subprocess.run(command, capture_output=True, check=False)
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip().splitlines()
        raise Trouble(f"nothing was learned: {said[-1] if said else 'the process that learns was ended'}")
    return [Lesson(one["told"], one["event"] and decode(one["event"].encode())) for one in orjson.loads(ended.stdout)]


def _relearn(source: Source, at: int, from_the_default: bool) -> list[Lesson]:
    from services.learning import learn

    with source.opened() as log:
        positions = log.end()
        events = [record.event for record in log.read(to=positions) if record.event.time < at]
        world = state_at(events, at).world
        cut = {"log_id": log.log_id, "positions": positions, "world": world.digest()}
    before = World() if from_the_default else world
    return [_lesson(each, published_as(each, cut, at, from_the_default)) for each in learn(events, before, at)]


def _lesson(learned: "Learned", event: Event | None) -> Lesson:
    from services.learning import LEAST_UNSEEN

    weights_id = event.data["weights_id"] if event else None
    known = {"purpose": str(learned.purpose), "outcomes": learned.outcomes, "new": learned.new, "needed": LEAST_UNSEEN}
    said = {**known, **_gain(learned), "weights_id": weights_id}
    return Lesson(said, event)


def published_as(learned: "Learned", cut: dict[str, Any], at: int, from_the_default: bool = False) -> Event | None:
    """By which event a card is put in force that was learned on a cut; None where the one in force stays."""
    if not learned.is_no_worse:
        return _again(default_card(learned.purpose).data, at) if from_the_default else None
    assert learned.card
    said = learned.card.said() | {"serves": str(learned.purpose)}
    fitted_on = {"cut": cut, "outcomes": learned.outcomes, "figures": _gain(learned)}
    return _again({"weights_id": id_of(said), **said, "fitted_on": fitted_on}, at)


def _again(said: dict[str, Any], at: int) -> Event:
    as_of = format_instant(at)
    id = str(uuid5(NAMESPACE, f"weights {said['weights_id']} {as_of}"))
    return event_of(at, WEFT_SOURCE, id, "weights.fitted", said | {"as_of": as_of})


def _gain(learned: "Learned") -> dict[str, int | None]:
    """By how much it is better, and between which bounds, in millionths of a nat."""
    gain = learned.gain or (None, None, None)
    whole = (None if each is None or not isfinite(each) else round(_MILLIONTHS * each) for each in gain)
    return dict(zip(("gain", "gain_low", "gain_high"), whole, strict=True))


if __name__ == "__main__":
    try:
        lessons = _relearn(Source(sys.argv[1], Path(sys.argv[2])), int(sys.argv[3]), sys.argv[4] == "1")
    except Trouble as trouble:
        sys.exit(str(trouble))
    found = [{"told": one.told, "event": encode(one.event).decode() if one.event else None} for one in lessons]
    sys.stdout.buffer.write(orjson.dumps(found))
