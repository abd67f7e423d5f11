"""Instants: RFC 3339 in, microseconds within, one canonical form out."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.instants import day_of, day_start, format_instant, microseconds, parse_canonical, parse_instant

moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(moments, offsets)
def test_an_instant_is_the_same_in_every_offset(moment: datetime, offset: timezone):
    aware = moment.replace(tzinfo=UTC)
    assert parse_instant(aware.astimezone(offset).isoformat()) == microseconds(aware)


@given(moments)
def test_what_is_formatted_is_parsed_to_the_same_microsecond(moment: datetime):
    instant = microseconds(moment.replace(tzinfo=UTC))
    assert parse_instant(format_instant(instant)) == parse_canonical(format_instant(instant)) == instant


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("2026-03-02T07:30:00", "has no offset from UTC"),
        ("2026-03-02", "is not an instant"),
        ("2026-W10-1T07:30:00Z", "is not an instant"),
        ("20260302T073000Z", "is not an instant"),
        ("2026-03-02 07:30:00Z", "is not an instant"),
        ("2026-03-02T07:30:00Z\n", "is not an instant"),
        ("2026-03-02T07:30:00+2", "is not an instant"),
        ("2026-02-29T07:30:00Z", "is not a day and time that exist"),
        ("2026-03-02T24:00:00Z", "is not a day and time that exist"),
        ("2026-03-02T07:30:60Z", "is not a day and time that exist"),
        ("2026-03-02T07:30:00+24:00", "is not a day and time that exist"),
    ],
)
def test_what_is_no_instant_is_told_why(text: str, wrong: str):
    with pytest.raises(ValueError, match=wrong):
        parse_instant(text)


def test_days_are_utc_days():
    assert day_of(parse_instant("2026-03-02T00:30:00+01:00")) == day_of(day_start(date(2026, 3, 1)))
    assert format_instant(day_start(date(2026, 3, 1))) == "2026-03-01T00:00:00Z"
