"""The rules of a round, attacked with networks in which each of them has something to forbid."""

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.asking import ask, own_need
from matcher.card import Purpose, card_of
from matcher.index import Index
from matcher.policy import Policy
from matcher.rounds import Plan
from matcher.rules import Why
from schemas.codec import Event
from tests.dice import THROWN
from tests.unit.matcher.networks import AT, MEMBERS, Told, small_network
from tests.unit.matcher.worlds import pairs_of, plan_of, world_of

networks = THROWN.map(small_network)
open_networks = THROWN.map(lambda dice: small_network(dice, boundless=True))
few = settings(max_examples=30)
POLICY = Policy(least_value=1)
EVERY_PAIR = Policy(least_value=-(10**9), introductions_per_round=99)


@few
@given(networks)
def test_only_who_may_meet_is_introduced_and_nobody_to_more_than_they_have_room_for(events: list[Event]):
    told, plan = Told(events), plan_of(events, AT, POLICY)
    for one, other in pairs_of(plan):
        assert one < other and told.may_meet(one, other)
    for member_id, count in _counts(plan).items():
        assert told.can_take_part(member_id) and count <= told.room(member_id)


@few
@given(networks)
def test_everybody_in_a_group_gets_an_introduction_or_a_reason_that_is_true(events: list[Event]):
    told, plan = Told(events), plan_of(events, AT, POLICY)
    here = {member_id for member_id in MEMBERS if told.is_here(member_id)}
    assert plan.unmatched.keys() == here - _counts(plan).keys()
    for member_id, why in plan.unmatched.items():
        candidates = [other for other in MEMBERS if told.can_take_part(other) and told.may_meet(member_id, other)]
        if told.is_pausing(member_id):
            assert why is Why.PAUSED
        elif told.room(member_id) == 0:
            assert why is (Why.WANTS_NONE if told.last(member_id, "introductions_per_round") == 0 else Why.NO_ROOM)
        else:
            assert (why is Why.NO_CANDIDATES) == (not candidates)


@few
@given(networks)
def test_ask_shows_only_whom_a_round_might(events: list[Event]):
    told = Told(events)
    index = Index(world_of(event for event in events if event.time < AT))
    for member_id in MEMBERS:
        shown = [answer.member_id for answer in _asked(index, member_id)]
        possible = {other for other in MEMBERS if told.can_take_part(other) and told.may_meet(member_id, other)}
        assert len(shown) == len(set(shown))
        assert set(shown) == (possible if told.is_here(member_id) else set())


def _asked(index: Index, member_id: str) -> list:
    return ask(index, card_of(index.world, Purpose.QUESTIONS), member_id, own_need(index, member_id, AT), AT, top=99)


def _counts(plan: Plan) -> Counter[str]:
    return Counter(member_id for pair in pairs_of(plan) for member_id in pair)


# --- stability ------------------------------------------------------------------------------------------------------


def _values(events: list[Event]) -> dict[tuple[str, str], int]:
    """What every candidate pair is worth that has something to say to each other."""
    return {one.member_ids: one.value for one in plan_of(events, AT, EVERY_PAIR).introductions}


@few
@given(open_networks, st.integers(1, 2))
def test_no_two_would_both_rather_have_each_other_than_what_they_got(events: list[Event], places: int):
    values = _values(events)
    plan = plan_of(events, AT, Policy(least_value=1, introductions_per_round=places))
    got = {member_id: [values[pair] for pair in pairs_of(plan) if member_id in pair] for member_id in MEMBERS}

    def would_rather(member_id: str, value: int) -> bool:
        return len(got[member_id]) < places or value > min(got[member_id])

    worthy = {pair: value for pair, value in values.items() if value >= 1}
    assert pairs_of(plan) <= worthy.keys()
    for pair in worthy.keys() - pairs_of(plan):
        assert not all(would_rather(member_id, worthy[pair]) for member_id in pair)
    assert plan.certificate["blocking_pairs"] == 0
    assert plan.certificate["worthy_pairs"] == len(worthy) <= plan.certificate["pairs"]
    assert plan.certificate["value"] == sum(values[pair] for pair in pairs_of(plan)) <= plan.certificate["upper_bound"]


@few
@given(open_networks, st.integers(1, 1_500_000))
def test_too_little_value_is_said_where_no_pair_is_worth_it_and_others_preferred_where_one_is(
    events: list[Event], least: int
):
    values = _values(events)
    for member_id, why in plan_of(events, AT, Policy(least_value=least)).unmatched.items():
        best = max((value for pair, value in values.items() if member_id in pair), default=None)
        if why in (Why.TOO_LITTLE_VALUE, Why.OTHERS_PREFERRED):
            assert (why is Why.TOO_LITTLE_VALUE) <= (best is None or best < least)
            assert (why is Why.OTHERS_PREFERRED) == (best is not None and best >= least)


# --- what must not matter -------------------------------------------------------------------------------------------


@few
@given(networks, THROWN)
def test_the_order_of_the_events_and_repetitions_do_not_matter(events: list[Event], dice: Random):
    again = events + dice.sample(events, len(events) // 2)
    dice.shuffle(again)
    assert plan_of(again, AT, POLICY) == plan_of(events, AT, POLICY)


@few
@given(networks, st.permutations(MEMBERS))
def test_a_pair_is_worth_the_same_whoever_of_the_two_comes_first(events: list[Event], names: list[str]):
    called = dict(zip(MEMBERS, names, strict=True))
    renamed = {tuple(sorted(called[member_id] for member_id in pair)): value for pair, value in _values(events).items()}
    assert _values([_renamed(event, called) for event in events]) == renamed


def _renamed(event: Event, called: dict[str, str]) -> Event:
    data = dict(event.data)
    for field, value in data.items():
        if field in ("member_id", "other_id"):
            data[field] = called[value]
        elif field in ("member_ids", "attendee_ids"):
            data[field] = [called[member_id] for member_id in value]
    return event._replace(data=data)


@few
@given(networks)
def test_reasons_add_up_to_the_points_of_each_side(events: list[Event]):
    for introduction in plan_of(events, AT, EVERY_PAIR).introductions:
        for points, reasons in zip(introduction.points, introduction.reasons, strict=True):
            assert sum(reason["points"] for reason in reasons) == points
    index = Index(world_of(event for event in events if event.time < AT))
    for member_id in MEMBERS:
        for answer in _asked(index, member_id):
            assert sum(reason["points"] for reason in answer.reasons) == answer.points
