"""A round that was looked at, kept while its organiser thinks: what they veto is taken out of it instead of planning
everything anew."""

from typing import Any, NamedTuple
from weakref import ref

from matcher.candidates import Spread
from matcher.index import Index
from matcher.policy import Policy
from matcher.reading import Reading
from matcher.repairing import repaired
from matcher.rounds import Considered, Introduction, Plan, considered, settled
from matcher.scorecard import Card
from matcher.world import Change, World
from services.follower import Follower


class Draft:
    """The last plan that was made of a state that a follower of its own keeps."""

    def __init__(self, follower: Follower[Any]) -> None:
        self.follower = follower
        self._made: _Made | None = None
        self._apart: set[str] = set()  # of whom something was vetoed since
        follower.told.append(self._note)

    def _note(self, _: World, change: Change) -> None:
        """A veto can be taken into account; after anything else the next plan is one from the beginning."""
        if all(table == "vetoes" for table, *_ in change):
            self._apart.update(member_id for _, pair, *_ in change for member_id in pair.split())
        else:
            self._made = None

    def plan(self, reading: Reading, card: Card, seed: int, policy: Policy, spread: Spread) -> tuple[Considered, Plan]:
        """The pairs of a round, and its plan: the same, whether anything of the last one served or not."""
        of, last = _Of(reading.at, seed, policy, card.weights_id), self._made
        known: dict[tuple[str, str], Introduction] = {}
        if last is None or last.of != of or last.of_index() is not reading.index:
            pairs = considered(reading, card, policy, spread)
        else:
            pairs = repaired(reading, card, policy, last.pairs, self._apart, spread) if self._apart else last.pairs
            known = {introduction.member_ids: introduction for introduction in last.plan.introductions}
        plan = settled(reading, card, seed, policy, pairs, known)
        self._made, self._apart = _Made(of, ref(reading.index), pairs, plan), set()
        return pairs, plan


class _Of(NamedTuple):
    """What a plan is made from, beside the state."""

    at: int
    seed: int
    policy: Policy
    weights_id: str


class _Made(NamedTuple):
    of: _Of
    of_index: ref[Index]  # an instant that has passed has another each time, with other numbers for its members
    pairs: Considered
    plan: Plan
