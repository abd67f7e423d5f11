"""The endpoints keep what their OpenAPI document says, whatever is sent: schemathesis with all its checks."""

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from schemas.instants import format_instant
from tests.builders import day
from tests.service.served import one_suggestion, served

LONG = os.environ.get("WEFT_CAMPAIGN") == "long"
EXAMPLES = 5_000 if LONG else 50
FEW = {} if LONG else {"/weights": 5}  # it can be asked for in three ways, of which each takes a process that learns
INTRODUCTION = "/members/{member_id}/introductions/{introduction_id}"
OPERATIONS = [
    ("POST", "/events"),
    ("GET", "/members/{member_id}/introductions"),
    ("POST", "/members/{member_id}/ask"),
    *(("POST", f"{INTRODUCTION}/{what}") for what in ("accept", "decline", "met", "rate")),
    ("GET", "/members/{member_id}/export"),
    ("POST", "/members/{member_id}/erase"),
    ("POST", "/rounds"),
    ("GET", "/erasures"),
    ("POST", "/keys/rotate"),
    ("POST", "/weights"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
]

# A schema cannot say "not in the future": of the instants that it allows, these are the ones that have passed.
schemathesis.openapi.format("date-time", st.integers(day(-9_000), day(8)).map(format_instant))


PYDANTICS_OWN = re.compile(r"(Input|String|Value|List) should|Field required|Extra inputs|JSON decode error")
WITHOUT_INPUT = ("/healthz", "/readyz", "/erasures", "/keys/rotate")


def _takes_input(path: str, mode: GenerationMode) -> bool:
    return mode is GenerationMode.POSITIVE or path not in WITHOUT_INPUT


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Iterator[schemathesis.BaseSchema]:
    with served(tmp_path_factory.mktemp("data")) as weft:
        weft.network.log.append(one_suggestion())
        yield schemathesis.openapi.from_url(f"{weft.http.base_url}/openapi.json")


def test_every_operation_is_tried(document: schemathesis.BaseSchema) -> None:
    labels = {operation.ok().label for operation in document.get_all_operations()}
    assert labels == {f"{method} {path}" for method, path in OPERATIONS}


@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [(*operation, mode) for operation in OPERATIONS for mode in GenerationMode if _takes_input(operation[1], mode)],
)
def test_no_request_breaks_what_the_document_says(
    document: schemathesis.BaseSchema, method: str, path: str, mode: GenerationMode
) -> None:
    @settings(max_examples=FEW.get(path, EXAMPLES // 2), database=None)
    @given(document[path][method].as_strategy(generation_mode=mode))
    def try_it(case: schemathesis.Case) -> None:
        if mode is GenerationMode.POSITIVE and path == "/events" and isinstance(case.body, dict):
            _mend(case.body)
        said = case.call_and_validate().text
        assert not PYDANTICS_OWN.search(said), said

    try_it()


def _mend(event: dict[str, Any]) -> None:
    """What a schema cannot say either: characters that can be printed, and two members who are not one."""
    for name in ("source", "id"):
        event[name] = "".join(filter(str.isprintable, event[name])) or "x"
    data = event["data"]
    for one, other in (("member_id", "other_id"), ("member_id", "by_id"), ("from_id", "to_id")):
        if other in data and data[one] == data[other]:
            data[other] = "somebody-else"
