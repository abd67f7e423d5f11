"""A round: one planned set of introductions at an instant, stable, with everybody accounted for and a certificate.

`plan_round` does it in eight steps:

1. Take part: everybody in a group who is not pausing and has room.
2. Pools: each one's candidates for what they look for (candidates.py).
3. Points: what each side of a candidate pair is worth to the other (judging.py).
4. Chances: each side's points become the chance that the introduction is worth that side's time.
5. Value: the product of both chances, less both prices, plus what exploring the two is worth: one number for the pair.
6. Order: all pairs that have something to say to each other and at least the policy's least value, best first; ties
   by a mix of the ids and the seed.
7. Take each pair while both have room.
8. Account for whoever got nothing, and certify; on request also by a linear program (bounding.py).

With one number a pair, what step 7 gives is stable: no two members would both rather have each other than what they
got. (The greedy matching of a globally ranked b-matching instance: Abraham, Levavi, Manlove, O'Malley: The stable
roommates problem with globally ranked pairs, Internet Mathematics 5, 2008.)
"""

from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np

from matcher.bounding import lp_upper_bound
from matcher.candidates import Spread
from matcher.index import Index
from matcher.judging import Judged, judge
from matcher.pairing import blocking_pairs, rank, take
from matcher.pairs import Pairs, candidate_pairs, have_something_to_say, sides_of, values_of
from matcher.policy import Policy
from matcher.reading import Reading
from matcher.reasons import Reason, reasons_of
from matcher.rules import Why, hindrance
from matcher.scorecard import Card
from matcher.tables import Ints


class Introduction(NamedTuple):
    """One pair of a round; `a` is the lesser id. Points and reasons of each side, value in millionths."""

    member_ids: tuple[str, str]
    points: tuple[int, int]
    value: int
    score: int
    reasons: tuple[list[Reason], list[Reason]]

    def as_json(self) -> dict[str, Any]:
        """As the contract has it."""
        a, b = range(2)
        return {
            "member_ids": list(self.member_ids),
            "points": {"a": self.points[a], "b": self.points[b]},
            "value": self.value,
            "score": self.score,
            "reasons": {"a": self.reasons[a], "b": self.reasons[b]},
        }


class Plan(NamedTuple):
    """What a round comes to: introductions, best first; who got none, and why; and the certificate. `lp_upper_bound`:
    of the value of any choice, where it was asked for; no part of the certificate, which is kept for ever."""

    introductions: list[Introduction]
    unmatched: dict[str, Why]
    certificate: dict[str, int]
    lp_upper_bound: int | None = None


def seed_of(slot: str) -> int:
    """The seed of the round for a date: 48 bits, so that every JSON reader keeps it whole."""
    return int.from_bytes(blake2b(slot.encode(), digest_size=6).digest(), "big")


def plan_round(
    index: Index, card: Card, as_of: int, seed: int, policy: Policy, spread: Spread = map, *, bound: bool = False
) -> Plan:
    """The round at `as_of` (µs); the index is that of the state at `as_of`. `spread`: who makes pools: `map`, or the
    like of a pool of threads, which makes them sooner, and the same. `bound`: with the bound of a linear program
    (TooManyPairs)."""
    reading = Reading(index, as_of)
    available = index.roster.available(as_of, policy)
    slots = np.flatnonzero(available)
    pairs = candidate_pairs(reading, card, slots, policy, available, spread)
    values = values_of(reading, card, pairs, policy)
    room, mixes = index.roster.room(as_of, policy), index.roster.mixes()
    valued = values >= policy.least_value
    worthy = np.flatnonzero(valued & have_something_to_say(reading, pairs))
    ranking = rank(worthy, values, mixes[pairs.a] ^ np.uint64(seed), mixes[pairs.b])
    taken = take(pairs.a, pairs.b, values, ranking, room)
    introductions = _introductions(reading, card, pairs, taken.places, values)
    certificate = {
        "blocking_pairs": blocking_pairs(pairs.a, pairs.b, ranking, taken.places, room),
        "value": int(values[taken.places].sum()),
        "upper_bound": taken.upper_bound,
        "pairs": len(values),
        "worthy_pairs": len(ranking),
        "members": len(slots),
    }
    unmatched = _unmatched(index, as_of, policy, slots, introductions, pairs, np.flatnonzero(valued), ranking)
    by_lp = lp_upper_bound(pairs.a[ranking], pairs.b[ranking], values[ranking], room) if bound else None
    return Plan(introductions, unmatched, certificate, by_lp)


# --- what is said of it ---------------------------------------------------------------------------------------------


def _introductions(reading: Reading, card: Card, pairs: Pairs, places: Ints, values: Ints) -> list[Introduction]:
    """The pairs at these places as introductions, in their order."""
    a, b = pairs.a[places], pairs.b[places]
    sides = sides_of(reading, a, b)
    of_a, of_b = judge(reading, card, b, sides.a), judge(reading, card, a, sides.b)
    scores = card.score(values[places]).tolist()
    introductions = []
    for place, value in enumerate(values[places].tolist()):
        told = [_side(reading, of_a, place, int(a[place])), _side(reading, of_b, place, int(b[place]))]
        (first, points, reasons), (second, their_points, their_reasons) = sorted(told, key=lambda side: side[0])
        introductions.append(
            Introduction((first, second), (points, their_points), value, scores[place], (reasons, their_reasons))
        )
    return introductions


def _side(reading: Reading, judged: Judged, place: int, slot: int) -> tuple[str, int, list[Reason]]:
    """A member, the points of the other for them, and why."""
    reasons = reasons_of(reading, judged, place, slot, reading.need(slot))
    return reading.index.roster.ids[slot], sum(reason["points"] for reason in reasons), reasons


def _unmatched(
    index: Index,
    as_of: int,
    policy: Policy,
    taking_part: Ints,
    introductions: list[Introduction],
    pairs: Pairs,
    valued: Ints,
    ranking: Ints,
) -> dict[str, Why]:
    """Everybody who is in a group and got no suggestion, with the reason; `valued` are the pairs of the least value."""
    given = {member_id for introduction in introductions for member_id in introduction.member_ids}
    roster = index.roster

    def ids_of(slots: Ints) -> set[str]:
        return {roster.ids[slot] for slot in slots.tolist()}

    def members_in(places: Ints) -> set[str]:
        return ids_of(np.union1d(pairs.a[places], pairs.b[places]))

    takes_part = ids_of(taking_part)
    has_pair, has_value, has_worthy = (members_in(each) for each in (np.arange(len(pairs.a)), valued, ranking))
    unmatched = {}
    for member_id in sorted(roster.everybody_here() - given):
        hindered = None if member_id in takes_part else hindrance(index.world, member_id, as_of, policy)
        unmatched[member_id] = hindered or (
            Why.NO_CANDIDATES
            if member_id not in has_pair
            else Why.OTHERS_PREFERRED
            if member_id in has_worthy
            else Why.NOTHING_IN_COMMON
            if member_id in has_value
            else Why.TOO_LITTLE_VALUE
        )
    return unmatched
