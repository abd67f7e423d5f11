"""Other ways to hold a round."""

from collections import Counter
from collections.abc import Callable

import pytest

from services.simulate.ledger import Ledger, Pair, Standing, ordered
from services.simulate.report import Tally
from services.simulate.rounds import best_round, random_round, subject_round
from services.simulate.truth import Truth
from tests.unit.simulate.told import events

TRUTH = Truth(seed=7, members=300)


def _standing() -> Standing:
    ledger = Ledger()
    for event in events(300, 4):
        ledger.follow(event)
    return ledger.standing("2024-01-29T04:00:00Z")


STANDING = _standing()
MOMENT = TRUTH.moment(STANDING.ids, day=28)
WAYS: list[Callable[[], list[Pair]]] = [
    lambda: random_round(STANDING, 7, 4),
    lambda: subject_round(STANDING),
    lambda: best_round(STANDING, MOMENT),
]


@pytest.mark.parametrize("way", WAYS)
def test_a_round_keeps_to_room_groups_and_who_knows_whom(way: Callable[[], list[Pair]]) -> None:
    pairs = way()
    place = {member: row for row, member in enumerate(STANDING.ids)}
    places = Counter(member for pair in pairs for member in pair)

    assert len(pairs) == len(set(pairs)) > 100
    assert all(places[member] <= STANDING.room[place[member]] for member in places)
    assert not set(pairs) & STANDING.barred
    assert not any(STANDING.groups[place[one]] & STANDING.groups[place[other]] for one, other in pairs)


def test_shared_subjects_beat_chance_and_the_truth_beats_both() -> None:
    worth = []
    for way in WAYS:
        tally = Tally()
        tally.add(MOMENT, STANDING.ids, way())
        worth.append(tally.mean_worth)

    assert worth[0] * 2 < worth[1]
    assert worth[1] * 1.4 < worth[2]


def test_a_pair_is_taken_by_its_declared_subject() -> None:
    standing = Standing(
        ids=["m-1", "m-2", "m-3"],
        room=[1, 1, 1],
        groups=[frozenset({"g-1"}), frozenset({"g-2"}), frozenset({"g-3"})],
        seeks=[{"Zoll": 1.0}, {}, {}],
        gives=[{}, {"zoll": 2.0}, {"Zoll": 5.0}],
        barred=frozenset(),
    )

    assert subject_round(standing) == [ordered("m-1", "m-3")]
