"""The queries of the past, each with its pool as it was measured at its instant: measured once, ranked by many cards.

The rankings are, byte for byte, those of `weft backtest`: tests/service/test_relevance.py holds them to it.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matcher.asking import best_first, candidates_for
from matcher.candidates import OF_ASK, Pools, of_round
from matcher.fitting import FEATURE_NAMES, points_of
from matcher.index import Index
from matcher.judging import measured_of
from matcher.policy import DEFAULT
from matcher.prices import Ascent
from matcher.scorecard import Card
from matcher.tables import MILLION, Ints, mix
from schemas.codec import Event
from schemas.instants import parse_canonical
from services.backtest import PRICE_STEP, SHOWN, Query, need_of
from services.past import Past

CardAt = Callable[[int], Card]  # the card in force at an instant (µs)


class Asked(NamedTuple):
    """A query: when it was asked (µs), its pool by id, what was measured of each (a row a candidate, a column a feature
    of FEATURE_NAMES), what decides a tie, and the rows of those whom a round would look at for the same need."""

    query_id: str
    at: int
    member_ids: list[str]
    values: NDArray[np.int32]
    ties: NDArray[np.uint64]
    of_a_round: Ints

    def as_in_a_round(self) -> "Asked":
        """The same query with the pool of a round, which is part of its own: what was measured of each stays so."""
        rows = self.of_a_round
        member_ids = [self.member_ids[row] for row in rows.tolist()]
        return self._replace(
            member_ids=member_ids, values=self.values[rows], ties=self.ties[rows], of_a_round=np.arange(len(rows))
        )


def asked(events: Sequence[Event], queries: Sequence[Query]) -> list[Asked]:
    """The queries, in the order of their instants; each knows only what was before it."""
    past, found = Past(events), []
    for query in sorted(queries, key=lambda query: (query.at, query.query_id)):
        at = parse_canonical(query.at)
        past.move_to(at)
        found.append(_asked(past.index, query, at))
    return found


def _asked(index: Index, query: Query, at: int) -> Asked:
    need = need_of(index, query, at)
    found = candidates_for(index, query.member_id, need, at, OF_ASK, DEFAULT)
    if found is None:
        nothing = np.zeros((0, len(FEATURE_NAMES)), dtype=np.int32)
        return Asked(query.query_id, at, [], nothing, np.zeros(0, dtype=np.uint64), np.arange(0))
    reading, slot, slots, between = found
    ids, mixes = index.roster.ids, index.roster.mixes()
    measured = measured_of(reading, slots, between)
    values = np.stack([measured[name] for name in FEATURE_NAMES], axis=1).astype(np.int32)
    small = Pools(reading, of_round(DEFAULT), index.roster.available(at, DEFAULT)).of(slot, need).slots
    of_a_round = np.flatnonzero(np.isin(slots, small))
    member_ids = [ids[other] for other in slots.tolist()]
    return Asked(query.query_id, at, member_ids, values, mix(mixes[slot], mixes[slots]), of_a_round)


def ranked(queries: Sequence[Asked], card_at: CardAt, load: float | None = None) -> Iterator[tuple[str, list[str]]]:
    """Each query with its whole pool, best first. `load` caps a member's share of first tens."""
    prices = Ascent(round(load * MILLION), PRICE_STEP) if load else None
    for query in queries:
        points = points_of(card_at(query.at), query.values.astype(np.int64))
        price = np.array([prices.of(one) if prices else 0 for one in query.member_ids], dtype=np.int64)
        best = [query.member_ids[place] for place in best_first(points, price, query.ties).tolist()]
        if prices:
            prices.shown(best[:SHOWN])
        yield query.query_id, best


def write(rankings: Iterator[tuple[str, list[str]]], file: Path, top: int) -> Path:
    """Rankings as measure.py reads them, the first `top` of each."""
    with open(file, "w") as out:
        for query_id, best in rankings:
            out.write(json.dumps({"query_id": query_id, "ranked": best[:top]}) + "\n")
    return file
