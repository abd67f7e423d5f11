"""One history played into a distributed Weft, and held beside what it left in the embedded one."""

import time

import httpx
import orjson

from schemas.codec import Event
from schemas.topics import SCORES
from services.kafka.loop import Loop
from services.kafka.place import opened
from services.log.kafka import KafkaLog
from services.settings import Settings
from tests.service.kafka.histories import Embedded, difference, instant, left_in, play, world_in
from tests.service.kafka.processes import Distributed, leader_of, publish, running, until

SETTLED_S = 30


def check_the_same(network: Distributed, workers: int, expected: Embedded) -> None:
    """Plays the history with so many workers: the world after each step, every suggestion, and all scores are those of
    the embedded Weft, byte for byte."""
    names = [f"worker-{number}" for number in range(1, workers + 1)]
    log = KafkaLog(network.brokers, opened(settings_of(network)).sealing)
    with running(network, "gateway", *names) as (gateway, *all_workers):
        turns = iter(range(1_000))

        def settled(step: int) -> None:
            wanted = expected.steps[step]
            give_up = time.monotonic() + SETTLED_S
            while (found := world_in(log)).digest() != wanted.digest():
                assert time.monotonic() < give_up, (step, difference(found, wanted)[:10])
                time.sleep(0.2)

        def hold(monday: int) -> dict[str, object]:  # planned each time by another worker as well
            url, at = all_workers[next(turns) % workers].url, {"at": instant(monday)}
            planned = httpx.post(f"{url}/rounds", json=at | {"dry_run": True}, timeout=60)
            held = httpx.post(f"{leader_of(all_workers).url}/rounds", json=at, timeout=60)
            assert held.status_code == 200, held.text
            assert planned.json()["introductions"] == held.json()["introductions"]
            return held.json()

        def tell(events: list[Event], sender: str) -> None:
            assert publish(gateway.url, events, sender)["refused"] == 0

        play(tell, hold, log, settled)
        assert left_in(log) == expected.left
        until(lambda: scores(network) == expected.scores)
    log.close()


def scores(network: Distributed) -> dict[str, bytes]:
    """The last record of each member in `weft.scores`, as bytes, without what differs: where the log stood."""
    loop = Loop("scores")
    try:
        found = loop.call(_last(network), 60)
    finally:
        loop.close()
    return {member_id: _without_positions(value) for member_id, value in found.items() if value is not None}


async def _last(network: Distributed) -> dict[str, bytes | None]:
    consumer = network.brokers.consumer()
    await consumer.start()
    topic = network.brokers.named(SCORES)
    partitions = await _partitions(consumer, topic)
    consumer.assign(partitions)
    ends = await consumer.end_offsets(partitions)
    for each in partitions:
        consumer.seek(each, 0)
    found: dict[str, bytes | None] = {}
    while any([await consumer.position(each) < ends[each] for each in partitions]):
        for records in (await consumer.getmany(timeout_ms=200)).values():
            found.update((record.key.decode(), record.value) for record in records)
    await consumer.stop()
    return found


async def _partitions(consumer, topic: str):  # type: ignore[no-untyped-def]
    from aiokafka import TopicPartition

    await consumer._client.force_metadata_update()
    return [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]


def _without_positions(value: bytes) -> bytes:
    said = orjson.loads(value)
    return orjson.dumps({"day": said["day"], "candidates": said["candidates"]}, option=orjson.OPT_SORT_KEYS)


def settings_of(network: Distributed) -> Settings:
    """The settings that its processes have."""
    told = {name.removeprefix("WEFT_").lower(): value for name, value in network.settings.items()}
    return Settings(**told)
