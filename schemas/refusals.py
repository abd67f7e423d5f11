"""From what pydantic found wrong with `data` to the words for a developer of a publishing service."""

from typing import Any

from pydantic import ValidationError

from schemas.errors import Refused
from schemas.fields import named_type
from schemas.strict_json import join
from schemas.topics import Kind
from schemas.words import allowed_at

# Every type of error that a model of events.py can raise (a test walks them all), and how we say it. Never the value:
# pydantic's own messages would quote it.
WRONG: dict[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of {kind}",
    "string_type": "is {got}, not text",
    "int_type": "is {got}, not a whole number",
    "float_type": "is {got}, not a number",
    "bool_type": "is {got}, not true or false",
    "list_type": "is {got}, not a list",
    "dict_type": "is {got}, not an object",
    "model_type": "is {got}, not an object",
    "literal_error": "is none of the words that are allowed",
    "string_pattern_mismatch": "is not of the form that is allowed",
    "string_too_short": "is empty",
    "string_too_long": "is longer than {max_length} characters",
    "too_short": "has fewer than {min_length} items",
    "too_long": "has more than {max_length} items",
    "greater_than": "is too small",
    "greater_than_equal": "is too small",
    "less_than_equal": "is too large",
    "finite_number": "is no finite number",
    "string_unicode": "has half a character (a lone surrogate)",
    "refused": "{wrong}",
}


def refused(kind: Kind, found: ValidationError) -> Refused:
    """The first thing that is wrong with the `data` of an event of this kind."""
    first = found.errors(include_url=False)[0]
    wrong = WRONG.get(first["type"], "is not as it should be")
    known: dict[str, Any] = {"kind": kind.type, "got": named_type(first["input"]), **first.get("ctx", {})}
    allowed = known.get("allowed") or allowed_at(kind.model, first["loc"])
    path = "data"
    for step in first["loc"]:
        path = path if step == "[key]" else join(path, step)
    return Refused(path, wrong.format_map(known), allowed)
