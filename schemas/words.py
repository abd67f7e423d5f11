"""What a field allows, in words: read off its JSON Schema, so that refusals and documents say the same."""

from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from schemas import fields

Node = dict[str, Any]

INSTANT = "an RFC 3339 instant with an offset, such as 2026-03-02T07:30:00Z, from 2000 to 2199"
PAST_INSTANT = INSTANT.replace("to 2199", "to five minutes from now")
ID = "1 to 64 characters of A-Z a-z 0-9 . _ : -"
_FORMS = {
    fields.ID_PATTERN: ID,
    fields.TITLE_PATTERN: "text of {length} characters, not blank, without control characters",
    fields.TEXT_PATTERN: "text of {length} characters, without control characters",
    fields.NAME_PATTERN: "{length} characters of printable ASCII",
    fields.EMAIL_PATTERN: "an address such as name@example.org, at most 250 characters",
    fields.LANGUAGE_PATTERN: "an ISO 639 code such as de",
    fields.CLOCK_PATTERN: "HH:MM, from 00:00 to 23:59",
    fields.TIMEZONE_PATTERN: "an IANA time zone such as Europe/Berlin",
    fields.DATE_PATTERN: "a day, YYYY-MM-DD",
    fields.AMOUNT_PATTERN: "a decimal number as text, such as 1200.00, with at most 4 decimals",
    fields.CURRENCY_PATTERN: "an ISO 4217 code such as EUR",
}
_ANYTHING = "text, a whole number, true, false, null, or a list of those"


class _AsTheDoor(GenerateJsonSchema):
    """No defaults: `null` is what pydantic fills in for an absent field, but to say it means to clear the field. The
    rule for an object's names holds for all of them, where pydantic would leave others free. No titles, which only
    repeat the names."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        keys, values = self.generate_inner(schema["keys_schema"]), self.generate_inner(schema["values_schema"])
        return {"type": "object", "propertyNames": keys, "additionalProperties": values}

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


@cache
def schema_of(model: type[BaseModel], ref_template: str = "#/$defs/{model}") -> Node:
    """The JSON Schema of a model; what it refers to lies under `$defs`."""
    return model.model_json_schema(ref_template=ref_template, schema_generator=_AsTheDoor)


def allowed_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> str:
    """What is allowed at a place in `model`: at ("attendee_ids", 3) an id. Where there is no such field: which are."""
    schema = schema_of(model)
    node = schema
    if "[key]" in loc:  # pydantic's way to say that it is the name before, not its value, that is wrong
        loc = (*loc[:-2], "[key]")
    for step in loc:
        inner = _inner(resolved(node, schema), step)
        if inner is None:
            break
        node = inner
    return words(node, schema)


def _inner(node: Node, step: str | int) -> Node | None:
    if isinstance(step, int):
        return node.get("items")
    if step == "[key]":
        return node.get("propertyNames")
    of_any_name = node.get("additionalProperties")
    return node.get("properties", {}).get(step, of_any_name if isinstance(of_any_name, dict) else None)


def resolved(node: Node, schema: Node) -> Node:
    """The node itself, behind its reference, and without `or null`."""
    node = next((option for option in node.get("anyOf", []) if option.get("type") != "null"), node)
    return schema["$defs"][node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else node


# --- a node in words ------------------------------------------------------------------------------------------------


def words(node: Node, schema: Node) -> str:
    """What a node of a JSON Schema allows.

    >>> words({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 5}, {"type": "null"}]}, {})
    'a whole number from 1 to 5, or null'
    """
    if "anyOf" in node:
        return f"{words(resolved(node, schema), schema)}, or null"
    node = resolved(node, schema)
    if "enum" in node:
        *others, last = node["enum"]
        return f"{', '.join(others)} or {last}"
    return {
        "string": _string,
        "integer": _integer,
        "number": _number,
        "boolean": lambda node, schema: "true or false",
        "array": _array,
        "object": _object,
    }.get(node.get("type", ""), lambda node, schema: _ANYTHING)(node, schema)


def _string(node: Node, schema: Node) -> str:
    if node.get("format") == "date-time":
        return PAST_INSTANT if node.get("$comment") == fields.PAST else INSTANT
    return _FORMS[node["pattern"]].format(length=_length(node))


def _integer(node: Node, schema: Node) -> str:
    if node["maximum"] < fields.BIGGEST_WHOLE:
        return f"a whole number from {node['minimum']:,} to {node['maximum']:,}"
    return f"a whole number{' of at least 0,' if node['minimum'] == 0 else ''} below 2^53"


def _number(node: Node, schema: Node) -> str:
    return f"a number above {node['exclusiveMinimum']}, at most {node['maximum']}"


def _array(node: Node, schema: Node) -> str:
    least, most = node.get("minItems", 0), node.get("maxItems")
    many = f"{least} " if least == most else f"at most {most} " if most else ""
    each = ", each once" if node.get("uniqueItems") else ""
    return f"a list of {many}({words(node['items'], schema)}){each}"


def _object(node: Node, schema: Node) -> str:
    if "properties" in node:
        others = "" if node.get("additionalProperties") is False else ", and others"
        return f"an object with {', '.join(node['properties'])}{others}"
    return f"an object of ({words(node['additionalProperties'], schema)})"


def _length(node: Node) -> str:
    most = f"{node.get('maxLength', 0):,}"
    return f"{node['minLength']} to {most}" if "minLength" in node else f"at most {most}"
