"""Learning the card for rounds from what came of introductions: the chance that one is worth a member's time.

To a side, an introduction was *worth it* where they met and this member rated it well; it was not where they rated it
badly, said no, or said yes and waited in vain. Of whoever did not answer, of a no for want of time, and of two who met
and told nothing, nothing is learned. It was worth it to both where both rated it well, and not wherever it came to
nothing.

The points of a side are the logit of its chance: tables fitted with a logistic loss (fitting.py), with the level left
free, as `even`.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from matcher.asker import WELL_RATED
from matcher.evidence import Evidence
from matcher.features import of_pair, of_text
from matcher.fitting import FEATURE_NAMES, Floats, Loss, Pull, fitted_tables, points_of
from matcher.index import Index
from matcher.introductions import Answer, Suggestion, answers_to, suggestion
from matcher.judging import measured_of
from matcher.reading import Reading
from matcher.scorecard import Card
from matcher.tables import MILLION, NAT, Ints
from matcher.world import World

LEAST_OUTCOMES = 30
# Stronger than for needs: of introductions there are few, and all were chosen by a card (ARCHITECTURE.md, "Learning").
PULL = Pull(ridge=10.0, smooth=200.0)
_NEWTON_STEPS = 30
Row = tuple[int, ...]


class Outcome(NamedTuple):
    """What came of a suggestion: when it was made, to whom, when that was known (µs), and whether it was worth it: to
    either of the two, and to both; None where that is not known."""

    at: int
    member_ids: tuple[str, str]
    known: int
    to_sides: tuple[bool | None, bool | None]
    to_both: bool | None


class Observed(NamedTuple):
    """An outcome, with what was measured when it was suggested, by FEATURE_NAMES: of the second for the first, and the
    other way round."""

    outcome: Outcome
    sides: tuple[Row, Row]


def outcomes_in(world: World) -> list[Outcome]:
    """What came of all suggestions that counted and have ended or been rated, in the order of their rounds."""
    found = (suggestion(world, introduction_id) for introduction_id in world.tables["introductions"])
    return sorted(outcome for one in found if one and (outcome := _outcome(world, one)))


def _outcome(world: World, one: Suggestion) -> Outcome | None:
    cells, pair = world.tables["introductions"][one.introduction_id], (one.a, one.b)
    rated = [cells.get(f"rated {member_id}") for member_id in pair]
    told = [register for register in rated if register and register[4]]
    if told:
        worth = [register[4] >= WELL_RATED if register and register[4] else None for register in rated]
        both = False if False in worth else None if None in worth else True
        return Outcome(one.since, pair, max(register[0] for register in told), (worth[0], worth[1]), both)
    if "made" in cells or "closed" not in cells:
        return None
    ended, answers = cells["closed"][0], answers_to(world, one)
    in_vain = [_was_in_vain(world, one, answers, member_id, ended) for member_id in pair]
    return Outcome(one.since, pair, ended, (False if in_vain[0] else None, False if in_vain[1] else None), False)


def _was_in_vain(world: World, one: Suggestion, answers: list[Answer], member_id: str, ended: int) -> bool:
    """Whether that it came to nothing says something of the other: the member said no to them, or waited in vain."""
    mine = [answer.said for answer in answers if answer.member_id == member_id]
    if not mine:
        return False
    if mine[-1] == "declined":
        return _reason(world, one, member_id) != "no_time"
    refused = any(answer.said == "declined" for answer in answers if answer.member_id != member_id)
    return refused or ended >= one.until


def _reason(world: World, one: Suggestion, member_id: str) -> str | None:
    told = [
        register
        for key, register in world.tables["introductions"][one.introduction_id].items()
        if key.startswith("answer:") and key.endswith(f" {member_id}")
    ]
    reason: str | None = max(told, key=lambda register: register[:4])[4][1]
    return reason


def observe(index: Index, pairs: Sequence[tuple[str, str]], at: int) -> dict[tuple[str, str], tuple[Row, Row]]:
    """What is measured at an instant (µs) of the two of each pair for each other; the index is that of the state then.
    Pairs of whom one is not known any more are left out."""
    reading, slots = Reading(index, at), index.roster.slots
    evidence = Evidence(reading)
    others_of: defaultdict[str, list[str]] = defaultdict(list)
    for one, other in pairs:
        if one in slots and other in slots:
            others_of[one].append(other)
            others_of[other].append(one)
    rows: dict[tuple[str, str], Row] = {}
    for member_id, other_ids in others_of.items():
        slot, others = slots[member_id], np.array([slots[other_id] for other_id in other_ids])
        need = reading.need(slot)
        text = {name: values[others] for name, values in of_text(reading, slot, need).items()}
        measured = measured_of(reading, others, text | of_pair(reading, slot, others) | evidence.of_need(need, others))
        table = np.stack([measured[name] for name in FEATURE_NAMES], axis=1).tolist()
        rows |= {(member_id, other_id): tuple(row) for other_id, row in zip(other_ids, table, strict=True)}
    return {(one, other): (rows[one, other], rows[other, one]) for one, other in pairs if (one, other) in rows}


# --- fitting ----------------------------------------------------------------------------------------------------------


class Sides(NamedTuple):
    """Sides of which it is known whether it was worth it: what was measured (sides, features), and 1 or 0."""

    values: Ints
    worth_it: Floats


def sides_of(observed: Sequence[Observed]) -> Sides:
    """The sides that tell something, in one order."""
    told = [
        (row, worth_it)
        for one in sorted(observed)
        for row, worth_it in zip(one.sides, one.outcome.to_sides, strict=True)
        if worth_it is not None
    ]
    values = np.array([row for row, _ in told], dtype=np.int64).reshape(-1, len(FEATURE_NAMES))
    return Sides(values, np.array([worth_it for _, worth_it in told], dtype=np.float64))


def fit(observed: Sequence[Observed], card: Card, *, fixed: Collection[str] = ()) -> Card | None:
    """The card that these outcomes come to, drawn towards another, whose calibration it keeps; None while there are too
    few, or all ended alike."""
    sides = sides_of(observed)
    if len(sides.worth_it) < LEAST_OUTCOMES or len(set(sides.worth_it)) < 2:
        return None
    tables = fitted_tables(sides.values, sides.worth_it > 0, _logistic(sides.worth_it), card, fixed, PULL)
    fitted = Card.of("", tables, card.said()["calibration"])
    return replace(fitted, even=even_of(fitted, sides))


def even_of(card: Card, sides: Sides) -> int:
    """From how many points of this card on it was worth it more often than not: the level that fits best."""
    return round(-NAT * _level(points_of(card, sides.values) / NAT, sides.worth_it))


def both_chances(card: Card, observed: Sequence[Observed]) -> Ints:
    """What a card makes of each introduction: the product of both chances, in millionths."""
    one, other = (
        card.chance(points_of(card, np.array(rows, dtype=np.int64).reshape(-1, len(FEATURE_NAMES))))
        for rows in ([one.sides[0] for one in observed], [one.sides[1] for one in observed])
    )
    return one * other // MILLION


def gains(observed: Sequence[Observed], card: Card, before: Card) -> Floats:
    """By how much likelier a card makes what came of each introduction than another does, in nats, both at the level
    that suits them best: what matters is whom they prefer."""
    told = [one for one in sorted(observed) if one.outcome.to_sides != (None, None)]
    sides = sides_of(told)
    of_sides = [_likelihood(points_of(each, sides.values) / NAT, sides.worth_it) for each in (card, before)]
    of_each = np.array([sum(worth_it is not None for worth_it in one.outcome.to_sides) for one in told], dtype=np.int64)
    introductions = np.repeat(np.arange(len(told)), of_each)
    return np.asarray(np.bincount(introductions, of_sides[0] - of_sides[1], len(told)), dtype=np.float64)


def _likelihood(totals: Floats, worth_it: Floats) -> Floats:
    logits = totals + _level(totals, worth_it)
    return np.asarray(worth_it * logits - np.logaddexp(0, logits))


def _logistic(worth_it: Floats) -> Loss:
    """-ln of the chance of what happened, at the level that makes it least."""

    def loss(totals: Floats) -> tuple[float, Floats]:
        logits = totals + _level(totals, worth_it)
        return float(np.logaddexp(0, logits).sum() - worth_it @ logits), _chance(logits) - worth_it

    return loss


def _level(totals: Floats, worth_it: Floats) -> float:
    """What to add to all, so that as many are expected to be worth it as were: by Newton's method, in steps of at most
    one nat."""
    level = 0.0
    for _ in range(_NEWTON_STEPS):
        chances = _chance(totals + level)
        step = float((worth_it.sum() - chances.sum()) / max((chances * (1 - chances)).sum(), 1e-9))
        level += min(max(step, -1.0), 1.0)
    return level


def _chance(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -50, 50))))
