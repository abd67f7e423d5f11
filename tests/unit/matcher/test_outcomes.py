"""Outcomes: what each side of an introduction tells, and the card that they come to."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from matcher.calibrating import ENOUGH, calibrated
from matcher.card import Purpose, card_of
from matcher.fitting import FEATURE_NAMES, Gain
from matcher.index import Index
from matcher.outcomes import LEAST_OUTCOMES, Observed, Outcome, both_chances, fit, gains, observe, outcomes_in, sides_of
from schemas.codec import Event
from tests import builders as b
from tests.unit.matcher.worlds import two_suggested, world_of

SUGGESTED = two_suggested("i-1", "m-1", "m-2")
BOTH_ACCEPT = [b.accepted("i-1", "m-1", at=b.day(8)), b.accepted("i-1", "m-2", at=b.day(9)), b.made("i-1", at=b.day(9))]
EXPIRED = b.closed("i-1", at=b.day(21))
DEFAULT = card_of(world_of([]), Purpose.ROUNDS)


def _no(member_id: str, reason: str | None = None, day: int = 9) -> list[Event]:
    said = {"reason": reason} if reason else {}
    return [b.declined("i-1", member_id, at=b.day(day), **said), b.closed("i-1", at=b.day(day))]


@pytest.mark.parametrize(
    ("told", "sides", "both"),
    [
        ([*BOTH_ACCEPT, b.rated("i-1", "m-1", 4), b.rated("i-1", "m-2", 5)], (True, True), True),
        ([*BOTH_ACCEPT, b.rated("i-1", "m-1", 3), b.rated("i-1", "m-2", 5)], (False, True), False),
        ([*BOTH_ACCEPT, b.rated("i-1", "m-1", 5)], (True, None), None),
        ([*BOTH_ACCEPT, b.rated("i-1", "m-2", 1)], (None, False), False),
        (_no("m-1"), (False, None), False),
        (_no("m-1", "no_time"), (None, None), False),
        ([b.accepted("i-1", "m-2", at=b.day(8)), *_no("m-1")], (False, False), False),
        ([b.accepted("i-1", "m-1", at=b.day(8)), EXPIRED], (False, None), False),
        ([EXPIRED], (None, None), False),
        ([b.accepted("i-1", "m-1", at=b.day(8)), b.closed("i-1", at=b.day(9))], (None, None), False),
    ],
    ids=[
        "both rate it well", "one rates it badly", "one has not rated it yet", "bad to one, untold by the other",
        "a no", "a no for want of time", "a no to whoever had said yes", "waited in vain", "nobody answered",
        "ended by something else",
    ],
)  # fmt: skip
def test_what_came_of_it_is_told_by_each_side(told: list[Event], sides: tuple[bool | None, ...], both: bool | None):
    (outcome,) = outcomes_in(world_of([*SUGGESTED, *told]))
    assert (outcome.to_sides, outcome.to_both) == (sides, both)
    assert (outcome.at, outcome.member_ids) == (b.day(7), ("m-1", "m-2"))


def test_it_is_known_from_the_last_word_on():
    rated = [b.rated("i-1", "m-1", 4, at=b.day(12)), b.rated("i-1", "m-2", 4, at=b.day(15))]
    assert [each.known for each in outcomes_in(world_of([*SUGGESTED, *BOTH_ACCEPT, *rated]))] == [b.day(15)]
    assert [each.known for each in outcomes_in(world_of([*SUGGESTED, *_no("m-1")]))] == [b.day(9)]


def test_of_what_is_open_or_met_and_not_rated_nothing_is_known():
    assert outcomes_in(world_of(SUGGESTED)) == outcomes_in(world_of([*SUGGESTED, *BOTH_ACCEPT])) == []


def test_what_is_measured_is_what_was_known_then_of_each_for_the_other():
    index = Index(world_of([*SUGGESTED[:2], b.seeks("m-1", "Nachfolge"), b.gives("m-2", "Nachfolge")]))
    measured = observe(index, [("m-1", "m-2"), ("m-1", "m-9")], b.day(7))
    assert list(measured) == [("m-1", "m-2")]
    subject, sought = (FEATURE_NAMES.index(name) for name in ("subj240", "seeks120"))
    of_the_other, of_the_one = measured["m-1", "m-2"]
    assert of_the_other[subject] == of_the_one[sought] > 0 == of_the_one[subject] == of_the_other[sought]


# --- the card ---------------------------------------------------------------------------------------------------------

TELLING, SILENT = FEATURE_NAMES.index("expand"), FEATURE_NAMES.index("kt")


def introductions(count: int = 400) -> list[Observed]:
    """The more of one feature, the oftener it is worth it; another says nothing."""
    dice = Random(3)
    return [_introduction(dice, number) for number in range(count)]


def _introduction(dice: Random, number: int) -> Observed:
    sides, worth = [], []
    for _ in range(2):
        row = [0] * len(FEATURE_NAMES)
        row[TELLING], row[SILENT] = dice.randrange(1_000), dice.randrange(1_000)
        sides.append(tuple(row))
        worth.append(dice.random() < 0.1 + 0.8 * row[TELLING] / 1_000)
    outcome = Outcome(
        b.day(number), (f"m-{number}", f"n-{number}"), b.day(number + 9), (worth[0], worth[1]), all(worth)
    )
    return Observed(outcome, (sides[0], sides[1]))


def test_what_goes_with_a_good_outcome_is_worth_more_and_what_says_nothing_next_to_nothing():
    card = fit(introductions(), DEFAULT)
    assert card is not None
    telling, silent = (card.tables[name][1] for name in ("expand", "kt"))
    assert telling[-1] - telling[0] > 40 > 4 * np.ptp(silent)


def test_the_order_of_the_outcomes_changes_no_byte():
    shuffled = introductions()
    Random(5).shuffle(shuffled)
    one, other = fit(shuffled, DEFAULT), fit(introductions(), DEFAULT)
    assert one is not None and other is not None and one.said() == other.said()


def test_from_too_few_or_from_all_alike_nothing_is_learned():
    assert fit(introductions()[: LEAST_OUTCOMES // 2 - 1], DEFAULT) is None
    alike = [one._replace(outcome=one.outcome._replace(to_sides=(True, True))) for one in introductions()]
    assert fit(alike, DEFAULT) is None


def test_few_outcomes_stay_nearer_to_the_card_of_before():
    few, many = (fit(introductions(count), DEFAULT) for count in (40, 400))
    assert few is not None and many is not None
    assert np.ptp(few.tables["expand"][1]) < np.ptp(many.tables["expand"][1]) // 2


def test_as_many_are_expected_to_be_worth_it_as_were():
    card = fit(introductions(), DEFAULT)
    assert card is not None
    sides = sides_of(introductions())
    points = sum(card.points(name, sides.values[:, column]) for column, name in enumerate(FEATURE_NAMES))
    assert np.asarray(card.chance(np.asarray(points))).mean() / 1_000_000 == pytest.approx(
        sides.worth_it.mean(), abs=0.01
    )


def test_a_card_that_tells_more_gains_and_its_level_alone_gains_nothing():
    card = fit(introductions(), DEFAULT)
    assert card is not None
    gain = Gain.of(gains(introductions(), card, DEFAULT))
    assert gain.low > 0.05 and gain.low < gain.mean < gain.high
    assert not gains(introductions(), replace(DEFAULT, even=0), DEFAULT).any()


# --- the score --------------------------------------------------------------------------------------------------------


def test_a_score_says_how_often_introductions_of_such_a_value_were_worth_it_to_both():
    dice, values = Random(9), np.arange(0, 400_000, 100)
    worth_it = np.array([dice.random() < (0.1 if value < 200_000 else 0.6) for value in values.tolist()], dtype=float)
    table = calibrated(values, worth_it)
    assert table is not None and table["points"] == sorted(table["points"])
    card = replace(DEFAULT, calibration=(np.array(table["edges"]), np.array(table["points"])))
    low, high = card.score(np.array([50_000, 350_000])).tolist()
    assert low == pytest.approx(100_000, abs=30_000) and high == pytest.approx(600_000, abs=40_000)


def test_of_few_outcomes_no_score_is_made():
    assert calibrated(np.arange(ENOUGH - 1), np.ones(ENOUGH - 1)) is None


def test_one_lucky_pair_at_the_top_is_no_certainty():
    worth_it = np.zeros(ENOUGH)
    worth_it[-1] = 1
    table = calibrated(np.arange(ENOUGH), worth_it)
    assert table is not None and max(table["points"]) < 150_000


def test_what_both_chances_come_to_is_their_product():
    (value,) = both_chances(DEFAULT, introductions(1)).tolist()
    assert 0 < value < 1_000_000
