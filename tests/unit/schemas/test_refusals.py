"""Pydantic's findings in our words: every type of error that our models can raise has its sentence."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from schemas.codec import decode
from schemas.events import RoundHeld
from schemas.fields import named_type
from schemas.refusals import WRONG, refused
from schemas.topics import KINDS
from schemas.words import Node, resolved, schema_of, words
from tests.unit.schemas.golden import GOLDEN
from tests.unit.schemas.mutations import ODD_VALUES

MODELS: list[type[BaseModel]] = [kind.model for kind in KINDS.values()]


def raised(model: type[BaseModel], data: Any) -> Iterator[str]:
    try:
        model.model_validate(data, context={"now": 0})
    except ValidationError as found:
        yield from (error["type"] for error in found.errors())


def spoilt(value: Any) -> Iterator[Any]:
    """The value with each of its parts, in turn, swapped for each odd value, taken out, or joined by another."""
    yield from ODD_VALUES
    if isinstance(value, dict):
        for key in value:
            yield {name: value[name] for name in value if name != key}
            yield from (value | {key: inner} for inner in spoilt(value[key]))
        yield value | {"colour": 1}
        yield value | {"é": 1}
    elif isinstance(value, list):
        yield value * 30
        yield from ([inner, *value[1:]] for item in value[:1] for inner in spoilt(item))


def test_every_error_that_a_model_can_raise_has_its_sentence_and_every_sentence_its_error():
    types = {
        type_
        for kind in KINDS.values()
        for data in spoilt(decode(GOLDEN[kind.type]).data)
        for type_ in raised(kind.model, data)
    }
    assert types == set(WRONG)


def nodes(node: Node, schema: Node) -> Iterator[Node]:
    node = resolved(node, schema)
    yield node
    of_any_name = node.get("additionalProperties")
    inner = [*node.get("properties", {}).values(), node.get("items"), of_any_name]
    for each in inner:
        if isinstance(each, dict):
            yield from nodes(each, schema)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_says_in_words_what_it_allows(model: type[BaseModel]):
    schema = schema_of(model)
    for node in nodes(schema, schema):
        assert words(node, schema)
        assert node.get("minLength", 1) == 1  # the sentence "is empty" counts on it


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("member.described", {"member_id": "m", "stage": "huge"}, "data.stage is none of the words that are allowed"),
        ("member.described", {"member_id": "m", "languages": "de"}, "data.languages is text, not a list"),
        ("member.described", {"member_id": "m", "languages": [7]}, "data.languages[0] is a number, not text"),
        ("group.founded", {"group_id": "g", "name": ""}, "data.name is empty"),
        ("group.founded", {"group_id": "g", "name": "n", "meets": 7}, "data.meets is a number, not an object"),
        ("member.erased", {}, "data.member_id is missing"),
        ("member.erased", {"member_id": "m", "why": "x"}, "data.why is not a field of member.erased"),
        ("interest.declared", {"member_id": "m", "subject": "s", "weight": 6}, "data.weight is too large"),
        ("interest.declared", {"member_id": "m", "subject": "s", "weight": True}, "data.weight is true or false"),
    ],
)
def test_a_refusal_says_what_is_wrong_in_a_sentence(kind: str, data: dict[str, Any], said: str):
    with pytest.raises(ValidationError) as found:
        KINDS[kind].model.model_validate(data)
    assert str(refused(KINDS[kind], found.value).refusal).startswith(said)


def test_a_name_that_is_no_name_is_refused_at_the_object_that_has_it():
    data = decode(GOLDEN["round.held"]).data | {"unmatched": {"é": 1}}
    with pytest.raises(ValidationError) as found:
        RoundHeld.model_validate(data)
    refusal = refused(KINDS["round.held"], found.value).refusal
    assert refusal.field == 'data.unmatched["\\u00e9"]' and refusal.allowed.endswith("printable ASCII")


def test_json_types_are_named_as_json_names_them():
    values = ["x", 1, 1.5, True, None, [], {}]
    named = ["text", "a number", "a number", "true or false", "null", "a list", "an object"]
    assert [named_type(value) for value in values] == named
