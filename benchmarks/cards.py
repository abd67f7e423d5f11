"""The cards that are compared on the past: as they come, learned as time went by, and learned from less."""

from collections.abc import Collection

from benchmarks.asked import CardAt
from matcher import learning
from matcher.card import Purpose, by_hand, card_in, default_card
from matcher.features import FEATURES
from matcher.scorecard import Card
from services.learning import Monthly
from services.lessons import Lessons

# What a card is to do without, one thing at a time, by the codes of reasons.
LEFT_OUT = {
    "who is around": ("active",),
    "subjects": ("gives_what_you_seek",),
    "words and likeness": ("speaks_of_what_you_seek", "answered_the_like"),
    "what goes together": ("gives_what_goes_with_it",),
    "how well they help": ("helps_well",),
}
CURVE = (30, 100, 300, 1_000, 3_000)  # outcomes


def always(card: Card) -> CardAt:
    """One card at all times."""
    return lambda at: card


def shipped() -> Card:
    """The default card for questions, as everybody gets it."""
    return card_in(default_card(Purpose.QUESTIONS).data)


def monthly(lessons: Lessons) -> CardAt:
    """Fitted anew on the first of each month, on what was known then: `weft backtest --card fitted`."""
    return Monthly(lessons, shipped()).card_at


def frozen(lessons: Lessons, at: int, without: Collection[str] = ()) -> Card:
    """Fitted once, on what was known at an instant (µs), `without` the features of these reason codes."""
    names = [feature.name for feature in FEATURES if feature.code in without]
    return _with(Monthly(lessons, shipped(), names).fit_until(at))


def of_the_last(lessons: Lessons, outcomes: int, at: int) -> Card:
    """Fitted once, on the last so many needs whose outcome was known at an instant (µs), drawn towards the card by
    hand: what a network of so many outcomes has, and no card of others."""
    last = sorted(lessons.examples_at(at), key=lambda one: one.at)[-outcomes:]
    return _with(learning.fit(last, at, by_hand()))


def known_at(lessons: Lessons, at: int) -> int:
    """How many needs have a known outcome at an instant (µs)."""
    return len(lessons.examples_at(at))


def _with(weights: dict | None) -> Card:
    if weights is None:
        raise ValueError("too few outcomes to fit a card on")
    return Card.of("fitted", weights, shipped().said()["calibration"])
