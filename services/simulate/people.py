"""What members truly are: what they can give and how well, what they need on a day, how they behave.

Nobody inside the network knows this. Everything follows from the seed and the member's number.
"""

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from services.simulate.dice import Numbers, dice, pick
from services.simulate.network import Layout
from services.simulate.subjects import PROFESSIONS, STAGE_NEEDS, SUBJECTS

NONE = -1
GIVES, NEEDS = 6, 4  # at most so many of each
ABLE = 40  # from this ability on (of 100), help is help
PRESENCE = np.array([100] * 6 + [70] * 4 + [25] * 2)  # percent, of twelve spells of weeks
GERMAN, ENGLISH, BOTH = 1, 2, 3  # sets of languages, as bits


def _table(rows: list[tuple[int, ...]], width: int) -> Numbers:
    return np.array([(row + (NONE,) * width)[:width] for row in rows])


PROFESSION_GIVES = _table([profession.gives for profession in PROFESSIONS], GIVES - 1)
PROFESSION_NEEDS = _table([profession.needs for profession in PROFESSIONS], 5)
STAGE_TABLE = _table([row + row for row in STAGE_NEEDS], 10)  # doubled, so that short rows have no gaps
FIRST_STAGE = np.array([0] * 3 + [1] * 6 + [2] * 8 + [3] * 3)  # of twenty firms


@dataclass(slots=True)
class People:
    """Columns of true traits, one row a member. Percentages run from 0 to 100."""

    number: Numbers
    group: Numbers
    profession: Numbers
    first_stage: Numbers
    next_stage_day: Numbers  # when the firm grows into the next stage
    languages: Numbers  # what they speak
    writes: Numbers  # the language they write in
    sociable: Numbers  # percent: how readily they talk
    reliable: Numbers  # percent: how often they come
    lingers: Numbers  # percent: talks long rather than hops
    room: Numbers  # introductions they want in a round
    gives: Numbers  # (members, GIVES) subjects, or NONE
    ability: Numbers  # (members, GIVES) percent
    claims: Numbers  # (members, GIVES) declared level 1 to 5, 0 for not declared
    _need_period: Numbers  # (members, NEEDS) days
    _need_phase: Numbers
    _spell_days: Numbers
    _spell_phase: Numbers
    seed: int = 0

    @classmethod
    def of(cls, plan: Layout, numbers: Numbers) -> Self:
        """The members with these numbers."""
        numbers = np.asarray(numbers, np.int64)
        seed, seat = plan.seed, numbers % plan.seats
        one, two = dice(seed, "person", numbers), dice(seed, "habits", numbers)
        profession = plan.seat_profession[seat]
        gives, ability, claims = _gifts(seed, numbers, profession)
        languages = np.array([BOTH] * 11 + [GERMAN] * 8 + [ENGLISH])[pick(one, 20)]
        spell = dice(seed, "spells", numbers)
        slot = dice(seed, "need slot", numbers[:, None], np.arange(NEEDS)[None, :])
        period = 70 + pick(slot, 170)
        return cls(
            number=numbers,
            group=plan.seat_group[seat],
            profession=profession,
            first_stage=FIRST_STAGE[pick(one, 20, 8)],
            next_stage_day=90 + pick(one, 1_400, 16),
            languages=languages,
            writes=np.where((languages == ENGLISH) | ((languages == BOTH) & (pick(one, 10, 30) == 0)), ENGLISH, GERMAN),
            sociable=20 + (pick(two, 41) + pick(two, 41, 8)),
            reliable=50 + pick(two, 49, 16),
            lingers=pick(two, 101, 24),
            room=np.array([2] * 12 + [1] * 4 + [3] * 2 + [5] + [0])[pick(two, 20, 32)],
            gives=gives,
            ability=ability,
            claims=claims,
            _need_period=period.astype(np.int32),
            _need_phase=pick(slot, period, 20).astype(np.int32),
            _spell_days=(40 + pick(spell, 50)).astype(np.int32),
            _spell_phase=pick(spell, 5_000, 10).astype(np.int32),
            seed=seed,
        )

    def put(self, rows: Numbers, others: Self) -> None:
        """Other members take the place of those in `rows`."""
        for name in _COLUMNS:
            getattr(self, name)[rows] = getattr(others, name)

    def at(self, rows: Numbers) -> Self:
        """The members in `rows`, as People of their own."""
        return type(self)(**{name: getattr(self, name)[rows] for name in _COLUMNS}, seed=self.seed)

    def stage(self, day: int) -> Numbers:
        """The stage of growth on a day, 0 founding to 3 succession."""
        return np.minimum(self.first_stage + (day >= self.next_stage_day), 3)

    def presence(self, day: int) -> Numbers:
        """Percent of themselves that members have for the network on a day: spells of weeks, quiet ones among them."""
        return self.presence_in(self.spell(day))

    def spell(self, day: Any) -> Numbers:
        """Per member, the number of the spell that a day (or each one's day) is in."""
        return (day + self._spell_phase) // self._spell_days

    def spell_begins(self, spell: Numbers) -> Numbers:
        """Per member, the first day of a spell."""
        return spell * self._spell_days - self._spell_phase

    def presence_in(self, spell: Numbers) -> Numbers:
        """Per member, their percent in a spell."""
        return PRESENCE[pick(dice(self.seed, "spell", self.number, spell), len(PRESENCE))]

    def need_epoch(self, day: int) -> Numbers:
        """(members, NEEDS): which need of its place it is; a new number is a new need."""
        return (day + self._need_phase) // self._need_period

    def epoch_of(self, place: int, day: Numbers) -> Numbers:
        """Per member, the epoch of one place on each one's day."""
        return (day + self._need_phase[:, place]) // self._need_period[:, place]

    def beginning(self, place: Numbers, epoch: Numbers) -> Numbers:
        """Per member, the day on which a place's epoch begins."""
        rows = np.arange(len(self.number))
        return epoch * self._need_period[rows, place] - self._need_phase[rows, place]

    def fresh_needs(self, day: int) -> tuple[Numbers, Numbers]:
        """Rows and places whose need is new on this day."""
        rows, places = np.nonzero((day + self._need_phase) % self._need_period == 0)
        return rows, places

    def needs(self, day: int) -> tuple[Numbers, Numbers]:
        """(members, NEEDS): the subjects needed on a day (or NONE) and how badly, in percent."""
        epoch = self.need_epoch(day)
        columns = [self.need_of(np.full(len(epoch), place), epoch[:, place]) for place in range(NEEDS)]
        return np.stack([subject for subject, _ in columns], axis=1), np.stack([how for _, how in columns], axis=1)

    def need_of(self, place: Numbers, epoch: Numbers) -> tuple[Numbers, Numbers]:
        """Per member, for one of their places and one of its epochs: the subject (or NONE) and how badly."""
        throw = dice(self.seed, "need", self.number, place, epoch)
        source = pick(throw, 20)
        of_trade = PROFESSION_NEEDS[self.profession, pick(throw, 5, 8)]
        begun = self.beginning(place, epoch)
        stage = np.minimum(self.first_stage + (begun >= self.next_stage_day), 3)
        of_stage = STAGE_TABLE[stage, pick(throw, 10, 16)]
        anything = pick(throw, len(SUBJECTS), 24)
        subject = np.where(source < 8, of_trade, np.where(source < 14, of_stage, np.where(source < 17, anything, NONE)))
        able = (self.gives == subject[:, None]) & (self.ability >= ABLE)
        return np.where(able.any(axis=1), NONE, subject), 40 + pick(throw, 61, 40)


_COLUMNS = tuple(column.name for column in fields(People) if column.name != "seed")


def _gifts(seed: int, numbers: Numbers, profession: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """What members can give, how well, and what they say of it: most of it by trade, some beside the trade; some
    claim what they hardly can, some are silent about what they can well."""
    trade = PROFESSION_GIVES[profession]
    extra = pick(dice(seed, "beside the trade", numbers), 2 * len(SUBJECTS))
    extra = np.where((extra < len(SUBJECTS)) & ~(trade == extra[:, None]).any(axis=1), extra, NONE)
    gives = np.concatenate([trade, extra[:, None]], axis=1)
    throw = dice(seed, "gift", numbers[:, None], np.arange(GIVES)[None, :])
    weak = pick(throw, 100) < 20
    ability = np.where(weak, 5 + pick(throw, 30, 10), 45 + pick(throw, 56, 20))
    ability[gives == NONE] = 0
    honest = np.clip(ability // 20 + pick(throw, 3, 30), 1, 5)
    boast = 3 + pick(throw, 3, 34)
    said = pick(throw, 100, 38) < np.where(weak, 50, 88)
    claims = np.where(said & (gives != NONE), np.where(weak, boast, honest), 0)
    return gives.astype(np.int16), ability.astype(np.int16), claims.astype(np.int16)
