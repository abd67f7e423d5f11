"""Learning the card for rounds from what came of introductions: the chance that one is worth a member's time.

An outcome is one side of a suggestion that has come to its end. It was *worth it* where they met and this member rated
it well; it was not where they rated it badly, said no, or said yes and waited in vain. Of whoever did not answer, of a
no for want of time, and of two who met and told nothing, nothing is learned.

The points of a side are the logit of that chance: tables fitted with a logistic loss (fitting.py), with the level left
free, as `even`.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from matcher.asker import WELL_RATED
from matcher.evidence import Evidence
from matcher.features import of_pair, of_text
from matcher.fitting import FEATURE_NAMES, Floats, Loss, Pull, fitted_tables
from matcher.index import Index
from matcher.introductions import Suggestion, answers_to, suggestion
from matcher.judging import measured_of
from matcher.reading import Reading
from matcher.scorecard import Card
from matcher.tables import NAT, Ints
from matcher.world import World

LEAST_OUTCOMES = 30
# Stronger than for needs: of introductions there are few, and all were chosen by a card (ARCHITECTURE.md, "Learning").
PULL = Pull(ridge=20.0, smooth=500.0)
_NEWTON_STEPS = 30


class Outcome(NamedTuple):
    """Whether meeting the other was worth a member's time: when they were suggested, and when that was known (µs)."""

    at: int
    member_id: str
    other_id: str
    known: int
    worth_it: bool


class Observed(NamedTuple):
    """An outcome, with what was measured of the other for the member when they were suggested, by FEATURE_NAMES."""

    outcome: Outcome
    values: tuple[int, ...]


def outcomes_in(world: World) -> list[Outcome]:
    """What came of all suggestions that counted and have ended, in the order of their rounds."""
    found = [suggestion(world, introduction_id) for introduction_id in world.tables["introductions"]]
    sides = [_outcome(world, one, member_id) for one in found if one for member_id in (one.a, one.b)]
    return sorted(side for side in sides if side)


def _outcome(world: World, one: Suggestion, member_id: str) -> Outcome | None:
    cells = world.tables["introductions"][one.introduction_id]
    rated = cells.get(f"rated {member_id}")
    if rated and rated[4]:
        return Outcome(one.since, member_id, one.other(member_id), rated[0], rated[4] >= WELL_RATED)
    if "made" in cells or "closed" not in cells or not _is_telling(world, one, member_id):
        return None
    return Outcome(one.since, member_id, one.other(member_id), cells["closed"][0], False)


def _is_telling(world: World, one: Suggestion, member_id: str) -> bool:
    """Whether that it came to nothing says something of the other: the member said no to them, or waited in vain."""
    answers = answers_to(world, one)
    if any(answer.said == "declined" for answer in answers if answer.member_id != member_id):
        return any(answer.member_id == member_id for answer in answers)
    mine = [answer for answer in answers if answer.member_id == member_id]
    if not mine:
        return False
    if mine[-1].said == "declined":
        return _reason(world, one, member_id) != "no_time"
    return world.tables["introductions"][one.introduction_id]["closed"][0] >= one.until


def _reason(world: World, one: Suggestion, member_id: str) -> str | None:
    told = [
        register
        for key, register in world.tables["introductions"][one.introduction_id].items()
        if key.startswith("answer:") and key.endswith(f" {member_id}")
    ]
    reason: str | None = max(told, key=lambda register: register[:4])[4][1]
    return reason


def observe(index: Index, outcomes: Sequence[Outcome]) -> list[Observed]:
    """What was measured when these were suggested, all in one round; the index is that of the state then."""
    if not outcomes:
        return []
    reading = Reading(index, outcomes[0].at)
    evidence, slots = Evidence(reading), index.roster.slots
    by_member: defaultdict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.member_id in slots and outcome.other_id in slots:
            by_member[outcome.member_id].append(outcome)
    observed = []
    for member_id, theirs in by_member.items():
        slot, others = slots[member_id], np.array([slots[each.other_id] for each in theirs])
        need = reading.need(slot)
        text = {name: values[others] for name, values in of_text(reading, slot, need).items()}
        between = text | of_pair(reading, slot, others) | evidence.of_need(need, others)
        measured = measured_of(reading, others, between)
        rows = np.stack([measured[name] for name in FEATURE_NAMES], axis=1)
        observed += [Observed(outcome, tuple(row)) for outcome, row in zip(theirs, rows.tolist(), strict=True)]
    return observed


# --- fitting ----------------------------------------------------------------------------------------------------------


def fit(
    observed: Sequence[Observed], before: int, card: Card, *, fixed: Collection[str] = ()
) -> tuple[dict[str, Any], int] | None:
    """The tables of points, and from how many points on an introduction is worth it more often than not, that outcomes
    known before an instant (µs) come to, drawn towards those of a card. None while there are too few outcomes, or all
    ended alike."""
    known = known_before(observed, before)
    worth_it = worth_of(known)
    if len(known) < LEAST_OUTCOMES or worth_it.all() or not worth_it.any():
        return None
    values = values_of(known)
    tables = fitted_tables(values, worth_it > 0, _logistic(worth_it), card, fixed, PULL)
    return tables, even_of(Card.of("", tables, {"edges": [], "points": [0]}), values, worth_it)


def known_before(observed: Sequence[Observed], before: int) -> list[Observed]:
    """Those whose outcome was known before an instant (µs), in one order."""
    return sorted(one for one in observed if one.outcome.known < before)


def values_of(observed: Sequence[Observed]) -> Ints:
    """(outcomes, features)"""
    return np.array([one.values for one in observed], dtype=np.int64).reshape(-1, len(FEATURE_NAMES))


def worth_of(observed: Sequence[Observed]) -> Floats:
    """1 where it was worth it, else 0."""
    return np.array([one.outcome.worth_it for one in observed], dtype=np.float64)


def points_of(card: Card, values: Ints) -> Ints:
    """(outcomes) What a card gives each."""
    nothing = np.zeros(len(values), dtype=np.int64)
    return sum((card.points(name, values[:, column]) for column, name in enumerate(FEATURE_NAMES)), start=nothing)


def even_of(card: Card, values: Ints, worth_it: Floats) -> int:
    """From how many points of this card on it was worth it more often than not: the level that fits best."""
    return round(-NAT * _level(points_of(card, values) / NAT, worth_it))


def _logistic(worth_it: Floats) -> Loss:
    """-ln of the chance of what happened, at the level that makes it least."""

    def loss(totals: Floats) -> tuple[float, Floats]:
        logits = totals + _level(totals, worth_it)
        return float(np.logaddexp(0, logits).sum() - worth_it @ logits), _chance(logits) - worth_it

    return loss


def _level(totals: Floats, worth_it: Floats) -> float:
    """What to add to all, so that as many are expected to be worth it as were: by Newton's method. It is found for
    certain from the logit of the share, where the expected number is convex or concave in it."""
    level = 0.0
    for _ in range(_NEWTON_STEPS):
        chances = _chance(totals + level)
        step = float((worth_it.sum() - chances.sum()) / max((chances * (1 - chances)).sum(), 1e-9))
        level += min(max(step, -1.0), 1.0)
    return level


def _chance(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -50, 50))))
