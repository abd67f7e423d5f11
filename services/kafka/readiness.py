"""Whether events can be taken just now: asked of the brokers and the keys themselves, at most once a second."""

import asyncio
import threading
import time

from aiokafka import AIOKafkaConsumer, TopicPartition
from structlog import get_logger

from schemas.topics import INTAKE
from services.kafka import topics
from services.kafka.leaving import let_go
from services.kafka.loop import Loop
from services.kafka.place import Place
from services.log import LogAway
from services.trouble import Trouble

lines = get_logger()

KNOWN_S = 1.0  # how long an answer counts: whoever asks often costs the brokers nothing
PATIENCE_S = 2  # brokers that take longer are away
WAITS = "nothing can be taken until they are back"


class Readiness:
    """Of one process; safe to use from many threads: they wait for one answer."""

    def __init__(self, place: Place, loop: Loop) -> None:
        self._brokers, self._keys, self._loop = place.brokers, place.sealing.keys, loop
        count = topics.partitions_of(place.brokers)[INTAKE]
        self._intake = [TopicPartition(place.brokers.named(INTAKE), number) for number in range(count)]
        self._asking = threading.Lock()
        self._client: AIOKafkaConsumer | None = None
        self._asked_at, self._answer = -KNOWN_S, ""

    def why_not(self) -> str:
        """What is out of reach, in one line; empty: nothing is."""
        with self._asking:
            if time.monotonic() - self._asked_at >= KNOWN_S:
                before, self._answer = self._answer, self._asked()
                if before != self._answer:
                    lines.warning("not ready" if self._answer else "ready again", why=self._answer or None)
                self._asked_at = time.monotonic()
            return self._answer

    def close(self) -> None:
        """Lets go of the brokers."""
        if self._client is not None:
            self._loop.call(let_go(self._client))

    def _asked(self) -> str:
        try:
            self._keys.refresh()
        except Trouble as trouble:
            return f"{trouble}: {WAITS}"
        try:
            with self._brokers.explained():
                self._loop.call(asyncio.wait_for(self._reach(), PATIENCE_S))
            found, needed = topics.in_sync(self._brokers, INTAKE)
        except LogAway:
            return f"the brokers at {self._brokers.bootstrap} are out of reach: {WAITS}"
        except Trouble as trouble:
            return str(trouble)
        return "" if found >= needed else f"{INTAKE} has {found} of {needed} replicas in sync: {WAITS}"

    async def _reach(self) -> None:
        """The leader of each partition of intake says where it ends."""
        if self._client is None:
            self._client = await self._started()
        await self._client.end_offsets(self._intake)

    async def _started(self) -> AIOKafkaConsumer:
        client = self._brokers.consumer()
        try:
            await client.start()
        except BaseException:
            await client.stop()
            raise
        return client
