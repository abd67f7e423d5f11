"""Other ways to hold a round, to measure Weft's by: at random, by shared subjects alone, the best possible.

Each gets the people, the room and the exclusions of a `Standing` and returns pairs of member ids.
"""

from collections.abc import Callable

import numpy as np

from services.simulate.dice import die
from services.simulate.ledger import Pair, Standing, ordered
from services.simulate.truth import Moment

BLOCK = 256  # members whose scores are looked at together
KEPT = 48  # of each member's best pairs: far more than anybody has room for
TRIES = 40  # throws for a stranger with room, before a random round gives a place up

Scores = Callable[[np.ndarray], np.ndarray]  # rows -> (rows, members), one number for the pair, 0: not at all


def random_round(standing: Standing, seed: int, week: int) -> list[Pair]:
    """Strangers of different groups, drawn at random while there is room."""
    room, pairs, taken = list(standing.room), [], set(standing.barred)
    order = sorted(range(len(room)), key=lambda place: die(seed, "random round", week, place))
    for one in order:
        for attempt in range(TRIES):
            if not room[one]:
                break
            other = die(seed, "random partner", week, one, attempt) % len(room)
            pair = ordered(standing.ids[one], standing.ids[other])
            if other != one and room[other] and pair not in taken and not standing.groups[one] & standing.groups[other]:
                taken.add(pair)
                room[one] -= 1
                room[other] -= 1
                pairs.append(pair)
    return pairs


def subject_round(standing: Standing) -> list[Pair]:
    """As a plain matcher would: whose declared expertise names the very subjects that the other looks for."""
    column: dict[str, int] = {}
    for subjects in (*standing.seeks, *standing.gives):
        for subject in subjects:
            column.setdefault(subject.casefold(), len(column))
    seeks, gives = _declared(standing.seeks, column), _declared(standing.gives, column)
    return _greedy(standing, lambda rows: seeks[rows] @ gives.T + gives[rows] @ seeks.T)


def best_round(standing: Standing, moment: Moment) -> list[Pair]:
    """By the hidden truth, the best pairs first, while both have room. Greedy is not the optimum, but within a few
    percent of it (MATCHER.md); `moment` holds the standing's members in its order."""
    return _greedy(standing, lambda rows: moment.together(rows).astype(np.float64))


def _declared(subjects: list[dict[str, float]], column: dict[str, int]) -> np.ndarray:
    table = np.zeros((len(subjects), len(column)), np.float32)
    for row, declared in enumerate(subjects):
        for subject, weight in declared.items():
            table[row, column[subject.casefold()]] = weight
    return table


def _greedy(standing: Standing, scores: Scores) -> list[Pair]:
    """The best pairs first, ties by the places; each is taken while both have room."""
    candidates = []
    bars = _bars(standing)
    for start in range(0, len(standing.ids), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(standing.ids)))
        block = scores(rows)
        for row, barred in enumerate(bars[start : start + BLOCK]):
            block[row, barred] = 0
        kept = np.argpartition(-block, min(KEPT, block.shape[1] - 1), axis=1)[:, :KEPT]
        value = np.take_along_axis(block, kept, axis=1)
        at = np.nonzero(value > 0)
        one, other = rows[at[0]], kept[at]
        candidates.append(np.stack([-value[at], np.minimum(one, other), np.maximum(one, other)], axis=1))
    found = np.unique(np.concatenate(candidates), axis=0) if candidates else np.zeros((0, 3))
    room, pairs = list(standing.room), []
    for one, other in found[:, 1:].astype(int).tolist():
        if room[one] and room[other]:
            room[one] -= 1
            room[other] -= 1
            pairs.append(ordered(standing.ids[one], standing.ids[other]))
    return pairs


def _bars(standing: Standing) -> list[list[int]]:
    """Per member the places that are out of the question: themselves, their groups, whom they know."""
    place = {member: number for number, member in enumerate(standing.ids)}
    members: dict[str, list[int]] = {}
    for number, groups in enumerate(standing.groups):
        for group in groups:
            members.setdefault(group, []).append(number)
    bars = [[other for group in groups for other in members[group]] for groups in standing.groups]
    for one, other in standing.barred:
        if one in place and other in place:
            bars[place[one]].append(place[other])
            bars[place[other]].append(place[one])
    return [[number, *barred] for number, barred in enumerate(bars)]
