"""What a worker reads as one of its group: intake, and the scores of the seekers that it owns; a Faust service.

One consumer owns partitions of both. Partitions come and go with the group; what they bring is worked on in batches, in
a thread, so that heartbeats go on. A watchdog of its own ends the process when the group has lost it without a word: an
ended group task of the client passes for silence.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from structlog import get_logger

from schemas.topics import INTAKE, SCORES
from services.kafka.brokers import Brokers
from services.kafka.intake import Intake, brought
from services.kafka.live_scores import LiveScores
from services.kafka.measures import ACCEPTED, DUPLICATE, REFUSED, Measures
from services.kafka.sending import send

BATCH_RECORDS = 1_000
POLL_MS = 100
POLL_PATIENCE_S = 20
FOLDING_MS = 30 * 60 * 1_000  # how long a new owner may fold the log in before the group gives its partitions away
REST_S = 10  # so long nothing came: what the log has is known
LOST_EXIT = 70
LOST_AFTER_S = 15
QUIET_S = 3
WRITER = "weft-worker"  # header: which worker published a record of scores

lines = get_logger()


class Streams(faust.Service, ConsumerRebalanceListener):
    """The partitions of intake and scores that this worker owns."""

    def __init__(
        self, brokers: Brokers, static_id: str, intake: Intake, scores: LiveScores, measures: Measures
    ) -> None:
        super().__init__()
        self._brokers, self._static_id = brokers, static_id
        self._intake, self._scores, self._measures = intake, scores, measures
        self._fresh: dict[TopicPartition, int] = {}  # partitions of scores -> up to where they are read at first
        self._working = asyncio.Lock()
        self._polled_at = self._took_at = time.monotonic()
        self._has_rested = True
        self.consumer: AIOKafkaConsumer | None = None
        self.producer: AIOKafkaProducer | None = None

    async def on_start(self) -> None:
        """Joins the group."""
        self.producer = self._brokers.producer()
        await self.producer.start()
        self.consumer = self._brokers.consumer(
            group=self._brokers.group("streams"),
            static_id=self._static_id,
            max_poll_records=BATCH_RECORDS,
            max_poll_interval_ms=FOLDING_MS,
        )
        self.consumer.subscribe([self._brokers.named(INTAKE), self._brokers.named(SCORES)], listener=self)
        await self.consumer.start()

    async def on_stop(self) -> None:
        """Leaves the group; nothing is under way then."""
        async with self._working:
            if self.consumer is not None:
                await self.consumer.stop()
            if self.producer is not None:
                await self.producer.stop()
            self._intake.let_go(sorted(self._intake.owned))

    # --- partitions come and go ---------------------------------------------------------------------------------------

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Another may own these now."""
        async with self._working:
            self._intake.let_go(self._numbers(revoked, INTAKE))
            self._scores.let_go(self._numbers(revoked, SCORES))
            for each in revoked:
                self._fresh.pop(each, None)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """These are ours: of scores, what stands there is read first."""
        assert self.consumer is not None
        lines.info("owns", intake=self._numbers(assigned, INTAKE), scores=self._numbers(assigned, SCORES))
        for each in assigned:
            if self._is_of(each, SCORES):
                self.consumer.seek(each, 0)
                self._fresh[each] = -1

    def _numbers(self, partitions: Sequence[TopicPartition], topic: str) -> list[int]:
        return sorted(each.partition for each in partitions if self._is_of(each, topic))

    def _is_of(self, partition: TopicPartition, topic: str) -> bool:
        return bool(partition.topic == self._brokers.named(topic))

    # --- the stream ---------------------------------------------------------------------------------------------------

    @faust.Service.task
    async def pump(self) -> None:
        """Takes batch after batch, as long as this worker runs."""
        assert self.consumer is not None
        while not self.should_stop:
            try:
                found = await asyncio.wait_for(self.consumer.getmany(timeout_ms=POLL_MS), POLL_PATIENCE_S)
            except (KafkaError, TimeoutError) as wrong:  # the watchdog knows how long that may go on
                lines.warning("not polled", why=repr(wrong))
                await self.sleep(1)
                continue
            async with self._working:
                await self._work(found)
            self._polled_at = time.monotonic()

    async def _work(self, found: dict[TopicPartition, list[ConsumerRecord]]) -> None:
        assert self.consumer is not None
        still_ours = {each: records for each, records in found.items() if each in self.consumer.assignment()}
        await self._hear({each: records for each, records in still_ours.items() if self._is_of(each, SCORES)})
        await self._take({each: records for each, records in still_ours.items() if self._is_of(each, INTAKE)})

    async def _take(self, found: dict[TopicPartition, list[ConsumerRecord]]) -> None:
        """Decides, produces, keeps, commits; in this order."""
        assert self.consumer is not None
        owned = self._numbers(list(self.consumer.assignment()), INTAKE)
        if not self._intake.owned.issuperset(owned):
            await asyncio.to_thread(self._intake.own, owned)
        if not found:
            await self._rest()
            return
        batches = {each.partition: [brought(one, self._brokers) for one in records] for each, records in found.items()}
        effects, fresh = await asyncio.to_thread(self._intake.decide, batches)
        await send(self.producer, effects.records)
        await asyncio.to_thread(self._intake.keep, fresh)
        await self._commit({each: records[-1].offset + 1 for each, records in found.items()})
        for what, count in ((ACCEPTED, effects.accepted), (DUPLICATE, effects.duplicates), (REFUSED, effects.refused)):
            self._measures.taken.labels(what).inc(count)
        self._took_at, self._has_rested = time.monotonic(), False

    async def _rest(self) -> None:
        if not self._has_rested and time.monotonic() - self._took_at > REST_S:
            await asyncio.to_thread(self._intake.rest)
            self._has_rested = True

    async def _commit(self, offsets: dict[TopicPartition, int]) -> None:
        assert self.consumer is not None
        try:
            await asyncio.wait_for(self.consumer.commit(offsets), 5)
        except (KafkaError, TimeoutError) as wrong:  # what is not committed is taken again, and changes nothing
            lines.warning("not committed", why=repr(wrong))

    async def _hear(self, found: dict[TopicPartition, list[ConsumerRecord]]) -> None:
        """What stands in the owned partitions of scores, and what others write there."""
        assert self.consumer is not None
        for each, records in found.items():
            for record in records:
                if dict(record.headers).get(WRITER) != self._static_id.encode() or each in self._fresh:
                    self._scores.heard(record.key.decode(), record.value)
        for each in [one for one in self._fresh if one in self.consumer.assignment()]:
            if self._fresh[each] < 0:
                self._fresh[each] = (await self.consumer.end_offsets([each]))[each]
            if await self.consumer.position(each) >= self._fresh[each]:
                del self._fresh[each]
                self._scores.own([each.partition])

    # --- watching -----------------------------------------------------------------------------------------------------

    @faust.Service.task
    async def watch(self) -> None:
        """Ends the process where its group has lost it: whoever started it starts it again."""
        assert self.consumer is not None
        good = time.monotonic()
        while not self.should_stop:
            await self.sleep(0.5)
            coordinator: Any = self.consumer._coordinator
            is_polling = self._working.locked() or time.monotonic() - self._polled_at < QUIET_S
            if not coordinator._coordination_task.done() and is_polling:
                good = time.monotonic()
            if time.monotonic() - good > LOST_AFTER_S and not self.should_stop:
                lines.error("lost by its group", what="this process ends, and is to be started again")
                os._exit(LOST_EXIT)
