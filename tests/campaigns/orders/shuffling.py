"""`python -m tests.campaigns.orders.shuffling 500 SEED`: sets of events of all kinds, each told in several orders.

Prints a hash of everything that came out, so that two runs can be compared."""

from hashlib import sha256
from random import Random

from matcher.horizon import state_at
from matcher.world import World
from tests import builders as b
from tests.campaigns.log_faults.verdict import main, require
from tests.unit.matcher.chatter import DAYS, MEMBERS, folding_order, some_events
from tests.unit.matcher.networks import AT, small_network
from tests.unit.matcher.test_index import followed_beside_anew
from tests.unit.matcher.test_world_laws import without
from tests.unit.matcher.worlds import plan_of, told_by, world_of

EVENTS = 60
ROUNDS_EVERY = 5  # cases: to plan a round takes as long as to fold ten worlds


def shuffle(cases: int, dice: Random) -> str:
    """Plays so many cases; returns what came out."""
    seen = sha256()
    for case in range(cases):
        throw = Random(dice.getrandbits(64))
        seen.update(_world(throw, f"case {case}").encode())
        if case % ROUNDS_EVERY == 0:
            seen.update(_round(throw, f"case {case}").encode())
            seen.update(_index(throw, f"case {case}").encode())
    return f"{cases} sets of events, all equal in any order: {seen.hexdigest()}"


def _world(dice: Random, case: str) -> str:
    """The laws of the world, on one set of events; its digest."""
    events = some_events(dice, EVENTS)
    whole = world_of(events)
    shuffled = world_of(folding_order(dice, events))
    require(told_by(shuffled) == told_by(whole), f"{case}: another order, another world")
    cut = dice.randrange(EVENTS)
    continued = World.load(world_of(events[cut:]).dump())
    for event in events[:cut]:
        continued.apply(event)
    require(told_by(continued) == told_by(whole), f"{case}: continued from a dump, another world")
    at = b.day(dice.randrange(DAYS), hour=9)
    standing = state_at(folding_order(dice, events), at).world
    before = world_of(event for event in events if event.time < at or event.type == "member.erased")
    require(standing.dump() == before.dump(), f"{case}: the state at an instant is not that of what happened before")
    member_id = dice.choice(MEMBERS)
    erased = world_of(folding_order(dice, [*events, b.erased(member_id)]))
    never_spoke = world_of(without(events, member_id))
    require(erased.digest() == never_spoke.digest(), f"{case}: erased is not as if they had never spoken")
    return whole.digest()


def _round(dice: Random, case: str) -> str:
    events = small_network(dice)
    plan = plan_of(events, AT)
    require(plan_of(folding_order(dice, events), AT) == plan, f"{case}: another order, another round")
    return repr(plan)


def _index(dice: Random, case: str) -> str:
    for followed, anew in followed_beside_anew(dice):
        require(followed == anew, f"{case}: an index that followed went astray")
    return repr(followed)


if __name__ == "__main__":
    main(shuffle)
