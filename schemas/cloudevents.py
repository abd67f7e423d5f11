"""The envelope: CloudEvents 1.0, structured JSON. Other attributes and extensions are tolerated and not kept."""

from difflib import get_close_matches
from typing import Any, NamedTuple

from pydantic_core import PydanticCustomError

from schemas.errors import Refused
from schemas.fields import named_type, past_instant_us
from schemas.topics import KINDS, Kind
from schemas.words import PAST_INSTANT

LONGEST_NAME = 200  # characters of `id` and `source` (EVENTS.md)
_LONGEST_KIND = 100  # characters; nothing longer is a kind misspelt
_NAMES = f"1 to {LONGEST_NAME} characters that can be printed"
_VERSION = 'the text "1.0", which says that this is a CloudEvent'
_KINDS = f"one of the {len(KINDS)} kinds that `weft schema` lists"


class Envelope(NamedTuple):
    """What is kept of the envelope, and the data as they came. `time` is in microseconds."""

    id: str
    source: str
    kind: Kind
    time: int
    data: dict[str, Any]


def opened(line: Any, now: int) -> Envelope:
    """The envelope of one event that arrives at `now` (µs); Refused where it is not as EVENTS.md says."""
    if not isinstance(line, dict):
        raise Refused("", f"is {named_type(line)}", "one CloudEvent, a JSON object", 400)
    if _text(line, "specversion", _VERSION) != "1.0":
        raise Refused("specversion", "is not that of CloudEvents 1.0", _VERSION)
    id, source, kind = _name(line, "id"), _name(line, "source"), _kind(line)
    return Envelope(id, source, kind, _time(line, now), _data(line, kind))


def _text(line: dict[str, Any], field: str, allowed: str) -> str:
    value = line.get(field)
    if isinstance(value, str):
        return value
    raise Refused(field, f"is {named_type(value)}, not text" if field in line else "is missing", allowed)


def _name(line: dict[str, Any], field: str) -> str:
    name = _text(line, field, _NAMES)
    if not 0 < len(name) <= LONGEST_NAME:
        raise Refused(field, f"is longer than {LONGEST_NAME} characters" if name else "is empty", _NAMES)
    if not name.isprintable():
        raise Refused(field, "has a character that cannot be printed", _NAMES)
    return name


def _kind(line: dict[str, Any]) -> Kind:
    type_ = _text(line, "type", _KINDS)
    kind = KINDS.get(type_)
    if kind is None:
        near = get_close_matches(type_, KINDS, n=1) if len(type_) <= _LONGEST_KIND else []
        hint = f"; the nearest is {near[0]}" if near else ""
        raise Refused("type", "is not a kind of event that Weft knows", _KINDS + hint)
    return kind


def _time(line: dict[str, Any], now: int) -> int:
    if "time" not in line:
        raise Refused("time", "is missing", PAST_INSTANT)
    try:
        return past_instant_us(line["time"], now)
    except PydanticCustomError as wrong:
        raise Refused("time", wrong.message(), PAST_INSTANT) from None


def _data(line: dict[str, Any], kind: Kind) -> dict[str, Any]:
    data = line.get("data")
    if isinstance(data, dict):
        return data
    wrong = f"is {named_type(data)}, not an object" if "data" in line else "is missing"
    raise Refused("data", wrong, f"an object with the fields of {kind.type}")
