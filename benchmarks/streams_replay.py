"""A worker's replay: the log in its topics read and folded into a world, in events a second of one core.

As a worker starts without a snapshot: `KafkaLog.read`, opened with the members' keys, folded by `Follower`, with a real
broker and keys in a real Postgres; CPU seconds of this whole process, its client's threads included. One peer is a bare
consumer of the same topics that only decodes each line's clear part: what reading from Kafka costs in Python before
anything is done. The other, on Python before 3.13, is a dataflow of bytewax that opens and folds the same records.
(Quix Streams would hold pydantic back in the development lock.)
"""

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import orjson
from aiokafka import TopicPartition

from benchmarks.figure import Figure, cpu_s, median_of
from benchmarks.inputs import MEMBERS, simulated
from benchmarks.streaming import Network, Parts, network, tell
from schemas.topics import TOPICS
from services.clock import now_us
from services.collecting import uncollected
from services.follower import Follower
from services.kafka import topics
from services.log.kafka import KafkaLog

EVENTS = 100_000
RUNS = 3
FLOOR, GOAL = 50_000, 150_000


def measure(parts: Parts) -> Iterator[Figure]:
    """Beside both peers, in one run."""
    with network(parts) as here:
        told = tell(here, simulated(EVENTS))
        ways: dict[str, Callable[[Network, int], Any]] = {"aiokafka, orjson": _decode}
        if find_spec("bytewax"):
            bytewax = import_module("benchmarks.bytewax_fold")
            ways[bytewax.NAME] = bytewax.fold
        peers = {name: told / median_of(RUNS, partial(_cpu_s, way, here, told)) for name, way in ways.items()}
        rate = told / median_of(RUNS, partial(_cpu_s, fold, here, told))
    for name, peer in peers.items():
        yield Figure("replay from Kafka", rate, "events/s", MEMBERS, FLOOR, GOAL, False, name, peer)


def _cpu_s(way: Callable[[Network, int], Any], here: Network, events: int) -> float:
    gc.collect()
    with uncollected():
        return cpu_s(lambda: way(here, events))


def fold(here: Network, events: int) -> None:
    """The world of the log, as a worker's follower has it."""
    with closing(KafkaLog(here.brokers, here.place.sealing)) as log:
        follower = Follower(log, here.folder / "none", now_us)
        follower.catch_up()
        assert follower.read_count == events, follower.read_count


def _decode(here: Network, events: int) -> None:
    assert asyncio.run(_decoded(here, events)) == events


async def _decoded(here: Network, events: int) -> int:
    consumer, counts, count = here.brokers.consumer(max_poll_records=5_000), topics.partitions_of(here.brokers), 0
    await consumer.start()
    consumer.assign([TopicPartition(here.brokers.named(name), n) for name in TOPICS for n in range(counts[name])])
    while count < events:
        for records in (await consumer.getmany(timeout_ms=200)).values():
            count += len([orjson.loads(record.value.partition(b"\n")[0]) for record in records])
    await consumer.stop()
    return count
