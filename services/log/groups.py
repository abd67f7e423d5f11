"""Group commit: many threads wait, one writes, and a sync of the disk is paid once for all who were waiting.

Nobody is made to wait for company: a group is what arrived while the one before was being written. That alone makes
groups large exactly when there is much to do.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import NamedTuple

from schemas.codec import Event
from services.log import Receipt

GROUP_EVENTS = 500  # what one commit holds at most: some 5 ms of work, which is what a lone event may have to wait


class _Waiting(NamedTuple):
    events: Sequence[Event]
    answer: "Future[list[Receipt]]"


class GroupCommit:
    """A writer thread: `commit` is called in it and nowhere else, with all that waits, in the order of arrival."""

    def __init__(self, commit: Callable[[list[Event]], list[Receipt]]) -> None:
        self._commit = commit
        self._queue: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._write, name="log-writer", daemon=True)
        self._thread.start()

    def write(self, events: Sequence[Event]) -> list[Receipt]:
        """Blocks until the group that these (at most GROUP_EVENTS) belong to is committed; raises what that raised."""
        waiting = _Waiting(events, Future())
        with self._changed:
            if self._closed:
                raise RuntimeError("the log is closed")
            self._queue.append(waiting)
            self._changed.notify()
        return waiting.answer.result()

    def close(self) -> None:
        """Returns when all that waited is written."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _write(self) -> None:
        while group := self._next():
            events = [event for waiting in group for event in waiting.events]
            try:
                receipts = iter(self._commit(events))
            except BaseException as failure:  # it belongs to those who wait, not to this thread
                for waiting in group:
                    waiting.answer.set_exception(failure)
            else:
                for waiting in group:
                    waiting.answer.set_result([next(receipts) for _ in waiting.events])

    def _next(self) -> list[_Waiting]:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
            group, room = [], GROUP_EVENTS
            while self._queue and len(self._queue[0].events) <= room:
                group.append(self._queue.popleft())
                room -= len(group[-1].events)
            return group
