"""An event as a value, its canonical JSON (RFC 8785), and the hash of its content.

`encode` is the only way an event becomes stored bytes, `decode` the only way back. `decode` is tolerant: what the log
holds was admitted once, and a newer writer may know fields and kinds that this reader does not.
"""

from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from schemas.errors import Undecodable
from schemas.instants import format_instant, parse_canonical


class Event(NamedTuple):
    """One line of the log. `time` is in microseconds (UTC); `data` is plain JSON, instants in it as canonical text;
    `content` is the hash of type, time and data, 32 hexadecimal digits."""

    time: int
    source: str
    id: str
    type: str
    data: dict[str, Any]
    content: str


def event_of(time: int, source: str, id: str, type: str, data: dict[str, Any]) -> Event:
    """The event with its content hash computed."""
    return Event(time, source, id, type, data, content_hash(time, type, data))


def content_hash(time: int, type: str, data: dict[str, Any]) -> str:
    """Two events with one (source, id) are duplicates if this is equal, and in conflict if not (EVENTS.md)."""
    return _content_hash(format_instant(time), type, data)


def _content_hash(time: str, type: str, data: dict[str, Any]) -> str:
    return sha256(canonical({"data": data, "time": time, "type": type})).hexdigest()[:32]


def envelope(event: Event) -> dict[str, Any]:
    """The event as a CloudEvent 1.0, structured JSON."""
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "time": format_instant(event.time),
        "data": event.data,
    }


def encode(event: Event) -> bytes:
    """The bytes that the log keeps: the envelope in canonical JSON."""
    return canonical(envelope(event))


def decode(stored: bytes) -> Event:
    """The event whose bytes these are, with whatever fields and kind a newer writer gave it. Undecodable: `encode` did
    not write these bytes."""
    try:
        line = orjson.loads(stored)
        time, kind, data = line["time"], line["type"], line["data"]
        content = _content_hash(time, kind, data)
        return Event(parse_canonical(time), line["source"], line["id"], kind, data, content)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise Undecodable("not an event that Weft stored") from None


# --- canonical JSON -------------------------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """RFC 8785 for what `data` can hold: keys of ASCII, any text, whole numbers below 2**53, and weights in (0, 1].

    >>> canonical({"weight": 0.0000012, "subject": "Nachfolge"})
    b'{"subject":"Nachfolge","weight":0.0000012}'
    """
    written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    if b"e-6" in written:  # perhaps a number, perhaps only text: either way what follows is right, and rare
        return orjson.dumps(_spelled_out(value), option=orjson.OPT_SORT_KEYS)
    return written


def _spelled_out(value: Any) -> Any:
    """Millionths as RFC 8785 (that is, JavaScript) writes them, where orjson, like most, writes 1.2e-6."""
    if isinstance(value, dict):
        return {key: _spelled_out(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_spelled_out(item) for item in value]
    if isinstance(value, float) and 1e-6 <= abs(value) < 1e-5:
        return orjson.Fragment(format(Decimal(repr(value)), "f"))
    return value
