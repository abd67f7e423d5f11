"""Where a value falls in a table of points, where the nearest bins lie that are worth more and less, and what it would
take to come there, in words.

Nothing here is guessed: each step is read off the card. It is what one feature alone would change; an event usually
changes several (supposing.py).
"""

import re
from typing import NamedTuple

from matcher.features import Feature
from matcher.scorecard import Card

_ONE_OF = re.compile(r"in 1/([\d,]+)")
_PARTS = {"hundredths": 100, "thousandths": 1_000, "tenths": 10}
_DIGITS = {10: 1, 100: 2, 1_000: 3}


class Bin(NamedTuple):
    """One bin of a table: the values from `least` on and below `below`, None where it is open, and their points."""

    least: int | None
    below: int | None
    points: int


class Step(NamedTuple):
    """The nearest value of another bin, and how many points more (or less) that one is worth."""

    value: int
    points: int


def bin_of(card: Card, name: str, value: int) -> Bin:
    """The bin that a value of a feature falls into; all values in one where the card has no table for it."""
    bins = _bins(card, name)
    return next(each for each in bins if each.below is None or value < each.below)


def nearest(card: Card, name: str, value: int, *, better: bool) -> Step | None:
    """The nearest bin that is worth more, or less, than the one that the value is in; None where none is."""
    own = bin_of(card, name, value).points
    steps = [
        Step(_edge(each, value), each.points - own)
        for each in _bins(card, name)
        if (each.points > own if better else each.points < own)
    ]
    return min(steps, key=lambda step: (abs(step.value - value), step.value), default=None)


def _bins(card: Card, name: str) -> list[Bin]:
    if name not in card.tables:
        return [Bin(None, None, 0)]
    edges, points = (each.tolist() for each in card.tables[name])
    return [Bin(*each) for each in zip([None, *edges], [*edges, None], points, strict=True)]


def _edge(to: Bin, value: int) -> int:
    """The value of a bin that lies nearest to a value outside of it."""
    if to.least is not None and value < to.least:
        return to.least
    return value if to.below is None else to.below - 1


# --- in words --------------------------------------------------------------------------------------------------------


def amount(value: int, unit: str) -> str:
    """A value in its unit, as people write it; the unit's own name is left out.

    >>> amount(15_936, "subjects' rarity · ln(1 + evidence), in 1/10,000")
    '1.59'
    >>> amount(12, "days")
    '12'
    """
    one = _one(unit)
    shown = f"{abs(value):,}" if one == 1 else f"{abs(value) / one:,.{_digits(abs(value), one)}f}"
    return f"−{shown}" if value < 0 else shown if value else "0"


def _digits(value: int, one: int) -> int:
    """So many behind the point that nothing looks like 0 that is not."""
    return _DIGITS.get(one) or (2 if 10 * value >= one else 4 if 1_000 * value >= one else 5)


def _one(unit: str) -> int:
    """How many of the whole numbers that are kept make one of what they count."""
    found = _ONE_OF.search(unit)
    return int(found[1].replace(",", "")) if found else _PARTS.get(unit.split(" ")[0], 1)


def say_bin(found: Bin, unit: str) -> str:
    """The values of a bin.

    >>> say_bin(Bin(2, 5, 30), "days")
    '2 to below 5'
    """
    least, below = (None if edge is None else amount(edge, unit) for edge in (found.least, found.below))
    if least is None:
        return "any" if below is None else f"below {below}"
    return f"{least} and more" if below is None else f"{least} to below {below}"


def say_step(feature: Feature, value: int, to: int) -> str:
    """What it would take for a feature's value to become another, without its full stop; of the one suggested as
    "they".

    >>> from matcher.features import FEATURES
    >>> by_name = {feature.name: feature for feature in FEATURES}
    >>> say_step(by_name["since_act"], 5, 8)
    '3 more days without a sign of life'
    >>> say_step(by_name["subj240"], 10_000, 15_936)
    '0.59 more evidence in what is looked for'
    """
    sayings = _SAID.get(feature.name)
    by = amount(abs(to - value), feature.unit)
    if sayings is None:
        return f"{by} {'more' if to > value else 'less'}"
    if isinstance(sayings, dict):
        return sayings.get(to, f"{to - 1} steps apart")
    return sayings[to < value].format(
        by=by, days="day" if by == "1" else "days", s="s" * (by != "1"), within=_within(to)
    )


def _within(days: int) -> str:
    return ("today", "today or yesterday")[days] if 0 <= days <= 1 else f"within the last {days:,} days"


_SAID: dict[str, tuple[str, str] | dict[int, str]] = {  # more of it, less of it; or what a number stands for
    "subj240": ("{by} more evidence in what is looked for", "{by} less evidence in what is looked for"),
    "lift240": ("this rather than everything: {by} more", "this rather than everything: {by} less"),
    "proplift": ("shown, beside how often it is asked: {by} more", "shown, beside how often it is asked: {by} less"),
    "expand": ("{by} more evidence in what goes with it", "{by} less evidence in what goes with it"),
    "words240": ("{by} more evidence in the words of it", "{by} less evidence in the words of it"),
    "wordlift": ("the words of what they answered: {by} more", "the words of what they answered: {by} less"),
    "kt": ("answers to the like: {by} more", "answers to the like: {by} less"),
    "ktn": ("of their answers, to the like: {by} more", "of their answers, to the like: {by} less"),
    "seeks120": ("looking for what is given: {by} more", "looking for what is given: {by} less"),
    "seekwords120": ("looking for the words of it: {by} more", "looking for the words of it: {by} less"),
    "act7": ("{by} more conversations, as they count today", "{by} fewer conversations, as they count today"),
    "act60": ("{by} more conversations, as they count today", "{by} fewer conversations, as they count today"),
    "days90": ("there on {by} more {days} of the last 90", "there on {by} fewer {days} of the last 90"),
    "trend": ("more there than usual, by {by}", "less there than usual, by {by}"),
    "since_act": ("{by} more {days} without a sign of life", "a sign of life {within}"),
    "since_ask": ("{by} more {days} without saying what they look for", "saying what they look for, {within}"),
    "since_gave": ("{by} more {days} without giving in a conversation", "giving in a conversation {within}"),
    "came14": ("at more of their own group's meetings, by {by}", "at fewer of their own group's meetings, by {by}"),
    "replies60": ("suggestions answered more often, by {by}", "suggestions answered less often, by {by}"),
    "accepts60": ("suggestions accepted more often, by {by}", "suggestions accepted less often, by {by}"),
    "load28": (
        "suggested to {by} more member{s} in four weeks",
        "suggested to {by} fewer member{s} in four weeks",
    ),
    "rated": ("rated higher by whoever met them, by {by} stars", "rated lower by whoever met them, by {by} stars"),
    "userate60": ("their answers found useful more often, by {by}", "their answers found useful less often, by {by}"),
    "answers": ("{by} more of others' needs answered", "{by} fewer of others' needs answered"),
    "firsts": ("the first to answer more often, by {by}", "the first to answer less often, by {by}"),
    "delay": ("answers that take {by} days longer", "answers that come {by} days sooner"),
    "minutes": ("conversations longer by {by} minutes", "conversations shorter by {by} minutes"),
    "common": ("{by} more acquaintance{s} in common", "{by} fewer acquaintance{s} in common"),
    "profession": {0: "a profession not told", 1: "different professions", 2: "the same profession"},
    "stage": {0: "a stage not told", 1: "at the same stage", 2: "one stage apart"},
}
