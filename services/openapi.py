"""The OpenAPI document: what FastAPI reads off the endpoints, with the event language and the problems put in."""

from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from schemas.documents import json_schema
from schemas.topics import KINDS, Role
from services import problems
from services.problems import Problem

ONE, BATCH, JSON = "application/cloudevents+json", "application/cloudevents-batch+json", "application/json"
_SCHEMAS = "#/components/schemas"


def install(app: FastAPI) -> None:
    """Makes the app serve this document; it is made when it is first asked for."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, summary=app.summary, description=app.description, routes=app.routes
    )
    schemas = document["components"]["schemas"]
    for kind in _published():
        schemas |= _event(kind)
    schemas["Event"] = {"oneOf": [{"$ref": f"{_SCHEMAS}/{kind}"} for kind in _published()]}
    schemas["Problem"] = Problem.model_json_schema()
    one = {"$ref": f"{_SCHEMAS}/Event"}
    batch = {"type": "array", "items": {}, "description": "Events; each gets a receipt of its own, whatever it is."}
    content = {ONE: {"schema": one}, BATCH: {"schema": batch}, JSON: {"schema": {"anyOf": [one, batch]}}}
    document["paths"]["/events"]["post"]["requestBody"] = {"required": True, "content": content}
    problem = {"content": {problems.MEDIA_TYPE: {"schema": {"$ref": f"{_SCHEMAS}/Problem"}}}}
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {"description": "What is wrong, and what is allowed.", **problem}
    return document


def _published() -> list[str]:
    return [kind.type for kind in KINDS.values() if kind.who != {Role.WEFT}]


def _event(kind: str) -> dict[str, Any]:
    """The schema of a kind and those that it refers to, by their names in this document."""
    schema = orjson.loads(orjson.dumps(json_schema(kind)).replace(b'"#/$defs/', f'"{_SCHEMAS}/'.encode()))
    named = schema.pop("$defs", {})
    return {kind: {key: value for key, value in schema.items() if not key.startswith("$")}, **named}
