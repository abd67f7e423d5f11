"""A network's history as lines, day by day, and as files: what happened, and beside it what nobody could see."""

from collections.abc import Iterator
from datetime import date
from itertools import count, islice

from services.simulate import conduct, gathering, joining, seeking, talking
from services.simulate.life import Life, Strand
from services.simulate.network import OLDEST_DAYS

FIRST_DAY = date(2024, 1, 1)  # a Monday, and long enough ago for a hundred weeks to lie in the past

BEFORE: tuple[Strand, ...] = (joining.groups_come_and_go, joining.members_join, seeking.needs_change)
STRANDS: tuple[Strand, ...] = (
    *BEFORE,
    seeking.profiles_change,
    gathering.groups_meet,
    talking.one_to_ones,
    gathering.evenings,
    talking.deals_close,
    conduct.pauses,
    conduct.blocks,
    conduct.vetoes,
    joining.members_leave,
)


def history(members: int, weeks: int, seed: int, first: date = FIRST_DAY) -> Iterator[bytes]:
    """The network's events, one JSON line each without its newline, in the order of time.

    `members` sit in the groups on `first`, a Monday, when the weeks begin; how they came together in the three years
    before is told first. Equal arguments give equal bytes.

    >>> next(history(members=60, weeks=1, seed=7))[:39]
    b'{"specversion":"1.0","id":"1","source":'
    """
    for lines in islice(days(Life.begin(seed, members, first)), OLDEST_DAYS + 7 * weeks):
        for line in lines:
            yield line.encode()


def days(life: Life) -> Iterator[list[str]]:
    """Day by day the lines of a life, in the order of time, from its oldest group on and for ever."""
    for day in count(-OLDEST_DAYS):
        life.turn(day)
        for strand in BEFORE if day < 0 else STRANDS:
            strand(life)
        yield life.page.take()
