"""The world: what single events say, which one wins, and what is passed over."""

import pytest

from matcher.world import World
from schemas.codec import Event, event_of
from tests import builders as b
from tests.unit.matcher.worlds import world_of


def _name(world: World) -> str | None:
    return world.value("members", "m-1", "name")


def test_the_later_of_two_wins_whichever_comes_first():
    older, younger = b.joined("m-1", name="Ada"), b.joined("m-1", at=b.day(1), name="Ida")
    assert _name(world_of([younger, older])) == _name(world_of([older, younger])) == "Ida"


@pytest.mark.parametrize(
    "greater",
    [
        b.joined("m-1", name="Ida", source="/crm2", id="1"),
        b.joined("m-1", name="Ida", source="/crm", id="2"),
    ],
    ids=["source", "id"],
)
def test_of_two_at_the_same_instant_the_greater(greater: Event):
    lesser = b.joined("m-1", name="Ada", source="/crm", id="1")
    assert _name(world_of([greater, lesser])) == _name(world_of([lesser, greater])) == "Ida"


def test_of_two_in_conflict_the_one_with_the_greater_hash_wins_in_every_log():
    two = [b.joined("m-1", name=name, id="1") for name in ("Ada", "Ida")]
    wins = max(two, key=lambda event: event.content).data["name"]
    assert _name(world_of(two)) == _name(world_of(two[::-1])) == wins


def test_an_absent_field_says_nothing_and_null_clears():
    world = world_of([b.joined("m-1", company="Elbtal", email="a@b.de"), b.described("m-1", at=b.day(1), email=None)])
    assert world.value("members", "m-1", "company") == "Elbtal"
    assert world.value("members", "m-1", "email") is None


def test_each_field_is_a_register_of_its_own():
    world = world_of([b.described("m-1", at=b.day(2), stage="growing"), b.described("m-1", at=b.day(1), about="Notar")])
    assert [world.value("members", "m-1", field) for field in ("stage", "about")] == ["growing", "Notar"]


def test_a_late_event_folds_in_where_it_belongs():
    on_time = [b.joined("m-1"), b.left("m-1", at=b.day(2)), b.joined("m-1", at=b.day(3))]
    assert world_of([*on_time[:1], *on_time[2:], on_time[1]]).digest() == world_of(on_time).digest()


def test_a_kind_that_nobody_knows_yet_changes_nothing():
    world = world_of([b.joined("m-1"), b.erased("m-2")])
    before = world.dump()
    assert world.apply(event_of(0, "/crm", "1", "member.promoted", {"member_id": {"of": "a later day"}})) == []
    assert world.dump() == before


def test_a_field_that_nobody_knows_yet_is_passed_over():
    known = b.joined("m-1")
    newer = known._replace(data=known.data | {"by_id": "m-9", "attendee_ids": 7, "member_ids": None})
    assert world_of([b.erased("m-9"), newer]).digest() == world_of([known]).digest()


def test_interests_are_kept_per_event_not_per_subject():
    twice = [b.seeks("m-1", "Nachfolge"), b.seeks("m-1", "Nachfolge", at=b.day(1))]
    assert len(world_of(twice * 2).tables["interests"]["m-1"]) == 2


def test_a_meeting_put_right_keeps_only_what_was_said_last():
    world = world_of([
        b.met_up("e-1", "m-1", "m-3", at=b.day(2), held_at=b.day(0)), b.met_up("e-1", "m-1", "m-2", at=b.day(1)),
    ])  # fmt: skip
    assert world.value("meetings", "e-1", "attendee_ids") == ["m-1", "m-3"]


def test_a_meeting_loses_an_erased_attendee_as_if_they_had_not_been_there():
    never_there = world_of([b.met_up("e-1", "m-1", id="1")])
    assert world_of([b.met_up("e-1", "m-1", "m-2", id="1"), b.erased("m-2")]).digest() == never_there.digest()
    assert world_of([b.erased("m-2"), b.met_up("e-1", "m-1", "m-2", id="1")]).digest() == never_there.digest()


def test_whoever_was_erased_cannot_come_back_under_the_same_id():
    assert world_of([b.erased("m-1"), b.joined("m-1", at=b.day(9))]).digest() == World().digest()


def test_an_introductions_state_outlives_nothing_of_the_erased():
    world = world_of([b.suggested("i-1", "m-1", "m-2"), b.accepted("i-1", "m-1"), b.erased("m-1")])
    assert world.digest() == World().digest()


# --- rounds ---------------------------------------------------------------------------------------------------------


def test_a_round_counts_once_it_is_held():
    assert world_of([b.opened("r-1")]).held_rounds() == {}
    assert list(world_of([b.opened("r-1"), b.held("r-1")]).held_rounds()) == ["r-1"]


def test_of_two_held_for_one_slot_the_one_of_the_least_instant_counts():
    one = [b.opened("r-9", at=b.NEXT_MONDAY), b.held("r-9")]
    half_a_second_later = [b.opened("r-1", at=b.NEXT_MONDAY + 500_000), b.held("r-1")]
    assert list(world_of(half_a_second_later + one).held_rounds()) == ["r-9"]


def test_of_two_held_for_one_slot_at_one_instant_the_one_of_the_least_id_counts():
    both = [event for round_id in ("r-2", "r-1") for event in (b.opened(round_id), b.held(round_id))]
    assert list(world_of(both).held_rounds()) == ["r-1"]
    assert set(world_of([*both, b.opened("r-3", "2026-01-19"), b.held("r-3", "2026-01-19")]).held_rounds()) == {
        "r-1", "r-3",
    }  # fmt: skip
