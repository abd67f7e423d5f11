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

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

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
from matcher.tables import Ints, Numbers


class Considered(NamedTuple):
    """The candidate pairs of a round, each once, by slots in rising order: what each is worth, and whether they have
    something to say to each other."""

    a: Numbers
    b: Numbers
    values: Ints
    are_worthy: NDArray[np.bool_]


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
    """What a round comes to: introductions, best first; who got none, and why; and the certificate."""

    introductions: list[Introduction]
    unmatched: dict[str, Why]
    certificate: dict[str, int]


def seed_of(slot: str) -> int:
    """The seed of the round for a date: 48 bits, so that every JSON reader keeps it whole."""
    return int.from_bytes(blake2b(slot.encode(), digest_size=6).digest(), "big")


def plan_round(index: Index, card: Card, as_of: int, seed: int, policy: Policy, spread: Spread = map) -> Plan:
    """The round at `as_of` (µs); the index is that of the state at `as_of`. `spread`: who makes pools: `map`, or the
    like of a pool of threads, which makes them sooner, and the same."""
    return planned(Reading(index, as_of), card, seed, policy, spread)[1]


def planned(reading: Reading, card: Card, seed: int, policy: Policy, spread: Spread = map) -> tuple[Considered, Plan]:
    """The round as things stand, and the pairs that it considered."""
    pairs = considered(reading, card, policy, spread)
    return pairs, settled(reading, card, seed, policy, pairs)


def considered(reading: Reading, card: Card, policy: Policy, spread: Spread = map) -> Considered:
    """Steps 1 to 5: the pairs, before any of them is taken."""
    available = reading.index.roster.available(reading.at, policy)
    pairs = candidate_pairs(reading, card, np.flatnonzero(available), policy, available, spread)
    return with_values(reading, card, policy, pairs)


def with_values(reading: Reading, card: Card, policy: Policy, pairs: Pairs) -> Considered:
    """Candidate pairs with what each is worth."""
    less, more = np.minimum(pairs.a, pairs.b), np.maximum(pairs.a, pairs.b)
    values = values_of(reading, card, pairs, policy)
    return Considered(less.astype(np.int32), more.astype(np.int32), values, have_something_to_say(reading, pairs))


def settled(
    reading: Reading,
    card: Card,
    seed: int,
    policy: Policy,
    pairs: Considered,
    known: Mapping[tuple[str, str], Introduction] = MappingProxyType({}),
) -> Plan:
    """Steps 6 to 8. `known`: introductions of which everything that is said is known already, by their members."""
    roster, as_of = reading.index.roster, reading.at
    room, mixes = roster.room(as_of, policy), roster.mixes()
    valued, worthy = np.flatnonzero(pairs.values >= policy.least_value), _worthy(pairs, policy)
    ranking = rank(worthy, pairs.values, mixes[pairs.a] ^ np.uint64(seed), mixes[pairs.b])
    taken = take(pairs.a, pairs.b, pairs.values, ranking, room)
    introductions = _introductions(reading, card, pairs, taken.places, known)
    slots = np.flatnonzero(roster.available(as_of, policy))
    certificate = {
        "blocking_pairs": blocking_pairs(pairs.a, pairs.b, ranking, taken.places, room),
        "value": int(pairs.values[taken.places].sum()),
        "upper_bound": taken.upper_bound,
        "pairs": len(pairs.values),
        "worthy_pairs": len(ranking),
        "members": len(slots),
    }
    unmatched = _unmatched(reading.index, as_of, policy, slots, introductions, pairs, valued, ranking)
    return Plan(introductions, unmatched, certificate)


def bound_of(reading: Reading, policy: Policy, pairs: Considered) -> int:
    """What no choice of these pairs is worth more than, by a linear program. TooManyPairs."""
    worthy = _worthy(pairs, policy)
    room = reading.index.roster.room(reading.at, policy)
    return lp_upper_bound(pairs.a[worthy], pairs.b[worthy], pairs.values[worthy], room)


def _worthy(pairs: Considered, policy: Policy) -> Ints:
    """The places of the pairs that may be taken."""
    return np.flatnonzero((pairs.values >= policy.least_value) & pairs.are_worthy)


# --- what is said of it ---------------------------------------------------------------------------------------------


def _introductions(
    reading: Reading,
    card: Card,
    pairs: Considered,
    places: Ints,
    known: Mapping[tuple[str, str], Introduction],
) -> list[Introduction]:
    """The pairs at these places as introductions, in their order."""
    ids = reading.index.roster.ids
    names = [tuple(sorted((ids[a], ids[b]))) for a, b in zip(pairs.a[places], pairs.b[places], strict=True)]
    unknown = np.flatnonzero([name not in known for name in names])
    told = dict(zip(unknown.tolist(), _told(reading, card, pairs, places[unknown]), strict=True))
    return [told.get(number) or known[name] for number, name in enumerate(names)]


def _told(reading: Reading, card: Card, pairs: Considered, places: Ints) -> Iterator[Introduction]:
    """The pairs at these places, with points and reasons."""
    a, b = pairs.a[places].astype(np.int64), pairs.b[places].astype(np.int64)
    sides = sides_of(reading, a, b)
    of_a, of_b = judge(reading, card, b, sides.a), judge(reading, card, a, sides.b)
    scores = card.score(pairs.values[places]).tolist()
    for place, value in enumerate(pairs.values[places].tolist()):
        told = [_side(reading, of_a, place, int(a[place])), _side(reading, of_b, place, int(b[place]))]
        (first, points, reasons), (second, their_points, their_reasons) = sorted(told, key=lambda side: side[0])
        yield Introduction((first, second), (points, their_points), value, scores[place], (reasons, their_reasons))


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
    pairs: Considered,
    valued: Ints,
    ranking: Ints,
) -> dict[str, Why]:
    """Everybody who is in a group and got no suggestion, with the reason; `valued` are the pairs of the least value."""
    given = {member_id for introduction in introductions for member_id in introduction.member_ids}
    roster = index.roster

    def ids_of(slots: Ints) -> set[str]:
        return {roster.ids[slot] for slot in slots.tolist()}

    def members_in(places: Ints) -> set[str]:
        is_in = np.zeros(len(roster), dtype=bool)
        is_in[pairs.a[places]] = is_in[pairs.b[places]] = True
        return ids_of(np.flatnonzero(is_in))

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
