"""An introduction's life: made at the later acceptance, closed at the first thing that ends it."""

from collections.abc import Sequence

import pytest

from matcher.introductions import due, is_open, state_of, suggestion, suggestions_of, touching, undecided
from matcher.world import World
from schemas.codec import Event, encode
from schemas.door import WEFT, admit
from tests import builders as b
from tests.unit.matcher.worlds import two_suggested, world_of

SUGGESTED = two_suggested()  # on day 7, to be answered before day 21
BOTH_ACCEPT = [b.accepted("i-1", "m-1", at=b.day(8)), b.accepted("i-1", "m-2", at=b.day(10))]


def _owed(events: Sequence[Event], now: int = b.day(20)) -> list[tuple[str, int]]:
    """What is due, each with its time."""
    before = world_of(event for event in events if event.time < now)
    return [(event.type, event.time) for event in due(before, now, ["i-1"])]


def _settled(events: Sequence[Event], now: int = b.day(20)) -> World:
    """The world once what is due is written after every single event, as it arrives."""
    world = World()
    for event in events:
        world.apply(event)
        for owed in due(world, now, list(world.tables["introductions"])):
            world.apply(owed)
    return world


def test_nothing_is_due_while_nobody_has_answered():
    assert _owed(SUGGESTED) == []


def test_both_accepted_makes_it_at_the_later_acceptance():
    assert _owed(SUGGESTED + BOTH_ACCEPT) == [("introduction.made", b.day(10))]


def test_one_acceptance_makes_nothing_however_often_it_is_said():
    twice = [b.accepted("i-1", "m-1", at=b.day(8)), b.accepted("i-1", "m-1", at=b.day(9))]
    assert _owed(SUGGESTED + twice) == []


def test_somebody_else_cannot_answer_for_them():
    assert _owed([*SUGGESTED, BOTH_ACCEPT[0], b.accepted("i-1", "m-3", at=b.day(9))]) == []


@pytest.mark.parametrize(
    "ending",
    [
        b.declined("i-1", "m-1", at=b.day(9)),
        b.blocked("m-1", "m-2", at=b.day(9)),
        b.blocked("m-2", "m-1", at=b.day(9)),
        b.prefers("m-1", at=b.day(9), paused_until=b.day(30)),
        b.prefers("m-2", at=b.day(9), paused_until=b.day(11)),
        b.left("m-2", "g-2", at=b.day(9)),
        b.group_closed("g-1", at=b.day(9)),
    ],
    ids=["declined", "blocked", "blocked by the other", "paused", "a pause that is over", "left", "group closed"],
)
def test_it_closes_when(ending: Event):
    assert _owed([*SUGGESTED, BOTH_ACCEPT[0], ending]) == [("introduction.closed", b.day(9))]
    assert _owed([*SUGGESTED, *BOTH_ACCEPT, ending]) == [("introduction.closed", b.day(9))], "it came first"


@pytest.mark.parametrize(
    "no_ending",
    [
        b.blocked("m-1", "m-3", at=b.day(9)),
        b.prefers("m-1", at=b.day(9), paused_until=b.day(8)),
        b.prefers("m-1", at=b.day(2), paused_until=b.day(6)),
        b.prefers("m-1", at=b.day(9), paused_until=None),
        b.left("m-1", "g-9", at=b.day(9)),
        b.vetoed("m-1", "m-2", at=b.day(9)),
        b.talked("m-1", "m-2", at=b.day(9)),
    ],
    ids=["another's block", "a pause of no length", "a pause before", "no pause", "no group of theirs", "veto", "talk"],
)
def test_it_stays_open_for(no_ending: Event):
    assert _owed([*SUGGESTED, no_ending]) == []


def test_it_expires_on_the_policys_day():
    assert _owed(SUGGESTED, b.day(21) - 1) == []
    assert _owed(SUGGESTED, b.day(21)) == [("introduction.closed", b.day(21))]


def test_at_one_instant_made_outranks_closed():
    block = b.blocked("m-1", "m-2", at=b.day(10))
    assert _owed([*SUGGESTED, *BOTH_ACCEPT, block]) == [("introduction.made", b.day(10))]


def test_the_first_of_several_endings_dates_it():
    endings = [b.blocked("m-1", "m-2", at=b.day(12)), b.declined("i-1", "m-2", at=b.day(9))]
    assert _owed(SUGGESTED + endings, b.day(30)) == [("introduction.closed", b.day(9))]


def test_what_was_there_before_the_round_without_being_in_its_cut_closes_it_at_once():
    assert _owed([*SUGGESTED, b.blocked("m-1", "m-2", at=b.day(5))]) == [("introduction.closed", b.NEXT_MONDAY)]


def test_leaving_one_of_two_groups_is_not_leaving():
    assert _owed([*SUGGESTED, b.joined("m-1", "g-3"), b.left("m-1", "g-1", at=b.day(9))]) == []


def test_going_from_one_group_to_another_in_the_same_instant_is_not_leaving():
    moved = [b.left("m-1", "g-1", at=b.day(9)), b.joined("m-1", "g-3", at=b.day(9))]
    assert _owed(SUGGESTED + moved) == []


def test_to_have_left_and_come_back_closed_it_all_the_same():
    back = [b.left("m-1", "g-1", at=b.day(9)), b.joined("m-1", "g-1", at=b.day(10))]
    assert _owed(SUGGESTED + back) == [("introduction.closed", b.day(9))]


# --- a change of mind -----------------------------------------------------------------------------------------------


def test_a_decline_after_an_acceptance_counts():
    minds = [b.accepted("i-1", "m-1", at=b.day(8)), b.declined("i-1", "m-1", at=b.day(9))]
    assert _owed([*SUGGESTED, *minds, b.accepted("i-1", "m-2", at=b.day(10))]) == [("introduction.closed", b.day(9))]


def test_a_decline_that_comes_when_both_had_accepted_comes_too_late():
    assert _owed([*SUGGESTED, *BOTH_ACCEPT, b.declined("i-1", "m-1", at=b.day(11))]) == [
        ("introduction.made", b.day(10))
    ]


BLOCKED, UNBLOCKED = b.blocked("m-1", "m-2", at=b.day(8)), b.unblocked("m-1", "m-2", at=b.day(8, hour=1))
PAUSED = b.prefers("m-1", at=b.day(8), paused_until=b.day(30))
BACK = b.prefers("m-1", at=b.day(8, hour=1), paused_until=None)
REFOUNDED = b.founded("g-1", at=b.day(8, hour=1)), b.joined("m-1", "g-1", at=b.day(8, hour=2))


@pytest.mark.parametrize(
    "ending",
    [
        [b.declined("i-1", "m-1", at=b.day(8))],
        [BLOCKED, UNBLOCKED],
        [PAUSED, BACK],
        [b.left("m-1", "g-1", at=b.day(8)), b.joined("m-1", "g-1", at=b.day(8, hour=1))],
        [b.group_closed("g-1", at=b.day(8)), *REFOUNDED],
    ],
    ids=["declined", "blocked", "paused", "left", "group closed"],
)
def test_what_ended_it_ends_it_however_the_events_arrive_and_whatever_is_taken_back(ending: list[Event]):
    """Whether somebody had the time to write the ending down before it was taken back decides nothing."""
    accepted = [b.accepted("i-1", "m-1", at=b.day(9)), b.accepted("i-1", "m-2", at=b.day(10))]
    assert _owed([*SUGGESTED, *ending, *accepted]) == [("introduction.closed", b.day(8))]
    world = _settled([*SUGGESTED, *ending])
    for event in accepted:
        world.apply(event)
    assert state_of(world, "i-1") == "closed" and due(world, b.day(20), ["i-1"]) == []


def test_no_later_acceptance_opens_what_was_closed():
    world = _settled([*SUGGESTED, b.blocked("m-1", "m-2", at=b.day(8)), b.unblocked("m-1", "m-2", at=b.day(9))])
    for event in BOTH_ACCEPT:
        world.apply(event._replace(time=event.time + b.HOUR_US))
    assert due(world, b.day(20), ["i-1"]) == []
    assert state_of(world, "i-1") == "closed"


def test_made_outranks_closed_when_the_acceptance_only_arrives_late():
    world = _settled([*SUGGESTED, BOTH_ACCEPT[0]], now=b.day(22))
    assert state_of(world, "i-1") == "closed"
    world.apply(BOTH_ACCEPT[1])
    assert [(event.type, event.time) for event in due(world, b.day(22), ["i-1"])] == [("introduction.made", b.day(10))]


@pytest.mark.parametrize("later", [b.declined("i-1", "m-1", at=b.day(11)), b.left("m-2", "g-2", at=b.day(12))])
def test_the_timeline_decides_whatever_arrives_first(later: Event):
    arrived_late = _settled([*SUGGESTED, BOTH_ACCEPT[0], later, BOTH_ACCEPT[1]])
    assert state_of(arrived_late, "i-1") == state_of(_settled([*SUGGESTED, *BOTH_ACCEPT, later]), "i-1") == "made"


# --- what is written ------------------------------------------------------------------------------------------------


def test_what_is_due_has_the_same_bytes_whoever_writes_it_and_is_due_once():
    world, elsewhere = world_of(SUGGESTED + BOTH_ACCEPT), world_of((SUGGESTED + BOTH_ACCEPT)[::-1])
    owed = due(world, b.day(20), ["i-1"])
    assert list(map(encode, owed)) == list(map(encode, due(elsewhere, b.day(13), ["i-1"])))
    assert [admit(encode(event), b.day(60), WEFT) for event in owed] == owed
    world.apply(owed[0])
    assert due(world, b.day(20), ["i-1"]) == []


def test_made_and_closed_are_two_events():
    ids = [due(world_of(SUGGESTED + more), b.day(22), ["i-1"])[0].id for more in ([], BOTH_ACCEPT)]
    assert len(set(ids)) == 2


def test_nothing_is_due_for_an_attempt_that_was_never_held():
    assert _owed([*SUGGESTED[:-1], *BOTH_ACCEPT], b.day(30)) == []


def test_nothing_is_due_when_one_of_the_two_was_erased():
    assert _owed([*SUGGESTED, *BOTH_ACCEPT, b.erased("m-1", at=b.day(11))], b.day(30)) == []


# --- places ---------------------------------------------------------------------------------------------------------


def _is_open(*events: Event) -> bool:
    world = world_of([*SUGGESTED, *events])
    one = suggestion(world, "i-1")
    return one is not None and is_open(world, one)


@pytest.mark.parametrize("event", [b.declined("i-1", "m-2"), b.made("i-1"), b.closed("i-1"), b.blocked("m-2", "m-1")])
def test_what_is_decided_takes_no_place(event: Event):
    assert not _is_open(event._replace(time=b.day(9)))


def test_what_both_accepted_takes_none_though_nobody_has_written_that_it_is_made():
    assert not _is_open(*BOTH_ACCEPT)


def test_an_unanswered_one_is_open_and_one_that_one_of_them_accepted():
    assert _is_open() and _is_open(BOTH_ACCEPT[0])


def test_time_alone_can_decide_only_what_is_undecided():
    assert undecided(world_of(SUGGESTED)) == ["i-1"]
    assert undecided(world_of([*SUGGESTED, b.made("i-1")])) == []


def test_what_a_member_does_touches_what_names_them_until_it_is_made():
    world = world_of(SUGGESTED)
    assert [touching(world, member_id) for member_id in ("m-1", "m-2", "m-3")] == [{"i-1"}, {"i-1"}, set()]
    assert touching(world_of([*SUGGESTED, b.made("i-1")]), "m-1") == set()


def test_suggestions_of_the_same_two_in_one_round_have_one_order_too():
    """Merged logs may hold them; a set's own order is another one in every process."""
    again = [b.suggested(f"i-{number}", "m-1", "m-2", "r-1", at=b.day(7)) for number in range(2, 12)]
    world = world_of([*SUGGESTED, *again])
    found = [one.introduction_id for one in suggestions_of(world, "m-1")]
    assert found == sorted(found) and len(found) == 11
