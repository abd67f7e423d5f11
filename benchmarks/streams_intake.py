"""Intake: events from `weft.intake` through the one door to the log, in events a second of one core of the worker.

What a worker runs (`Streams`, `Intake`) takes what lies in the topic, on a real broker, with keys in a real Postgres;
CPU seconds of this whole process, its clients' threads included. First events as publishers send them, in clear, then
as the gateway signs and seals them. The peer does the same with the same calls in a Faust agent: one event at a time,
acknowledged last, as an agent must that is to lose nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any, NamedTuple

import faust
from faust.types import EventT

from benchmarks.figure import Figure
from benchmarks.inputs import MEMBERS, simulated
from benchmarks.streaming import Network, Parts, network
from schemas.codec import Event, encode
from schemas.door import PUBLISHER, admit
from schemas.topics import INTAKE, SCORES
from services.clock import now_us
from services.kafka import topics
from services.kafka.admitting import Brought, intake_key
from services.kafka.brokers import METADATA_MS, partition_of
from services.kafka.intake import Intake
from services.kafka.live_scores import LiveScores
from services.kafka.measures import ACCEPTED, Measures
from services.kafka.sending import ToSend, send, started
from services.kafka.signing import signed
from services.kafka.streams import Streams
from services.log.kafka import KafkaLog

PLAIN, SIGNED, ONE_BY_ONE = 60_000, 20_000, 1_000  # events
FLOOR, GOAL = 2_500, 10_000
LOOK_S = 0.05
AGENT = "Faust agent"


class Cost(NamedTuple):
    """What so many events took."""

    events: int
    cpu_s: float
    wall_s: float

    @property
    def rate(self) -> float:
        """Events a second of one core."""
        return self.events / self.cpu_s


def measure(parts: Parts) -> Iterator[Figure]:
    """Both kinds of records, and the agent."""
    agent = _cost(parts, ONE_BY_ONE, _in_clear, _with_an_agent)
    plain = _cost(parts, PLAIN, _in_clear, _with_the_service)
    sealed = _cost(parts, SIGNED, _by_the_gateway, _with_the_service)
    for what, cost in (("in clear", plain), ("from the gateway", sealed)):
        yield Figure(
            f"intake, {what}", cost.rate, "events/s", MEMBERS, FLOOR, GOAL, False, f"{AGENT}, in clear", agent.rate
        )
    yield Figure(
        "intake, by the wall", PLAIN / plain.wall_s, "events/s", MEMBERS, None, None, False, AGENT,
        ONE_BY_ONE / agent.wall_s,
    )  # fmt: skip


Way = Callable[[Network, KafkaLog, Intake, int], Awaitable[None]]


def _cost(parts: Parts, events: int, recorded: Callable[[Network, Sequence[Event]], list[ToSend]], way: Way) -> Cost:
    with network(parts) as here, closing(KafkaLog(here.brokers, here.place.sealing)) as log:
        records = recorded(here, _of_publishers(events))
        asyncio.run(_put(here, records))
        intake = Intake(log, here.folder / "intake", here.settings.partitions, lambda erased: [])
        began, cpu = time.perf_counter(), time.process_time()
        asyncio.run(way(here, log, intake, events))  # type: ignore[arg-type]
        return Cost(events, time.process_time() - cpu, time.perf_counter() - began)


def _of_publishers(count: int) -> list[Event]:
    """The first so many events of the history that publishers may say: nearly all."""
    admitted = (admit(line, now_us(), PUBLISHER) for line in simulated(2 * count))
    return list(islice((event for event in admitted if isinstance(event, Event)), count))


def _in_clear(here: Network, events: Sequence[Event]) -> list[ToSend]:
    return [_record(here, event, encode(event), []) for event in events]


def _by_the_gateway(here: Network, events: Sequence[Event]) -> list[ToSend]:
    sealing = here.place.sealing
    secret = sealing.secret(b"senders")
    return [
        _record(here, event, value, signed(secret, value, "publisher"))
        for event, value in zip(events, sealing.seal(events), strict=True)
    ]


def _record(here: Network, event: Event, value: bytes, headers: list[tuple[str, bytes]]) -> ToSend:
    key = intake_key(event)
    return ToSend(here.brokers.named(INTAKE), value, key, partition_of(key, here.settings.partitions), headers)


async def _put(here: Network, records: Sequence[ToSend]) -> None:
    producer = await started(here.brokers)
    await send(producer, records)
    await producer.stop()


async def _with_the_service(here: Network, log: KafkaLog, intake: Intake, events: int) -> None:
    measures = Measures()
    scores = LiveScores(topics.partitions_of(here.brokers)[SCORES], here.settings.policy())
    streams = Streams(log, "bench", intake, scores, measures)
    await streams.start()
    while measures.taken.labels(ACCEPTED)._value.get() < events:
        await asyncio.sleep(LOOK_S)
    await streams.stop()


async def _with_an_agent(here: Network, log: KafkaLog, intake: Intake, events: int) -> None:
    brokers, producer, done = here.brokers, await started(here.brokers), asyncio.Event()
    intake.own(range(here.settings.partitions))
    app = faust.App(
        brokers.group("agent"),
        broker=[f"kafka://{one}" for one in brokers.bootstrap.split(",")],
        datadir=here.folder / "faust",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        agent_supervisor="mode.CrashingSupervisor",
        stream_wait_empty=False,
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=METADATA_MS,
    )
    raw: Any = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
    taken = 0

    @app.agent(app.topic(brokers.named(INTAKE), **raw))
    async def on_record(stream: Any) -> None:
        nonlocal taken
        async for event in stream.noack().events():
            effects, fresh = intake.decide({event.message.partition: [_brought(here, event)]})
            await send(producer, effects.records)
            intake.keep(fresh)
            await stream.ack(event)
            taken += effects.accepted
            if taken == events:
                done.set()

    await app.start()
    await done.wait()
    await app.stop()
    await producer.stop()
    intake.let_go(sorted(intake.owned))


def _brought(here: Network, event: EventT) -> Brought:
    message = event.message
    partition = f"{here.brokers.topic(message.topic)}/{message.partition}"
    headers = list(dict(message.headers or {}).items())
    return Brought(partition, message.offset, message.key, message.value, headers, int(message.timestamp * 1e6))
