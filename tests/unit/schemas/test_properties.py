"""Laws of the door, attacked with events that nobody thought of."""

import json
from datetime import timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import Event, decode, encode, envelope
from schemas.door import WEFT, admit
from schemas.fields import ID_PATTERN, TEXT_PATTERN, TITLE_PATTERN
from schemas.instants import EPOCH, parse_instant
from tests import builders as b

NOW = b.day(60)
ids = st.from_regex(ID_PATTERN, fullmatch=True).map(lambda id: id[:64])
pairs = st.lists(ids, min_size=2, max_size=2, unique=True)
titles = st.from_regex(TITLE_PATTERN, fullmatch=True).map(lambda text: text[:200]).filter(str.strip)
texts = st.from_regex(TEXT_PATTERN, fullmatch=True)
times = st.integers(b.MONDAY, NOW)
later = st.none() | st.integers(NOW, b.day(9_999))
weights = st.none() | st.floats(0, 1, exclude_min=True).map(lambda weight: 1 if weight == 1 else weight)

events = st.one_of(
    st.builds(b.founded, ids, at=times, name=titles, place=titles),
    st.builds(b.joined, ids, ids, at=times, name=titles, about=st.none() | texts, company=titles),
    st.builds(b.prefers, ids, at=times, paused_until=later, introductions_per_round=st.none() | st.integers(0, 5)),
    st.builds(b.seeks, ids, titles, at=times, weight=weights, until=later, note=texts, confidential=st.booleans()),
    st.builds(b.planned, ids, at=times, starts_at=st.integers(NOW, b.day(999)), seats=st.integers(1, 100_000)),
    st.lists(ids, unique=True).flatmap(lambda there: st.builds(b.met_up, st.just("e"), *map(st.just, there), at=times)),
    pairs.flatmap(lambda two: st.builds(b.talked, *map(st.just, two), at=times, held_at=times, minutes=st.just(30))),
)


@given(events)
def test_what_was_admitted_is_admitted_as_the_same_event(event: Event):
    assert admit(encode(event), NOW, WEFT) == event == decode(encode(event))


@given(events, st.randoms(use_true_random=False), st.integers(-14 * 60, 14 * 60), st.booleans())
def test_a_duplicate_in_another_order_offset_and_spelling_has_the_same_content(
    event: Event, dice: Any, offset_minutes: int, ascii: bool
):
    line = _told_elsewhere(envelope(event), dice, timezone(timedelta(minutes=offset_minutes)))
    assert admit(json.dumps(line, ensure_ascii=ascii, indent=1).encode(), NOW, WEFT) == event


def _told_elsewhere(value: Any, dice: Any, offset: timezone, key: str = "") -> Any:
    """The same, with the members of each object in another order and each instant in another offset."""
    if isinstance(value, dict):
        members = list(value.items())
        dice.shuffle(members)
        return {name: _told_elsewhere(inner, dice, offset, name) for name, inner in members}
    if key in ("time", "until", "paused_until", "held_at", "starts_at") and value is not None:
        return (EPOCH + timedelta(microseconds=parse_instant(value))).astimezone(offset).isoformat()
    return value
