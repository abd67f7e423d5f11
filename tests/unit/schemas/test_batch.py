"""A batch is cut into the very bytes of its items, whatever they are."""

import json
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.batch import split_batch
from schemas.codec import Event
from schemas.door import OPERATOR, admit
from schemas.errors import Refusal
from tests.unit.schemas.poison import NOW, POISON, line

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(st.lists(json_values), st.sampled_from([None, 2]), st.booleans())
def test_the_items_of_any_array_come_back_as_they_were_written(items: list[object], indent: int | None, ascii: bool):
    body = json.dumps(items, indent=indent, ensure_ascii=ascii).encode(errors="surrogatepass")
    cut = split_batch(body)
    assert isinstance(cut, list)
    assert [json.loads(item.decode(errors="surrogatepass")) for item in cut] == items
    assert all(item in body for item in cut)


def test_spaces_within_an_item_stay_so_that_its_size_is_its_own():
    assert split_batch(b' [ {"a" : 1 } ,\n2 ] ') == [b'{"a" : 1 }', b"2"]


def test_an_empty_batch_has_no_items():
    assert split_batch(b"[]") == split_batch(b" [ \n ] ") == []


def test_a_bad_item_harms_no_other():
    bad = {"no JSON", "NaN", "a key twice", "64 KiB and one byte"}
    inside = [poison.raw for poison in POISON if poison.name in bad]
    cut = split_batch(b"[" + b",".join([line(), *inside, line()]) + b"]")
    assert isinstance(cut, list) and len(cut) == len(inside) + 2
    answers = [admit(item, NOW, OPERATOR) for item in cut]
    assert [isinstance(answer, Event) for answer in answers] == [True, *[False] * len(inside), True]


def test_a_comma_too_many_is_an_item_that_says_nothing():
    assert split_batch(b"[1,,2,]") == [b"1", b"", b"2", b""]


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"]", b"[", b"[1", b'["a]', b"[[1]", b"[}", b"[] []", b"\xff[]"])
def test_what_is_no_array_is_refused_as_a_whole(body: bytes):
    refusal = split_batch(body)
    assert isinstance(refusal, Refusal) and refusal.status == 400


@pytest.mark.parametrize("piece", [b"[", b'"', b'\\"', b'"\\', b'"a"', b"a", b"1,", b'{"', b"]["])
def test_cutting_takes_time_in_proportion_to_the_bytes(piece: bytes):
    started = process_time()
    split_batch(b"[" + piece * (1_000_000 // len(piece)))
    assert process_time() - started < 5  # seconds; quadratic would be hours
