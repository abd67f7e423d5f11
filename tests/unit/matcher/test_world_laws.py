"""The laws of EVENTS.md that hold for every set of events, of all kinds, in every order."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.horizon import Horizon, state_at
from matcher.world import World
from schemas.codec import Event
from schemas.topics import KINDS
from tests import builders as b
from tests.dice import THROWN
from tests.unit.matcher.chatter import DAYS, MEMBERS, folding_order, some_events
from tests.unit.matcher.worlds import told_by, world_of

members = st.sampled_from(MEMBERS)
few = settings(max_examples=25)


def test_every_kind_is_among_the_events_that_attack_these_laws():
    assert {event.type for event in some_events(Random(1), 2_000)} == set(KINDS)


@few
@given(THROWN)
def test_order_and_repetition_change_nothing(dice: Random):
    events = some_events(dice, 40)
    once, again = world_of(events), world_of(folding_order(dice, events))
    assert again.digest() == once.digest()
    assert told_by(again) == told_by(once)


@few
@given(THROWN)
def test_a_set_that_is_split_and_continued_from_a_dump_is_the_same_world(dice: Random):
    events = some_events(dice, 40)
    cut = dice.randrange(len(events))
    continued = World.load(world_of(events[cut:]).dump())
    for event in events[:cut]:
        continued.apply(event)
    assert told_by(continued) == told_by(world_of(events))


@few
@given(THROWN)
def test_a_copy_is_the_same_world_and_one_of_its_own(dice: Random):
    world = world_of(some_events(dice, 40))
    before, copied = told_by(world), world.copy()
    assert told_by(copied) == told_by(World.load(world.dump())) == before
    for event in some_events(dice, 20):
        copied.apply(event)
    assert told_by(world) == before


@few
@given(THROWN)
def test_what_changes_nothing_says_so_and_what_says_so_changes_nothing(dice: Random):
    world = World()
    for event in folding_order(dice, some_events(dice, 30)):
        before = world.dump()
        assert bool(world.apply(event)) == (world.dump() != before)


@few
@given(THROWN, members)
def test_an_erasure_leaves_the_world_in_which_the_member_never_spoke(dice: Random, member_id: str):
    events = some_events(dice, 40, erasing=False)
    with_erasure = folding_order(dice, [*events, b.erased(member_id, at=b.day(3))])
    assert world_of(with_erasure).digest() == world_of(without(events, member_id)).digest()


@few
@given(THROWN, members)
def test_what_was_erased_is_named_nowhere_but_among_the_erased(dice: Random, member_id: str):
    world = world_of([*some_events(dice, 60), b.erased(member_id)])
    erased = ",".join(f'"{each}"' for each in sorted(world.erased)).encode()
    assert member_id.encode() not in world.dump().replace(erased, b"")


@few
@given(THROWN)
def test_the_state_at_an_instant_folds_exactly_the_events_before_it_and_every_erasure(dice: Random):
    events = some_events(dice, 40)
    at = b.day(dice.randrange(DAYS + 1), hour=9)
    horizon = state_at(folding_order(dice, events), at)
    assert (
        horizon.world.dump()
        == world_of([event for event in events if event.time < at or event.type == "member.erased"]).dump()
    )
    assert horizon.whole().dump() == world_of(events).dump()


@few
@given(THROWN)
def test_a_horizon_that_moves_on_between_events_ends_where_one_does_that_stood_there_before(dice: Random):
    events = some_events(dice, 40)
    horizon = Horizon(World(), b.day(0))
    for event in folding_order(dice, events):
        horizon.add(event)
        if dice.random() < 0.2:
            horizon.advance(b.day(dice.randrange(DAYS)))
    assert horizon.world.dump() == state_at(events, horizon.as_of).world.dump()
    assert horizon.whole().dump() == world_of(events).dump()


def without(events: list[Event], member_id: str) -> list[Event]:
    """The events that do not name the member, and the meetings without them."""
    return [_thinned(event, member_id) for event in events if not _named(event, member_id)]


def _named(event: Event, member_id: str) -> bool:
    said = [event.data.get(field) for field in ("member_id", "other_id", "by_id", "from_id", "to_id")]
    return member_id in [*said, *event.data.get("member_ids", ())]


def _thinned(event: Event, member_id: str) -> Event:
    """As if they had not been there. The hash stays: which of two conflicting events wins must not depend on them."""
    if member_id not in event.data.get("attendee_ids", ()):
        return event
    there = [other for other in event.data["attendee_ids"] if other != member_id]
    return event._replace(data=event.data | {"attendee_ids": there})


def test_the_same_events_in_another_log_are_the_same_world() -> None:
    """EVENTS.md, law 3: which log a cut stood in, and where, enters no digest."""

    def told(log_id: str, positions: dict[str, int]) -> str:
        cut = {"log_id": log_id, "positions": positions, "world": "0" * 64}
        opened, fitted = b.opened("r-1", cut=cut, id="1"), b.fitted("w-1", fitted_on={"cut": cut}, id="2")
        return world_of([opened, b.held("r-1"), fitted]).digest()

    assert told("one", {"log/0": 286}) == told("other", {"weft.members/0": 51, "weft.rounds/0": 3})
