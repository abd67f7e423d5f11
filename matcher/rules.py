"""The rules that no relevance overrides: who is never introduced to whom, and who has room at all."""

from enum import StrEnum

from matcher.introductions import is_open, suggestions_of
from matcher.policy import Policy
from matcher.standing import blocks, paused, spells
from matcher.world import World
from schemas.instants import parse_canonical


class Why(StrEnum):
    """Why a member got no suggestion in a round."""

    PAUSED = "paused"
    WANTS_NONE = "wants_none"
    NO_ROOM = "no_room"  # open suggestions take all places
    NO_CANDIDATES = "no_candidates"  # nobody may be suggested to them
    TOO_LITTLE_VALUE = "too_little_value"  # no pair reached the policy's least value
    NOTHING_IN_COMMON = "nothing_in_common"  # nobody gives what they look for, or looks for what they give
    OTHERS_PREFERRED = "others_preferred"  # every candidate had no room left when their turn came


class Apart(StrEnum):
    """Why two members are never suggested to each other."""

    TALKED = "talked"
    ONE_GROUP = "one_group"  # at the same time, be it long ago
    SUGGESTED = "suggested"  # before, whatever came of it
    BLOCKED = "blocked"  # by either
    VETOED = "vetoed"


# --- one member ------------------------------------------------------------------------------------------------------


def places(world: World, member_id: str, policy: Policy) -> int:
    """How many introductions at a time this member wants."""
    wanted = world.value("members", member_id, "introductions_per_round")
    return policy.introductions_per_round if wanted is None else wanted


def room(world: World, member_id: str, at: int, policy: Policy) -> int:
    """The places that no open suggestion takes at `at`."""
    taken = sum(one.until > at and is_open(world, one) for one in suggestions_of(world, member_id))
    return max(0, places(world, member_id, policy) - taken)


def hindrance(world: World, member_id: str, at: int, policy: Policy) -> Why | None:
    """What keeps this member out of a round at `at`; None when nothing does."""
    if paused(world, member_id, at):
        return Why.PAUSED
    if places(world, member_id, policy) == 0:
        return Why.WANTS_NONE
    if room(world, member_id, at, policy) == 0:
        return Why.NO_ROOM
    return None


# --- two members -----------------------------------------------------------------------------------------------------


def apart_from(world: World, member_id: str, at: int) -> dict[Apart, set[str]]:
    """Who is kept apart from this member, by why."""
    of_groups = {Apart.TALKED: set[str](), Apart.ONE_GROUP: companions(world, member_id)}
    return of_groups | apart_otherwise(world, member_id, at)


def apart_otherwise(world: World, member_id: str, at: int) -> dict[Apart, set[str]]:
    """The same, but for groups."""
    return {
        Apart.TALKED: world.talked.get(member_id, set()),
        Apart.SUGGESTED: {one.other(member_id) for one in suggestions_of(world, member_id)},
        Apart.BLOCKED: _blocked(world, member_id),
        Apart.VETOED: {other for other in world.vetoed.get(member_id, ()) if _veto_lasts(world, member_id, other, at)},
    }


def companions(world: World, member_id: str) -> set[str]:
    """Everybody who was in one group with this member at the same time."""
    found = set()
    for mine in spells(world, member_id):
        for other in world.ever_in.get(mine.group_id, ()):
            for theirs in spells(world, other):
                if theirs.group_id == mine.group_id and theirs.start < mine.end and mine.start < theirs.end:
                    found.add(other)
    return found - {member_id}


def _blocked(world: World, member_id: str) -> set[str]:
    named = {key.split(" ")[1] for key in world.tables["blocks"].get(member_id, {})}
    mine = {other for other in named if blocks(world, member_id, other)}
    return mine | {other for other in world.blocked_by.get(member_id, ()) if blocks(world, other, member_id)}


def _veto_lasts(world: World, member_id: str, other_id: str, at: int) -> bool:
    until = world.value("vetoes", " ".join(sorted((member_id, other_id))), "until")
    return until is None or parse_canonical(until) > at
