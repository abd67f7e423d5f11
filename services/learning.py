"""Learning the two cards: fitted on all outcomes, and published only if a fit of some time ago would have told the most
recent ones no worse than the card in force."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import numpy as np

from matcher import learning, outcomes
from matcher.calibrating import calibrated
from matcher.card import NEVER_SEEN_THERE, Purpose, by_hand, card_in, card_of, default_card, learned_as_of
from matcher.fitting import Gain
from matcher.outcomes import Observed
from matcher.scorecard import Card
from matcher.world import World
from schemas.codec import Event
from schemas.instants import SECOND_US
from services.lessons import Lessons

RECENT_SHARE = 4  # a fit is tried on the most recent quarter of outcomes
LEAST_TRIED = 30  # and on no fewer than these
LEAST_UNSEEN = 60  # outcomes since the card in force was fitted, before another is tried
_FOLDS = 5  # no outcome calibrates the score of a card that was fitted on it

One = TypeVar("One")


class Learned(NamedTuple):
    """What was learned for one purpose: from how many needs or introductions, how many of which are `new` to the card
    in force; the new card, None where those are too few; and by how much it told the recent ones better than the card
    in force."""

    purpose: Purpose
    outcomes: int
    new: int = 0
    card: Card | None = None
    gain: Gain | None = None

    @property
    def is_no_worse(self) -> bool:
        """Whether it is to take the place of the card in force."""
        return self.card is not None and self.gain is not None and self.gain.mean >= 0


def learn(events: Sequence[Event], world: World, at: int) -> list[Learned]:
    """What these events teach by an instant (µs), for each purpose; `world` is the state at `at`, whose cards are in
    force."""
    lessons = Lessons(event for event in events if event.time < at)
    return [_for_questions(lessons, world, at), _for_rounds(lessons, world, at)]


def _for_questions(lessons: Lessons, world: World, at: int) -> Learned:
    in_force, since = card_of(world, Purpose.QUESTIONS), learned_as_of(world, Purpose.QUESTIONS)
    default = card_in(default_card(Purpose.QUESTIONS).data)
    known = sorted(lessons.examples_at(at), key=lambda one: one.at)
    unseen = [one for one in known if one.at >= since]
    learned, recent = Learned(Purpose.QUESTIONS, len(known), len(unseen)), _recent(unseen)
    before = learning.fit(lessons.examples_at(recent[0].at), recent[0].at, default) if recent else None
    weights = learning.fit(known, at, default)
    if before is None or weights is None:
        return learned
    gains = learning.gains(recent, _with(default, before), in_force)
    return learned._replace(card=_with(default, weights), gain=Gain.of(gains))


def _recent(unseen: list[One]) -> list[One]:
    """The most recent of what the card in force has not seen; none where there is too little of it."""
    tried = max(LEAST_TRIED, -(-len(unseen) // RECENT_SHARE))
    return unseen[-tried:] if len(unseen) >= LEAST_UNSEEN else []


def _with(card: Card, weights: dict[str, Any]) -> Card:
    said = card.said()
    return Card.of("", weights, said["calibration"], said["even"])


def _for_rounds(lessons: Lessons, world: World, at: int) -> Learned:
    in_force, since = card_of(world, Purpose.ROUNDS), learned_as_of(world, Purpose.ROUNDS)
    default = card_in(default_card(Purpose.ROUNDS).data)
    known = sorted(lessons.introductions_at(at))
    unseen = [one for one in known if one.outcome.at >= since]
    learned, recent = Learned(Purpose.ROUNDS, len(known), len(unseen)), _recent(unseen)
    before = outcomes.fit(lessons.introductions_at(recent[0].outcome.at), default) if recent else None
    card = outcomes.fit(known, default)
    if before is None or card is None:
        return learned
    return learned._replace(
        card=_calibrated(card, known, default), gain=Gain.of(outcomes.gains(recent, before, in_force))
    )


def _calibrated(card: Card, observed: Sequence[Observed], default: Card) -> Card:
    """With a score that says what came of introductions of such a value: each is valued by a card that was fitted on
    others."""
    told = [one for one in observed if one.outcome.to_both is not None]
    values = np.zeros(len(told), dtype=np.int64)
    for fold in range(_FOLDS):
        places = list(range(fold, len(told), _FOLDS))
        others = [one for place, one in enumerate(told) if place % _FOLDS != fold]
        of_others = outcomes.fit(others, default) or default
        values[places] = outcomes.both_chances(of_others, [told[place] for place in places])
    table = calibrated(values, np.array([one.outcome.to_both for one in told], dtype=np.float64))
    return replace(card, calibration=Card.of("", {}, table).calibration) if table else card


# --- as time went by --------------------------------------------------------------------------------------------------


class Monthly:
    """The card for questions as it would have been, fitted anew on the first of each month on what was known then: by
    itself, only what a forum cannot teach is taken from the card by hand. Until there is enough, `card` is in force.
    Features that it is to do `without` are worth nothing."""

    def __init__(self, lessons: Lessons, card: Card, without: Collection[str] = ()) -> None:
        self.lessons, self._card = lessons, card
        self._fixed = {*NEVER_SEEN_THERE, *without}
        start = by_hand()
        self._start = replace(
            start, tables={name: start.tables[name] for name in NEVER_SEEN_THERE if name not in without}
        )
        self._month: tuple[int, int] | None = None

    def fit_until(self, at: int) -> dict[str, Any] | None:
        """The tables that outcomes known before an instant (µs) come to; None while there are too few."""
        return learning.fit(self.lessons.examples_at(at), at, self._start, fixed=self._fixed)

    def card_at(self, at: int) -> Card:
        """The card in force at an instant (µs)."""
        when = datetime.fromtimestamp(at / SECOND_US, UTC)
        if (when.year, when.month) != self._month:
            self._month = when.year, when.month
            weights = self.fit_until(int(datetime(when.year, when.month, 1, tzinfo=UTC).timestamp()) * SECOND_US)
            if weights:
                self._card = _with(self._card, weights)
        return self._card
