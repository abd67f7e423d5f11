"""An event is for ever: the golden lines gain one with each new kind or field, and none is ever edited."""

from collections import defaultdict

import pytest

from schemas.codec import decode, encode
from schemas.door import WEFT, admit
from schemas.topics import KINDS
from tests.unit.schemas.golden import GOLDEN, HASHES, LINES
from tests.unit.schemas.poison import NOW


def test_every_kind_has_a_golden_line_and_every_line_a_golden_hash():
    assert set(GOLDEN) == set(KINDS)
    assert [decode(line).type for line in LINES] == [kind for _, kind in HASHES]


@pytest.mark.parametrize(
    ("line", "hash_and_kind"), list(zip(LINES, HASHES, strict=True)), ids=[kind for _, kind in HASHES]
)
def test_a_golden_line_is_read_and_written_as_ever(line: bytes, hash_and_kind: list[str]):
    event = decode(line)
    assert encode(event) == line
    assert [event.content, event.type] == hash_and_kind


@pytest.mark.parametrize("line", LINES, ids=[kind for _, kind in HASHES])
def test_a_golden_line_still_passes_the_door_as_the_same_event(line: bytes):
    assert admit(line, NOW, WEFT) == decode(line)


def test_the_golden_lines_of_a_kind_use_every_field():
    used = defaultdict(set)
    for event in map(decode, LINES):
        used[event.type].update(event.data)
    assert used == {type_: set(kind.model.model_fields) for type_, kind in KINDS.items()}
