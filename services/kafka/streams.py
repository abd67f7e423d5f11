"""What a worker reads as one of its group: intake, and the scores of the seekers that it owns; a Faust service.

One consumer owns partitions of both. Partitions come and go with the group; what they bring is worked on in batches, in
threads, so that heartbeats go on, and again where brokers or keys were away meanwhile: to work on a batch twice changes
nothing.
"""

import asyncio
import time
from collections.abc import Sequence

import faust
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from structlog import get_logger

from schemas.topics import INTAKE, SCORES
from services.kafka.intake import Intake, brought
from services.kafka.leaving import leave, let_go
from services.kafka.live_scores import LiveScores
from services.kafka.measures import ACCEPTED, DUPLICATE, REFUSED, Measures
from services.log import LogAway, LogFull
from services.log.kafka import KafkaLog

STREAMS = "streams"  # the group that shares the partitions of intake and of scores
BATCH_RECORDS = 1_000
POLL_MS = 100
POLL_PATIENCE_S = 20
ANSWER_S = 5  # of the brokers, with the partitions held: whoever stops, or gives them back, waits for it
FOLDING_MS = 30 * 60 * 1_000  # how long a new owner may fold the log in before the group gives its partitions away
REST_S = 10  # so long nothing came: what the log has is known
QUIET_S = 3  # who has not polled for so long, and works on nothing, polls no more
RETRY_S = 1
WRITER = "weft-worker"  # header: which worker published a record of scores

lines = get_logger()


class Streams(faust.Service, ConsumerRebalanceListener):
    """The partitions of intake and scores that this worker owns."""

    def __init__(self, log: KafkaLog, static_id: str, intake: Intake, scores: LiveScores, measures: Measures) -> None:
        super().__init__()
        self._log, self._brokers, self._static_id = log, log.brokers, static_id
        self._intake, self._scores, self._measures = intake, scores, measures
        self._ours: set[TopicPartition] = set()  # the client still names those that it has given back
        self._fresh: dict[TopicPartition, int] = {}  # partitions of scores -> up to where they are read at first
        self._working = asyncio.Lock()
        self._polled_at = self._took_at = time.monotonic()
        self._has_rested = True
        self.consumer: AIOKafkaConsumer | None = None

    async def on_start(self) -> None:
        """Joins the group."""
        self.consumer = self._brokers.consumer(
            group=self._brokers.group(STREAMS),
            static_id=self._static_id,
            max_poll_records=BATCH_RECORDS,
            max_poll_interval_ms=FOLDING_MS,
        )
        self.consumer.subscribe([self._brokers.named(INTAKE), self._brokers.named(SCORES)], listener=self)
        await self.consumer.start()

    async def on_stop(self) -> None:
        """Leaves the group; nothing is under way then."""
        async with self._working:
            self._ours.clear()
            self._intake.let_go(sorted(self._intake.owned))
        if self.consumer is not None:  # without the lock: the group may be asking for our partitions this very moment
            await let_go(self.consumer)
            await asyncio.to_thread(leave, self._brokers, STREAMS, self._static_id)

    # --- partitions come and go ---------------------------------------------------------------------------------------

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Another may own these now."""
        async with self._working:
            self._ours -= set(revoked)
            self._intake.let_go(self._numbers(revoked, INTAKE))
            await asyncio.to_thread(self._scores.let_go, self._numbers(revoked, SCORES))
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
        self._ours |= set(assigned)

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
                await self.sleep(RETRY_S)
                continue
            while not (self.should_stop or await self._has_worked(found)):
                self._polled_at = time.monotonic()  # it is what is away that keeps us from polling
                await self.sleep(RETRY_S)
            self._polled_at = time.monotonic()

    async def _has_worked(self, found: dict[TopicPartition, list[ConsumerRecord]]) -> bool:
        """Works on a batch, as far as it is still ours; False: it is to be tried again."""
        async with self._working:
            still_ours = {each: records for each, records in found.items() if each in self._ours}
            try:
                await self._hear({each: records for each, records in still_ours.items() if self._is_of(each, SCORES)})
                await self._take({each: records for each, records in still_ours.items() if self._is_of(each, INTAKE)})
            except (KafkaError, LogAway, LogFull, TimeoutError) as wrong:
                lines.warning("waits", why=str(wrong) or repr(wrong))
                return False
            except Exception:
                lines.error("cannot be worked on", records=[_places(each, found[each]) for each in still_ours])
                raise
        return True

    async def _take(self, found: dict[TopicPartition, list[ConsumerRecord]]) -> None:
        """Decides, produces, keeps, commits; in this order."""
        owned = self._numbers(list(self._ours), INTAKE)
        if not self._intake.owned.issuperset(owned):
            await asyncio.to_thread(self._intake.own, owned)
        if not found:
            await self._rest()
            return
        batches = {each.partition: [brought(one, self._brokers) for one in records] for each, records in found.items()}
        effects, fresh = await asyncio.to_thread(self._intake.decide, batches)
        await asyncio.to_thread(self._log.put, effects.records)
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
            await asyncio.wait_for(self.consumer.commit(offsets), ANSWER_S)
        except (KafkaError, TimeoutError) as wrong:  # what is not committed is taken again, and changes nothing
            lines.warning("not committed", why=repr(wrong))

    async def _hear(self, found: dict[TopicPartition, list[ConsumerRecord]]) -> None:
        """What stands in the owned partitions of scores, and what others write there."""
        assert self.consumer is not None
        heard = [record for each, records in found.items() for record in records if self._is_news(each, record)]
        if heard:
            await asyncio.to_thread(self._note, heard)
        for each in list(self._fresh):
            if self._fresh[each] < 0:
                self._fresh[each] = (await asyncio.wait_for(self.consumer.end_offsets([each]), ANSWER_S))[each]
            if await self.consumer.position(each) >= self._fresh[each]:
                del self._fresh[each]
                await asyncio.to_thread(self._scores.own, [each.partition])

    def _is_news(self, partition: TopicPartition, record: ConsumerRecord) -> bool:
        is_own = dict(record.headers).get(WRITER) == self._static_id.encode()
        return record.key is not None and (partition in self._fresh or not is_own)

    def _note(self, records: Sequence[ConsumerRecord]) -> None:
        for record in records:
            self._scores.heard(record.key.decode(errors="replace"), record.value)

    # --- watching -----------------------------------------------------------------------------------------------------

    @property
    def is_alive(self) -> bool:
        """Whether it polls, works, or waits for the others of its group to give up their partitions."""
        waits = self.consumer is None or self.consumer._subscription.reassignment_in_progress
        return waits or self._working.locked() or time.monotonic() - self._polled_at < QUIET_S


def _places(partition: TopicPartition, records: Sequence[ConsumerRecord]) -> str:
    """Where these stand, for ops."""
    ends = f"{records[0].offset} to {records[-1].offset}" if records else "none"
    return f"{partition.topic}/{partition.partition}: {ends}"
