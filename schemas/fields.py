"""The types of the fields in `data`: each checks one thing and says what it allows."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from schemas.instants import MINUTE_US, format_instant, parse_instant

EARLIEST_US = parse_instant("2000-01-01T00:00:00Z")
LATEST_US = parse_instant("2200-01-01T00:00:00Z")  # a pause or a need "for good" still ends
AHEAD_US = 5 * MINUTE_US  # how far a publisher's clock may be ahead of the door's (EVENTS.md)

INSTANT_ALLOWED = "an RFC 3339 instant with an offset, such as 2026-03-02T07:30:00Z, from 2000 to 2199"
PAST_ALLOWED = "an RFC 3339 instant with an offset, such as 2026-03-02T07:30:00Z, from 2000 to five minutes from now"


def refuse(wrong: str, allowed: str) -> PydanticCustomError:
    """The error that a field's check raises; the door turns it into a `Refusal`."""
    return PydanticCustomError("refused", "{wrong}", {"wrong": wrong, "allowed": allowed})


def _instant(value: Any, allowed: str) -> int:
    if not isinstance(value, str):
        raise refuse(f"is {_kind(value)}, not text", allowed)
    try:
        moment = parse_instant(value)
    except ValueError as wrong:
        raise refuse(str(wrong), allowed) from None
    if not EARLIEST_US <= moment < LATEST_US:
        raise refuse("is before 2000" if moment < EARLIEST_US else "is after 2199", allowed)
    return moment


def _canonical_instant(value: Any) -> str:
    return format_instant(_instant(value, INSTANT_ALLOWED))


def _canonical_past(value: Any, info: ValidationInfo) -> str:
    moment = _instant(value, PAST_ALLOWED)
    now = (info.context or {}).get("now")
    if now is not None and moment >= now + AHEAD_US:
        raise refuse("lies in the future", PAST_ALLOWED)
    return format_instant(moment)


def past_instant_us(value: Any, now: int) -> int:
    """The instant of the envelope's `time`: as for a field that tells of the past."""
    moment = _instant(value, PAST_ALLOWED)
    if moment >= now + AHEAD_US:
        raise refuse("lies in the future", PAST_ALLOWED)
    return moment


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", bool: "true or false", type(None): "null", int: "a number", float: "a number"}
    return names.get(type(value), "text")


def _not_blank(text: str) -> str:
    if not text.strip():
        raise refuse("is blank", "at least one character that can be seen")
    return text


def _distinct_pair(pair: list[str]) -> list[str]:
    if pair[0] == pair[1]:
        raise refuse("names one member twice", "two different members")
    return pair


def _distinct(ids: list[str]) -> list[str]:
    if len(set(ids)) < len(ids):
        raise refuse("names one member twice", "each member once")
    return ids


Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$", description="an opaque id, never derived from a name")]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_not_blank)]
Subject = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_not_blank)]
Text = Annotated[str, Field(max_length=5_000)]
Instant = Annotated[
    str, BeforeValidator(_canonical_instant), Field(json_schema_extra={"format": "date-time"}, description="RFC 3339 with an offset")
]
PastInstant = Annotated[
    str, BeforeValidator(_canonical_past), Field(json_schema_extra={"format": "date-time"}, description="RFC 3339 with an offset")
]
Minutes = Annotated[int, Field(ge=0, le=100_000)]
Pair = Annotated[list[Id], Field(min_length=2, max_length=2), AfterValidator(_distinct_pair)]
Attendees = Annotated[list[Id], Field(max_length=2_000), AfterValidator(_distinct)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$", description="ISO 639 code")]
Languages = Annotated[list[Language], Field(max_length=20)]
