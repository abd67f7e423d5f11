"""An event as a value, its canonical JSON (RFC 8785), and the hash of its content.

`encode` is the only way an event becomes stored bytes, `decode` the only way back. `decode` is tolerant: what the log
holds was admitted once, and a newer writer may know fields and kinds that this reader does not.
"""

from hashlib import sha256
from typing import Any, NamedTuple

import orjson

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
    return sha256(canonical({"data": data, "time": format_instant(time), "type": type})).hexdigest()[:32]


def canonical(value: Any) -> bytes:
    """RFC 8785 for what `data` can hold: ASCII keys, strings, whole numbers, and weights in (0, 1]."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


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
    """The event whose bytes these are. ValueError: these bytes were not written by `encode`."""
    line = orjson.loads(stored)
    try:
        time, kind, data = parse_canonical(line["time"]), line["type"], line["data"]
        return Event(time, line["source"], line["id"], kind, data, content_hash(time, kind, data))
    except (KeyError, TypeError) as missing:
        raise ValueError(f"not an event that Weft stored: {missing!r}") from None
