"""Keeps a running Weft company: plays a simulated network against it over HTTP, week after week."""

import time
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count

from schemas.instants import DAY_US, EPOCH, day_start
from services.clock import now_us
from services.simulate.game import Game
from services.simulate.report import Report
from services.simulate.weft import Weft

LAST_YEAR_WEEKS = 52  # how far back a simulation begins that goes on for ever


def play(
    url: str,
    members: int = 200,
    weeks: int | None = 12,
    seed: int = 7,
    *,
    pace_s: float = 0,
    first: date | None = None,
    tell: Callable[[str], None] = print,
) -> Report:
    """Plays `weeks` weeks that lie in the past and end about now against the Weft at `url`; None: for ever, from a
    year ago, and once now is reached at the pace of the calendar. Ctrl-C ends it with the report so far.

    Each week: publishes what happened, holds the round, answers the suggestions as the hidden truth has it, meets,
    rates, refers. `members` in the groups at the start (at least 40); `pace_s` seconds of real time a week; `first` a
    Monday to begin on instead; `tell` gets a line a week. Trouble: the Weft cannot be reached, or holds another
    network.
    """
    first = first or _first_monday(weeks or LAST_YEAR_WEEKS)
    tell(f"{members:,} members, from {first} on, against {url}; worth is from 0 to 1, all weeks so far")
    game = Game(Weft(url), members, seed, first)
    try:
        for week in count() if weeks is None else range(weeks):
            _wait_until(day_start(first) + (week + 1) * 7 * DAY_US)
            tell(game.week(week))
            time.sleep(pace_s)
    except KeyboardInterrupt:
        tell("stopped")
    return game.finished()


def _first_monday(weeks: int) -> date:
    today = EPOCH.date() + timedelta(days=now_us() // DAY_US)
    return today - timedelta(days=today.weekday() + 7 * weeks)


def _wait_until(instant: int) -> None:
    while (ahead_s := (instant - now_us()) / 1e6) > 0:
        time.sleep(min(ahead_s, 60))
