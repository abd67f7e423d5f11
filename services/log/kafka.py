"""The log in the topics of a Kafka cluster: read whole by whoever follows it, appended to in batches.

The topics and keys are those of EVENTS.md; what a record holds is what `services.log.sealing` makes of an event. The
brokers keep each record's checksum and order; what an event said before is known to whoever admits it (intake), so an
event that is appended again is kept again, and the fold does not mind.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Any, TypeVar

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import IllegalOperation, ProducerFenced
from aiokafka.structs import RecordMetadata
from structlog import get_logger

from schemas.codec import Event
from schemas.errors import Undecodable
from schemas.topics import KINDS, TOPICS
from services.kafka import topics
from services.kafka.brokers import TRANSACTION_MS, Brokers, home_of
from services.kafka.leaving import let_go
from services.kafka.loop import Loop
from services.kafka.reading import Reader
from services.kafka.sending import ANSWER_S, Producing, ToSend, send, started
from services.log import LogAway, NotLeading, Positions, Receipt, Record, Verdict
from services.log.sealing import ERASED, Sealing

SETTLED_S = 3 * TRANSACTION_MS / 1_000  # brokers give up what is under way after one, and look now and then
LOOK_S = 0.02  # between two looks at where the log ends, while waiting for more
COMMIT_LOOK_S = 0.002
ANOTHER = "another worker leads rounds: ask the one whose /metrics say weft_leads_rounds 1"
ENDED = "another worker leads rounds since: this one has written nothing more"

Result = TypeVar("Result")


lines = get_logger()


class KafkaLog:
    """The `EventLog` on these brokers; safe to use from many threads. Trouble: a topic is missing."""

    def __init__(self, brokers: Brokers, sealing: Sealing) -> None:
        self.brokers, self.sealing = brokers, sealing
        counts = topics.partitions_of(brokers)
        self._counts = {topic: counts[topic] for topic in TOPICS}
        self.log_id = topics.identity(brokers)
        self._loop = Loop("log")
        self._reader = Reader(brokers, self._counts, self._loop)
        self._producing = Producing(brokers, self._loop)

    # --- reading ------------------------------------------------------------------------------------------------------

    def read(
        self, after: Positions | None = None, to: Positions | None = None, *, remains: bool = False
    ) -> Iterator[Record]:
        """As `EventLog.read`; an order is promised within a partition only. What Weft did not write is passed over."""
        for partition, record in self._reader.read(after or {}, to):
            event = self._opened(record.value, partition, record.offset, remains)
            if event:
                yield Record(partition, record.offset, event)

    def end(self) -> Positions:
        """As `EventLog.end`; the brokers are asked."""
        return self._reader.end()

    def settled_end(self) -> Positions:
        """The positions after all that anybody had begun to write by now: transactions under way are waited for, until
        the brokers give them up. LogAway."""
        written, give_up = self._reader.written(), time.monotonic() + SETTLED_S
        while not self._reader.reaches(written):
            if time.monotonic() > give_up:
                raise LogAway("somebody's transaction is still under way")
            time.sleep(LOOK_S)
        return self.end()

    def within(self, patience_s: float) -> AbstractContextManager[None]:
        """As `EventLog.within`."""
        return self._reader.within(patience_s)

    def before(self, record: Record) -> Positions:
        """As `EventLog.before`: of each partition, what the brokers took in before the millisecond of this record."""
        return self._reader.before(record.partition, record.position)

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
        if not self._reader.reaches(at):
            return None
        stood = sorted((partition, position) for partition, position in at.items() if position)
        return sha256(orjson.dumps([self.log_id, stood])).hexdigest()

    def _opened(self, stored: bytes | None, partition: str, offset: int, remains: bool) -> Event | None:
        try:
            opened = self.sealing.open(stored or b"")
        except Undecodable:  # it stays there for ever: to stop for it would stop everybody for ever
            lines.error("not written by Weft", partition=partition, offset=offset)
            return None
        if not isinstance(opened, Event):
            return opened.event if remains else None
        if opened.type == ERASED:  # another process has destroyed the keys: they are not to be kept in memory here
            self.sealing.keys.forget([opened.data["member_id"]])
        return opened

    # --- appending ----------------------------------------------------------------------------------------------------

    def append(self, events: Sequence[Event]) -> list[Receipt]:
        """As `EventLog.append`: all replicas have them. LogAway: some may be kept; append all of them again."""
        if events:
            self.put(self.records(events))
        return _accepted(events)

    def put(self, records: Sequence[ToSend]) -> None:
        """Returns once all replicas have these records, of whatever topic. LogAway: some may be kept; put all of them
        again."""
        self._producing.send(records)

    def records(self, events: Sequence[Event]) -> list[ToSend]:
        """The events as the log keeps them; the keys of whoever is erased by one of them are gone then."""
        return [self._record(*each) for each in zip(events, self.sealing.seal(events), strict=True)]

    def lead(self) -> "Term":
        """As `EventLog.lead`; here nobody leads (`LeadersLog`)."""
        raise NotLeading("this process only follows the log: it cannot hold a round")

    async def seen(self, written: list[RecordMetadata]) -> None:
        """Returns when whoever reads sees these: a commit is promised before each partition has been told of it."""
        last = {each.topic_partition: each.offset for each in written}
        while any(end <= last[each] for each, end in (await self._reader.ends(list(last))).items()):
            await asyncio.sleep(COMMIT_LOOK_S)

    def _record(self, event: Event, stored: bytes) -> ToSend:
        kind = KINDS[event.type]
        key = kind.key(event.data).encode()
        return ToSend(self.brokers.named(kind.topic), stored, key, home_of(key, self._counts[kind.topic]))

    def hurry(self, patience_s: float) -> None:
        """This process is about to end: brokers that do not answer are waited for so long at most, by whomever."""
        self._loop.hurry(patience_s)

    def close(self) -> None:
        """As `EventLog.close`."""
        self._producing.close()
        self._reader.close()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, Result]) -> Result:
        with self.brokers.explained():
            return self._loop.call(work, ANSWER_S)


class LeadersLog(KafkaLog):
    """The log as the one who leads rounds appends to it: in transactions of one name, so that whoever leads later ends
    what those before have under way."""

    def __init__(self, brokers: Brokers, sealing: Sealing, may_lead: Callable[[], bool] = lambda: True) -> None:
        """`may_lead`: whether the group has this process lead; a command that an operator gives is asked by nobody."""
        super().__init__(brokers, sealing)
        self._may_lead = may_lead
        self._term: Term | None = None
        self._beginning = threading.RLock()  # two who begin a term at once would end each other's

    def lead(self) -> "Term":
        """As `EventLog.lead`. NotLeading: it is for another to lead, whose term is not to be ended."""
        if not self._may_lead():
            raise NotLeading(ANOTHER)
        with self._beginning:
            if self._term:
                self._call(self._term.end())
            self._term = Term(self, self._call(started(self.brokers, self.brokers.group("rounds"))))
            return self._term

    def append(self, events: Sequence[Event]) -> list[Receipt]:
        """As `EventLog.append`, in the term under way, or in one of its own. NotLeading."""
        if not events:  # no reason to end another's term: somebody may be holding a round
            return []
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
        """As `EventLog.append`. NotLeading: another's term has begun, and these were not appended. LogAway: they may be
        kept; this term has ended, and the next begins by ending what is under way."""
        if events:
            records = self._log.records(events)
            try:
                self._log._call(self._commit(records))
            except LogAway:
                self._log._call(self.end())
                raise
        return _accepted(events)

    async def end(self) -> None:
        """Lets go of the producer; nothing more can be appended."""
        if not self.has_ended:
            self.has_ended = True
            await let_go(self._producer)

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
