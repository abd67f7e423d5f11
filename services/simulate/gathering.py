"""Meetings: of the groups every week, with guests; open evenings where some hop and some talk; evenings of several
groups at one table."""

import numpy as np

from services.simulate import names
from services.simulate.dice import die, pick
from services.simulate.life import Life
from services.simulate.network import GROUPS_PER_REGION
from services.simulate.page import CALENDAR, CHECKIN
from services.simulate.talking import talked

PLANNED_AHEAD_DAYS = 21
OPEN, CROSS = 0, 2  # which week of four; regions take turns
ROUND_MINUTES = 5  # how finely an evening is told


def groups_meet(life: Life) -> None:
    """`meeting.held` for every group that meets today, and `meeting.planned` for its next one."""
    plan = life.plan
    if _holidays(life):
        return
    running = (plan.group_founded < life.day) & (life.day < plan.group_closed)
    meeting = np.flatnonzero(running & (plan.group_weekday == life.weekday))
    if not len(meeting):
        return
    comes = pick(life.throw("comes", np.arange(plan.seats)), 100) < life.people.reliable * life.presence // 100
    visits = ~life.seated & (life.seats.joins > life.day) & (life.seats.joins <= life.day + 15)
    present = np.flatnonzero(comes | visits)
    bounds = np.searchsorted(present, plan.first_seat).tolist()
    seats = present.tolist()
    for group in meeting.tolist():
        here = seats[bounds[group] : bounds[group + 1]]
        _hold(life, group, here + _guest(life, group, here))


def _hold(life: Life, group: int, here: list[int]) -> None:
    if len(here) < 4:
        return
    minute, page = int(life.plan.group_minute[group]), life.page
    ids = '","'.join([life.ids[seat] for seat in here])
    begun = life.second(minute)
    page.add(
        begun + 5_400,
        "meeting.held",
        CHECKIN,
        f'"meeting_id":"t-{group + 1}-{life.day}","type_of":"group","group_id":"g-{group + 1}",'
        f'"held_at":"{page.instant(life.day, begun)}","minutes":90,"attendee_ids":["{ids}"]',
    )
    page.add(
        begun + 5_700,
        "meeting.planned",
        CALENDAR,
        f'"meeting_id":"t-{group + 1}-{life.day + 7}","type_of":"group","group_id":"g-{group + 1}",'
        f'"starts_at":"{page.instant(life.day + 7, begun)}"',
    )


def _guest(life: Life, group: int, here: list[int]) -> list[int]:
    """Now and then somebody of a neighbouring group looks in."""
    throw = die(life.plan.seed, "guest", group, life.day)
    neighbour = group // GROUPS_PER_REGION * GROUPS_PER_REGION + (throw >> 8) % GROUPS_PER_REGION
    if throw % 4 or neighbour == group or neighbour >= life.plan.groups:
        return []
    around = life.plan.seats_of(neighbour)
    seat = around[(throw >> 16) % len(around)]
    return [seat] if life.presence[seat] and seat not in here else []


def evenings(life: Life) -> None:
    """Open and cross-group evenings of the regions whose turn it is; planned three weeks ahead."""
    regions = -(-life.plan.groups // GROUPS_PER_REGION)
    for region in range(regions):
        for kind, week, weekday in (("open", OPEN, 3), ("cross_group", CROSS, 1)):
            if _turn_of(life.day + PLANNED_AHEAD_DAYS, region, week, weekday):
                _plan(life, region, kind)
            if _turn_of(life.day, region, week, weekday) and not _holidays(life):
                _evening(life, region, kind)


def _turn_of(day: int, region: int, week: int, weekday: int) -> bool:
    return day % 7 == weekday and (day // 7 + region) % 4 == week


def _plan(life: Life, region: int, kind: str) -> None:
    on, seats = life.day + PLANNED_AHEAD_DAYS, 200 if kind == "open" else 60
    table = "" if kind == "open" else ',"seats_per_table":6'
    place = f"{names.place(life.plan.seed, region)}, {names.room(life.plan.seed, -1 - region)}"
    life.page.add(
        life.second(12 * 60) + region % 3_600,
        "meeting.planned",
        CALENDAR,
        f'"meeting_id":"e-{region + 1}-{on}","type_of":"{kind}","starts_at":"{life.page.instant(on, 64_800)}",'
        f'"seats":{seats}{table},"place":"{place}"',
    )


def _evening(life: Life, region: int, kind: str) -> None:
    first = region * GROUPS_PER_REGION
    last = min(first + GROUPS_PER_REGION, life.plan.groups)
    seats = np.arange(life.plan.first_seat[first], life.plan.first_seat[last])
    eager = life.people.sociable[seats] * life.presence[seats] // 100 // (4 if kind == "open" else 7)
    came = seats[pick(life.throw(kind, seats), 100) < eager]
    if len(came) < 6:
        return
    meeting, begun = f"e-{region + 1}-{life.day}", life.second(18 * 60 + 30)
    talks = _mingle(life, came, kind)
    for one, other, minute, minutes in talks:
        talked(life, one, other, begun + 60 * (minute + minutes), minutes, 1, meeting)
    ids = '","'.join([life.ids[seat] for seat in came.tolist()])
    life.page.add(
        begun + 150 * 60,
        "meeting.held",
        CHECKIN,
        f'"meeting_id":"{meeting}","type_of":"{kind}","held_at":"{life.page.instant(life.day, begun)}",'
        f'"minutes":150,"attendee_ids":["{ids}"]',
    )


def _mingle(life: Life, came: np.ndarray, kind: str) -> list[tuple[int, int, int, int]]:
    """Who talks with whom, from which minute, for how long. Whoever is free turns to somebody; half of the time,
    people turn to those of their own group first (Ingram and Morris 2007), except at tables of several groups.
    Two who hop part soon; two who linger stay; otherwise the hopper leaves."""
    free_at = dict.fromkeys(came.tolist(), 0)
    had: set[tuple[int, int]] = set()
    talks = []
    for minute in range(0, 140, ROUND_MINUTES):
        free = np.array([seat for seat, until in free_at.items() if until <= minute])
        if len(free) < 2:
            continue
        throws = life.throw("mingles", free, minute)
        among_friends = kind == "open" and minute // ROUND_MINUTES % 2 == 0
        turn = np.lexsort((throws, life.plan.seat_group[free])) if among_friends else np.argsort(throws, kind="stable")
        order = free[turn].tolist()
        for one, other, throw in zip(order[::2], order[1::2], throws[turn][::2].tolist(), strict=False):
            pair = (min(one, other), max(one, other))
            if pair in had or throw % 4 == 0:
                continue
            had.add(pair)
            linger = min(int(life.people.lingers[one]), int(life.people.lingers[other]))
            minutes = min(3 + (throw >> 8) % 6 + (linger * linger // 150 if kind == "open" else 10 + linger // 3), 70)
            talks.append((one, other, minute, minutes))
            free_at[one] = free_at[other] = minute + minutes
    return talks


def _holidays(life: Life) -> bool:
    """Between the years nobody meets."""
    month_day = life.page.date(life.day)[5:]
    return month_day >= "12-23" or month_day <= "01-03"
