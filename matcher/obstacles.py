"""What keeps two members from being introduced: the rules that no relevance overrides, each with the events behind."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from matcher.facts import pair_key
from matcher.index import Index
from matcher.introductions import is_open, suggestions_of
from matcher.policy import Policy
from matcher.rules import Apart, Why, apart_from, hindrance, places
from matcher.standing import groups_of, languages_of, spells
from matcher.told import Behind, Told, conversations_of, profile_event, suggestion_events
from matcher.world import World
from schemas.instants import format_instant

IN_NO_GROUP, NO_COMMON_LANGUAGE = "in_no_group", "no_common_language"


class Obstacle(NamedTuple):
    """One thing that keeps a pair apart: a code (of rules.Apart, of rules.Why, or of this file), in words, and the
    events that say so."""

    code: str
    says: str
    behind: Behind

    def as_json(self) -> dict[str, Any]:
        """With the events as they are named in the log."""
        return {"code": self.code, "says": self.says, **self.behind.as_json()}


def obstacles(index: Index, a: str, b: str, at: int, policy: Policy) -> list[Obstacle]:
    """What keeps two members apart at an instant (µs); none where they may be introduced."""
    own = [_of_one(index.world, each, at, policy) for each in (a, b)]
    return [*_between(index, a, b, at), *filter(None, own)]


def obstacles_to_answer(index: Index, asker: str, other: str, at: int, policy: Policy) -> list[Obstacle]:
    """What keeps somebody from being an answer to what another asks at an instant (µs): who asks may pause, and need no
    room, but must be in a group."""
    own = [_in_no_group(index.world, asker), _of_one(index.world, other, at, policy)]
    return [*_between(index, asker, other, at), *filter(None, own)]


def _between(index: Index, a: str, b: str, at: int) -> list[Obstacle]:
    world = index.world
    between = [_of_both(world, why, a, b) for why, others in apart_from(world, a, at).items() if b in others]
    if index.roster.without_common_language(a)[index.roster.slots[b]]:
        spoken = " and ".join(f"{each} {', '.join(sorted(languages_of(world, each)))}" for each in (a, b))
        behind = Behind.of((told.time, told) for each in (a, b) for told in _languages(world, each))
        between.append(Obstacle(NO_COMMON_LANGUAGE, f"they have no language in common: {spoken}", behind))
    return between


# --- two members -----------------------------------------------------------------------------------------------------


def _of_both(world: World, why: Apart, a: str, b: str) -> Obstacle:
    says, told = {
        Apart.TALKED: _talked,
        Apart.ONE_GROUP: _one_group,
        Apart.SUGGESTED: _suggested,
        Apart.BLOCKED: _blocked,
        Apart.VETOED: _vetoed,
    }[why](world, a, b)
    return Obstacle(why, says, Behind.of((each.time, each) for each in told))


_Said = tuple[str, list[Told]]


def _talked(world: World, a: str, b: str) -> _Said:
    told = [Told.by(register, "conversation.held") for register in conversations_of(world, a, b)]
    return "they have talked already, and so know each other", told


def _one_group(world: World, a: str, b: str) -> _Said:
    shared = sorted(
        {
            mine.group_id
            for mine in spells(world, a)
            for theirs in spells(world, b)
            if mine.group_id == theirs.group_id and mine.start < theirs.end and theirs.start < mine.end
        }
    )
    told = [each for member_id in (a, b) for each in _memberships(world, member_id) if each[0] in shared]
    today = set(groups_of(world, a)) & set(groups_of(world, b))
    when = "they are in one group" if today else "they were in one group at the same time"
    return f"{when}: {', '.join(shared)}", [each for _, each in told]


def _memberships(world: World, member_id: str) -> Iterator[tuple[str, Told]]:
    for register in world.tables["memberships"].get(member_id, {}).values():
        group_id, joined = register[4]
        yield group_id, Told.by(register, "member.joined" if joined else "member.left")


def _suggested(world: World, a: str, b: str) -> _Said:
    before = [one for one in suggestions_of(world, a) if one.other(a) == b]
    when = format_instant(before[-1].since)
    says = f"they were suggested to each other by the round of {when}: ask with --at {when} why"
    return says, [told for one in before for told in suggestion_events(world, one.introduction_id)]


def _blocked(world: World, a: str, b: str) -> _Said:
    marks = [
        (register, blocker_id)
        for blocker_id, other_id in ((a, b), (b, a))
        for key, register in world.tables["blocks"].get(blocker_id, {}).items()
        if key.split(" ")[1] == other_id
    ]
    told = [Told.by(register, "member.blocked" if register[4] else "member.unblocked") for register, _ in marks]
    return "one of them has blocked the other", told


def _vetoed(world: World, a: str, b: str) -> _Said:
    register = world.tables["vetoes"][pair_key(a, b)]["until"]
    until = f"until {register[4]}" if register[4] else "for good"
    return f"an organiser has vetoed them {until}", [Told.by(register, "pair.vetoed")]


def _languages(world: World, member_id: str) -> Iterator[Told]:
    """Who said them: they are of a profile, and of what a member prefers; which of the two the world does not keep."""
    told = profile_event(world, member_id, "languages")
    if told:
        yield told if told.kind == "member.joined" else told._replace(kind="member.described or .preferences_set")


# --- one member ------------------------------------------------------------------------------------------------------


def _in_no_group(world: World, member_id: str) -> Obstacle | None:
    if groups_of(world, member_id):
        return None
    behind = Behind.of((told.time, told) for _, told in _memberships(world, member_id))
    return Obstacle(IN_NO_GROUP, f"{member_id} is in no group any more", behind)


def _of_one(world: World, member_id: str, at: int, policy: Policy) -> Obstacle | None:
    if gone := _in_no_group(world, member_id):
        return gone
    why = hindrance(world, member_id, at, policy)
    if why is None:
        return None
    says, told = {Why.PAUSED: _paused, Why.WANTS_NONE: _wants_none, Why.NO_ROOM: _no_room}[why](
        world, member_id, at, policy
    )
    return Obstacle(why, says, Behind.of((each.time, each) for each in told))


def _paused(world: World, member_id: str, at: int, policy: Policy) -> _Said:
    until = world.value("members", member_id, "paused_until")
    return f"{member_id} pauses until {until}", _of_field(world, member_id, "paused_until")


def _wants_none(world: World, member_id: str, at: int, policy: Policy) -> _Said:
    return f"{member_id} wants no introductions", _of_field(world, member_id, "introductions_per_round")


def _no_room(world: World, member_id: str, at: int, policy: Policy) -> _Said:
    taken = [one for one in suggestions_of(world, member_id) if one.until > at and is_open(world, one)]
    says = f"{member_id} has no room: {len(taken)} open, of {places(world, member_id, policy)} at a time"
    return says, [told for one in taken for told in suggestion_events(world, one.introduction_id)]


def _of_field(world: World, member_id: str, field: str) -> list[Told]:
    """Who wrote a field that members set themselves."""
    register = world.tables["members"].get(member_id, {}).get(field)
    return [Told.by(register, "member.preferences_set")] if register else []
