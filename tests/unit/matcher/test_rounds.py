"""Rounds, case by case: networks that hardly are one yet, the edges of the rules, and what a round must obey."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from matcher import round_events
from matcher.asking import Answer, ask, own_need
from matcher.card import BY_HAND, Purpose, card_of, default_card
from matcher.index import Index
from matcher.policy import Policy
from matcher.rounds import Plan, plan_round, seed_of
from matcher.rules import Why
from matcher.seen import seen_by
from matcher.tables import MILLION
from schemas.codec import Event, encode
from schemas.door import WEFT, admit
from tests import builders as b
from tests.unit.matcher.worlds import pairs_of, plan_of, two_suggested, world_of

POLICY = Policy(least_value=1)
TODAY = b.day(14)
BOTH = [("m-1", "m-2")]
TWO = [b.joined("m-1", "g-1"), b.joined("m-2", "g-2")]
HELPS = [b.seeks("m-1", "Nachfolge"), b.gives("m-2", "Nachfolge")]


def _pairs(events: Sequence[Event], at: int = TODAY) -> list[tuple[str, str]]:
    return sorted(pairs_of(plan_of(events, at, POLICY)))


def _asked(events: Sequence[Event], member_id: str, at: int = TODAY) -> list[Answer]:
    index = Index(world_of(event for event in events if event.time < at))
    return ask(index, card_of(index.world, Purpose.QUESTIONS), member_id, own_need(index, member_id, at), at, top=9)


def _shown(events: Sequence[Event], member_id: str) -> list[str]:
    return [answer.member_id for answer in _asked(events, member_id)]


def _codes(events: Sequence[Event], member_id: str) -> set[str]:
    """The reasons that speak for the first of those whom the member is shown."""
    return {reason["code"] for reason in _asked(events, member_id)[0].reasons if reason["points"] > 0}


# --- networks that hardly are one yet -------------------------------------------------------------------------------


def test_an_empty_network_has_an_empty_round():
    plan = plan_of([], TODAY, POLICY)
    assert (plan.introductions, plan.unmatched) == ([], {})
    assert plan.certificate["members"] == 0 and not any(plan.certificate.values())


def test_a_network_of_one_has_nobody_for_them():
    assert plan_of(TWO[:1], TODAY, POLICY).unmatched == {"m-1": Why.NO_CANDIDATES}


def test_one_group_alone_has_nobody_to_introduce():
    assert plan_of([b.joined("m-1"), b.joined("m-2")], TODAY, POLICY).unmatched == dict.fromkeys(
        ("m-1", "m-2"), Why.NO_CANDIDATES
    )


def test_on_the_very_first_day_subjects_and_words_count_though_nobody_met_or_asked_before():
    needs = [b.seeks("m-1", "Nachfolge", note="mit Notarin"), b.gives("m-2", "nachfolge", note="Notarin")]
    today = [event._replace(time=TODAY) for event in (*TWO, b.joined("m-3", "g-3"), *needs)]
    assert _pairs(today, TODAY + 1)[0] == ("m-1", "m-2")
    first = _asked(today, "m-1", TODAY + 1)[0]
    assert first.member_id == "m-2"
    assert {"gives_what_you_seek", "speaks_of_what_you_seek"} <= {each["code"] for each in first.reasons}


def test_a_network_that_does_not_tell_who_is_there_has_its_rounds_all_the_same():
    at, members = b.day(301), range(40)
    told = [b.joined(f"m-{number}", f"g-{number % 4}", id=f"j{number}", at=b.day(0)) for number in members]
    told += [b.seeks(f"m-{number}", f"Thema {number % 10}", at=b.day(300)) for number in members]
    told += [b.gives(f"m-{number}", f"Thema {(number + 1) % 10}", level=4, at=b.day(150)) for number in members]
    talks = [
        b.talked(f"m-{number}", f"m-{(number + 4) % 40}", at=b.day(days)) for number in members for days in (280, 297)
    ]
    assert len(plan_of(told, at).introductions) >= len(plan_of([*told, *talks], at).introductions) // 2 > 0


def test_two_who_have_only_joined_are_still_introduced():
    assert _pairs(TWO) == BOTH


def test_that_both_are_around_is_no_reason_for_two_who_have_said_what_they_look_for_and_give():
    talks = [b.talked("m-1", "m-3", at=b.day(13)), b.talked("m-2", "m-3", at=b.day(13))]
    nothing_meets = [b.seeks("m-1", "Nachfolge"), b.gives("m-2", "Export")]
    assert _pairs(TWO + talks + nothing_meets) == []
    assert plan_of(TWO + nothing_meets, TODAY, POLICY).unmatched == dict.fromkeys(("m-1", "m-2"), Why.NOTHING_IN_COMMON)
    assert _pairs(TWO + talks + nothing_meets[:1]) == BOTH  # who has told nothing yet can be asked nothing else


def test_whoever_only_gives_is_found_and_finds():
    assert _pairs(TWO + HELPS[1:]) == _pairs(TWO + HELPS) == BOTH
    assert "gives_what_you_seek" in _codes(TWO + HELPS, "m-1")


def test_whoever_only_gives_sees_who_seeks_it():
    assert "seeks_what_you_give" in _codes(TWO + HELPS, "m-2")


@pytest.mark.parametrize(
    "given",
    [
        b.gives("m-2", "Verträge", note="Ich begleite Übergaben als Notarin"),
        b.joined("m-2", "g-2", about="Notarin seit 20 Jahren", at=b.day(1)),
        b.joined("m-2", "g-2", profession="Notarin", at=b.day(1)),
    ],
    ids=["a note", "a profile", "a profession"],
)
def test_words_count_where_no_subject_is_shared(given: Event):
    events = [*TWO, b.seeks("m-1", "Nachfolge", note="Wer kennt eine Notarin?"), given]
    (answer,) = _asked(events, "m-1")
    assert ["Notarin"] in [reason.get("words") for reason in answer.reasons]


# --- who may meet ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [
        [b.joined("m-1", "g-2", at=b.day(2))],
        [b.joined("m-1", "g-2", at=b.day(2)), b.left("m-1", "g-2", at=b.day(3))],
        [b.joined("m-1", "g-3", at=b.day(2)), b.joined("m-2", "g-3", at=b.day(2))],
        [b.talked("m-1", "m-2")],
        [b.blocked("m-1", "m-2")],
        [b.blocked("m-2", "m-1")],
        [b.vetoed("m-2", "m-1")],
        [b.vetoed("m-1", "m-2", until=TODAY + 1)],
        [b.described("m-1", languages=["de"]), b.described("m-2", languages=["en", "fr"])],
        [b.prefers("m-1", paused_until=TODAY + 1)],
        [b.prefers("m-2", introductions_per_round=0)],
        [b.left("m-2", "g-2", at=b.day(3))],
        [b.group_closed("g-1", at=b.day(3))],
        [b.erased("m-2", at=b.day(3))],
        two_suggested()[2:],
    ],
    ids=[
        "in one of their groups", "was in one of their groups", "in a third group together", "talked", "blocked",
        "blocked by the other", "vetoed", "vetoed for now", "no common language", "pausing", "wants none", "left",
        "group closed", "erased", "suggested before",
    ],
)  # fmt: skip
def test_they_are_not_introduced_when(more: list[Event]):
    assert _pairs(TWO + HELPS + more) == []


@pytest.mark.parametrize(
    "more",
    [
        [b.joined("m-1", "g-3", at=b.day(2)), b.left("m-1", "g-3", at=b.day(3)), b.joined("m-2", "g-3", at=b.day(3))],
        [b.met_up("e-1", "m-1", "m-2", type_of="open")],
        [b.blocked("m-1", "m-2"), b.unblocked("m-1", "m-2", at=b.day(1))],
        [b.vetoed("m-1", "m-2", until=TODAY)],
        [b.described("m-1", languages=["de"])],
        [b.described("m-1", languages=["de"]), b.described("m-2", languages=[])],
        [b.described("m-1", languages=["de", "en"]), b.described("m-2", languages=["en", "fr"])],
        [b.prefers("m-1", paused_until=TODAY)],
        [b.talked("m-1", "m-3"), b.talked("m-2", "m-3")],
        two_suggested()[2:4],
        [b.talked("m-1", "m-2", at=TODAY)],
    ],
    ids=[
        "one had left when the other joined", "they sat in one meeting", "unblocked", "the veto is over",
        "one stated no language", "none is no language", "a common language", "the pause is over", "common friends",
        "suggested in a round that was not held", "talked only at the instant of the round",
    ],
)  # fmt: skip
def test_they_are_introduced_although(more: list[Event]):
    events = TWO + HELPS + more
    assert _pairs(events) == BOTH
    assert "m-2" in _shown(events, "m-1") and "m-1" in _shown(events, "m-2")


def test_open_suggestions_take_places_and_expired_ones_do_not():
    events = [*two_suggested("i-1", "m-1", "m-3"), *TWO, b.prefers("m-1", introductions_per_round=1)]
    assert plan_of(events, TODAY, POLICY).unmatched["m-1"] is Why.NO_ROOM
    assert "m-1" in {member_id for pair in _pairs(events, b.day(21)) for member_id in pair}


def test_of_two_rounds_held_for_one_slot_the_suggestions_of_one_count():
    first = [b.opened("r-9", at=b.day(7)), b.held("r-9")]
    second = [b.opened("r-1", at=b.day(8)), b.suggested("i-1", "m-1", "m-2", "r-1", at=b.day(8)), b.held("r-1")]
    assert _pairs(TWO + second) == []
    assert _pairs(TWO + second + first) == BOTH


# --- what stays private ---------------------------------------------------------------------------------------------


def test_a_confidential_interest_changes_no_byte_but_of_what_its_owner_asks():
    public = [*TWO, *HELPS, *two_suggested("i-1", "m-1", "m-3"), b.gives("m-4", "Verkauf"), b.joined("m-4", "g-4")]
    confidential = b.seeks("m-1", "Verkauf", note="Export nach Polen", confidential=True, at=b.day(13))
    told = [*public, confidential, b.seeks_no_more("m-1", "Verkauf", at=b.day(1))]

    def everybody_elses(events: list[Event]) -> Any:
        world = world_of(events)
        others = ["m-2", "m-3", "m-4"]
        seen = [seen_by(world, member_id, TODAY) for member_id in ["m-1", *others]]
        return plan_of(events, TODAY, POLICY), [_asked(events, member_id) for member_id in others], seen

    assert everybody_elses(told) == everybody_elses(public)
    assert _asked(public, "m-1")[0].member_id == "m-2"
    found = next(answer for answer in _asked(told, "m-1") if answer.member_id == "m-4")
    assert "Verkauf" in [reason.get("subject") for reason in found.reasons]


# --- as events ------------------------------------------------------------------------------------------------------

CUT = b.CUT


def _round(events: Sequence[Event], policy: Policy = POLICY, cut: dict[str, Any] = CUT) -> list[Event]:
    plan = plan_of(events, TODAY, policy)
    card = card_of(world_of(events), Purpose.ROUNDS)
    opened = round_events.opened("2026-01-19", TODAY, cut, card.weights_id, policy)
    return [opened, *round_events.suggested(opened, plan), round_events.held(opened, plan)]


def test_a_round_says_only_what_the_door_admits_from_weft():
    told = [default_card(Purpose.ROUNDS), *_round(TWO + HELPS)]
    assert [event.type for event in told[1:]] == ["round.opened", "introduction.suggested", "round.held"]
    assert [admit(encode(event), b.day(60), WEFT) for event in told] == told


def test_every_event_of_a_round_has_the_instant_of_the_round():
    assert {event.time for event in _round(TWO)} == {TODAY}


def test_a_round_of_equal_events_has_equal_bytes_wherever_it_is_held():
    elsewhere = CUT | {"log_id": "l-2", "positions": {"log/0": 99, "log/1": 3}}
    here, there = _round(TWO + HELPS), _round((TWO + HELPS)[::-1], cut=elsewhere)
    assert [event.id for event in here] == [event.id for event in there]
    assert list(map(encode, here[1:])) == list(map(encode, there[1:]))


def test_another_world_is_another_round_with_other_introductions():
    another = _round(TWO, cut=CUT | {"world": "1" * 64})
    assert {event.id for event in another}.isdisjoint(event.id for event in _round(TWO))


@pytest.mark.parametrize("field", [field.name for field in fields(Policy)])
def test_a_changed_policy_is_another_round(field: str):
    changed = replace(POLICY, **{field: getattr(POLICY, field) + 1})
    assert _round(TWO)[0].data["round_id"] != _round(TWO, changed)[0].data["round_id"]


def _with_one_point_more(name: str, place: int) -> Event:
    table = BY_HAND[name]
    points = [each + (number == place) for number, each in enumerate(table["points"])]
    return b.fitted(weights=BY_HAND | {name: table | {"points": points}})


def test_one_point_more_in_a_table_that_was_used_changes_the_suggestion():
    untouched = b.fitted(weights=BY_HAND)
    least_used = _with_one_point_more("profession", 0)  # nobody told one
    assert plan_of([*TWO, untouched], TODAY, POLICY) == plan_of([*TWO, untouched, b.founded()], TODAY, POLICY)
    assert plan_of([*TWO, untouched], TODAY, POLICY) != plan_of([*TWO, least_used], TODAY, POLICY)


def test_the_youngest_card_in_the_log_is_in_force_and_without_one_the_default():
    for purpose in Purpose:
        default = default_card(purpose)
        assert card_of(world_of([]), purpose).weights_id == default.data["weights_id"]
        told = [default, b.fitted("w-2"), b.fitted("w-1", at=b.day(1))]
        assert card_of(world_of(told), purpose).weights_id == "w-1"


def test_a_card_is_used_for_what_it_serves_and_for_both_where_it_does_not_say():
    world = world_of([b.fitted("w-1"), b.fitted("w-2", at=b.day(1), serves="questions")])
    assert [card_of(world, purpose).weights_id for purpose in Purpose] == ["w-2", "w-1"]


def test_the_digest_of_a_round_is_of_its_ids_in_any_order():
    assert round_events.digest_of(["i-2", "i-1"]) == round_events.digest_of(["i-1", "i-2"])


def test_seeds_are_whole_numbers_that_every_reader_keeps():
    assert 0 <= seed_of("2026-01-12") < 2**48
    assert seed_of("2026-01-12") != seed_of("2026-01-19")


def test_a_policy_reads_what_another_version_wrote():
    assert Policy.of(POLICY.as_dict() | {"a_later_field": 1}) == POLICY
    assert Policy.of({"close_after_days": 3}) == replace(Policy(), close_after_days=3)


# --- more people than fit into a pool -------------------------------------------------------------------------------


def _crowd(count: int) -> list[Event]:
    people = []
    for number in range(count):
        member_id, subject = f"m-{number}", f"s-{number % 7}"
        people += [b.joined(member_id, f"g-{number % 5}"), b.gives(member_id, subject, at=b.day(number % 13))]
        people += [b.seeks(member_id, f"s-{(number + 3) % 7}"), b.talked(member_id, f"m-{(number + 5) % count}")]
    return people


def test_a_crowd_larger_than_the_pools_gets_the_same_stable_round_in_any_order():
    policy, events = replace(POLICY, personal=5, shared=2), [*_crowd(40), b.fitted(weights=BY_HAND)]
    plan: Plan = plan_of(events, TODAY, policy)
    assert plan == plan_of(events[::-1], TODAY, policy)
    assert plan.certificate["blocking_pairs"] == 0
    assert plan.certificate["pairs"] < 40 * 39 / 2
    assert len(plan.introductions) >= 25
    assert max(sum(member_id in pair for pair in pairs_of(plan)) for member_id in ("m-1", "m-2", "m-3")) <= 2


def test_whoever_was_suggested_of_late_costs_more_and_a_newcomer_is_worth_more():
    def value(policy: Policy) -> int:
        told = [*TWO, *HELPS, *two_suggested("i-1", "m-1", "m-3")]
        (pair,) = [one for one in plan_of(told, b.day(30), policy).introductions if one.member_ids == ("m-1", "m-2")]
        return pair.value

    quiet = replace(POLICY, least_value=-MILLION, rest_price=0, explore_bonus=0, introductions_per_round=3)
    assert value(quiet) > value(replace(quiet, rest_price=10_000))
    assert value(quiet) < value(replace(quiet, explore_bonus=10_000))


EQUALS = [b.joined(f"m-{number}", f"g-{number}") for number in range(1, 7)]


@pytest.mark.parametrize("asking", ["m-1", "m-2", "m-3", "m-6"])
def test_ask_puts_whoever_was_suggested_of_late_after_their_equals(asking: str):
    suggestion = [event for event in two_suggested("i-1", "m-4", "m-5") if event.type != "member.joined"]
    without, with_price = (_asked(events, asking) for events in (EQUALS, EQUALS + suggestion))
    assert len({answer.chance for answer in without}) == 1
    assert {answer.member_id for answer in with_price[-2:]} == {"m-4", "m-5"}


def test_among_equals_the_seed_of_the_slot_decides_and_not_always_for_the_same():
    index = Index(world_of(EQUALS))
    card, policy = card_of(index.world, Purpose.ROUNDS), replace(POLICY, introductions_per_round=1)
    plans = [plan_round(index, card, TODAY, seed, policy) for seed in range(9)]
    assert len({frozenset(pairs_of(plan)) for plan in plans}) > 3


def test_a_pair_is_worth_the_chance_that_it_is_worth_both_their_time():
    policy = Policy(least_value=-MILLION, rest_price=0, explore_bonus=0)
    (pair,) = plan_of(TWO + HELPS, TODAY, policy).introductions
    one, other = (card_of(world_of([]), Purpose.ROUNDS).chance(np.array([points]))[0] for points in pair.points)
    assert 0 < pair.value == one * other // MILLION < min(one, other)


def test_two_who_told_what_they_look_for_and_give_need_something_to_say_to_each_other():
    strangers = [b.seeks("m-1", "Nachfolge"), b.gives("m-2", "Export")]
    assert plan_of(TWO + strangers, TODAY, POLICY).unmatched == dict.fromkeys(("m-1", "m-2"), Why.NOTHING_IN_COMMON)
    assert _pairs(TWO + HELPS) == _pairs(TWO + HELPS[:1]) == _pairs(TWO + HELPS[1:]) == BOTH
