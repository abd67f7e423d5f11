"""What a series of events teaches: what came of needs and introductions, joined to what was known when they were told
or suggested."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from matcher import learning, outcomes
from matcher.learning import Example
from matcher.outcomes import Observed
from schemas.codec import Event
from services.past import Past

Pair = tuple[str, str]


class Lessons:
    """What a series of events teaches, observed as its past goes by: each need and each suggestion in the state of its
    own instant."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._past = Past(events)
        whole = Past(self._past.events)
        whole.move_to_the_end()
        self._asked = learning.asked_in(whole.index.history())
        self._outcomes = outcomes.outcomes_in(whole.world)
        self._pairs: defaultdict[int, list[Pair]] = defaultdict(list)
        for outcome in self._outcomes:
            self._pairs[outcome.at].append(outcome.member_ids)
        needs = [(asked.at, False, place) for place, asked in enumerate(self._asked)]
        self._to_observe = sorted([*needs, *((at, True, 0) for at in self._pairs)])[::-1]
        self._measured: dict[tuple[int, Pair], Any] = {}
        self.examples: list[Example] = []

    def observe_until(self, at: int) -> None:
        """Observes all that was told or suggested before an instant (µs)."""
        while self._to_observe and self._to_observe[-1][0] < at:
            when, is_round, place = self._to_observe.pop()
            self._past.move_to(when)
            if is_round:
                measured = outcomes.observe(self._past.index, self._pairs[when], when)
                self._measured |= {(when, pair): sides for pair, sides in measured.items()}
            else:
                example = learning.observe(self._past.index, self._asked[place])
                if example:
                    self.examples.append(example)

    def introductions(self) -> list[Observed]:
        """The outcomes observed so far, whenever they were known."""
        return [
            Observed(outcome, self._measured[outcome.at, outcome.member_ids])
            for outcome in self._outcomes
            if (outcome.at, outcome.member_ids) in self._measured
        ]
