"""Scores: from when an event is produced to `weft.intake` until the changed record of its member can be read from
`weft.scores`, in milliseconds by the wall; real workers as an operator starts them, on a real Kafka and Postgres.

A simulated network is in the log and followed; then events come at a steady rate (an open loop): 60 % subjects edited,
30 % conversations, 10 % profiles. The clock runs for interests edited, as each changes what is said of its member; a
record answers an event whose place in the log it says (`positions`) to have seen. `python -m benchmarks.streams_scores
MEMBERS WORKERS EVENTS_PER_SECOND SECONDS` measures one point, with what the workers used meanwhile.
"""

import asyncio
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from benchmarks.figure import Figure, percentile
from benchmarks.inputs import SEED
from benchmarks.streaming import Network, Parts, network, real_parts, tell
from schemas.instants import format_instant
from schemas.topics import INTAKE, SCORES, TOPICS
from services.clock import now_us
from services.kafka import topics
from services.kafka.brokers import partition_of
from services.kafka.sending import started
from services.kafka.streams import WRITER
from services.simulate import history
from services.simulate.subjects import SUBJECTS
from tests.service.kafka.processes import Distributed, Process, running

FLOOR_P50_MS, FLOOR_P99_MS, GOAL_P50_MS, GOAL_P99_MS = 500, 2_000, 200, 1_000
SOURCE = "/bench"
TICK_S = 0.02
AFTER_S = 10  # how long answers are waited for once the last event was sent
SWEEP_PATIENCE_S = 90
PAGE_BYTES = 4_096


class Load(NamedTuple):
    """A network of so many members, the workers on it, and what comes."""

    members: int
    workers: int
    per_second: int
    seconds: int


class Measured(NamedTuple):
    """What came of a load: the latencies of edits (ms), how much of that was intake's, and how many edits were answered
    by no record; records a second; CPU seconds of each worker a second, and those that its threads waited for a core
    that others had; resident MB of each before and after; how long until every seeker had a record, and until the
    scores of a killed worker moved again."""

    latencies_ms: list[float]
    admitted_ms: list[float]
    unanswered: int
    records_per_s: float
    cpu: list[float]
    waited: list[float]
    mb: list[tuple[float, float]]
    swept_s: float
    takeover_s: float | None = None


QUICK = (Load(1_000, 1, 20, 20), Load(1_000, 2, 100, 20))


def measure(parts: Parts) -> Iterator[Figure]:
    """Small, so that it is quick; docs/SCALE.md has the larger ones."""
    for load in QUICK:
        found = at(parts, load, kills=load.workers > 1)
        said = f"scores, {load.per_second}/s, {load.workers} worker{'s' if load.workers > 1 else ''}"
        for percent, floor, goal in ((50, FLOOR_P50_MS, GOAL_P50_MS), (99, FLOOR_P99_MS, GOAL_P99_MS)):
            value = percentile(found.latencies_ms, percent)
            yield Figure(f"{said}, p{percent}", value, "ms", load.members, floor, goal, True)
        if found.takeover_s is not None:
            yield Figure("scores after kill -9", found.takeover_s, "s", load.members, 11, None, True)


def at(parts: Parts, load: Load, *, kills: bool = False) -> Measured:
    """Measures one load; at the end a worker is killed, where that is wanted."""
    with network(parts) as here:
        members = _Members()
        tell(here, members.of(history(load.members, 1, SEED)))
        distributed = Distributed(here.brokers, here.settings.keys_url, here.folder, WEFT_PARTITIONS="8")
        begun = time.monotonic()
        with running(distributed, *(f"worker-{n + 1}" for n in range(load.workers))) as workers:
            _wait_until_swept(workers)
            swept_s = time.monotonic() - begun
            return asyncio.run(_measured(here, load, workers, members.ids, swept_s, kills))


class _Members:
    """Who is there, told from the lines as they pass."""

    def __init__(self) -> None:
        self._there: dict[str, None] = {}

    def of(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        for line in lines:
            if b'"member.joined"' in line:
                self._there[orjson.loads(line)["data"]["member_id"]] = None
            elif b'"member.left"' in line:
                self._there.pop(orjson.loads(line)["data"]["member_id"], None)
            yield line

    @property
    def ids(self) -> list[str]:
        return list(self._there)


# --- the load ---------------------------------------------------------------------------------------------------------


def _events(members: list[str], seed: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What members and services say for ever: an id, a kind, its data."""
    dice = random.Random(seed)
    for number in count():
        member_id, other_id = dice.sample(members, 2)
        subject, throw = dice.choice(SUBJECTS).name, dice.random()
        if throw < 0.4:
            yield f"edit-{number}", "interest.declared", {"member_id": member_id, "subject": subject}
        elif throw < 0.6:
            yield f"give-{number}", "expertise.declared", {"member_id": member_id, "subject": subject}
        elif throw < 0.9:
            yield f"talk-{number}", "conversation.held", {"member_ids": [member_id, other_id]}
        else:
            about = f"Seit {number} Tagen in {subject}"
            yield f"tell-{number}", "member.described", {"member_id": member_id, "about": about}


async def _send(here: Network, members: list[str], per_second: float, seconds: float, watch: "_Watch") -> None:
    producer, began, sent = await started(here.brokers), time.monotonic(), 0
    events = _events(members, SEED)
    topic, partitions = here.brokers.named(INTAKE), here.settings.partitions
    while (passed := time.monotonic() - began) < seconds:
        while sent < passed * per_second:
            name, kind, data = next(events)
            event = {"specversion": "1.0", "id": f"{watch.run}-{name}", "source": SOURCE, "type": kind, "data": data}
            event["time"] = format_instant(now_us())
            key = f"{SOURCE} {event['id']}".encode()
            watch.sent[event["id"]] = time.monotonic()
            await producer.send(topic, orjson.dumps(event), key=key, partition=partition_of(key, partitions))
            sent += 1
        await asyncio.sleep(TICK_S)
    await producer.stop()


# --- what comes of it -------------------------------------------------------------------------------------------------


class _Watch:
    """Reads the log and the scores as they grow, and says which record answers which edit."""

    def __init__(self, here: Network, run: str) -> None:
        self._here, self.run = here, run
        self.sent: dict[str, float] = {}  # event -> when it was produced
        self.latencies_ms: list[float] = []
        self.admitted_ms: list[float] = []  # until the event was in the log
        self.records = 0
        self.writers: dict[int, str] = {}  # partition of scores -> who wrote there last
        self.last_at: dict[int, float] = {}  # the same -> when
        self._open: defaultdict[str, dict[str, tuple[str, int]]] = defaultdict(dict)  # member -> event -> its place
        self._said: dict[str, tuple[dict[str, int], float]] = {}  # member -> the last record's positions, and when

    @property
    def unanswered(self) -> int:
        return sum(map(len, self._open.values()))

    async def consumer(self) -> AIOKafkaConsumer:
        """Of all that is written from now on."""
        brokers, counts = self._here.brokers, topics.partitions_of(self._here.brokers)
        consumer = brokers.consumer(fetch_max_wait_ms=10, max_poll_records=5_000)
        await consumer.start()
        consumer.assign(
            [TopicPartition(brokers.named(name), n) for name in (*TOPICS, SCORES) for n in range(counts[name])]
        )
        await consumer.seek_to_end()
        for each in consumer.assignment():
            await consumer.position(each)
        return consumer

    async def read(self, consumer: AIOKafkaConsumer) -> None:
        """For ever; the log first, so that what a record answers is known."""
        scores = self._here.brokers.named(SCORES)
        while True:
            found = await consumer.getmany(timeout_ms=50)
            now = time.monotonic()
            for each in sorted(found, key=lambda each: each.topic == scores):
                for record in found[each]:
                    if each.topic == scores:
                        self._take_score(record, now)
                    else:
                        self._take_event(record, self._here.brokers.topic(each.topic), now)

    def _take_event(self, record: ConsumerRecord, topic: str, now: float) -> None:
        line = orjson.loads(record.value.partition(b"\n")[0])
        if line["source"] == SOURCE and line["id"].startswith(f"{self.run}-edit-"):
            member_id, partition = line["data"]["member_id"], f"{topic}/{record.partition}"
            self._open[member_id][line["id"]] = (partition, record.offset)
            self.admitted_ms.append(1_000 * (now - self.sent[line["id"]]))
            positions, when = self._said.get(member_id, ({}, 0.0))
            self._answer(member_id, positions, when)

    def _take_score(self, record: ConsumerRecord, now: float) -> None:
        if not record.key:
            return  # a mark, of nobody
        self.records += 1
        self.writers[record.partition] = dict(record.headers)[WRITER].decode()
        self.last_at[record.partition] = now
        if record.value is not None:
            said = orjson.loads(record.value)
            self._said[said["member_id"]] = (said["positions"], now)
            self._answer(said["member_id"], said["positions"], now)

    def _answer(self, member_id: str, positions: dict[str, int], when: float) -> None:
        waiting = self._open[member_id]
        for event_id, (partition, offset) in list(waiting.items()):
            if positions.get(partition, 0) > offset:
                del waiting[event_id]
                self.latencies_ms.append(1_000 * (when - self.sent[event_id]))


async def _measured(
    here: Network, load: Load, workers: list[Process], members: list[str], swept_s: float, kills: bool
) -> Measured:
    watch = _Watch(here, "load")
    consumer = await watch.consumer()
    reading = asyncio.create_task(watch.read(consumer))
    spent, before, began = [_spent_s(each) for each in workers], [_mb(each) for each in workers], time.monotonic()
    await _send(here, members, load.per_second, load.seconds, watch)
    took = time.monotonic() - began
    now = [_spent_s(each) for each in workers]
    cpu, waited = ([(b[n] - a[n]) / took for a, b in zip(spent, now, strict=True)] for n in (0, 1))
    records_per_s = watch.records / took
    await asyncio.sleep(AFTER_S)
    mb = [(was, _mb(each)) for each, was in zip(workers, before, strict=True)]
    latencies, unanswered = list(watch.latencies_ms), watch.unanswered
    takeover_s = await _killed(here, workers[-1], members, watch) if kills else None
    reading.cancel()
    await consumer.stop()
    return Measured(
        latencies or [float("nan")], watch.admitted_ms, unanswered, records_per_s, cpu, waited, mb, swept_s, takeover_s
    )


async def _killed(here: Network, worker: Process, members: list[str], watch: _Watch) -> float:
    """Until somebody else has written in each partition of scores that the worker wrote in."""
    name = (worker.data / "worker").read_text().strip()
    sending = asyncio.create_task(_send(here, members, 50, 30, watch))
    await asyncio.sleep(1)
    worker.kill()
    killed, theirs = time.monotonic(), {number for number, who in watch.writers.items() if who == name}
    while any(watch.writers[number] == name for number in theirs) and not sending.done():
        await asyncio.sleep(0.05)
    is_taken_over = theirs and not sending.done()
    sending.cancel()
    return max(watch.last_at[number] for number in theirs) - killed if is_taken_over else float("inf")


def _wait_until_swept(workers: list[Process]) -> None:
    """Every seeker has a record; a large network is not waited for that long."""
    give_up = time.monotonic() + SWEEP_PATIENCE_S
    while time.monotonic() < give_up:
        if all(each.figure("weft_scores_swept") for each in workers):
            return
        time.sleep(0.5)


def _spent_s(worker: Process) -> tuple[float, float]:
    """Seconds that its threads have had a core, and seconds that they waited for one."""
    threads = Path(f"/proc/{worker.popen.pid}/task").glob("*/schedstat")
    had, waited = zip(*(map(int, thread.read_text().split()[:2]) for thread in threads), strict=True)
    return sum(had) / 1e9, sum(waited) / 1e9


def _mb(worker: Process) -> float:
    return int(Path(f"/proc/{worker.popen.pid}/statm").read_text().split()[1]) * PAGE_BYTES / 1e6


def _main(members: int, workers: int, per_second: int, seconds: int) -> None:
    load = Load(members, workers, per_second, seconds)
    with real_parts() as parts:
        found = at(parts, load, kills=workers > 1)
    print(f"{load}\nms until in the log {_shares(found.admitted_ms)}, until the record {_shares(found.latencies_ms)}")
    print(f"edits {len(found.latencies_ms)}, and by no record {found.unanswered}")
    print(f"records/s {found.records_per_s:.0f}; cores {_few(found.cpu)}, waited for {_few(found.waited)}")
    print(f"MB {[(round(was), round(now)) for was, now in found.mb]}")
    print(f"swept after {found.swept_s:.1f} s; after kill -9: {found.takeover_s}")


def _shares(values: list[float]) -> dict[str, int]:
    return {f"p{percent}": round(percentile(values, percent)) for percent in (50, 90, 99)}


def _few(values: list[float]) -> list[float]:
    return [round(each, 2) for each in values]


if __name__ == "__main__":
    _main(*map(int, sys.argv[1:]))
