"""Learning the card for questions from what came of needs: fitted with a softmax for each need (fitting.py).

Each example holds what was known at its instant, and each fit takes only outcomes known before its own. One order of
examples: equal logs give equal tables.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matcher.asker import Answered
from matcher.asking import candidates_for
from matcher.candidates import Sizes
from matcher.fitting import FEATURE_NAMES, Floats, Loss, Pull, fitted_tables, points_of
from matcher.history import History
from matcher.index import Index
from matcher.judging import measured_of
from matcher.needs import stated_need
from matcher.policy import DEFAULT
from matcher.scorecard import Card
from matcher.tables import NAT, Ints, mix

POOL = Sizes(personal=256, shared=240)  # of 128 and 120, the tables rank a little worse (ARCHITECTURE.md, "Learning")
MOST_OTHERS = 300  # of the candidates who did not help, in an order by chance
USEFUL, ANSWERED = 1_000, 500  # what an outcome weighs: who was found useful, and who only answered
LEAST_OUTCOMES = 30
PULL = Pull(ridge=1.0, smooth=100.0)  # RELEVANCE.md, section 6


class Known(NamedTuple):
    """Somebody helped with a need: who, when that was known (µs), and what it weighs, in thousandths."""

    member_id: str
    known: int
    weight: int


class Asked(NamedTuple):
    """A need of the past: when it had been told (µs), whose, and who is known to have helped."""

    at: int
    member_id: str
    subjects: list[str]
    note: str
    known: list[Known]


@dataclass(frozen=True)
class Example:
    """A need, its candidates, and what was measured of each at the need's instant: one row a candidate, one column a
    feature of FEATURE_NAMES. `helped` are the rows of whoever helped, with when that was known and what it weighs."""

    at: int
    values: NDArray[np.int32]
    helped: list[tuple[int, int, int]]
    others: Ints  # the rows of the candidates that are compared with, in an order by chance
    member_ids: tuple[str, ...] = ()  # the candidates

    def known_as(self, known: Sequence[Known]) -> "Example | None":
        """The same, with what else is known of who helped; None where none of them could have been suggested."""
        rows = {member_id: row for row, member_id in enumerate(self.member_ids)}
        helped = [(rows[one.member_id], one.known, one.weight) for one in known if one.member_id in rows]
        return replace(self, helped=helped) if helped else None


def observe(index: Index, asked: Asked) -> Example | None:
    """What was known of the candidates for a need when it was asked (the index is that of the state then); None where
    none of those who helped could have been suggested."""
    measured = measure(index, asked)
    return measured.known_as(asked.known) if measured else None


def measure(index: Index, asked: Asked) -> Example | None:
    """The same, whoever helped; None for somebody who is in no group."""
    at = asked.at
    need = stated_need(asked.subjects, asked.note)
    found = candidates_for(index, asked.member_id, need, at, POOL, DEFAULT)
    if found is None:
        return None
    reading, slot, slots, between = found
    measured = measured_of(reading, slots, between)
    values = np.stack([measured[name] for name in FEATURE_NAMES], axis=1).astype(np.int32)
    mixes = index.roster.mixes()
    others = np.argsort(mix(mix(mixes[slot], np.uint64(at)), mixes[slots]), kind="stable")
    member_ids = tuple(index.roster.ids[other] for other in slots.tolist())
    return Example(at, values, [], others[:MOST_OTHERS], member_ids)


def asked_in(history: History) -> list[Asked]:
    """The needs that somebody answered, in the order of their time."""
    asked = [
        Asked(need.told + 1, asker_id, list(need.subjects), need.note, [_known(one) for one in answers])
        for asker_id, need, answers in history.outcomes()
    ]
    return sorted(asked, key=lambda one: one[:4])


def _known(one: Answered) -> Known:
    return Known(one.member_id, one.time, USEFUL if one.is_useful else ANSWERED)


# --- fitting ----------------------------------------------------------------------------------------------------------


class _Rows(NamedTuple):
    """The rows of all needs, one after the other: what was measured, how much each helped, and where a need begins."""

    values: Ints
    helped: Floats
    starts: Ints


def fit(examples: Sequence[Example], before: int, card: Card, *, fixed: Collection[str] = ()) -> dict[str, Any] | None:
    """The tables of points that outcomes known before an instant (µs) come to, drawn towards those of a card; those of
    the `fixed` features stay as the card has them. None while there are too few outcomes."""
    rows = _rows(examples, before)
    return fitted_tables(rows.values, rows.helped > 0, _softmax(rows), card, fixed, PULL) if rows else None


def gains(examples: Sequence[Example], card: Card, before: Card) -> Floats:
    """Per need, by how much likelier a card makes it that those help who did, than another does, in nats."""
    told = sorted((example for example in examples if example.helped), key=lambda example: example.at)
    return np.array([_likelihood(example, card) - _likelihood(example, before) for example in told])


def _likelihood(example: Example, card: Card) -> float:
    """The mean ln of the chance that a card gives whoever helped, among all candidates."""
    weights: dict[int, int] = {}
    for row, _, weight in example.helped:
        weights[row] = max(weight, weights.get(row, 0))
    points = points_of(card, example.values.astype(np.int64)) / NAT
    of_all = np.logaddexp.reduce(points)
    return float(sum(weight * (points[row] - of_all) for row, weight in weights.items()) / sum(weights.values()))


def _rows(examples: Sequence[Example], before: int) -> _Rows | None:
    values, helped, starts, count = [], [], [], 0
    for example in sorted(examples, key=lambda example: example.at):
        weights: dict[int, int] = {}
        for row, known, weight in example.helped:
            if known < before:
                weights[row] = max(weight, weights.get(row, 0))
        if weights:
            kept = np.union1d(example.others, list(weights))
            values.append(example.values[kept])
            helped.append(np.array([weights.get(row, 0) for row in kept.tolist()]) / USEFUL)
            starts.append(count)
            count += len(kept)
    if len(starts) < LEAST_OUTCOMES:
        return None
    return _Rows(np.concatenate(values), np.concatenate(helped), np.array(starts))


def _softmax(rows: _Rows) -> Loss:
    """Per need, -ln of the chance that the card gives whoever helped."""
    need_of = np.repeat(np.arange(len(rows.starts)), np.diff(rows.starts, append=len(rows.helped)))
    weights = np.add.reduceat(rows.helped, rows.starts)

    def loss(totals: Floats) -> tuple[float, Floats]:
        best = np.maximum.reduceat(totals, rows.starts)
        each = np.exp(totals - best[need_of])
        whole = np.add.reduceat(each, rows.starts)
        lost = weights @ (best + np.log(whole)) - rows.helped @ totals
        return float(lost), each * (weights / whole)[need_of] - rows.helped

    return loss
