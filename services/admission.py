"""From bytes to the log: through the one door, then appended together; each is told what became of it, in order."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import orjson

from schemas.codec import Event
from schemas.door import Sender, admit
from schemas.errors import Refusal
from services import log
from services.log import Verdict

ACCEPTED, DUPLICATE, REFUSED = "accepted", "duplicate", "refused"


class Spoken(NamedTuple):
    """An event that was admitted, and for whom it speaks, as a `Weft-Sender` header says it."""

    event: Event
    sender: str


Append = Callable[[Sequence[Event]], Sequence[log.Receipt]]  # `EventLog.append`


class Receipt(NamedTuple):
    """What became of one event: its source and id as far as they could be read, and why it was refused, if it was."""

    source: str | None
    id: str | None
    status: str
    refusal: Refusal | None = None


def take(append: Append, raws: Sequence[bytes], now: int, sender: Sender) -> list[Receipt]:
    """Admits and appends; when it returns, what was accepted is durable. Raises what appending raises."""
    admitted = [admit(raw, now, sender) for raw in raws]
    verdicts = iter(append([answer for answer in admitted if isinstance(answer, Event)]))
    return [
        refused(raw, answer) if isinstance(answer, Refusal) else appended(answer, next(verdicts).verdict)
        for raw, answer in zip(raws, admitted, strict=True)
    ]


def check(raws: Sequence[bytes], now: int, sender: Sender) -> list[Receipt]:
    """What the door says, and nothing else: a duplicate or a conflict shows itself only in a log."""
    admitted = ((raw, admit(raw, now, sender)) for raw in raws)
    return [
        refused(raw, answer) if isinstance(answer, Refusal) else appended(answer, Verdict.ACCEPTED)
        for raw, answer in admitted
    ]


def appended(event: Event, verdict: Verdict) -> Receipt:
    """What the log said of an event."""
    if verdict is Verdict.CONFLICT:
        return Receipt(event.source, event.id, REFUSED, CONFLICT)
    return Receipt(event.source, event.id, DUPLICATE if verdict is Verdict.DUPLICATE else ACCEPTED)


def refused(raw: bytes, refusal: Refusal) -> Receipt:
    """What the door said of these bytes."""
    return Receipt(*name_of(raw), REFUSED, refusal)


CONFLICT = Refusal(
    "id",
    "names another event already: this source published other content under it",
    "a new id for a new event; the same content for the same event sent again",
    status=409,
)


def name_of(raw: bytes) -> tuple[str | None, str | None]:
    """Source and id of what was refused, so that its sender finds it again; None where there is nothing to read."""
    try:
        line: Any = orjson.loads(raw)
    except ValueError:
        return None, None
    if not isinstance(line, dict):
        return None, None
    source, id = (value if isinstance(value, str) else None for value in (line.get("source"), line.get("id")))
    return source, id
