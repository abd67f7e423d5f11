"""What members made of the introductions that were suggested to them, one row a side, read off the world: once a day,
as what ends a suggestion comes in many ways.
"""

from typing import NamedTuple

import numpy as np

from matcher.introductions import Suggestion, answers_to, suggestions_of
from matcher.roster import Roster
from matcher.tables import Ints
from matcher.world import World
from schemas.instants import day_of

NEVER = 1 << 40  # a day that never comes


class Side(NamedTuple):
    """One side of a suggestion, as columns; days are UTC days, and NEVER where it did not happen."""

    slot: Ints
    suggested: Ints  # the day of the round
    answered: Ints  # the day of their first answer, if it came in time
    accepted: Ints  # 1 where that was a yes
    let_pass: Ints  # the day on which time was up without a word of theirs
    rated: Ints  # the day on which the other rated having met them
    rating: Ints  # 1 to 5; 0: not rated


def sides_of(world: World, roster: Roster) -> Side:
    """The sides of all suggestions that ever counted."""
    rows = [
        (roster.slot(member_id), *_side(world, one, member_id))
        for member_id in sorted(world.suggested.keys() - world.erased)
        for one in suggestions_of(world, member_id)
    ]
    return Side(*np.array(rows, dtype=np.int64).reshape(-1, len(Side._fields)).T)


def _side(world: World, one: Suggestion, member_id: str) -> tuple[int, ...]:
    mine = [answer for answer in answers_to(world, one) if answer.member_id == member_id and answer.time <= one.until]
    cells = world.tables["introductions"][one.introduction_id]
    rated, closed = cells.get(f"rated {one.other(member_id)}"), cells.get("closed")
    ended_early = closed is not None and closed[0] < one.until  # they were kept from answering
    return (
        day_of(one.since),
        day_of(mine[0].time) if mine else NEVER,
        int(bool(mine) and mine[0].said == "accepted"),
        NEVER if mine or ended_early else day_of(one.until),
        day_of(rated[0]) if rated else NEVER,
        (rated[4] or 0) if rated else 0,
    )
