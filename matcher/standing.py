"""Where a member stands at an instant: their groups, and whether they are there at all."""

from typing import NamedTuple

from matcher.world import World
from schemas.instants import day_of, parse_canonical

FOR_EVER_US = 2**62


class Spell(NamedTuple):
    """A time in a group: from `start` until before `end` (µs)."""

    group_id: str
    start: int
    end: int


def spells(world: World, member_id: str) -> list[Spell]:
    """All times this member was in a group, also those that have ended."""
    found = world.spells.get(member_id)
    if found is None:
        found = world.spells[member_id] = _read_spells(world, member_id)
    return found


def _read_spells(world: World, member_id: str) -> list[Spell]:
    marks = sorted(world.tables["memberships"].get(member_id, {}).values(), key=lambda register: register[:4])
    found: list[Spell] = []
    since: dict[str, int] = {}
    for time, _, _, _, (group_id, joined) in marks:
        if joined:
            since.setdefault(group_id, time)
        elif group_id in since:
            found.append(Spell(group_id, since.pop(group_id), time))
    found += [Spell(group_id, start, FOR_EVER_US) for group_id, start in since.items()]
    return [_until_closing(world, spell) for spell in found]


def _until_closing(world: World, spell: Spell) -> Spell:
    register = world.tables["groups"].get(spell.group_id, {}).get("open")
    if register is None or register[4] or register[0] >= spell.end:
        return spell
    return spell._replace(end=max(spell.start, register[0]))


def groups_of(world: World, member_id: str) -> list[str]:
    """The groups this member is in now, sorted."""
    return sorted(spell.group_id for spell in spells(world, member_id) if spell.end == FOR_EVER_US)


def gone_from(world: World, member_id: str, since: int) -> int | None:
    """The first instant from `since` on at which this member is in no group (µs); None where they are always in one."""
    there_until = since
    for spell in sorted(spells(world, member_id), key=lambda spell: spell.start):
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


def languages_of(world: World, member_id: str) -> frozenset[str]:
    """The languages this member stated; none stated excludes nobody."""
    return frozenset(world.value("members", member_id, "languages") or ())
