"""Reading partitions from any position to any other, for whoever follows topics without being in a group."""

import asyncio
import time
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from structlog import get_logger

from services.kafka.brokers import Brokers
from services.kafka.leaving import let_go
from services.kafka.loop import Loop
from services.kafka.sending import ANSWER_S
from services.log import LogAway, Positions
from services.trouble import Trouble

AWAY_S = 5  # so long brokers that did not answer are not asked again by whoever is in a hurry
SILENT_S = 4  # after so long an operator is told that brokers do not answer; they may yet, for ANSWER_S
FETCH_MS = 20  # a fetch under way for some partitions keeps those waiting for so long that are read next
PAGE_RECORDS = 5_000

Offsets = dict[TopicPartition, int]
Result = TypeVar("Result")

lines = get_logger()


class Reader:
    """Reads all partitions of these topics (as EVENTS.md names them, with how many each has); safe to use from many
    threads. Every method: LogAway."""

    def __init__(self, brokers: Brokers, counts: Mapping[str, int], loop: Loop) -> None:
        self._brokers, self._loop = brokers, loop
        self._all = [TopicPartition(brokers.named(t), n) for t, count in counts.items() for n in range(count)]
        self._idle: list[AIOKafkaConsumer] = []
        self._ended: Positions = {}  # where the partitions ended when that was last asked
        self._away_until = 0.0
        self._is_silent = False  # and it has been said
        self._starting = asyncio.Lock()
        self._watcher: AIOKafkaConsumer | None = None  # asks where partitions end, within the loop

    def read(self, after: Positions, to: Positions | None = None) -> Iterator[tuple[str, ConsumerRecord]]:
        """The records from the positions `after` on, each with its partition, up to `to`, or to the end when the
        reading begins."""
        end = self._known_to(to) or self.end()
        starts = self._of_partitions(after)
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
                        yield partition, record

    def end(self) -> Positions:
        """The positions after the last records; the brokers are asked."""
        try:
            found = self._call(self.ends(self._all))
        except LogAway:
            self._away_until = time.monotonic() + AWAY_S
            raise
        self._away_until = 0.0
        self._ended = {self._name(each): offset for each, offset in found.items()}
        return dict(self._ended)

    def written(self) -> Positions:
        """The positions after all that was written, what is in a transaction under way included."""
        return {self._name(each): offset for each, offset in self._call(self._written()).items()}

    async def _written(self) -> Offsets:
        consumer = self._brokers.consumer(committed=False)
        try:
            await consumer.start()
            return dict(await consumer.end_offsets(self._all))
        finally:
            await let_go(consumer)

    def reaches(self, positions: Positions) -> bool:
        """Whether the partitions go so far; the brokers are asked if they may have grown."""
        return bool(self._known_to(positions)) or _reach(self.end(), positions)

    @contextmanager
    def within(self, patience_s: float) -> Iterator[None]:
        """Inside, this thread waits so long at most for each answer; not at all where brokers were away just now."""
        if time.monotonic() < self._away_until:
            raise LogAway(f"the brokers at {self._brokers.bootstrap} are out of reach")
        with self._loop.within(patience_s):
            yield

    def _known_to(self, positions: Positions | None) -> Positions | None:
        """Where the partitions ended, if that is so far: what was once an end they reach for ever."""
        ended = self._ended
        return ended if positions is not None and _reach(ended, positions) else None

    def before(self, partition: str, offset: int) -> Positions:
        """Of each partition, what the brokers took in before the millisecond of this record."""
        topic, _, number = partition.rpartition("/")
        place = TopicPartition(self._brokers.named(topic), int(number))
        with self._consumer() as consumer:
            found = self._call(_before(consumer, place, offset, self._all))
        end = self.end()
        return {self._name(each): end[self._name(each)] if at is None else at for each, at in found.items()}

    async def ends(self, partitions: list[TopicPartition]) -> Offsets:
        """Within the loop: where these end."""
        late = asyncio.get_running_loop().call_later(SILENT_S, self._say_silent)
        try:
            found = await self._watching(partitions)
        finally:
            late.cancel()
        if self._is_silent:
            self._is_silent = False
            lines.info("brokers answer again", brokers=self._brokers.bootstrap)
        return found

    async def _watching(self, partitions: list[TopicPartition]) -> Offsets:
        async with self._starting:
            if self._watcher is None:
                watcher = self._brokers.consumer()
                await watcher.start()
                self._watcher = watcher
        return dict(await self._watcher.end_offsets(partitions))

    def _say_silent(self) -> None:
        if not self._is_silent:
            self._is_silent = True
            lines.warning("brokers do not answer", brokers=self._brokers.bootstrap, what="it goes on once they do")

    def close(self) -> None:
        """Lets go of the brokers; the loop goes on."""
        clients = [client for client in (self._watcher, *self._idle) if client is not None]
        self._watcher = None
        self._idle.clear()
        if clients:
            self._call(_let_go_of_all(clients))

    @contextmanager
    def _consumer(self) -> Iterator[AIOKafkaConsumer]:
        """One that nobody else uses meanwhile; one that had trouble is not used again."""
        try:
            consumer = self._idle.pop()
        except IndexError:  # others use all that there are
            consumer = self._call(_following(self._brokers, self._all))
        try:
            yield consumer
        except Trouble:
            self._call(let_go(consumer))
            raise
        except GeneratorExit:  # whoever read has seen enough
            self._idle.append(consumer)
            raise
        self._idle.append(consumer)

    def _call(self, work: Coroutine[Any, Any, Result]) -> Result:
        with self._brokers.explained():
            return self._loop.call(work, ANSWER_S)

    def _name(self, each: TopicPartition) -> str:
        return f"{self._brokers.topic(each.topic)}/{each.partition}"

    def _of_partitions(self, positions: Positions) -> Offsets:
        return {each: positions.get(self._name(each), 0) for each in self._all}


def _reach(ended: Positions, positions: Positions) -> bool:
    return all(position <= ended.get(partition, 0) for partition, position in positions.items())


async def _let_go_of_all(clients: Iterable[AIOKafkaConsumer]) -> None:
    await asyncio.gather(*map(let_go, clients))


async def _following(brokers: Brokers, partitions: list[TopicPartition]) -> AIOKafkaConsumer:
    consumer = brokers.consumer(max_poll_records=PAGE_RECORDS, fetch_max_wait_ms=FETCH_MS)
    await consumer.start()
    consumer.assign(partitions)
    return consumer


async def _seek(consumer: AIOKafkaConsumer, starts: Offsets) -> None:
    """Goes on from these positions, and from none of another partition."""
    consumer.pause(*(consumer.assignment() - starts.keys()))
    consumer.resume(*starts)
    for each, position in starts.items():
        if await consumer.position(each) != position:
            consumer.seek(each, position)


async def _before(
    consumer: AIOKafkaConsumer, place: TopicPartition, offset: int, partitions: list[TopicPartition]
) -> dict[TopicPartition, int | None]:
    """Of each partition the first offset that is as young as the record at this place; None: all are older."""
    await _seek(consumer, {place: offset})
    found: dict[TopicPartition, list[ConsumerRecord]] = {}
    while not found.get(place):
        found = await consumer.getmany(place, timeout_ms=FETCH_MS, max_records=1)
    times = await consumer.offsets_for_times(dict.fromkeys(partitions, found[place][0].timestamp))
    return {each: times[each] and times[each].offset for each in partitions}


async def _page(consumer: AIOKafkaConsumer, stops: Offsets) -> list[tuple[TopicPartition, list[ConsumerRecord]]]:
    """The next records before these positions; none: all have been read."""
    while any([await consumer.position(each) < stop for each, stop in stops.items()]):
        found = await consumer.getmany(timeout_ms=FETCH_MS)
        page = [(each, [one for one in records if one.offset < stops[each]]) for each, records in found.items()]
        if any(records for _, records in page):
            return page
    return []
