"""The hidden truth."""

from dataclasses import replace

import numpy as np

from services.simulate.truth import FULL, WORTH_IT, Moment, Truth

TRUTH = Truth(seed=7, members=300)
IDS = [f"m-{number}" for number in range(1, 301)]
MOMENT = TRUTH.moment(IDS, day=30)
ROWS = np.arange(300)


def _changed(**columns: object) -> Moment:
    return replace(MOMENT, **columns)


def test_all_at_once_and_pair_by_pair_are_the_same_truth() -> None:
    together = MOMENT.together(ROWS[:20])

    for one in range(20):
        assert (together[one] == MOMENT.worth([one] * 300, ROWS) + MOMENT.worth(ROWS, [one] * 300)).all()


def test_one_pair_asked_by_ids_is_the_same_truth() -> None:
    assert TRUTH.worth("m-3", "m-200", day=30) == int(MOMENT.worth([2], [199])[0])


def test_worth_lies_between_nothing_and_everything_and_few_strangers_are_worth_it() -> None:
    worth = np.concatenate([MOMENT.worth([one] * 300, ROWS) for one in range(0, 300, 10)])

    assert worth.min() >= 0
    assert worth.max() <= FULL
    assert 0.05 < (worth >= WORTH_IT).mean() < 0.2


def test_what_a_needs_more_from_b_is_worth_more_to_a_than_to_b() -> None:
    need, ability = np.zeros_like(MOMENT.need), np.zeros_like(MOMENT.ability)
    need[0, 5] = ability[1, 5] = 80
    moment = _changed(need=need, ability=ability)

    assert int(moment.worth([0], [1])[0]) > int(moment.worth([1], [0])[0]) > 0


def test_without_a_common_language_nothing_is_worth_it() -> None:
    moment = _changed(languages=np.where(ROWS % 2, 1, 2))

    assert not moment.worth(ROWS[::2], ROWS[1::2]).any()


def test_who_is_in_a_quiet_spell_is_worth_less_than_was_promised() -> None:
    quiet = _changed(presence=np.full(300, 25))

    assert (quiet.worth(ROWS[:150], ROWS[150:]) * 3 < np.maximum(quiet.promise(ROWS[:150], ROWS[150:]), 1)).all()


def test_two_of_one_trade_hardly_help_each_other() -> None:
    rivals = _changed(profession=np.zeros_like(MOMENT.profession))

    assert rivals.worth(ROWS[:150], ROWS[150:]).max() < WORTH_IT


def test_chemistry_is_the_same_from_either_side_and_no_members_own() -> None:
    there, back = MOMENT.chemistry(ROWS[:150], ROWS[150:]), MOMENT.chemistry(ROWS[150:], ROWS[:150])

    assert (there == back).all()
    assert np.unique(there).size > 20


def test_needs_and_presence_change_with_the_weeks() -> None:
    later = TRUTH.moment(IDS, day=150)

    assert (later.need != MOMENT.need).any(axis=1).mean() > 0.5
    assert (later.presence != MOMENT.presence).mean() > 0.2
    assert (later.ability == MOMENT.ability).all()
