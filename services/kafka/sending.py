"""Records on their way to topics, and a producer that threads can use."""

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, NamedTuple, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata

from services.kafka.brokers import Brokers
from services.kafka.leaving import let_go
from services.kafka.loop import Loop
from services.log import LogAway

Result = TypeVar("Result")
ANSWER_S = 60  # how long brokers may take to answer before they are away


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
            await producer.send(one.topic, one.value, key=one.key, partition=one.partition, headers=list(one.headers))
            for one in records
        ]
    )


async def started(brokers: Brokers, transactional_id: str | None = None) -> AIOKafkaProducer:
    """A producer that can send."""
    producer = brokers.producer(transactional_id=transactional_id)
    await producer.start()
    return producer


class Producing:
    """A producer in a thread of its own, which begins when it is first needed, and anew after trouble: what it could
    not send leaves a gap that brokers forgive no producer. Safe to use from many threads."""

    def __init__(self, brokers: Brokers, loop: Loop, patience_s: float = ANSWER_S) -> None:
        """`patience_s`: how long brokers may take for the records of one `send`."""
        self._brokers, self._loop, self._patience_s = brokers, loop, patience_s
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
            return self._loop.call(work, self._patience_s)
