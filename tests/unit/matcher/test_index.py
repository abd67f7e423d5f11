"""An index that followed the world event by event is one that was built anew."""

from collections.abc import Iterator
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from matcher.asking import ask, own_need
from matcher.card import Purpose, card_of
from matcher.evidence import Evidence
from matcher.features import OF_CONDUCT, OF_MEMBER
from matcher.horizon import Horizon
from matcher.index import Index
from matcher.judging import measured_of
from matcher.policy import DEFAULT, Policy
from matcher.reading import Reading, day_at
from matcher.rows import Rows
from matcher.rules import room as room_of
from matcher.world import World
from schemas.codec import Event, event_of
from tests import builders as b
from tests.dice import THROWN
from tests.unit.matcher.chatter import DAYS, MEMBERS, SUBJECTS, folding_order, some_events
from tests.unit.matcher.networks import small_network
from tests.unit.matcher.worlds import planned, two_suggested, world_of

ALL_PAIRS = Policy(least_value=-(10**9), personal=2, shared=1, introductions_per_round=3)


def read_whole(index: Index, at: int) -> Any:
    """All that anybody reads of an index, by member."""
    card = card_of(index.world, Purpose.ROUNDS)
    asked = [ask(index, card, each, own_need(index, each, at), at, top=9, policy=ALL_PAIRS) for each in MEMBERS]
    said = _evidence_of_all(index, at), _lists_of_the_day(index, at), _past_of_all(index, at)
    return planned(index, at, ALL_PAIRS), asked, *said


def _evidence_of_all(index: Index, at: int) -> list[Any]:
    """Who gives and who seeks what, and how much of it."""
    reading, ids = Reading(index, at), index.roster.ids
    found = []
    for is_word in (False, True):
        postings = (index.gives[is_word], index.seeking()[is_word], index.profiles)
        terms = {term for each in postings for term, rows in each.by_term.items() if rows.columns().size}
        for term in terms:
            for read in (reading.given, reading.sought):
                slots, worth = read(term, is_word)
                members = [ids[slot] for slot in slots]
                found += [(term, read.__name__, is_word, *each) for each in zip(members, worth.tolist(), strict=True)]
    return sorted(found)


def _past_of_all(index: Index, at: int) -> Any:
    """Who answered whose needs, what that says of everybody for a need of each, and of everybody by themselves."""
    reading = Reading(index, at)
    numbers = {each: index.roster.slots[each] for each in MEMBERS if each in index.roster.slots}
    slots = [(each, slot) for each, slot in numbers.items() if index.roster.is_here(slot)]
    others = np.array([slot for _, slot in slots], dtype=np.int64)
    evidence = Evidence(reading)
    of_needs = {
        each: {name: values.tolist() for name, values in evidence.of_need(reading.need(slot), others).items()}
        for each, slot in slots
    }
    measured = measured_of(reading, others, {})
    of_all = {name: measured[name].tolist() for name in (*OF_MEMBER, *OF_CONDUCT)}
    return [each for each, _ in slots], of_needs, of_all, index.history().outcomes()


def _lists_of_the_day(index: Index, at: int) -> list[list[str]]:
    day = day_at(index, at)
    return [[index.roster.ids[slot] for slot in each] for each in (day.most_active, day.last_heard_of, day.newest)]


def followed_beside_anew(dice: Random) -> Iterator[tuple[Any, Any]]:
    """What is read, now and then, of an index that follows a network, and of one built anew: in half of all cases event
    after event as they happened, else in any order."""
    events = [*small_network(dice), *some_events(dice, 30)]
    as_it_happened = dice.random() < 0.5
    horizon = Horizon(World(), b.day(0 if as_it_happened else dice.randrange(DAYS), hour=20))
    index = Index(horizon.world)
    for event in sorted(events, key=lambda event: event.time) if as_it_happened else folding_order(dice, events):
        index.follow(horizon.add(event))
        if as_it_happened or dice.random() < 0.05:
            index.follow(horizon.advance(event.time + 1))
        if dice.random() < 0.1:
            yield read_whole(index, horizon.as_of), read_whole(Index(horizon.world), horizon.as_of)
    yield read_whole(index, horizon.as_of), read_whole(Index(World.load(horizon.world.dump())), horizon.as_of)


@settings(max_examples=30)
@given(THROWN)
def test_an_index_that_forgets_a_member_is_one_that_never_knew_them(dice: Random):
    events = [event for event in [*small_network(dice), *some_events(dice, 60)] if event.type != "member.erased"]
    world, at = world_of(events), b.day(DAYS, hour=20)
    index = Index(world)
    for member_id in dice.sample(MEMBERS, 3):
        if dice.random() < 0.8:
            read_whole(index, at)
        index.follow(world.apply(b.erased(member_id, at=at - 1)))
        assert read_whole(index, at) == read_whole(Index(World.load(world.dump())), at)
        kept = [index.roster.slots, index.roster.ids, index._seekers_to_read]
        assert all(member_id not in each for each in kept)


@settings(max_examples=8)
@given(THROWN)
def test_following_is_building_anew(dice: Random):
    for followed, anew in followed_beside_anew(dice):
        assert followed == anew


@settings(max_examples=6)
@given(THROWN)
def test_what_is_read_after_each_event_of_a_day_is_what_one_built_anew_reads(dice: Random):
    index = Index(world_of([*small_network(dice), *some_events(dice, 40)]))
    for number in range(36):
        at, (asker, helper) = b.day(DAYS, minute=number // 6), dice.sample(MEMBERS[:3], 2)
        answer = b.gives(helper, "Steuern"), b.talked(asker, helper), b.endorsed(helper, "Steuern", asker)
        one = dice.choice((b.seeks(asker, dice.choice(SUBJECTS)), *answer, *some_events(dice, 1, erasing=False)))
        event = event_of(at, "/app", f"late-{number}", one.type, one.data)
        index.follow(index.world.apply(event))
        at += 1
        assert read_whole(index, at) == read_whole(Index(World.load(index.world.dump())), at)


ASKED = [
    *(b.joined(f"m-{number}", f"g-{number}", at=b.day(1)) for number in (3, 2, 1)),
    b.seeks("m-1", "Export", at=b.day(2), note="Holland"),
    b.talked("m-1", "m-2", at=b.day(3)),
    b.gives("m-3", "Export", at=b.day(5)),
    b.talked("m-1", "m-3", at=b.day(5)),
]


@pytest.mark.parametrize(
    ("before", "today"),
    [
        (b.gives("m-2", "Export", at=b.day(1)), b.endorsed("m-2", "Export", "m-1", at=b.day(12))),
        (b.endorsed("m-2", "Export", "m-1", at=b.day(6)), b.gives("m-2", "Export", at=b.day(12))),
    ],
)
def test_who_was_the_first_to_answer_is_no_longer_once_it_is_told_that_another_was(before: Event, today: Event):
    index, at = _followed(*ASKED, before), b.day(12, hour=9)
    first = Reading(index, at).presence.firsts[index.roster.slots["m-3"]]
    index.follow(index.world.apply(today))
    assert Reading(index, at).presence.firsts[index.roster.slots["m-3"]] < first


def test_a_rating_counts_no_longer_once_another_round_of_the_date_puts_out_the_one_that_suggested_it():
    late = [
        b.opened("r-2", at=b.day(5)),
        b.suggested("i-1", "m-1", "m-2", "r-2", at=b.day(5)),
        b.held("r-2", at=b.day(5)),
    ]
    index = _followed(*ASKED[:4], *late, b.rated("i-1", "m-1", 5, at=b.day(7)), b.opened("r-1", at=b.day(4)))
    assert index.history().outcomes()
    index.follow(index.world.apply(b.held("r-1", at=b.day(4))))
    assert index.history().outcomes() == []


def test_an_index_that_is_to_be_built_anew_is_before_anybody_counts_by_its_slots():
    index = _followed(*ASKED, reading_at=b.day(12))
    index.follow([change for event in (b.erased("m-2"), b.joined("m-4")) for change in index.world.apply(event)])
    reading = Reading(index, b.day(12))
    assert [index.roster.ids[slot] for slot in np.flatnonzero(reading.presence.active)] == ["m-3"]


def test_a_day_that_was_let_go_for_another_does_not_go_on_from_where_it_was():
    index, at = _followed(*ASKED), b.day(12, hour=9)
    slot, there = index.roster.slots["m-1"], Reading(index, at).presence.days90.tolist()
    index.follow(index.world.apply(b.met_up("e-1", "m-1", at=b.day(12))))
    assert Reading(index, at).members == 3  # of whom something was told, which nobody has counted yet
    assert Reading(index, b.day(13)).presence.members == 3
    assert Reading(index, at).presence.days90[slot] == there[slot] + 1


def test_a_meeting_that_is_held_leaves_the_day_as_it_was_and_one_put_right_does_not():
    index, at = _followed(*ASKED), b.day(12, hour=9)
    day = Reading(index, at).day
    index.follow(index.world.apply(b.met_up("e-1", "m-1", "m-2", at=b.day(12))))
    assert Reading(index, at).day is day
    index.follow(index.world.apply(b.met_up("e-1", "m-1", at=b.day(12, hour=1))))
    assert Reading(index, at).day is not day


def _followed(*events: Event, reading_at: int | None = None) -> Index:
    index = Index(World())
    for event in events:
        index.follow(index.world.apply(event))
        if reading_at is not None:
            read_whole(index, reading_at)
    return index


def _evidence(index: Index, member_id: str, subject: str) -> int:
    """How much of a subject a member was said to give, in thousandths."""
    slot = index.roster.slots[member_id]
    slots, _, amounts = index.gives.subjects.by_term[subject].columns()
    return int(amounts[slots == slot].sum())


@pytest.mark.parametrize(
    "later",
    [
        b.talked("m-1", "m-3", at=b.day(12, minute=3)),  # who was praised before the two had talked
        b.seeks("m-1", "Export", at=b.day(12, minute=4), note="Fensterrahmen"),  # a word that nobody used before
    ],
)
def test_what_is_told_after_all_was_read_says_what_it_says_to_a_new_index(later: Event):
    told = [
        *(b.joined(member_id, f"g-{member_id}", at=b.day(1)) for member_id in ("m-1", "m-2", "m-3")),
        b.seeks("m-1", "Export", at=b.day(3), note="Holland"),
        *(b.gives(member_id, "Export", at=b.day(4)) for member_id in ("m-2", "m-3")),
        b.talked("m-1", "m-2", at=b.day(4)),
        b.endorsed("m-3", "Export", "m-1", at=b.day(12, minute=1)),
    ]
    index = Index(world_of(told))
    _past_of_all(index, b.day(12, hour=20))
    index.follow(index.world.apply(later))
    assert _past_of_all(index, b.day(12, hour=20)) == _past_of_all(Index(index.world), b.day(12, hour=20))


def test_a_change_of_many_events_counts_each_once():
    horizon = Horizon(World(), b.day(0))
    index = Index(horizon.world)
    for event in (
        b.gives("m-1", "steuern", at=b.day(1)),
        b.gives_no_more("m-1", "steuern", at=b.day(2)),
        b.gives("m-1", "steuern", at=b.day(3)),
        b.endorsed("m-1", "steuern", "m-2", at=b.day(4)),
    ):
        horizon.add(event)
    index.follow(horizon.advance(b.day(9)))
    assert _evidence(index, "m-1", "steuern") == 1_125


def test_a_conflict_that_merged_logs_have_counts_once():
    index = _followed(b.gives("m-1", "steuern", id="1", level=1), b.gives("m-1", "steuern", id="1", at=b.day(1)))
    assert _evidence(index, "m-1", "steuern") == 1_000


ANSWERED = [
    *two_suggested("i-1", "m-1", "m-2"),
    b.seeks("m-1", "Nachfolge", note="Notar", at=b.day(1)),
    b.rated("i-1", "m-1", at=b.day(9)),
    b.joined("m-3", "g-2", id="j-3"),
    b.gives("m-3", "Nachfolge", at=b.day(10)),
    b.talked("m-1", "m-3", at=b.day(10)),
    b.endorsed("m-3", "Nachfolge", "m-1", at=b.day(11)),
]


@pytest.mark.parametrize("seed", range(60))
def test_in_whatever_order_they_come_the_same_needs_are_answered_by_the_same(seed: int):
    """Read after each of them: an answer is one from the last event on that makes it one."""
    index = Index(World())
    for event in Random(seed).sample(ANSWERED, len(ANSWERED)):
        index.follow(index.world.apply(event))
        index.history()
    ((asker_id, need, answers),) = index.history().outcomes()
    assert (asker_id, need.subjects) == ("m-1", ("Nachfolge",))
    assert {(one.member_id, one.is_useful) for one in answers} == {
        (each, useful) for each in ("m-2", "m-3") for useful in (False, True)
    }
    assert _past_of_all(index, b.day(14)) == _past_of_all(Index(index.world), b.day(14))


def test_somebody_who_was_only_ever_heard_of_is_nobody_to_introduce():
    events = [b.prefers("m-9", introductions_per_round=1), b.suggested("i-1", "m-7", "m-8"), b.talked("m-5", "m-6")]
    for index in (Index(world_of(events)), _followed(*events)):
        assert not index.roster.available(b.day(9), DEFAULT).any()
        assert planned(index).introductions == []


def test_whoever_joins_during_a_day_is_on_the_lists_that_a_new_index_has():
    events = [b.joined(f"m-{number}", f"g-{number}", at=b.day(9, hour=number)) for number in range(1, 7)]
    at = b.day(9, hour=12)
    assert read_whole(_followed(*events, reading_at=at), at) == read_whole(Index(world_of(events)), at)


@pytest.mark.parametrize(
    ("told", "room"),
    [
        ([], 1),
        ([b.prefers("m-1", introductions_per_round=5)], 4),
        ([b.prefers("m-1", introductions_per_round=None)], 1),
        ([b.prefers("m-1", introductions_per_round=0)], 0),
        ([b.declined("i-1", "m-2", at=b.day(8))], 2),
        ([b.prefers("m-2", at=b.day(8), paused_until=b.day(9))], 2),
        ([b.blocked("m-1", "m-2", at=b.day(8))], 2),
        ([b.left("m-2", "g-2", at=b.day(8))], 2),
        ([b.group_closed("g-2", at=b.day(8))], 2),
        ([b.made("i-1", at=b.day(8))], 2),
    ],
)
def test_room_is_what_no_open_suggestion_takes(told: list[Event], room: int):
    events = two_suggested() + told
    for index in (Index(world_of(events)), _followed(*events), _followed(*events[::-1])):
        assert _room(index, b.day(10)) == room


def test_an_expired_suggestion_takes_no_place_though_nobody_wrote_that_it_closed():
    index = Index(world_of(two_suggested()))
    there_and_back = b.day(21) - 1, b.day(21), b.day(22), b.day(21) - 1, b.day(10)
    assert [_room(index, at) for at in there_and_back] == [1, 2, 2, 1, 1]


def _room(index: Index, at: int) -> int:
    """For everybody at once, and for one: rounds take part by the first, and say why not by the second."""
    room = int(index.roster.room(at, DEFAULT)[index.roster.slots["m-1"]])
    assert room == room_of(index.world, "m-1", at, DEFAULT)
    return room


def test_rows_of_many_are_dropped_at_once():
    rows = Rows(2)
    for row in ((1, 10), (2, 20), (3, 30), (1, 11)):
        rows.add(*row)
    assert [column.tolist() for column in rows.without([1, 3]).columns()] == [[2], [20]]
    assert np.array_equal(rows.columns()[0], [1, 2, 3, 1])
