"""Single events from many requests, appended together: while one group is on its way to the disk, the next one gathers.

The log would group them as well, but each would have a thread of its own to wait in, and pay for waking it.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from services.log import Receipt

MOST_EVENTS = 500  # of a group: what one commit of the log holds


Said = TypeVar("Said")  # an event, or more than that


class Intake(Generic[Said]):
    """One queue before a log; for one event loop."""

    def __init__(self, append: Callable[[Sequence[Said]], list[Receipt]]) -> None:
        self._append = append
        self._thread = ThreadPoolExecutor(1, "intake")  # its own: nobody who reads can keep it waiting
        self._waiting: list[tuple[Said, asyncio.Future[Receipt]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def append(self, event: Said) -> Receipt:
        """Returns once the event is durable. Raises what appending raises."""
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, answer))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        return await answer

    async def _write(self) -> None:
        while group := self._waiting[:MOST_EVENTS]:
            del self._waiting[:MOST_EVENTS]
            try:
                events = [event for event, _ in group]
                receipts = await asyncio.get_running_loop().run_in_executor(self._thread, self._append, events)
            except Exception as failure:  # it belongs to those who wait
                for _, answer in group:
                    if not answer.done():
                        answer.set_exception(failure)
            else:
                for (_, answer), receipt in zip(group, receipts, strict=True):
                    if not answer.done():  # whoever waited may have gone
                        answer.set_result(receipt)
        self._writer = None
