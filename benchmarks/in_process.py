"""A Weft in this very process, for simulated weeks: the same judgement as a running one, without server, log or seals.

`services.simulate.Game` plays against it as it does over HTTP; tests/service/test_relevance.py holds the two to each
other.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from matcher import round_events
from matcher.card import Purpose, card_of, default_card
from matcher.index import Index
from matcher.introductions import due, undecided
from matcher.policy import DEFAULT, Policy
from matcher.rounds import Plan, plan_round, seed_of
from matcher.scorecard import Card
from matcher.seen import seen_by
from matcher.world import World
from schemas.codec import Event
from schemas.door import WEFT, admit
from schemas.errors import Refusal
from schemas.instants import DAY_US, EPOCH
from services import relearning
from services.learning import learn
from services.simulate.company import Said

_LATER_US = 1 << 62  # the door's clock: whatever a simulation tells lies in its past
OnRound = Callable[[Index, Card, Plan, int], None]  # what a round was planned from, and when (µs)


class InProcess:
    """`tell`, `round_of` and `suggestions` are those of services.simulate.weft.Weft. Each round is shown to `on_round`
    before anything of it is known to the world; before it, the cards are learned anew every `learn_every` weeks."""

    def __init__(self, on_round: OnRound, *, learn_every: int | None = None, policy: Policy = DEFAULT) -> None:
        self.world, self.events = World(), list[Event]()
        self.index = Index(self.world)
        self.rounds = 0
        self._latest = 0
        self._on_round, self._learn_every, self._policy = on_round, learn_every, policy
        self._take(default_card(purpose) for purpose in Purpose)

    def tell(self, said: Iterable[Said]) -> int:
        """Takes in what members and services say, and writes what Weft then owes."""
        events = [_admitted(raw) for _, raw in said]
        self._take(events)
        self._latest = max([self._latest, *(event.time for event in events)])
        self._take(due(self.world, self._latest + 1, undecided(self.world)))
        return len(events)

    def round_of(self, at: int) -> dict[str, Any]:
        """Holds the round as of an instant (µs)."""
        self._take(due(self.world, at, undecided(self.world)))
        if self._learn_every and self.rounds and self.rounds % self._learn_every == 0:
            self._learn(at - 1)
        self.rounds += 1
        slot = (EPOCH + timedelta(days=at // DAY_US)).date().isoformat()
        card = card_of(self.world, Purpose.ROUNDS)
        cut = {"log_id": "simulated", "positions": {}, "world": slot}
        opened = round_events.opened(slot, at, cut, card.weights_id, self._policy)
        plan = plan_round(self.index, card, at, seed_of(slot), self._policy)
        self._on_round(self.index, card, plan, at)
        self._take([opened, *round_events.suggested(opened, plan), round_events.held(opened, plan)])
        self._latest = max(self._latest, at)
        return {"introductions": [introduction.as_json() for introduction in plan.introductions]}

    def suggestions(self, member_id: str, at: int | None) -> list[dict[str, Any]]:
        """What a member sees at an instant (µs); None: by now."""
        return seen_by(self.world, member_id, self._latest + 1 if at is None else at)

    def _take(self, events: Iterable[Event]) -> None:
        for event in events:
            self.events.append(event)
            self.index.follow(self.world.apply(event))

    def _learn(self, at: int) -> None:
        """What `weft learn` does."""
        cut = {"log_id": "simulated", "positions": {}, "world": ""}
        fitted = [relearning.published_as(each, cut, at) for each in learn(self.events, self.world, at)]
        self._take(event for event in fitted if event)


def _admitted(raw: bytes) -> Event:
    answer = admit(raw, _LATER_US, WEFT)
    if isinstance(answer, Refusal):
        raise ValueError(f"the simulation told what Weft refuses: {answer}")
    return answer
