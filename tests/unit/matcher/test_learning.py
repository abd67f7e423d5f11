"""Learning: tables of points from what came of needs, and from nothing that was known later."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from matcher.card import BY_HAND, by_hand
from matcher.features import FEATURES, More
from matcher.history import History
from matcher.index import Index
from matcher.learning import FEATURE_NAMES, LEAST_OUTCOMES, Example, asked_in, fit, observe
from matcher.scorecard import Card
from schemas.codec import Event
from tests import builders as b
from tests.unit.matcher.worlds import world_of

NOTHING = Card("none", {}, (np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.int64)))
SILENT = FEATURE_NAMES.index("kt")
NEEDS, CANDIDATES = 80, 20


def needs(telling: str = "expand") -> list[Example]:
    """Whoever has most of one feature helps, three times in four; another feature says nothing. Needs are a day apart,
    and what came of each is known two days later."""
    dice = Random(3)
    return [_need(dice, b.day(number), FEATURE_NAMES.index(telling)) for number in range(NEEDS)]


def _need(dice: Random, at: int, telling: int) -> Example:
    values = np.zeros((CANDIDATES, len(FEATURE_NAMES)), dtype=np.int64)
    values[:, telling] = [dice.randrange(1_000) for _ in range(CANDIDATES)]
    values[:, SILENT] = [dice.randrange(1_000) for _ in range(CANDIDATES)]
    best = int(values[:, telling].argmax())
    row = best if dice.random() < 0.75 else dice.randrange(CANDIDATES)
    return Example(at, values, [(row, at + 2 * b.day(1) - 2 * b.day(0), 1_000)], np.arange(CANDIDATES))


def test_what_helpers_have_more_of_is_worth_more_and_what_says_nothing_next_to_nothing():
    fitted = fit(needs(), b.day(NEEDS + 9), NOTHING)
    assert fitted is not None
    telling, silent = (np.array(fitted[name]["points"]) for name in ("expand", "kt"))
    assert telling[-1] - telling[0] > 150 and np.ptp(silent) < 60


@pytest.mark.parametrize(("name", "signs"), [("since_act", {0}), ("expand", {1}), ("minutes", {1})])
def test_points_go_the_way_that_more_may_whatever_outcomes_teach(name: str, signs: set[int]):
    fitted = fit(needs(telling=name), b.day(NEEDS + 9), NOTHING)
    assert fitted is not None
    points = fitted[name]["points"]
    assert {np.sign(points[-1] - points[0])} == signs
    for feature in FEATURES:
        steps = np.diff(fitted.get(feature.name, {"points": [0]})["points"])
        assert feature.more is More.EITHER or (steps * {More.BETTER: 1, More.WORSE: -1}[feature.more] >= 0).all()


def test_the_order_of_the_examples_changes_no_byte():
    shuffled = needs()
    Random(5).shuffle(shuffled)
    assert fit(shuffled, b.day(NEEDS), NOTHING) == fit(needs(), b.day(NEEDS), NOTHING)


def test_what_is_known_at_the_instant_or_later_changes_no_byte():
    instant = b.day(50)
    known = [each for each in needs() if each.helped[0][1] < instant]
    later = [replace(each, helped=[(0, instant, 1_000), *each.helped]) for each in needs()]
    assert len(known) < NEEDS and fit(needs(), instant, NOTHING) == fit(known, instant, NOTHING)
    assert fit(later, instant, NOTHING) == fit(known, instant, NOTHING)
    assert fit(later, instant + 1, NOTHING) != fit(known, instant + 1, NOTHING)


def test_from_too_few_outcomes_nothing_is_learned():
    assert fit(needs()[: LEAST_OUTCOMES - 1], b.day(NEEDS), NOTHING) is None
    assert fit(needs()[:LEAST_OUTCOMES], b.day(NEEDS), NOTHING) is not None


def test_what_is_fixed_stays_as_it_was():
    fitted = fit(needs(), b.day(NEEDS), by_hand(), fixed=("profession", "stage"))
    assert fitted is not None
    assert (fitted["profession"], fitted["stage"]) == (BY_HAND["profession"], BY_HAND["stage"])


def test_few_outcomes_stay_near_the_card_of_before():
    edges, points = np.array([500], dtype=np.int64), np.array([0, -300], dtype=np.int64)
    before = Card("before", {"expand": (edges, points)}, NOTHING.calibration)

    def rise(count: int) -> int:
        table = (fit(needs()[:count], b.day(NEEDS + 9), before) or {})["expand"]["points"]
        return int(table[-1] - table[0])

    assert rise(LEAST_OUTCOMES) < rise(NEEDS)


# --- what is observed -----------------------------------------------------------------------------------------------

HELPED = [
    b.joined("m-1", "g-1"),
    b.joined("m-2", "g-2"),
    b.joined("m-3", "g-3", id="j-3"),
    b.seeks("m-1", "Nachfolge", note="Notar", at=b.day(2)),
    b.gives("m-2", "Nachfolge", at=b.day(3)),
    b.talked("m-1", "m-2", at=b.day(3)),
    b.endorsed("m-2", "Nachfolge", "m-1", at=b.day(9)),
]


def _history(events: list[Event]) -> History:
    return Index(world_of(events)).history()


def test_a_need_is_known_to_be_answered_from_the_answer_and_useful_from_the_endorsement_on():
    (asked,) = asked_in(_history(HELPED))
    assert (asked.member_id, asked.at, asked.subjects, asked.note) == ("m-1", b.day(2) + 1, ["Nachfolge"], "Notar")
    assert asked.known == [("m-2", b.day(3), 500), ("m-2", b.day(9), 1_000)]


def test_an_example_sees_what_was_known_when_the_need_was_told_and_no_more():
    (asked,) = asked_in(_history(HELPED))
    then = Index(world_of([event for event in HELPED if event.time < asked.at]))
    example = observe(then, asked)
    assert example is not None and len(example.values) == 2
    assert not example.values[:, FEATURE_NAMES.index("subj240")].any()  # nobody had shown anything yet
    assert {row for row, *_ in example.helped} == {example.helped[0][0]}


@pytest.mark.parametrize("helper_group", ["g-1", "g-2"])
def test_whoever_could_not_have_been_suggested_teaches_nothing(helper_group: str):
    joined = b.joined("m-2", helper_group)
    events = [
        joined if event.data.get("member_id") == "m-2" and event.type == "member.joined" else event for event in HELPED
    ]
    (asked,) = asked_in(_history(events))
    then = Index(world_of([event for event in events if event.time < asked.at]))
    assert (observe(then, asked) is None) == (helper_group == "g-1")
