"""Canonical bytes, and the tolerant way back."""

import math
from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.codec import canonical, decode, encode, event_of
from schemas.errors import Undecodable
from schemas.fields import BIGGEST_WHOLE
from tests import builders as b

text = st.text(st.characters(exclude_categories=["Cs"]))
whole = st.integers(-BIGGEST_WHOLE, BIGGEST_WHOLE)
weight = st.floats(0, 1, exclude_min=True).filter(lambda number: not number.is_integer())
ascii_key = st.text(st.characters(max_codepoint=126), max_size=9)
anything = st.recursive(
    st.none() | st.booleans() | whole | weight | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ascii_key, inner, max_size=4),
)


@given(st.dictionaries(ascii_key, anything, max_size=6))
@example({"tiny": 0.000001, "note": "1e-6", "b": [9.999999e-06, 1.2e-07, {"c": 5e-324}]})
@example({"text": "\u2028\u007f\u0000\b\f</script>\U0001f331", "é": "never a key of ours, yet fine"})
def test_canonical_json_is_rfc_8785_for_all_that_data_can_hold(data: dict[str, Any]):
    assert canonical(data) == rfc8785.dumps(data)


@given(weight)
def test_a_weight_comes_back_from_its_canonical_form(number: float):
    assert math.isclose(orjson.loads(canonical([number]))[0], number, rel_tol=0, abs_tol=0)


def test_what_is_encoded_is_decoded_to_the_same_event():
    event = b.seeks("m-1", "Nachfolge", weight=0.000002, note="Übergabe 1e-6", until=b.day(3))
    assert decode(encode(event)) == event


def test_a_fraction_of_a_second_survives():
    event = b.founded(at=b.MONDAY + 1)
    assert decode(encode(event)).time == b.MONDAY + 1


def test_fields_and_kinds_of_a_newer_writer_are_read_and_kept():
    newer = event_of(b.MONDAY, "/crm", "1", "member.promoted", {"member_id": "m-1", "rank": {"of": ["gold"]}})
    assert decode(encode(newer)) == newer
    assert encode(decode(encode(newer))) == encode(newer)


def test_the_content_is_of_type_time_and_data_only():
    said = b.seeks("m-1", "x")
    assert b.seeks("m-1", "x", id="other", source="/app").content == said.content
    others = [b.seeks("m-1", "y"), b.seeks("m-1", "x", at=b.day(1)), b.seeks("m-1", "x", note=None)]
    assert said.content not in {event.content for event in others}


SPOILT = [encode(b.founded()).replace(*change) for change in [(b"2026", b"202"), (b"00Z", b"00"), (b"data", b"date")]]


@pytest.mark.parametrize("stored", [b"", b"{", b"[]", b"null", b"{}", b'{"time":7}', b"\xff", b"[" * 5_000, *SPOILT])
def test_what_weft_did_not_write_is_undecodable_and_nothing_else(stored: bytes):
    with pytest.raises(Undecodable):
        decode(stored)
