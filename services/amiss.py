"""What is wrong with what somebody typed or sent, as people say it: what pydantic found, in the words of the door."""

import re
from typing import Any

from pydantic import BaseModel

from schemas import fields, words
from schemas.errors import Refusal
from schemas.fields import named_type
from schemas.refusals import WRONG
from schemas.strict_json import join

Found = Any  # one of pydantic's errors: `type`, `loc`, `input`, `ctx`
Place = tuple[str | int, ...]

SENDER = "publisher, organiser, operator, or member: with an id"
_MORE = {  # what no event can raise
    "json_invalid": "is not JSON",
    "model_attributes_type": "is {got}, not an object",
    "extra_forbidden": "is not a field here",
    "value_error": "is not as it should be",
}


def wrong_with(found: Found) -> str:
    """What is wrong, without where; never the value, which may be personal.

    >>> wrong_with({"type": "int_type", "input": "a"})
    'is text, not a whole number'
    """
    told, kind = found.get("input"), found["type"]
    if kind == "string_pattern_mismatch" and isinstance(told, str):
        kind = "string_too_short" if not told.strip() else kind
        if kind == "string_pattern_mismatch" and found["ctx"]["pattern"] in (fields.TITLE_PATTERN, fields.TEXT_PATTERN):
            return "has a control character"
    sentence = (WRONG | _MORE).get(kind, "is not as it should be")
    return sentence.format_map({"got": named_type(told), **found.get("ctx", {})})


def allowed_at(model: type[BaseModel] | None, place: Place, found: Found) -> str:
    """What is allowed at a place of a model, or (None) of what a request has beside its body."""
    if found["type"] == "extra_forbidden":
        place = place[:-1]
    if model:
        return words.allowed_at(model, place)
    if found["type"] == "refused":
        return words.INSTANT
    if found["type"] == "literal_error":
        return str(found["ctx"]["expected"]).replace("'", "")
    return SENDER if place == ("Weft-Sender",) else words.ID


def path(place: Place) -> str:
    """A place as refusals name it.

    >>> path(("subjects", 0))
    'subjects[0]'
    """
    named = ""
    for step in place:
        named = join(named, step)
    return named


def plainly(refusal: Refusal, whole: str = "the whole") -> str:
    """A refusal of some JSON, without what Python's scanner says of it."""
    return f"{refusal.field or whole} {re.sub(r'is not JSON: [^(]*', 'is not JSON ', refusal.wrong)}"
