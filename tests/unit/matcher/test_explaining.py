"""An explanation is what a round knows of a pair; it names the events behind, and is true of what would change it."""

from collections.abc import Iterable
from itertools import combinations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.asking import ask
from matcher.behind import BY_CODE
from matcher.bins import bin_of, nearest
from matcher.card import Purpose, card_of
from matcher.explaining import Explanation, explain
from matcher.features import CODES, FEATURES
from matcher.index import Index
from matcher.policy import DEFAULT, Policy
from matcher.reading import Reading
from matcher.rules import Apart, Why
from matcher.scorecard import Card
from matcher.side import Line
from matcher.told import MOST_EVENTS
from schemas.codec import Event, canonical
from tests import builders as b
from tests.dice import THROWN
from tests.unit.matcher.networks import AT, MEMBERS, Told, small_network
from tests.unit.matcher.worlds import planned, two_suggested, world_of

TODAY = b.day(30)
NOON = AT + 12 * b.HOUR_US
ANY = Policy(least_value=-1_000_000)
NARROW = Policy(least_value=-1_000_000, personal=1, shared=0)  # one may be in the other's pool alone
TWO = [b.joined("m-1", "g-1", name="Ada"), b.joined("m-2", "g-2", name="Jonas")]
HELPS = [b.seeks("m-1", "Nachfolge", at=b.day(3)), b.gives("m-2", "Nachfolge", at=b.day(4))]
OF_NOBODY = {"member.described or .preferences_set"}


def _index(events: Iterable[Event], at: int) -> Index:
    return Index(world_of(event for event in events if event.time < at))


def _explained(
    events: Iterable[Event], a: str = "m-1", other: str = "m-2", at: int = TODAY, policy: Policy = DEFAULT
) -> Explanation:
    index = _index(events, at)
    return explain(index, card_of(index.world, Purpose.ROUNDS), a, other, at, policy)


def _lines(events: Iterable[Event], at: int = TODAY) -> dict[str, Line]:
    """Why m-2 for m-1, by feature."""
    return {line.feature.name: line for line in _explained(events, at=at).sides[0].lines}


def _kept_out(events: Iterable[Event], **more: Any) -> list[str]:
    return [obstacle.code for obstacle in _explained(events, **more).keeps_out]


def _bytes(explanation: Explanation) -> bytes:
    return canonical(explanation.as_json())


# --- the same as a round ----------------------------------------------------------------------------------------------


@given(THROWN)
def test_points_reasons_value_and_score_are_those_of_a_round(dice: Random):
    index = _index(small_network(dice, boundless=True), AT)
    for one in planned(index, AT, ANY).introductions:
        told = explain(index, card_of(index.world, Purpose.ROUNDS), *one.member_ids, AT, ANY)
        assert (told.sides[0].points, told.sides[1].points) == one.points
        assert canonical([side.reasons for side in told.sides]) == canonical(list(one.reasons))
        assert (told.value, told.score) == (one.value, one.score)
        assert {obstacle.code for obstacle in told.keeps_out} <= {Why.OTHERS_PREFERRED}


def test_the_value_is_that_of_a_round_where_only_one_has_the_other_among_their_candidates():
    favourite = [
        b.joined("m-3", "g-3"),
        b.seeks("m-3", "Nachfolge", at=b.day(9)),
        b.gives("m-3", "Export", at=b.day(9)),
    ]
    events = [*TWO, *HELPS, *favourite, b.seeks("m-2", "Export", at=b.day(9))]
    told = _explained(events, policy=NARROW)
    assert [side.place.is_in for side in told.sides] == [True, False]
    values = {one.member_ids: one.value for one in planned(_index(events, TODAY), TODAY, NARROW).introductions}
    assert values["m-1", "m-2"] == told.value


@given(THROWN)
def test_points_and_reasons_are_those_of_ask(dice: Random):
    index = _index(small_network(dice), AT)
    card, slots = card_of(index.world, Purpose.ROUNDS), index.roster.slots
    for member_id in MEMBERS:
        need = Reading(index, AT).need(slots[member_id])
        for answer in ask(index, card, member_id, need, AT, top=9):
            side = explain(index, card, member_id, answer.member_id, AT, DEFAULT).sides[0]
            assert canonical([side.points, side.reasons]) == canonical([answer.points, answer.reasons])


@given(THROWN)
def test_every_feature_is_told_once_and_they_add_up_to_the_points(dice: Random):
    told = _explained(small_network(dice), *dice.sample(MEMBERS, 2), at=AT)
    for side in told.sides:
        assert [line.feature for line in side.lines] == list(FEATURES)
        assert sum(line.bin.points for line in side.lines) == side.points
        assert sum(reason["points"] for reason in side.reasons) == side.points


@given(THROWN)
def test_it_is_the_same_in_whatever_order_the_events_came(dice: Random):
    events = small_network(dice)
    expected = _bytes(_explained(events, at=AT))
    dice.shuffle(events)
    assert _bytes(_explained([*events, *events[:5]], at=AT)) == expected


@given(THROWN)
def test_either_may_be_named_first(dice: Random):
    events = small_network(dice)
    one, other = _explained(events, "m-1", "m-2", at=AT), _explained(events, "m-2", "m-1", at=AT)
    assert one.value == other.value and one.sides == other.sides[::-1]
    assert {obstacle.code for obstacle in one.keeps_out} == {obstacle.code for obstacle in other.keeps_out}


def test_what_is_confidential_leaves_no_trace():
    quietly = [b.seeks("m-1", "Insolvenz", at=b.day(5), confidential=True)]
    knows = [*TWO, *HELPS, b.gives("m-2", "Insolvenz", at=b.day(5))]
    assert _bytes(_explained(knows + quietly)) == _bytes(_explained(knows))
    assert b"Insolvenz" not in _bytes(_explained(knows + quietly))


# --- the events behind ------------------------------------------------------------------------------------------------


@given(THROWN)
def test_every_event_that_is_named_was_told_before(dice: Random):
    events = small_network(dice)
    told = _explained(events, *dice.sample(MEMBERS, 2), at=AT)
    behind = [line.behind for side in told.sides for line in side.lines] + [each.behind for each in told.keeps_out]
    before = {(event.time, event.source, event.id, event.type) for event in events if event.time < AT}
    assert {tuple(each) for one in behind for each in one.events if each.kind not in OF_NOBODY} <= before


def test_the_most_telling_come_first_and_the_others_are_counted():
    old = [b.gives("m-2", "Nachfolge", level=2, at=b.day(number)) for number in range(5, 15)]
    endorsed = b.endorsed("m-2", "Nachfolge", "m-9", at=b.day(29))
    behind = _lines([*TWO, *HELPS, *old, endorsed])["subj240"].behind
    assert len(behind.events) == MOST_EVENTS and behind.others == len(HELPS) + len(old) + 1 - MOST_EVENTS
    assert (behind.events[0].id, behind.events[0].kind) == (HELPS[1].id, "expertise.declared")


def test_a_meeting_of_last_week_tells_more_of_now_than_a_talk_of_last_month_and_less_of_a_season():
    talk, meeting = b.talked("m-2", "m-9", at=b.day(2)), b.met_up("e-1", "m-2", "m-9", at=b.day(24))
    lines = _lines([*TWO, talk, meeting])
    first = {name: lines[name].behind.events[0].id for name in ("act7", "act60")}
    assert first == {"act7": meeting.id, "act60": talk.id}


def test_an_interest_that_the_other_serves_tells_more_than_one_that_nobody_does():
    in_vain = [b.seeks("m-1", f"Thema {number}", at=b.day(20)) for number in range(5)]
    behind = _lines([*TWO, *HELPS, *in_vain])["subj240"].behind
    assert {each.id for each in behind.events[:2]} == {event.id for event in HELPS}


def test_every_reason_names_where_it_is_read_from():
    assert set(BY_CODE) == set(CODES)


@pytest.mark.parametrize(
    ("feature", "said"),
    [
        ("words240", b.described("m-2", about="Nachfolge ist mein Feld", at=b.day(5))),
        ("seeks120", b.seeks("m-2", "Export", at=b.day(5))),
        ("act7", b.talked("m-2", "m-9", at=b.day(5))),
        ("act60", b.met_up("e-1", "m-2", "m-9", at=b.day(5))),
        ("since_gave", b.talked("m-2", "m-9", at=b.day(5))),
        ("since_ask", b.seeks("m-2", "Marken", at=b.day(5))),
        ("answers", b.endorsed("m-2", "Nachfolge", "m-1", at=b.day(5))),
        ("kt", b.endorsed("m-2", "Nachfolge", "m-1", at=b.day(5))),
        ("common", b.talked("m-2", "m-9", at=b.day(5))),
        ("profession", b.described("m-2", profession="Notarin", at=b.day(5))),
        ("stage", b.described("m-2", stage="growing", at=b.day(5))),
    ],
    ids=lambda each: each if isinstance(each, str) else each.type,
)
def test_a_feature_names_what_it_was_read_from(feature: str, said: Event):
    gives = [b.gives("m-1", "Export", at=b.day(2)), b.talked("m-1", "m-9", at=b.day(2))]
    if said.type == "expertise.endorsed":
        gives.append(b.talked("m-1", "m-2", at=b.day(3)))
    lines = _lines([*TWO, *HELPS, *gives, said])
    assert (said.time, said.source, said.id, said.type) in [tuple(each) for each in lines[feature].behind.events]


@pytest.mark.parametrize(
    ("feature", "type"),
    [
        ("came14", "meeting.held"),
        ("replies60", "introduction.accepted"),
        ("accepts60", "introduction.accepted"),
        ("load28", "introduction.suggested"),
        ("rated", "introduction.rated"),
    ],
)
def test_how_they_take_part_names_what_they_came_to_and_what_they_made_of_introductions(feature: str, type: str):
    answered = [b.accepted("i-9", each, at=b.day(8)) for each in ("m-2", "m-3")]
    made = [b.joined("m-3", "g-3"), *_suggested_to_the_other(), *answered, b.made("i-9", at=b.day(8))]
    rated = b.rated("i-9", "m-3", 5, at=b.day(9))
    met = b.met_up("e-1", "m-2", "m-9", group_id="g-2", at=b.day(5))
    behind = _lines([*TWO, *HELPS, met, *made, rated])[feature].behind
    assert type in [event.kind for event in behind.events]


def _suggested_to_the_other() -> Iterable[Event]:
    """A round that suggested m-2 and m-3 to each other."""
    yield b.opened(at=b.day(7))
    yield b.suggested("i-9", "m-2", "m-3", at=b.day(7))
    yield b.held(at=b.day(7))


# --- what would change it ---------------------------------------------------------------------------------------------

CARD = Card.of(
    "w-1",
    {"days90": {"edges": [2, 5, 9], "points": [-4, 3, 3, 1]}},
    {"edges": [], "points": [0]},
)


@given(st.integers(-3, 15))
def test_a_step_is_the_nearest_value_that_is_worth_more_or_less(value: int):
    own = bin_of(CARD, "days90", value)
    for better in (True, False):
        worths = {at: bin_of(CARD, "days90", at).points - own.points for at in range(-20, 30)}
        found = [at for at, points in worths.items() if (points > 0 if better else points < 0)]
        step = nearest(CARD, "days90", value, better=better)
        assert (step is None) == (not found)
        if step:
            assert abs(step.value - value) == min(abs(at - value) for at in found)
            assert step.points == worths[step.value]


def test_a_feature_that_the_card_does_not_know_is_worth_nothing_and_nothing_would_change_it():
    assert bin_of(CARD, "trend", 7) == (None, None, 0)
    assert nearest(CARD, "trend", 7, better=True) is nearest(CARD, "trend", 7, better=False) is None


def test_so_many_days_more_without_a_sign_of_life_cost_what_was_said():
    events, heard_of = [*TWO, *HELPS, b.seeks("m-2", "Export", at=b.day(4))], b.day(4)
    now = _lines(events, at=heard_of + b.day(5) - b.day(0))["since_act"]
    assert now.worse and now.value == 5
    days = now.worse.value - now.value
    assert days > 1 and now.as_json()["worse"]["says"] == f"{days} more days without a sign of life"
    points = [_lines(events, at=b.day(9 + more))["since_act"].bin.points for more in range(days + 1)]
    assert min(points[:-1]) >= now.bin.points and points[-1] == now.bin.points + now.worse.points


def test_so_many_acquaintances_more_are_worth_what_was_said():
    events = [*TWO, *HELPS]
    now = _lines(events)["common"]
    assert now.better and now.as_json()["better"]["says"] == "1 more acquaintance in common"
    both = [b.talked(member_id, "m-9", at=b.day(5)) for member_id in ("m-1", "m-2")]
    assert _lines(events + both)["common"].bin.points == now.bin.points + now.better.points


def test_the_same_profession_is_worth_what_was_said():
    events = [*TWO, *HELPS, *(b.described(each, profession=each, at=b.day(5)) for each in ("m-1", "m-2"))]
    now = _lines(events)["profession"]
    assert now.worse and now.as_json()["worse"]["says"] == "the same profession"
    changed = _lines([*events, b.described("m-2", profession="M-1", at=b.day(6))])["profession"]
    assert changed.bin.points == now.bin.points + now.worse.points


@given(THROWN)
def test_an_endorsement_changes_the_points_by_what_was_said(dice: Random):
    events = [*TWO, *HELPS, *small_network(dice), b.talked("m-2", "m-99", at=b.day(2))]
    now = _explained(events, at=NOON).sides[0]
    for supposed in now.endorsed:
        said = b.endorsed("m-2", supposed.subject, "m-99", at=AT)
        then = _explained([*events, said], at=NOON).sides[0]
        assert then.points - now.points == supposed.points
        before = {line.feature.name: line.bin.points for line in now.lines}
        moved = {line.feature.name: line.bin.points - before[line.feature.name] for line in then.lines}
        assert {name: points for name, points in moved.items() if points} == supposed.by_feature


def test_an_endorsement_is_told_for_each_subject_that_they_claim_as_praise_of_others_says_nothing():
    claims = [b.gives("m-2", subject) for subject in ("Export", "Marken")]
    sought = [b.seeks("m-1", subject) for subject in ("Export", "Marken", "Zoll")]
    told = _explained([*TWO, *claims, *sought]).sides[0]
    assert {each.subject for each in told.endorsed} == {"Export", "Marken"}
    assert all(each.points > 0 for each in told.endorsed)
    talked = [*TWO, *claims, *sought, b.talked("m-2", "m-9")]
    praised = [*talked, b.endorsed("m-2", "Zoll", "m-9")]
    assert _explained(praised).sides[0].points == _explained(talked).sides[0].points


# --- what keeps them out ----------------------------------------------------------------------------------------------


@given(THROWN)
def test_rules_are_named_exactly_where_they_forbid(dice: Random):
    events = small_network(dice)
    told, index = Told(events), _index(events, AT)
    of_rules = {*Apart, Why.PAUSED, Why.WANTS_NONE, Why.NO_ROOM, "in_no_group", "no_common_language"}
    for one, other in combinations(sorted(MEMBERS), 2):
        codes = {
            each.code
            for each in explain(index, card_of(index.world, Purpose.ROUNDS), one, other, AT, DEFAULT).keeps_out
        }
        may = told.may_meet(one, other) and told.can_take_part(one) and told.can_take_part(other)
        assert bool(codes & of_rules) == (not may)


@pytest.mark.parametrize(
    ("code", "more"),
    [
        (Apart.TALKED, [b.talked("m-1", "m-2", at=b.day(5))]),
        (Apart.ONE_GROUP, [b.joined("m-1", "g-2", at=b.day(5)), b.left("m-1", "g-2", at=b.day(6))]),
        (Apart.BLOCKED, [b.blocked("m-2", "m-1", at=b.day(5))]),
        (Apart.VETOED, [b.vetoed("m-1", "m-2", at=b.day(5))]),
        (Why.PAUSED, [b.prefers("m-2", paused_until=b.day(40), at=b.day(5))]),
        (Why.WANTS_NONE, [b.prefers("m-1", introductions_per_round=0, at=b.day(5))]),
        ("in_no_group", [b.left("m-2", "g-2", at=b.day(5))]),
        (
            "no_common_language",
            [b.described("m-1", languages=["de"], at=b.day(5)), b.described("m-2", languages=["en"], at=b.day(5))],
        ),
    ],
    ids=lambda each: str(each) if isinstance(each, str) else "",
)
def test_each_rule_is_said_with_the_event_behind(code: str, more: list[Event]):
    (obstacle,) = _explained([*TWO, *HELPS, *more]).keeps_out
    assert obstacle.code == code
    assert more[0].id in {each.id for each in obstacle.behind.events}


def test_a_pair_that_was_suggested_is_told_when_to_ask_for():
    (obstacle,) = _explained(two_suggested()).keeps_out
    assert obstacle.code == Apart.SUGGESTED and "--at 2026-01-12T00:00:00Z" in obstacle.says


def test_who_blocked_whom_is_not_said():
    (one,) = _explained([*TWO, b.blocked("m-1", "m-2")]).keeps_out
    (other,) = _explained([*TWO, b.blocked("m-2", "m-1")]).keeps_out
    assert one.says == other.says


def test_where_nothing_keeps_them_out_nothing_is_said():
    assert _kept_out([*TWO, *HELPS]) == []


def test_a_value_below_the_least_is_said():
    assert _kept_out([*TWO, *HELPS], policy=Policy(least_value=3_000_000)) == [Why.TOO_LITTLE_VALUE]


def test_two_who_have_nothing_for_each_other_are_said_to():
    nothing_meets = [b.seeks("m-1", "Nachfolge"), b.gives("m-2", "Export")]
    assert _kept_out([*TWO, *nothing_meets], policy=Policy(least_value=1)) == [Why.NOTHING_IN_COMMON]


def test_who_is_in_neither_pool_is_said_to():
    many = [b.joined(f"m-{number}", "g-3", at=b.day(5)) for number in range(3, 9)]
    helps_more = [b.gives(f"m-{number}", "Nachfolge", level=5, at=b.day(29)) for number in range(3, 9)]
    seeks_too = [b.seeks(f"m-{number}", "Export", at=b.day(29)) for number in range(3, 9)]
    events = [*TWO, b.seeks("m-1", "Nachfolge"), b.gives("m-1", "Export"), *many, *helps_more, *seeks_too]
    assert _kept_out(events, policy=Policy(personal=1, shared=0)) == ["not_in_pools"]


def test_better_pairs_that_take_all_room_are_said():
    rival = [b.joined("m-3", "g-3"), b.gives("m-3", "Nachfolge", level=5, at=b.day(29))]
    busy = [b.talked("m-3", "m-9", at=b.day(29))]
    network, policy = [*TWO, *HELPS, *rival, *busy], Policy(least_value=1)
    assert Why.OTHERS_PREFERRED not in _kept_out(network, policy=policy)
    one_place = b.prefers("m-1", introductions_per_round=1)
    assert _kept_out([*network, one_place], policy=policy) == [Why.OTHERS_PREFERRED]
