"""The past of a series of events: the state at one instant after the other."""

from collections.abc import Iterable

from matcher.index import Index
from matcher.world import World
from schemas.codec import Event


class Past:
    """The state at one instant after the other, of events in any order."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.events = sorted(events, key=lambda event: (*event[:3], event.content))
        self._next = 0
        self.world = World()
        self.index = Index(self.world)

    def move_to(self, at: int) -> None:
        """The state of everything before an instant (µs), no earlier than the last."""
        while self._next < len(self.events) and self.events[self._next].time < at:
            self.index.follow(self.world.apply(self.events[self._next]))
            self._next += 1

    def move_to_the_end(self) -> None:
        """The state of everything."""
        self.move_to(self.events[-1].time + 1 if self.events else 0)
