"""The hidden truth: who would be worth whose time, on a day, in millionths. Weft never sees it; it is judged by it.

b's time is worth a's as far as
 1. b truly can what a truly needs (subjects of the same field help a little), or a can what b needs, for who is needed
    finds a customer, or both belong to trades that send one another business; two of one trade hardly help each other;
 2. their stages of growth suit: old hands help the young, who help the old less;
 3. both are present now rather than in a quiet spell, and have a language in common;
 4. the two get on: chemistry, drawn for each pair, that nobody can read off anything.

Everything is counted in integers. The matrix product runs in floats, but of whole numbers below 2**53: it is exact.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from services.simulate.dice import Numbers, dice, pick
from services.simulate.network import Layout, layout
from services.simulate.people import NONE, People
from services.simulate.subjects import CIRCLE_OF, FIELD_OF, FIELDS, SUBJECTS

FULL = 1_000_000  # nobody's time is worth more
WORTH_IT = 250_000  # from here on a member calls it worth their time
KINDRED_PERCENT = 35  # what ability in another subject of the field helps
RETURNED_PERCENT = 40  # what being needed is worth, of being helped
CIRCLE = 1_200  # of 10,000: what two are worth to each other whose trades send one another business
RIVALS = 5  # two of one trade: a fifth
MOST_FEEL = 100 * 115  # wholly present, and the best chemistry
# Percent, by the stage of who is helped (row) and of who helps: founding, growing, established, succession.
STAGES_SUIT = np.array([[80, 110, 125, 125], [75, 95, 115, 110], [90, 100, 95, 105], [85, 115, 105, 80]])


class Truth:
    """The hidden truth of the network that this seed and this number of members make.

    >>> Truth(seed=7, members=60).worth("m-1", "m-31", day=10) <= FULL
    True
    """

    def __init__(self, seed: int, members: int) -> None:
        self.plan = layout(seed, members)

    def worth(self, member_id: str, other_id: str, day: int) -> int:
        """What the other's time is worth to the member on a day, counted from the first Monday; in millionths."""
        return int(self.moment([member_id, other_id], day).worth([0], [1])[0])

    def moment(self, member_ids: Iterable[str], day: int) -> "Moment":
        """These members as they truly are on a day, rows in their order."""
        return Moment.of(self.plan, [number_of(member_id) for member_id in member_ids], day)


def number_of(member_id: str) -> int:
    """The number of a simulated member. ValueError: not one of ours."""
    return int(member_id.removeprefix("m-")) - 1


@dataclass(frozen=True, slots=True)
class Moment:
    """Some members as they truly are on one day; rows are counted from 0 in the order given."""

    seed: int
    number: Numbers
    profession: Numbers
    stage: Numbers
    presence: Numbers  # percent
    languages: Numbers
    need: npt.NDArray[np.float64]  # (members, subjects), whole percents
    ability: npt.NDArray[np.float64]

    @classmethod
    def of(cls, plan: Layout, numbers: Any, day: int) -> Self:
        """The members with these numbers on a day."""
        people = People.of(plan, np.asarray(numbers, np.int64))
        return cls(
            seed=plan.seed,
            number=people.number,
            profession=people.profession,
            stage=people.stage(day),
            presence=people.presence(day),
            languages=people.languages,
            need=_needs(people, day),
            ability=_abilities(people),
        )

    def worth(self, ones: Any, others: Any) -> Numbers:
        """Pair by pair: what the time of `others[i]` is worth to `ones[i]`."""
        one, other = np.asarray(ones, np.int64), np.asarray(others, np.int64)
        return self.promise(one, other) * self._feel(one, other) // MOST_FEEL

    def promise(self, ones: Any, others: Any) -> Numbers:
        """As `worth`, as far as one can tell before they meet: whether they get on, and have time, shows then."""
        one, other = np.asarray(ones, np.int64), np.asarray(others, np.int64)
        helped = (self.need[one] * self.ability[other]).sum(axis=1)
        helping = (self.ability[one] * self.need[other]).sum(axis=1)
        return self._promise(helped, helping, one, other)

    def together(self, rows: Any) -> Numbers:
        """(rows, members): the worth of an introduction to both sides, added up."""
        one, other = np.asarray(rows)[:, None], np.arange(len(self.number))[None, :]
        helped, helping = self.need[rows] @ self.ability.T, self.ability[rows] @ self.need.T
        there, back = self._promise(helped, helping, one, other), self._promise(helping, helped, other, one)
        feel = self._feel(one, other)
        return there * feel // MOST_FEEL + back * feel // MOST_FEEL

    def _promise(self, helped: Any, helping: Any, one: Any, other: Any) -> Numbers:
        trade, others_trade = self.profession[one], self.profession[other]
        circle = np.where(CIRCLE_OF[trade] == CIRCLE_OF[others_trade], CIRCLE, 0)
        useful = helped.astype(np.int64) + helping.astype(np.int64) * RETURNED_PERCENT // 100 + circle
        useful = np.minimum(useful, 10_000) // np.where(trade == others_trade, RIVALS, 1)
        speaking = (self.languages[one] & self.languages[other]) != 0
        return np.minimum(FULL, useful * STAGES_SUIT[self.stage[one], self.stage[other]]) * speaking

    def _feel(self, one: Any, other: Any) -> Numbers:
        return np.minimum(self.presence[one], self.presence[other]) * self.chemistry(one, other)

    def chemistry(self, one: Any, other: Any) -> Numbers:
        """Percent, 85 to 115: how two get on; the same seen from either side."""
        a, b = self.number[one], self.number[other]
        throw = dice(self.seed, "chemistry", np.minimum(a, b), np.maximum(a, b))
        return 85 + pick(throw, 16) + pick(throw, 16, 10)


def _needs(people: People, day: int) -> npt.NDArray[np.float64]:
    table = np.zeros((len(people.number), len(SUBJECTS)))
    subjects, strengths = people.needs(day)
    for subject, strength in zip(subjects.T, strengths.T, strict=True):
        rows = np.flatnonzero(subject != NONE)
        np.maximum.at(table, (rows, subject[rows]), strength[rows])
    return table


def _abilities(people: People) -> npt.NDArray[np.float64]:
    table = np.zeros((len(people.number), len(SUBJECTS)), np.int64)
    for subject, ability in zip(people.gives.T, people.ability.T, strict=True):
        rows = np.flatnonzero(subject != NONE)
        table[rows, subject[rows]] = ability[rows]
    in_field = np.stack([table[:, number == FIELD_OF].max(axis=1) for number in range(len(FIELDS))], axis=1)
    return np.maximum(table, in_field[:, FIELD_OF] * KINDRED_PERCENT // 100).astype(np.float64)
