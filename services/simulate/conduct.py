"""How members keep others, and Weft, at arm's length: preferences, pauses, blocks; and organisers' vetoes."""

import numpy as np

from services.simulate.dice import die
from services.simulate.life import Life
from services.simulate.page import MEMBERS, PROFILES

PAUSES, CHANGES, BLOCKS, VETOES = 1_200, 150, 40, 25  # millionths a member and day
UNBLOCKED_AFTER_DAYS = 30


def pauses(life: Life) -> None:
    """`member.preferences_set`: holidays and busy weeks, and now and then another number of introductions."""
    for seat in life.chosen("pauses", PAUSES):
        throw = die(life.plan.seed, "pauses until", seat, life.day)
        until = life.day + 7 + throw % 25
        life.paused_until[seat] = until
        data = f'"member_id":"{life.ids[seat]}","paused_until":"{life.page.instant(until, 0)}"'
        life.page.add(life.second(19 * 60) + (throw >> 8) % 7_000, "member.preferences_set", PROFILES, data)
    for seat in life.chosen("changes room", CHANGES):
        throw = die(life.plan.seed, "changes room to", seat, life.day)
        room = 1 + throw % 4
        life.people.room[seat] = room
        data = f'"member_id":"{life.ids[seat]}","introductions_per_round":{room}'
        life.page.add(life.second(20 * 60), "member.preferences_set", PROFILES, data)


def blocks(life: Life) -> None:
    """`member.blocked`, of somebody met in the region; every third takes it back a month later."""
    for seat in life.chosen("blocks", BLOCKS):
        other = _somebody_else(life, "blocks whom", seat, life.day)
        if other is not None:
            data = f'"member_id":"{life.ids[seat]}","other_id":"{life.ids[other]}"'
            life.page.add(life.second(21 * 60), "member.blocked", PROFILES, data)
            if other % 3 == 0:
                life.unblocks[life.day + UNBLOCKED_AFTER_DAYS].append(data)
    for data in life.unblocks.pop(life.day, []):
        life.page.add(life.second(21 * 60), "member.unblocked", PROFILES, data)


def vetoes(life: Life) -> None:
    """`pair.vetoed`: an organiser knows that two had better not meet, for good or for a while."""
    for seat in life.chosen("vetoed", VETOES):
        other = _somebody_else(life, "vetoed with", seat, life.day)
        if other is not None:
            until = f',"until":"{life.page.instant(life.day + 180, 0)}"' if other % 2 else ""
            data = f'"member_ids":["{life.ids[seat]}","{life.ids[other]}"]{until}'
            life.page.add(life.second(20 * 60 + 30), "pair.vetoed", MEMBERS, data)


def _somebody_else(life: Life, purpose: str, seat: int, day: int) -> int | None:
    """Another member who sits not far away; None: the throw found an empty seat."""
    near = 400
    other = int(np.clip(seat - near // 2 + die(life.plan.seed, purpose, seat, day) % near, 0, life.plan.seats - 1))
    return other if other != seat and life.seated[other] else None
