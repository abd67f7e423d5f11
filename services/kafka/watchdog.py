"""Ends the process where a group has lost it without a word: whoever started it starts it again.

A client whose group task has ended passes for one that has nothing to read, while its heartbeats keep its partitions.
"""

import os
import time
from collections.abc import Callable, Iterable

import faust
from aiokafka import AIOKafkaConsumer
from structlog import get_logger

LOST_EXIT = 70
LOST_AFTER_S = 15
LOOK_S = 0.5

lines = get_logger()


class Watchdog(faust.Service):
    """Watches the consumers of groups, and whether anybody still reads what they bring."""

    def __init__(
        self, consumers: Callable[[], Iterable[AIOKafkaConsumer | None]], is_alive: Callable[[], bool]
    ) -> None:
        super().__init__()
        self._consumers, self._is_alive = consumers, is_alive

    @faust.Service.task
    async def watch(self) -> None:
        """Looks as long as the process runs."""
        good = time.monotonic()
        while not self.should_stop:
            await self.sleep(LOOK_S)
            if self._is_alive() and not any(_has_ended(each) for each in self._consumers()):
                good = time.monotonic()
            if time.monotonic() - good > LOST_AFTER_S and not self.should_stop:
                lines.error("lost by its group", what="this process ends, and is to be started again")
                os._exit(LOST_EXIT)


def _has_ended(consumer: AIOKafkaConsumer | None) -> bool:
    """Whether it takes no part in its group any more; nothing of it that is public says so. Not before it has begun."""
    coordinator = consumer and consumer._coordinator
    return bool(coordinator and coordinator._coordination_task.done())
