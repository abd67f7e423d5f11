"""Where a member stands at an instant: their groups, and whether they are there at all."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from matcher.world import Register, World
from schemas.instants import day_of, parse_canonical

FOR_EVER_US = 2**62


class Spell(NamedTuple):
    """A time in a group: from `start` until before `end` (µs)."""

    group_id: str
    start: int
    end: int


def spells(world: World, member_id: str) -> list[Spell]:
    """All times this member was in a group, also those that have ended; oldest first."""
    found = world.spells.get(member_id)
    if found is None:
        found = world.spells[member_id] = _read_spells(world, member_id)
    return found


def _read_spells(world: World, member_id: str) -> list[Spell]:
    by_group: defaultdict[str, list[Register]] = defaultdict(list)
    for register in world.tables["memberships"].get(member_id, {}).values():
        by_group[register[4][0]].append([*register[:4], "joined" if register[4][1] else "left"])
    found = [spell for group_id, marks in by_group.items() for spell in _spells_in(world, group_id, marks)]
    return sorted(found, key=lambda spell: (spell.start, spell.group_id, spell.end))


def _spells_in(world: World, group_id: str, marks: list[Register]) -> Iterator[Spell]:
    """From joining until leaving, or until the group closes; nobody joins a group that is closed."""
    for key, register in world.tables["groups"].get(group_id, {}).items():
        if key.startswith("exists "):
            marks.append([*register[:4], "founded" if register[4] else "closed"])
    since, exists = None, True
    for time, _, _, _, mark in sorted(marks):
        if mark in ("founded", "closed"):
            exists = mark == "founded"
        if mark == "joined" and exists and since is None:
            since = time
        elif mark in ("left", "closed") and since is not None:
            yield Spell(group_id, since, time)
            since = None
    if since is not None:
        yield Spell(group_id, since, FOR_EVER_US)


def groups_of(world: World, member_id: str) -> list[str]:
    """The groups this member is in now, sorted."""
    return sorted(spell.group_id for spell in spells(world, member_id) if spell.end == FOR_EVER_US)


def gone_from(world: World, member_id: str, since: int) -> int | None:
    """The first instant from `since` on at which this member is in no group (µs); None where they are always in one."""
    there_until = since
    for spell in spells(world, member_id):
        if spell.start <= there_until:
            there_until = max(there_until, spell.end)
    return None if there_until == FOR_EVER_US else there_until


def first_day(world: World, member_id: str) -> int:
    """The UTC day on which this member first joined a group; 0 for nobody's member."""
    times = [register[0] for register in world.tables["memberships"].get(member_id, {}).values() if register[4][1]]
    return day_of(min(times)) if times else 0


def members_of_today(world: World) -> list[str]:
    """Everybody who is in at least one group, sorted."""
    return sorted(member_id for member_id in world.tables["memberships"] if groups_of(world, member_id))


def paused(world: World, member_id: str, at: int) -> bool:
    """Whether this member's pause lasts at `at`."""
    until = world.value("members", member_id, "paused_until")
    return until is not None and parse_canonical(until) > at


def first_pause(world: World, member_id: str, since: int) -> int | None:
    """The first instant from `since` on at which this member pauses (µs), whether or not they took it back later."""
    marks = sorted(world.tables["pauses"].get(member_id, {}).values(), key=lambda register: register[:4])
    return _first(since, [(mark[0], parse_canonical(mark[4]) if mark[4] else 0) for mark in marks])


def first_block(world: World, member_id: str, other_id: str, since: int) -> int | None:
    """The first instant from `since` on at which this member blocks the other (µs), taken back later or not."""
    return _first(since, [(time, FOR_EVER_US if blocks else 0) for time, blocks in _blocks(world, member_id, other_id)])


def blocks(world: World, member_id: str, other_id: str) -> bool:
    """Whether this member blocks the other now."""
    marks = _blocks(world, member_id, other_id)
    return bool(marks) and marks[-1][1]


def _blocks(world: World, member_id: str, other_id: str) -> list[tuple[int, bool]]:
    """When this member blocked and unblocked the other, oldest first."""
    table = world.tables["blocks"].get(member_id, {})
    marks = sorted((r for key, r in table.items() if key.split(" ")[1] == other_id), key=lambda register: register[:4])
    return [(mark[0], mark[4]) for mark in marks]


def _first(since: int, marks: list[tuple[int, int]]) -> int | None:
    """Of (time, in force until), each ending the one before it: the first instant from `since` on that one is in
    force."""
    nexts = [time for time, _ in marks[1:]] + [FOR_EVER_US]
    for (time, until), following in zip(marks, nexts, strict=False):  # without a mark there is none to follow
        if max(time, since) < until and (time >= since or since < following):
            return max(time, since)
    return None


def languages_of(world: World, member_id: str) -> frozenset[str]:
    """The languages this member stated; none stated excludes nobody."""
    return frozenset(world.value("members", member_id, "languages") or ())
