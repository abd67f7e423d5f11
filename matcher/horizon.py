"""The state at an instant, of a set of events that grows (EVENTS.md, law 3).

The state at T folds the events with `time < T`, and every erasure. A clock that runs ahead, or a round for an instant
that has passed, means that some events of the set are not part of that state yet; they wait here.
"""

import heapq
from collections.abc import Iterable

from matcher.facts import named_in
from matcher.world import Change, World
from schemas.codec import Event


class Horizon:
    """`world` is the state at `as_of` (µs) of all events added so far."""

    def __init__(self, world: World, as_of: int) -> None:
        self.world, self.as_of = world, as_of
        self._waiting: list[tuple[int, str, str, str, int, Event]] = []
        self._added = 0

    def add(self, event: Event) -> Change:
        """Folds the event in, or keeps it until its time has come. An erasure has no time: it ends what was before."""
        if event.type == "member.erased":
            erased = event.data["member_id"]
            self._waiting = [entry for entry in self._waiting if erased not in named_in(entry[-1])]
            heapq.heapify(self._waiting)
        if event.time < self.as_of or event.type == "member.erased":
            return self.world.apply(event)
        self._added += 1  # breaks ties before the events themselves would be compared
        heapq.heappush(self._waiting, (event.time, event.source, event.id, event.content, self._added, event))
        return []

    def advance(self, as_of: int) -> Change:
        """Moves the instant on and folds in what was waiting for it. An earlier instant than now changes nothing."""
        change: Change = []
        self.as_of = max(self.as_of, as_of)
        while self._waiting and self._waiting[0][0] < self.as_of:
            change += self.world.apply(heapq.heappop(self._waiting)[-1])
        return change

    def waiting(self) -> list[Event]:
        """The events whose time has not come, in the order of their time."""
        return [entry[-1] for entry in sorted(self._waiting)]

    def whole(self) -> World:
        """The world of the whole set, what waits included; `world` stays as it is."""
        if not self._waiting:
            return self.world
        world = self.world.copy()
        for event in self.waiting():
            world.apply(event)
        return world


def state_at(events: Iterable[Event], as_of: int) -> Horizon:
    """The horizon at `as_of` of the events given, in any order."""
    horizon = Horizon(World(), as_of)
    for event in events:
        horizon.add(event)
    return horizon
