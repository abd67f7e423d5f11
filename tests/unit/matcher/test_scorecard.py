"""Cards: which points a value is worth, and what makes a card."""

import numpy as np
import pytest

from matcher.card import BY_HAND, NEVER_SEEN_THERE, Purpose, by_hand, card_of, default_card
from matcher.features import FEATURES, NOTHING, More
from matcher.scorecard import Card
from schemas.codec import encode
from schemas.door import WEFT, admit
from tests import builders as b
from tests.unit.matcher.worlds import world_of

CALIBRATION = {"edges": [0, 100], "points": [-5, 400_000, 2_000_000]}
CARD = Card.of("w-1", {"fit": {"edges": [10, 20], "points": [0, 7, 9]}}, CALIBRATION)
DEFAULT, OF_ROUNDS = (card_of(world_of([]), purpose) for purpose in Purpose)


def _points(name: str, *values: int, card: Card = CARD) -> list[int]:
    return card.points(name, np.array(values, dtype=np.int64)).tolist()


def test_an_edge_belongs_to_the_bin_above_it():
    assert _points("fit", -1, 9, 10, 19, 20, 10**9) == [0, 0, 7, 7, 9, 9]


def test_a_feature_without_a_table_is_worth_nothing():
    assert _points("other", 1, 2) == [0, 0]


def test_a_score_is_shown_between_nothing_and_a_million():
    assert CARD.score(np.array([-1, 0, 100])).tolist() == [0, 400_000, 1_000_000]


@pytest.mark.parametrize("edges", [[1], [2, 1], [1, 1]], ids=["too few", "falling", "twice the same"])
def test_a_table_that_is_none_is_refused(edges: list[int]):
    with pytest.raises(ValueError, match="rising edges"):
        Card.of("w-1", {"fit": {"edges": edges, "points": [0, 1, 2]}}, CALIBRATION)


def test_the_default_card_is_one_event_that_the_door_admits_from_weft():
    for purpose in Purpose:
        assert default_card(purpose) == default_card(purpose)
        assert admit(encode(default_card(purpose)), b.day(60), WEFT) == default_card(purpose)


def test_the_default_cards_have_tables_for_features_alone():
    names = {feature.name for feature in FEATURES}
    assert DEFAULT.tables.keys() <= names >= OF_ROUNDS.tables.keys()
    assert names - DEFAULT.tables.keys() == {"accepts60", "load28", "rated"}, "what only outcomes can teach"


@pytest.mark.parametrize("name", NEVER_SEEN_THERE)
def test_what_the_data_cannot_teach_is_as_it_is_by_hand(name: str):
    edges, points = DEFAULT.tables[name]
    assert {"edges": edges.tolist(), "points": points.tolist()} == BY_HAND[name]


@pytest.mark.parametrize("card", [DEFAULT, OF_ROUNDS], ids=["questions", "rounds"])
def test_in_the_default_cards_points_go_the_way_that_more_may(card: Card):
    for feature in FEATURES:
        if feature.name in card.tables and feature.more is not More.EITHER:
            steps = np.diff(card.tables[feature.name][1])
            assert ((steps if feature.more is More.BETTER else -steps) >= 0).all(), feature.name


@pytest.mark.parametrize("name", [name for name in BY_HAND if name not in ("since_act", "trend")])
def test_what_is_not_there_is_worth_nothing(name: str):
    assert _points(name, NOTHING.get(name, 0), card=by_hand()) == [0]


@pytest.mark.parametrize("name", ["subj240", "words240", "seeks120", "seekwords120", "act7", "trend", "came14"])
def test_more_help_and_more_presence_are_worth_more(name: str):
    assert (np.diff(by_hand().tables[name][1]) > 0).all()


def test_the_longer_ago_the_less():
    assert (np.diff(by_hand().tables["since_act"][1]) < 0).all()


def test_a_score_rises_with_the_value():
    assert (np.diff(DEFAULT.calibration[1]) > 0).all()
    assert DEFAULT.score(np.array([0, 2_000_000]))[0] < DEFAULT.score(np.array([0, 2_000_000]))[1]
