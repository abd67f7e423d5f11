"""The language for others to read: JSON Schema for each kind, AsyncAPI 3 for the topics, the page docs/EVENTS.md."""

from typing import Any

from schemas.cloudevents import LONGEST_NAME
from schemas.page import page, who
from schemas.topics import INTAKE, KINDS, TOPICS, UNREADABLE, Kind, Role
from schemas.words import Node, schema_of

__all__ = ["asyncapi", "json_schema", "page"]

LANGUAGE_VERSION = "1.0.0"  # the second number grows with each new kind or optional field
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_CONTENT_TYPE = "application/cloudevents+json"
_KAFKA = {"bindingVersion": "0.5.0"}


def json_schema(kind: str) -> Node:
    """The JSON Schema of a whole event of this kind. KeyError: there is no such kind.

    >>> json_schema("group.closed")["properties"]["type"]
    {'const': 'group.closed'}
    """
    schema = _event(KINDS[kind], schema_of(KINDS[kind].model))
    data = schema["properties"]["data"]
    definitions = {"$defs": data.pop("$defs")} if "$defs" in data else {}
    return {"$schema": _DIALECT, "$id": f"urn:weft:{kind}", **schema, **definitions}


def _event(kind: Kind, data: Node) -> Node:
    name = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME}
    properties = {
        "specversion": {"const": "1.0"},
        "id": name,
        "source": name,
        "type": {"const": kind.type},
        "time": {"type": "string", "format": "date-time"},
        "data": dict(data),
    }
    return {
        "title": kind.type,
        "description": data["description"],
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }


# --- AsyncAPI -------------------------------------------------------------------------------------------------------


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0.0 document: what Weft receives on its intake, and what it sends to the topics of its log."""
    published = [kind for kind in KINDS.values() if kind.who != {Role.WEFT}]
    channels = {topic: _channel(topic, _carried(topic), "Part of the log: only Weft writes it.") for topic in TOPICS}
    channels[INTAKE] = _channel(INTAKE, _refs(published), "Where services produce; key: source and id.")
    channels[UNREADABLE] = _channel(UNREADABLE, {"unreadable": _UNREADABLE}, "What was not admitted; kept for 30 days.")
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Weft", "version": LANGUAGE_VERSION, "description": "Introductions across groups."},
        "defaultContentType": _CONTENT_TYPE,
        "channels": channels,
        "operations": {_verb(topic): _operation(topic, channels[topic]) for topic in channels},
        "components": {"messages": {kind.type: _message(kind) for kind in KINDS.values()}, "schemas": _schemas()},
    }


def _carried(topic: str) -> dict[str, Node]:
    return _refs([kind for kind in KINDS.values() if kind.topic == topic])


def _refs(kinds: list[Kind]) -> dict[str, Node]:
    return {kind.type: {"$ref": f"#/components/messages/{kind.type}"} for kind in kinds}


def _channel(topic: str, messages: dict[str, Node], description: str) -> dict[str, Any]:
    bindings = {"kafka": {"topic": topic, **_KAFKA}}
    return {"address": topic, "description": description, "messages": messages, "bindings": bindings}


def _verb(topic: str) -> str:
    return f"{'receive' if topic == INTAKE else 'send'}.{topic}"


def _operation(topic: str, channel: dict[str, Any]) -> dict[str, Any]:
    messages = [{"$ref": f"#/channels/{topic}/messages/{name}"} for name in channel["messages"]]
    return {"action": _verb(topic).split(".")[0], "channel": {"$ref": f"#/channels/{topic}"}, "messages": messages}


def _message(kind: Kind) -> dict[str, Any]:
    return {
        "name": kind.type,
        "summary": kind.model.__doc__,
        "description": f"Who may publish: {who(kind)}.",
        "contentType": _CONTENT_TYPE,
        "payload": {"$ref": f"#/components/schemas/{kind.type}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": kind.keyed_by}, **_KAFKA}},
    }


def _schemas() -> dict[str, Node]:
    schemas: dict[str, Node] = {}
    for kind in KINDS.values():
        data = dict(schema_of(kind.model, "#/components/schemas/{model}"))
        schemas |= data.pop("$defs", {})
        schemas[kind.type] = _event(kind, data)
    return schemas


_HEADERS = {name: {"type": "string"} for name in ("error", "topic", "partition", "offset", "at")}
_UNREADABLE = {
    "name": "unreadable",
    "summary": "The bytes as they came.",
    "contentType": "application/octet-stream",
    "headers": {"type": "object", "properties": _HEADERS, "required": list(_HEADERS)},
    "payload": {},
}
