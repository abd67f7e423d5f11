"""When the weekly round is due, by the clock on the network's wall."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.instants import DAY_US, EPOCH, microseconds
from services.settings import Settings

MISSED_US = 2 * DAY_US  # a round that was missed is held late, if it is not older (EVENTS.md)


class Slot(NamedTuple):
    """The date a round is for, and the instant (µs) from which it is due."""

    date: date
    since: int


def last_slot(now: int, settings: Settings) -> Slot:
    """The latest weekly slot that is due at `now` (µs)."""
    zone = ZoneInfo(settings.timezone)
    hour, minute = (int(part) for part in settings.round_time.split(":"))
    today = local_date(now, settings)
    day = today - timedelta(days=(today.isoweekday() - settings.round_weekday) % 7)
    since = microseconds(datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC))
    if since > now:  # today is the day, but it is early
        return last_slot(since - 6 * DAY_US, settings)
    return Slot(day, since)


def still_due(slot: Slot, now: int) -> bool:
    """Whether the round of this slot is still worth holding at `now`, if it was not held."""
    return now - slot.since < MISSED_US


def local_date(now: int, settings: Settings) -> date:
    """The date on the network's wall."""
    return (EPOCH + timedelta(microseconds=now)).astimezone(ZoneInfo(settings.timezone)).date()
