"""The types of the fields in `data`: each checks one thing. What each allows is said in words.py, once for all."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from schemas.instants import MINUTE_US, format_instant, parse_instant

EARLIEST_US = parse_instant("2000-01-01T00:00:00Z")
LATEST_US = parse_instant("2200-01-01T00:00:00Z")  # a pause or a need "for good" still ends
AHEAD_US = 5 * MINUTE_US  # how far a publisher's clock may be ahead of the door's (EVENTS.md)
PAST = "no later than five minutes from now"
BIGGEST_WHOLE = 2**53 - 1  # beyond it a double no longer tells whole numbers apart, and RFC 8785 ends

ID_PATTERN = r"^[A-Za-z0-9._:-]+$"
# Databases and terminals choke on control characters, though not on tabs and line ends. A title has something to see.
TEXT_PATTERN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
TITLE_PATTERN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*[^\x00-\x1f\x7f\s][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
EMAIL_PATTERN = r"^[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,185}$"
LANGUAGE_PATTERN = r"^[a-z]{2,3}$"
CLOCK_PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
TIMEZONE_PATTERN = r"^[A-Za-z0-9_+/-]{1,64}$"
DATE_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
AMOUNT_PATTERN = r"^[0-9]{1,15}(\.[0-9]{1,4})?$"
CURRENCY_PATTERN = r"^[A-Z]{3}$"
NAME_PATTERN = r"^[\x20-\x7e]+$"  # of what Weft itself names: features, partitions, arguments


def refuse(wrong: str, allowed: str = "") -> PydanticCustomError:
    """The error that a field's own check raises; refusals.py turns it into a `Refusal`. `allowed`: where words.py does
    not say it already."""
    return PydanticCustomError("refused", "{wrong}", {"wrong": wrong, "allowed": allowed})


# --- instants -------------------------------------------------------------------------------------------------------


def instant_us(value: Any) -> int:
    """The microseconds of an instant from 2000 to 2199; what is wrong with any other value, as `refuse` says it."""
    if not isinstance(value, str):
        raise refuse(f"is {named_type(value)}, not text")
    try:
        moment = parse_instant(value)
    except ValueError as wrong:
        raise refuse(str(wrong)) from None
    if not EARLIEST_US <= moment < LATEST_US:
        raise refuse("is before 2000" if moment < EARLIEST_US else "is after 2199")
    return moment


def past_instant_us(value: Any, now: int | None) -> int:
    """As `instant_us`, of something that has happened: no later than five minutes after the door's clock."""
    moment = instant_us(value)
    if now is not None and moment > now + AHEAD_US:
        raise refuse("lies more than five minutes in the future")
    return moment


def _canonical_instant(value: Any) -> str:
    return format_instant(instant_us(value))


def _canonical_past(value: Any, info: ValidationInfo) -> str:
    return format_instant(past_instant_us(value, (info.context or {}).get("now")))


Instant = Annotated[str, BeforeValidator(_canonical_instant), Field(json_schema_extra={"format": "date-time"})]
PastInstant = Annotated[
    str,
    BeforeValidator(_canonical_past),
    Field(json_schema_extra={"format": "date-time", "$comment": PAST}),
]

# --- text -----------------------------------------------------------------------------------------------------------

Id = Annotated[str, Field(min_length=1, max_length=64, pattern=ID_PATTERN)]
Title = Annotated[str, Field(min_length=1, max_length=200, pattern=TITLE_PATTERN)]
Subject = Title
Text = Annotated[str, Field(max_length=5_000, pattern=TEXT_PATTERN)]
Email = Annotated[str, Field(pattern=EMAIL_PATTERN)]
Language = Annotated[str, Field(pattern=LANGUAGE_PATTERN)]
Clock = Annotated[str, Field(pattern=CLOCK_PATTERN)]
Timezone = Annotated[str, Field(pattern=TIMEZONE_PATTERN)]
Date = Annotated[str, Field(pattern=DATE_PATTERN)]
Amount = Annotated[str, Field(pattern=AMOUNT_PATTERN)]
Currency = Annotated[str, Field(pattern=CURRENCY_PATTERN)]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=NAME_PATTERN)]

# --- numbers --------------------------------------------------------------------------------------------------------


def _whole_as_int(number: float) -> float:
    return int(number) if number.is_integer() else number


Whole = Annotated[int, Field(ge=-BIGGEST_WHOLE, le=BIGGEST_WHOLE)]
Count = Annotated[int, Field(ge=0, le=BIGGEST_WHOLE)]
Minutes = Annotated[int, Field(ge=0, le=100_000)]
Weight = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False), AfterValidator(_whole_as_int)]

# --- lists ----------------------------------------------------------------------------------------------------------


def _distinct(ids: list[str]) -> list[str]:
    if len(set(ids)) < len(ids):
        raise refuse("names one member twice")
    return ids


def _argument(value: Any) -> Any:
    """What a reason may carry beside code and points: text, whole numbers, true or false, and lists of those."""
    if isinstance(value, list):
        return [_argument(item) for item in value]
    if isinstance(value, str) and re.fullmatch(TEXT_PATTERN, value):
        return value
    if isinstance(value, bool | None) or (isinstance(value, int) and abs(value) <= BIGGEST_WHOLE):
        return value
    raise refuse("is not an argument that a page could say")


_UNIQUE = Field(json_schema_extra={"uniqueItems": True})
Pair = Annotated[list[Id], Field(min_length=2, max_length=2), AfterValidator(_distinct), _UNIQUE]
Attendees = Annotated[list[Id], AfterValidator(_distinct), _UNIQUE]
Languages = Annotated[list[Language], Field(max_length=20)]
Argument = Annotated[Any, BeforeValidator(_argument)]

_TYPES = {str: "text", int: "a number", float: "a number", bool: "true or false", list: "a list", dict: "an object"}


def named_type(value: Any) -> str:
    """What JSON calls a value of this type, without the value."""
    return _TYPES.get(type(value), "null")
