"""The log in the topics of a Kafka cluster: read whole by whoever follows it, appended to in batches.

The topics and keys are those of EVENTS.md; what a record holds is what `services.log.sealing` makes of an event. The
brokers keep each record's checksum and order; what an event said before is known to whoever admits it (intake), so an
event that is appended again is kept again, and the fold does not mind.
"""

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, TypeVar

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalOperation, ProducerFenced
from aiokafka.structs import RecordMetadata
from structlog import get_logger

from schemas.codec import Event
from schemas.errors import Undecodable
from schemas.topics import KINDS, TOPICS
from services.kafka import topics
from services.kafka.brokers import Brokers, home_of
from services.kafka.loop import Loop
from services.kafka.sending import ANSWER_S, Producing, ToSend, send, started
from services.log import NotLeading, Positions, Receipt, Record, Verdict
from services.log.sealing import Sealing
from services.trouble import Trouble

LOOK_S = 0.02  # between two looks at where the log ends, while waiting for more
COMMIT_LOOK_S = 0.002
FETCH_MS = 20  # a fetch under way for some partitions keeps those waiting for so long that are read next
PAGE_RECORDS = 5_000
ENDED = "another worker leads rounds since: this one has written nothing more"

Result = TypeVar("Result")


lines = get_logger()


class KafkaLog:
    """The `EventLog` on these brokers; safe to use from many threads. Trouble: a topic is missing."""

    def __init__(self, brokers: Brokers, sealing: Sealing) -> None:
        self.brokers, self.sealing = brokers, sealing
        counts = topics.partitions_of(brokers)
        self._counts = {topic: counts[topic] for topic in TOPICS}
        self._all = [TopicPartition(brokers.named(t), n) for t, count in self._counts.items() for n in range(count)]
        self.log_id = topics.identity(brokers)
        self._loop = Loop("log")
        self._ended: Positions = {}  # where the log ended when that was last asked
        self._idle: list[AIOKafkaConsumer] = []
        self._producing = Producing(brokers, self._loop)
        self._starting = asyncio.Lock()
        self._watcher: AIOKafkaConsumer | None = None  # asks where partitions end, within the loop

    # --- reading ------------------------------------------------------------------------------------------------------

    def read(
        self, after: Positions | None = None, to: Positions | None = None, *, remains: bool = False
    ) -> Iterator[Record]:
        """As `EventLog.read`; an order is promised within a partition only. What Weft did not write is passed over."""
        end = self._ended if to is not None and self._has(to) else self.end()
        starts = self._of_partitions(after or {})
        stops = self._of_partitions(end if to is None else {each: min(to.get(each, 0), end[each]) for each in end})
        stops = {each: stop for each, stop in stops.items() if starts[each] < stop}
        if not stops:
            return
        with self._consumer() as consumer:
            self._call(_seek(consumer, {each: starts[each] for each in stops}))
            while page := self._call(_page(consumer, stops)):
                for each, records in page:
                    partition = self._name(each)
                    for record in records:
                        event = self._opened(record.value, partition, record.offset, remains)
                        if event:
                            yield Record(partition, record.offset, event)

    def end(self) -> Positions:
        """As `EventLog.end`; the brokers are asked."""
        self._ended = {self._name(each): offset for each, offset in self._call(self._ends(self._all)).items()}
        return dict(self._ended)

    def _has(self, positions: Positions) -> bool:
        """Whether the log is known to reach so far: what was once its end it reaches for ever."""
        return all(position <= self._ended.get(partition, 0) for partition, position in positions.items())

    async def _ends(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        async with self._starting:
            if self._watcher is None:
                self._watcher = self.brokers.consumer()
                await self._watcher.start()
        return await self._watcher.end_offsets(partitions)

    def wait(self, after: Positions, timeout_s: float) -> bool:
        """As `EventLog.wait`."""
        give_up = time.monotonic() + timeout_s
        while not any(position > after.get(partition, 0) for partition, position in self.end().items()):
            if time.monotonic() >= give_up:
                return False
            time.sleep(LOOK_S)
        return True

    def fingerprint(self, at: Positions) -> str | None:
        """As `ProvenLog.fingerprint`: nothing leaves the topics, so that their ids and the positions name what stands
        before."""
        end = self.end()
        if any(position > end.get(partition, 0) for partition, position in at.items()):
            return None
        stood = sorted((partition, position) for partition, position in at.items() if position)
        return sha256(orjson.dumps([self.log_id, stood])).hexdigest()

    def _opened(self, stored: bytes | None, partition: str, offset: int, remains: bool) -> Event | None:
        try:
            opened = self.sealing.open(stored or b"")
        except Undecodable:  # it stays there for ever: to stop for it would stop everybody for ever
            lines.error("not written by Weft", partition=partition, offset=offset)
            return None
        if isinstance(opened, Event):
            return opened
        return opened.event if remains else None

    # --- appending ----------------------------------------------------------------------------------------------------

    def append(self, events: Sequence[Event]) -> list[Receipt]:
        """As `EventLog.append`: all replicas have them. LogAway: some may be kept; append all of them again."""
        if events:
            self._producing.send(self.records(events))
        return _accepted(events)

    def records(self, events: Sequence[Event]) -> list[ToSend]:
        """The events as the log keeps them; the keys of whoever is erased by one of them are gone then."""
        return [self._record(*each) for each in zip(events, self.sealing.seal(events), strict=True)]

    def lead(self) -> "Term":
        """As `EventLog.lead`; here nobody leads (`LeadersLog`)."""
        raise NotLeading("this process only follows the log: it cannot hold a round")

    async def seen(self, written: list[RecordMetadata]) -> None:
        """Returns when whoever reads sees these: a commit is promised before each partition has been told of it."""
        last = {each.topic_partition: each.offset for each in written}
        while any(end <= last[each] for each, end in (await self._ends(list(last))).items()):
            await asyncio.sleep(COMMIT_LOOK_S)

    def _record(self, event: Event, stored: bytes) -> ToSend:
        kind = KINDS[event.type]
        key = kind.key(event.data).encode()
        return ToSend(self.brokers.named(kind.topic), stored, key, home_of(key, self._counts[kind.topic]))

    def close(self) -> None:
        """As `EventLog.close`."""
        self._producing.close()
        for client in (self._watcher, *self._idle):
            if client is not None:
                self._call(client.stop())
        self._watcher = None
        self._idle.clear()
        self._loop.close()

    # --- clients ------------------------------------------------------------------------------------------------------

    @contextmanager
    def _consumer(self) -> Iterator[AIOKafkaConsumer]:
        """One that nobody else uses meanwhile; one that had trouble is not used again."""
        consumer = self._idle.pop() if self._idle else self._call(_following(self.brokers, self._all))
        try:
            yield consumer
        except Trouble:
            self._call(consumer.stop())
            raise
        except GeneratorExit:  # whoever read has seen enough
            self._idle.append(consumer)
            raise
        self._idle.append(consumer)

    def _call(self, work: Coroutine[Any, Any, Result]) -> Result:
        with self.brokers.explained():
            return self._loop.call(work, ANSWER_S)

    def _name(self, each: TopicPartition) -> str:
        return f"{self.brokers.topic(each.topic)}/{each.partition}"

    def _of_partitions(self, positions: Positions) -> dict[TopicPartition, int]:
        return {each: positions.get(self._name(each), 0) for each in self._all}


class LeadersLog(KafkaLog):
    """The log as the one who leads rounds appends to it: in transactions of one name, so that whoever leads later ends
    what those before have under way."""

    def __init__(self, brokers: Brokers, sealing: Sealing) -> None:
        super().__init__(brokers, sealing)
        self._term: Term | None = None
        self._beginning = threading.RLock()  # two who begin a term at once would end each other's

    def lead(self) -> "Term":
        """As `EventLog.lead`."""
        with self._beginning:
            self._term = Term(self, self._call(started(self.brokers, self.brokers.group("rounds"))))
            return self._term

    def append(self, events: Sequence[Event]) -> list[Receipt]:
        """As `EventLog.append`, in the term under way, or in one of its own. NotLeading."""
        with self._beginning:
            term = self._term if self._term and not self._term.has_ended else self.lead()
        return term.append(events)

    def close(self) -> None:
        """As `EventLog.close`."""
        if self._term:
            self._call(self._term.end())
        super().close()


class Term:
    """From one `lead` to the next, by whoever."""

    def __init__(self, log: LeadersLog, producer: AIOKafkaProducer) -> None:
        self._log, self._producer = log, producer
        self._one_at_a_time = asyncio.Lock()
        self.has_ended = False

    def append(self, events: Sequence[Event]) -> list[Receipt]:
        """As `EventLog.append`. NotLeading: another's term has begun, and these were not appended."""
        if events:
            self._log._call(self._commit(self._log.records(events)))
        return _accepted(events)

    async def end(self) -> None:
        """Lets go of the producer; nothing more can be appended."""
        if not self.has_ended:
            self.has_ended = True
            await self._producer.stop()

    async def _commit(self, records: Sequence[ToSend]) -> None:
        async with self._one_at_a_time:
            if self.has_ended:
                raise NotLeading(ENDED)
            try:
                async with self._producer.transaction():
                    written = await send(self._producer, records)
            except (ProducerFenced, IllegalOperation):
                await self.end()
                raise NotLeading(ENDED) from None
        await self._log.seen(written)


def _accepted(events: Sequence[Event]) -> list[Receipt]:
    return [Receipt(Verdict.ACCEPTED, None)] * len(events)


async def _following(brokers: Brokers, partitions: list[TopicPartition]) -> AIOKafkaConsumer:
    consumer = brokers.consumer(max_poll_records=PAGE_RECORDS, fetch_max_wait_ms=FETCH_MS)
    await consumer.start()
    consumer.assign(partitions)
    return consumer


async def _seek(consumer: AIOKafkaConsumer, starts: dict[TopicPartition, int]) -> None:
    """Goes on from these positions, and from none of another partition."""
    consumer.pause(*(consumer.assignment() - starts.keys()))
    consumer.resume(*starts)
    for each, position in starts.items():
        if await consumer.position(each) != position:
            consumer.seek(each, position)


async def _page(
    consumer: AIOKafkaConsumer, stops: dict[TopicPartition, int]
) -> list[tuple[TopicPartition, list[ConsumerRecord]]]:
    """The next records before these positions; none: all have been read."""
    while any([await consumer.position(each) < stop for each, stop in stops.items()]):
        found = await consumer.getmany(timeout_ms=FETCH_MS)
        page = [(each, [one for one in records if one.offset < stops[each]]) for each, records in found.items()]
        if any(records for _, records in page):
            return page
    return []
