"""What others read about the language says what the language is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from schemas.codec import Event
from schemas.documents import asyncapi, json_schema, page
from schemas.door import WEFT, admit
from schemas.page import who
from schemas.topics import INTAKE, KINDS, TOPICS, UNREADABLE, Kind, Role
from schemas.words import resolved, schema_of
from tests.unit.schemas.golden import GOLDEN
from tests.unit.schemas.mutations import mutations
from tests.unit.schemas.poison import NOW

PAGE = Path(__file__).parents[3] / "docs" / "EVENTS.md"


# --- docs/EVENTS.md -------------------------------------------------------------------------------------------------


def test_the_page_is_the_one_that_the_models_write():
    assert PAGE.read_text() == page() + "\n", "run: weft schema --page > docs/EVENTS.md"


def rows_under(heading: str) -> list[list[str]]:
    """The rows of the table under a heading, without its head."""
    section = PAGE.read_text().split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    table = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip(" `") for cell in row.split("|")[1:-1]] for row in table[2:]]


@pytest.mark.parametrize("topic", TOPICS)
def test_the_pages_tables_are_the_topic_table(topic: str):
    said = [tuple(row[:3]) for row in rows_under(f"## {topic}")]
    assert said == [(kind.type, who(kind), kind.keyed_by) for kind in KINDS.values() if kind.topic == topic]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.type)
def test_the_pages_fields_are_the_models(kind: Kind):
    rows = [row for row in rows_under(f"### {kind.type}") if not set(row[0]) & set(".[]*")]
    said = [(name.rstrip("` 🔒"), optional == "yes") for name, optional, _, _ in rows]
    assert [name.rstrip("` 🔒") for name, *_ in rows if name.endswith("🔒")] == [
        name for name in kind.model.model_fields if name in kind.personal
    ]
    assert said == [(name, not field.is_required()) for name, field in kind.model.model_fields.items()]


# --- JSON Schema ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_golden_line_is_valid_by_its_json_schema(kind: str):
    schema = json_schema(kind)
    jsonschema_rs.meta.validate(schema)
    assert jsonschema_rs.is_valid(schema, json.loads(GOLDEN[kind]))


def test_what_the_door_admits_is_valid_by_json_schema():
    schemas = {kind: jsonschema_rs.validator_for(json_schema(kind)) for kind in KINDS}
    admitted = [raw for raw in mutations(5_000, seed=4) if isinstance(admit(raw, NOW, WEFT), Event)]
    assert len(admitted) > 100
    for raw in admitted:
        line = json.loads(raw)
        assert schemas[line["type"]].is_valid(line), raw


def test_json_schema_names_no_default_since_null_means_to_clear():
    assert "default" not in {key for kind in KINDS for node in walk(json_schema(kind)) for key in node}


def test_json_schema_has_every_field_and_no_other():
    for kind in KINDS.values():
        data = json_schema(kind.type)["properties"]["data"]
        assert list(data["properties"]) == list(kind.model.model_fields)
        assert data["additionalProperties"] is False


# --- AsyncAPI -------------------------------------------------------------------------------------------------------


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every object within."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(inner)


def at(document: dict[str, Any], ref: str) -> Any:
    for step in ref.removeprefix("#/").split("/"):
        document = document[step]
    return document


def test_asyncapi_refers_to_nothing_that_is_not_there():
    document = asyncapi()
    refs = [node["$ref"] for node in walk(document) if "$ref" in node]
    assert refs and all(at(document, ref) for ref in refs)


def test_asyncapi_has_a_channel_and_an_operation_for_every_topic():
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    assert list(document["channels"]) == [*TOPICS, INTAKE, UNREADABLE]
    actions = {each["channel"]["$ref"].split("/")[-1]: each["action"] for each in document["operations"].values()}
    assert actions == {INTAKE: "receive"} | dict.fromkeys([*TOPICS, UNREADABLE], "send")


def test_asyncapi_puts_each_kind_on_its_topic_and_on_the_intake_what_others_may_say():
    channels = asyncapi()["channels"]
    for kind in KINDS.values():
        assert kind.type in channels[kind.topic]["messages"]
        assert (kind.type in channels[INTAKE]["messages"]) == (kind.who != {Role.WEFT})


def test_asyncapi_gives_each_message_its_key_and_the_payload_of_its_json_schema():
    document = asyncapi()
    for kind in KINDS.values():
        message = document["components"]["messages"][kind.type]
        assert message["bindings"]["kafka"]["key"]["description"] == kind.keyed_by
        data = at(document, message["payload"]["$ref"])["properties"]["data"]
        assert list(data["properties"]) == list(resolved(schema_of(kind.model), {})["properties"])
