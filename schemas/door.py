"""The one door: bytes in, an event or a refusal out. Strict, so that everything behind it may be sure.

What may come in is anything; what comes out is an `Event` or a `Refusal`, never an exception. The clock is an argument.
"""

from typing import Any

from pydantic import ValidationError

from schemas import cloudevents, refusals, strict_json
from schemas.batch import split_batch
from schemas.codec import Event, event_of
from schemas.errors import Refusal, Refused
from schemas.senders import (
    OPERATOR,
    ORGANISER,
    PUBLISHER,
    WEFT,
    WEFT_SOURCE,
    Sender,
    check_member,
    check_role,
    check_source,
    member,
    sender_named,
)
from schemas.topics import Kind

__all__ = [
    "OPERATOR",
    "ORGANISER",
    "PUBLISHER",
    "WEFT",
    "WEFT_SOURCE",
    "Sender",
    "admit",
    "member",
    "sender_named",
    "split_batch",
]

BIGGEST_BYTES = 65_536  # 64 KiB (EVENTS.md)


def admit(raw: bytes, now: int, sender: Sender) -> Event | Refusal:
    """The event that these bytes (one CloudEvent as JSON) say at `now` (µs), or why it is refused.

    >>> raw = b'''{"specversion": "1.0", "id": "1", "source": "/crm", "type": "group.closed",
    ...            "time": "2026-03-02T07:30:00+01:00", "data": {"group_id": "g 1"}}'''
    >>> print(admit(raw, 1_800_000_000_000_000, PUBLISHER))
    data.group_id is not of the form that is allowed; allowed: 1 to 64 characters of A-Z a-z 0-9 . _ : -
    """
    try:
        return _admitted(raw, now, sender)
    except Refused as no:
        return no.refusal


def _admitted(raw: bytes, now: int, sender: Sender) -> Event:
    if len(raw) > BIGGEST_BYTES:
        raise Refused("", f"is longer than {BIGGEST_BYTES} bytes", f"at most {BIGGEST_BYTES} bytes (64 KiB)", 413)
    envelope = cloudevents.opened(strict_json.read(raw), now)
    check_role(sender, envelope.kind)
    check_source(sender, envelope.source)
    data = _checked(envelope.kind, envelope.data, now)
    check_member(sender, envelope.kind, data)
    return event_of(envelope.time, envelope.source, envelope.id, envelope.kind.type, data)


def _checked(kind: Kind, data: dict[str, Any], now: int) -> dict[str, Any]:
    """The data with instants as Weft writes them; what is absent stays absent, null stays null."""
    try:
        return kind.model.model_validate(data, context={"now": now}).model_dump(exclude_unset=True)
    except ValidationError as found:
        raise refusals.refused(kind, found) from None
