"""Learning from a series of events: the needs of the past, observed one after the other with what was known then."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from matcher.card import NEVER_SEEN_THERE, by_hand, id_of
from matcher.index import Index
from matcher.learning import Asked, Example, asked_in, fit, observe
from matcher.scorecard import Card
from matcher.world import World
from schemas.codec import Event
from schemas.instants import SECOND_US


class Past:
    """The state at one instant after the other, of events in any order."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.events = sorted(events, key=lambda event: (*event[:3], event.content))
        self._next = 0
        self.world = World()
        self.index = Index(self.world)

    def move_to(self, at: int) -> None:
        """The state of everything before an instant (µs), no earlier than the last."""
        while self._next < len(self.events) and self.events[self._next].time < at:
            self.index.follow(self.world.apply(self.events[self._next]))
            self._next += 1


class Lessons:
    """The examples that a series of events gives, collected as its past goes by, and the cards that they come to;
    `card` is in force while there are too few of them."""

    def __init__(self, events: list[Event], card: Card) -> None:
        self._past, self._card = Past(events), card
        start = by_hand()
        self._start = Card(start.weights_id, {name: start.tables[name] for name in NEVER_SEEN_THERE}, card.calibration)
        self._asked = answered_needs(events)
        self._next = 0
        self._month: tuple[int, int] | None = None
        self._fitted = card
        self.examples: list[Example] = []

    def observe_until(self, at: int) -> None:
        """Observes the needs told before an instant (µs), each in the state of its own."""
        while self._next < len(self._asked) and self._asked[self._next].at < at:
            asked = self._asked[self._next]
            self._past.move_to(asked.at)
            example = observe(self._past.index, asked)
            if example:
                self.examples.append(example)
            self._next += 1

    def fit_until(self, at: int) -> dict[str, Any] | None:
        """The tables that outcomes known before an instant (µs) come to, by themselves: only what this kind of data
        cannot teach is taken from the card by hand. None while there are too few outcomes."""
        self.observe_until(at)
        return fit(self.examples, at, self._start, fixed=NEVER_SEEN_THERE)

    def card_at(self, at: int) -> Card:
        """The card in force at an instant: fitted anew on the first of its month, on what was known then."""
        when = datetime.fromtimestamp(at / SECOND_US, UTC)
        if (when.year, when.month) != self._month:
            self._month = when.year, when.month
            first = int(datetime(when.year, when.month, 1, tzinfo=UTC).timestamp()) * SECOND_US
            weights = self.fit_until(first)
            if weights:
                self._fitted = card_with(weights, self._card)
        return self._fitted


def answered_needs(events: Iterable[Event]) -> list[Asked]:
    """The needs that somebody answered, with who is known to have helped: also what is known only later."""
    past = Past(events)
    past.move_to(past.events[-1].time + 1 if past.events else 0)
    return asked_in(past.index.history())


def card_with(weights: dict[str, Any], card: Card) -> Card:
    """A card of these tables, with the calibration of another."""
    edges, points = card.calibration
    calibration = {"edges": edges.tolist(), "points": points.tolist()}
    return Card.of(id_of({"weights": weights, "calibration": calibration}), weights, calibration)
