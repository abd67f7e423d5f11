"""What keeps one member from being suggested to everybody."""

import pytest

from matcher.index import Index
from matcher.policy import DEFAULT
from matcher.prices import NEW_HALF_LIFE_DAYS, REST_HALF_LIFE_DAYS, Ascent, exploring, rest_prices
from schemas.codec import Event
from tests import builders as b
from tests.unit.matcher.worlds import two_suggested, world_of

SUGGESTED_DAY = 7


def _price(at: int, *more: Event, of: str = "m-1") -> int:
    roster = Index(world_of([*two_suggested(), *more])).roster
    return int(rest_prices(roster, at, DEFAULT)[roster.slots[of]])


def _worth(at: int, *events: Event) -> int:
    roster = Index(world_of(events)).roster
    return int(exploring(roster, at, DEFAULT)[roster.slots["m-1"]])


def test_a_suggestion_of_today_costs_the_policys_price_and_half_after_its_half_life():
    assert _price(b.day(SUGGESTED_DAY)) == DEFAULT.rest_price
    assert _price(b.day(SUGGESTED_DAY + REST_HALF_LIFE_DAYS)) == DEFAULT.rest_price // 2


def test_what_became_of_it_does_not_matter_but_that_it_was_held_does():
    assert _price(b.day(8), b.declined("i-1", "m-2"), b.closed("i-1")) == _price(b.day(8))
    assert _price(b.day(8), b.joined("m-3", "g-3"), of="m-3") == 0
    attempt = [b.opened("r-2", "2026-01-13"), b.suggested("i-2", "m-1", "m-3", "r-2")]
    assert _price(b.day(8), *attempt) == _price(b.day(8))


def test_each_suggestion_costs():
    another = [event for event in two_suggested("i-2", "m-1", "m-3", "r-2") if not event.type.startswith("round.")]
    round_of_another_day = [b.opened("r-2", "2026-01-13"), b.held("r-2", "2026-01-13")]
    assert _price(b.day(8), *another, *round_of_another_day) == pytest.approx(2 * _price(b.day(8)), abs=1)


def test_a_newcomer_is_worth_the_bonus_and_half_after_the_half_life():
    assert _worth(b.day(0, hour=1), b.joined("m-1")) == DEFAULT.explore_bonus
    assert _worth(b.day(NEW_HALF_LIFE_DAYS), b.joined("m-1")) == DEFAULT.explore_bonus // 2


def test_to_join_a_second_group_or_come_back_makes_nobody_new():
    again = [b.left("m-1", at=b.day(50)), b.joined("m-1", at=b.day(60)), b.joined("m-1", "g-2", at=b.day(60))]
    assert _worth(b.day(60), b.joined("m-1"), *again) == _worth(b.day(60), b.joined("m-1"))


def test_with_every_suggestion_there_is_less_to_explore():
    assert _worth(b.day(8), *two_suggested()) == _worth(b.day(8), b.joined("m-1")) // 2


# --- the price of a backtest ----------------------------------------------------------------------------------------


def test_whoever_is_shown_costs_more_and_everybody_falls_by_the_cap():
    ascent = Ascent(cap=250_000, step=100)
    ascent.shown(["m-1"])
    assert [ascent.of(member_id) for member_id in ("m-1", "m-2")] == [100, 0]
    ascent.shown(["m-2"])
    assert [ascent.of(member_id) for member_id in ("m-1", "m-2")] == [75, 100]


def test_a_price_never_falls_below_nothing():
    ascent = Ascent(cap=500_000, step=100)
    ascent.shown(["m-1"])
    for _ in range(9):
        ascent.shown([])
    ascent.shown(["m-1"])
    assert ascent.of("m-1") == 100
