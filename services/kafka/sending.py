"""Records on their way to topics, and a producer that threads can use."""

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, NamedTuple, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import RecordMetadata

from services.kafka.brokers import Brokers
from services.kafka.loop import Loop
from services.log import LogAway

Result = TypeVar("Result")
ANSWER_S = 60  # how long brokers may take to answer before they are away
LET_GO_S = 2  # how long a client that is given up may take to say goodbye


class ToSend(NamedTuple):
    """A record on its way to a topic, as that is named on the brokers."""

    topic: str
    value: bytes | None
    key: bytes
    partition: int
    headers: Sequence[tuple[str, bytes]] = ()


async def send(producer: AIOKafkaProducer, records: Sequence[ToSend]) -> list[RecordMetadata]:
    """Returns where they stand once all replicas have these records."""
    return await asyncio.gather(
        *[
            await producer.send(one.topic, one.value, key=one.key, partition=one.partition, headers=one.headers)
            for one in records
        ]
    )


async def started(brokers: Brokers, transactional_id: str | None = None) -> AIOKafkaProducer:
    """A producer that can send."""
    producer = brokers.producer(transactional_id=transactional_id)
    await producer.start()
    return producer


async def let_go(client: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """Stops a client; brokers that are away are not waited for. A consumer that is stopped while it waits for them may
    say that it was cancelled: that is not said of whoever stops it."""
    stopping = asyncio.ensure_future(client.stop())
    await asyncio.wait([stopping], timeout=LET_GO_S)
    if not stopping.cancel() and not stopping.cancelled():
        stopping.result()


class Producing:
    """A producer in a thread of its own, which begins when it is first needed, and anew after trouble: what it could
    not send leaves a gap that brokers forgive no producer. Safe to use from many threads."""

    def __init__(self, brokers: Brokers, loop: Loop) -> None:
        self._brokers, self._loop = brokers, loop
        self._producer: AIOKafkaProducer | None = None
        self._beginning = threading.Lock()

    def send(self, records: Sequence[ToSend]) -> None:
        """Returns once all replicas have these records. LogAway: some may be kept; send all of them again."""
        with self._beginning:
            if self._producer is None:
                self._producer = self._call(started(self._brokers))
            producer = self._producer
        try:
            self._call(send(producer, records))
        except LogAway:
            with self._beginning:
                if self._producer is producer:
                    self.close()
            raise

    def close(self) -> None:
        """Lets go of the brokers; may be called twice."""
        producer, self._producer = self._producer, None
        if producer is not None:
            self._call(let_go(producer))

    def _call(self, work: Coroutine[Any, Any, Result]) -> Result:
        with self._brokers.explained():
            return self._loop.call(work, ANSWER_S)
