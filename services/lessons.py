"""What a series of events teaches: what came of needs and introductions, joined to what was known when they were told
or suggested.

As of an instant it teaches what the events before it do: who helped, and what came of a suggestion, is read off the
state of that instant. What came later says only what is worth measuring while its own instant goes by.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from matcher import learning, outcomes
from matcher.learning import Asked, Example
from matcher.outcomes import Observed, Outcome
from schemas.codec import Event
from services.past import Past

Need = tuple[int, str, str]
Introduction = tuple[int, tuple[str, str]]


class Lessons:
    """What a series of events teaches, observed as its past goes by: each need and each suggestion in the state of its
    own instant."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._past, self._at = Past(events), 0
        whole = Past(self._past.events)
        whole.move_to_the_end()
        self._needs: dict[Need, Example | None] = {}
        self._sides: dict[Introduction, Any] = {}
        told = learning.asked_in(whole.index.history()), outcomes.outcomes_in(whole.world)
        self._to_observe = _in_order(*told)[::-1]

    def examples_at(self, at: int) -> list[Example]:
        """The needs that were answered before an instant (µs), and by whom, as it was known then."""
        asked = learning.asked_in(self._state_at(at).index.history())
        self._observe_anew([one for one in asked if _need(one) not in self._needs], [])
        observed = ((self._needs[_need(one)], one.known) for one in asked)
        found = (example.known_as(known) for example, known in observed if example)
        return [example for example in found if example]

    def introductions_at(self, at: int) -> list[Observed]:
        """What came of suggestions, as it was known at an instant (µs)."""
        told = outcomes.outcomes_in(self._state_at(at).world)
        self._observe_anew([], [one for one in told if one[:2] not in self._sides])
        observed = ((one, self._sides[one[:2]]) for one in told)
        return [Observed(outcome, sides) for outcome, sides in observed if sides]

    def _state_at(self, at: int) -> Past:
        """The state of everything before an instant; on the way, what is worth measuring is measured."""
        if at < self._at:
            earlier = Past(self._past.events)
            earlier.move_to(at)
            return earlier
        while self._to_observe and self._to_observe[-1][0] < at:
            self._observe(self._past, self._to_observe.pop())
        self._past.move_to(at)
        self._at = at
        return self._past

    def _observe_anew(self, asked: Sequence[Asked], told: Sequence[Outcome]) -> None:
        """What later events had made look otherwise: rare, so the past is gone through once more."""
        again = Past(self._past.events if asked or told else [])
        for each in _in_order(asked, told):
            self._observe(again, each)

    def _observe(self, past: Past, each: tuple[int, list[Asked], list[tuple[str, str]]]) -> None:
        at, asked, pairs = each
        past.move_to(at)
        self._needs |= {_need(one): learning.measure(past.index, one) for one in asked}
        if pairs:
            measured = outcomes.observe(past.index, pairs, at)
            self._sides |= {(at, pair): measured.get(pair) for pair in pairs}


def _in_order(asked: Iterable[Asked], told: Iterable[Outcome]) -> list[tuple[int, list[Asked], list[tuple[str, str]]]]:
    """What is to be measured at which instant, the first one first."""
    needs: defaultdict[int, list[Asked]] = defaultdict(list)
    pairs: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for need in asked:
        needs[need.at].append(need)
    for outcome in told:
        pairs[outcome.at].append(outcome.member_ids)
    return [(at, needs[at], pairs[at]) for at in sorted({*needs, *pairs})]


def _need(asked: Asked) -> Need:
    return asked.at, asked.member_id, asked.note
