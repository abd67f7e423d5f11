"""An event is for ever: the golden lines gain one with each new kind, and none is ever edited."""

import pytest

from schemas.codec import decode, encode
from schemas.door import WEFT, admit
from schemas.topics import KINDS
from tests.unit.schemas.golden import GOLDEN, HASHES, LINES
from tests.unit.schemas.poison import NOW


def test_every_kind_has_a_golden_line_and_a_golden_hash():
    assert list(GOLDEN) == list(HASHES) == list(KINDS)
    assert len(LINES) == len(KINDS)


@pytest.mark.parametrize("kind", GOLDEN)
def test_a_golden_line_is_read_and_written_as_ever(kind: str):
    event = decode(GOLDEN[kind])
    assert encode(event) == GOLDEN[kind]
    assert event.content == HASHES[kind]


@pytest.mark.parametrize("kind", GOLDEN)
def test_a_golden_line_still_passes_the_door_as_the_same_event(kind: str):
    assert admit(GOLDEN[kind], NOW, WEFT) == decode(GOLDEN[kind])


@pytest.mark.parametrize("kind", GOLDEN)
def test_a_golden_line_uses_every_field(kind: str):
    assert set(decode(GOLDEN[kind]).data) == set(KINDS[kind].model.model_fields)
