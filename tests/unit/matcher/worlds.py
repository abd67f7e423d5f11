"""Worlds to hold the judgement against."""

from collections.abc import Iterable
from typing import Any

from matcher.card import Purpose, card_of
from matcher.index import Index
from matcher.introductions import due, suggestions_of
from matcher.policy import DEFAULT, Policy
from matcher.rounds import Plan, plan_round
from matcher.standing import spells
from matcher.world import World
from schemas.codec import Event
from tests import builders as b

SEED = 7


def world_of(events: Iterable[Event]) -> World:
    """The fold of these events, in this order."""
    world = World()
    for event in events:
        world.apply(event)
    return world


def told_by(world: World) -> Any:
    """The world, its lookups, and what is read off it of groups and introductions, comparable."""
    lookups = [world.ever_in, world.talked, world.blocked_by, world.vetoed, world.suggested]
    times = {member_id: spells(world, member_id) for member_id in world.tables["memberships"]}
    suggestions = {member_id: suggestions_of(world, member_id) for member_id in world.suggested}
    owed = due(world, b.day(60), world.tables["introductions"])
    return world.dump(), list(map(dict, lookups)), times, world.held_rounds(), suggestions, owed


def plan_of(events: Iterable[Event], at: int = b.day(14), policy: Policy = DEFAULT) -> Plan:
    """The round at `at` of everything that happened before."""
    return planned(Index(world_of(event for event in events if event.time < at)), at, policy)


def planned(index: Index, at: int = b.day(14), policy: Policy = DEFAULT) -> Plan:
    """The round at `at` of an index."""
    return plan_round(index, card_of(index.world, Purpose.ROUNDS), at, SEED, policy)


def pairs_of(plan: Plan) -> set[tuple[str, str]]:
    """Who is introduced to whom, the lesser id first."""
    return {introduction.member_ids for introduction in plan.introductions}


def two_suggested(introduction_id: str = "i-1", a: str = "m-1", b_: str = "m-2", round_id: str = "r-1") -> list[Event]:
    """Two members of two groups, suggested to each other in a round that was held on the second Monday."""
    return [
        b.joined(a, "g-1"),
        b.joined(b_, "g-2"),
        b.opened(round_id, policy={"close_after_days": 14}),
        b.suggested(introduction_id, a, b_, round_id, at=b.NEXT_MONDAY),
        b.held(round_id),
    ]
