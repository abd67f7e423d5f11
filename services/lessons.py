"""What a series of events teaches: what came of needs and introductions, joined to what was known when they were told
or suggested.

As of an instant, it teaches what the events before it do: who helped, and what came of a suggestion, is read off the
state of that instant. What came later tells only which needs and suggestions are worth measuring.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from matcher import learning, outcomes
from matcher.learning import Asked, Example
from matcher.outcomes import Observed
from schemas.codec import Event
from services.past import Past

Pair = tuple[str, str]
Key = tuple[int, str, str]


class Lessons:
    """What a series of events teaches, observed as its past goes by: each need and each suggestion in the state of its
    own instant."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._past, self._at = Past(events), 0
        whole = Past(self._past.events)
        whole.move_to_the_end()
        self._asked = learning.asked_in(whole.index.history())
        self._pairs: defaultdict[int, list[Pair]] = defaultdict(list)
        for outcome in outcomes.outcomes_in(whole.world):
            self._pairs[outcome.at].append(outcome.member_ids)
        needs = [(asked.at, False, place) for place, asked in enumerate(self._asked)]
        self._to_observe = sorted([*needs, *((at, True, 0) for at in self._pairs)])[::-1]
        self._measured: dict[tuple[int, Pair], Any] = {}
        self._examples: dict[Key, Example] = {}

    def examples_at(self, at: int) -> list[Example]:
        """The needs that were answered before an instant (µs), and by whom, as it was known then."""
        asked = learning.asked_in(self._state_at(at).index.history())
        observed = ((self._examples.get(_key(one)), one.known) for one in asked)
        found = (example.known_as(known) for example, known in observed if example)
        return [example for example in found if example]

    def introductions_at(self, at: int) -> list[Observed]:
        """What came of suggestions, as it was known at an instant (µs)."""
        return [
            Observed(outcome, self._measured[outcome.at, outcome.member_ids])
            for outcome in outcomes.outcomes_in(self._state_at(at).world)
            if (outcome.at, outcome.member_ids) in self._measured
        ]

    def _state_at(self, at: int) -> Past:
        """The state of everything before an instant, by when all is observed that was told or suggested before it."""
        if at < self._at:
            earlier = Past(self._past.events)
            earlier.move_to(at)
            return earlier
        while self._to_observe and self._to_observe[-1][0] < at:
            when, is_round, place = self._to_observe.pop()
            self._past.move_to(when)
            if is_round:
                measured = outcomes.observe(self._past.index, self._pairs[when], when)
                self._measured |= {(when, pair): sides for pair, sides in measured.items()}
            else:
                example = learning.observe(self._past.index, self._asked[place])
                if example:
                    self._examples[_key(self._asked[place])] = example
        self._past.move_to(at)
        self._at = at
        return self._past


def _key(asked: Asked) -> Key:
    return asked.at, asked.member_id, asked.note
