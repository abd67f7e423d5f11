"""What a worker reads as one of its group, on a real Kafka: killed, refused by brokers, robbed of its partitions."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from matcher.index import Index
from matcher.world import World
from schemas.codec import Event, encode
from schemas.topics import INTAKE, SCORES, UNREADABLE
from services.follower import Standing
from services.kafka.admitting import Brought, intake_key
from services.kafka.brokers import SESSION_MS, partition_of
from services.kafka.intake import Intake
from services.kafka.live_scores import LiveScores
from services.kafka.measures import Measures
from services.kafka.sending import ToSend
from services.kafka.streams import Streams
from services.log import LogAway
from services.log.kafka import KafkaLog
from services.settings import Settings
from tests.builders import closed, day, erased, joined, seeks
from tests.service.kafka.conftest import PARTITIONS

pytestmark = pytest.mark.broker

SOON_S = 40
POLICY = Settings().policy()


class Killed(BaseException):
    """The process ended here."""


@asynccontextmanager
async def running(log: KafkaLog, folder: Path, name: str = "worker-1") -> AsyncIterator[Streams]:
    """One worker's streams, in this process."""
    intake = Intake(log, folder / name, PARTITIONS, lambda erased: [])
    streams = Streams(log, name, intake, LiveScores(PARTITIONS, POLICY), Measures())
    async with streams:
        yield streams


def produce(log: KafkaLog, events: Iterable[Event]) -> None:
    records = [(encode(event), intake_key(event)) for event in events]
    named = log.brokers.named(INTAKE)
    log.put([ToSend(named, raw, key, partition_of(key, PARTITIONS)) for raw, key in records])


def kept(log: KafkaLog) -> list[Event]:
    return [record.event for record in log.read()]


async def until(holds: Callable[[], object], patience_s: float = SOON_S) -> None:
    async with asyncio.timeout(patience_s):
        while not await asyncio.to_thread(holds):
            await asyncio.sleep(0.05)


def refused(log: KafkaLog) -> int:
    with log.brokers.asked() as client:
        found = client.partitions_for_topic(log.brokers.named(UNREADABLE))
        from kafka import TopicPartition

        return sum(client.end_offsets([TopicPartition(log.brokers.named(UNREADABLE), n) for n in found]).values())


def test_whoever_is_killed_before_it_has_sent_loses_nothing(
    open_log: Callable[[str], KafkaLog], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log("one")
    produce(log, [joined("m-1")])
    deaths: list[Killed] = []

    def die(records: object) -> None:
        deaths.append(Killed())
        raise deaths[-1]

    async def lives_and_dies() -> None:
        with monkeypatch.context() as patched:
            patched.setattr(log, "put", die)
            with pytest.raises(Killed):
                async with running(log, tmp_path) as streams:
                    await until(lambda: deaths)
                    await until(lambda: streams.crashed)
                    raise deaths[0]
        async with running(log, tmp_path):
            await until(lambda: kept(log))

    asyncio.run(lives_and_dies())
    assert kept(log) == [joined("m-1")]


def test_what_brokers_or_keys_did_not_take_is_tried_again(
    open_log: Callable[[str], KafkaLog], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log("one")
    produce(log, [joined("m-1"), joined("m-2")])
    put, tries = log.put, iter([LogAway("away"), LogAway("still away")])

    def once_they_are_back(records: list[ToSend]) -> None:
        for wrong in tries:
            raise wrong
        put(records)

    async def rides_out() -> None:
        monkeypatch.setattr(log, "put", once_they_are_back)
        async with running(log, tmp_path) as streams:
            await until(lambda: len(kept(log)) == 2)
            assert not streams.crashed

    asyncio.run(rides_out())


def test_whoever_waits_for_brokers_or_keys_is_alive(
    open_log: Callable[[str], KafkaLog], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, alive, give_up = open_log("one"), [], time.monotonic() + 6
    produce(log, [joined("m-1")])

    def away(records: list[ToSend]) -> None:
        raise LogAway("away")

    async def waits() -> None:
        monkeypatch.setattr("services.kafka.streams.QUIET_S", 2)
        monkeypatch.setattr("services.kafka.streams.RETRY_S", 0.2)
        monkeypatch.setattr(log, "put", away)
        async with running(log, tmp_path) as streams:
            await until(lambda: streams._intake.owned)
            await until(lambda: alive.append(streams.is_alive) or time.monotonic() > give_up)
            monkeypatch.undo()
            await until(lambda: kept(log))

    asyncio.run(waits())
    assert len(alive) > 10 and all(alive)


def test_what_is_in_a_transaction_under_way_is_waited_for_by_a_new_owner(open_log: Callable[[str], KafkaLog]) -> None:
    """What was admitted beside it is behind it: whoever does not wait would not know of it, and admit it again."""
    log = open_log("one")

    async def under_way() -> None:
        producer = log.brokers.producer(transactional_id="somebody")
        await producer.start()
        await producer.begin_transaction()
        await producer.send_and_wait(log.brokers.named("weft.members"), b"x", partition=0)
        await asyncio.to_thread(log.append, [joined("m-1")])
        settled = asyncio.create_task(asyncio.to_thread(log.settled_end))
        await asyncio.sleep(1)
        assert not settled.done()
        await producer.abort_transaction()
        written = await asyncio.to_thread(log._reader.written)
        assert await settled == written
        await producer.stop()

    asyncio.run(under_way())


def test_an_owner_that_rests_learns_what_others_have_admitted(
    open_log: Callable[[str], KafkaLog], tmp_path: Path
) -> None:
    log = open_log("one")
    intake = Intake(log, tmp_path, PARTITIONS, lambda erased: [])
    intake.own(range(PARTITIONS))
    log.append([joined("m-1", id="e-1")])
    intake.rest()
    number, other = partition_of(intake_key(joined("m-1", id="e-1")), PARTITIONS), encode(joined("m-2", id="e-1"))
    effects, _ = intake.decide({number: [Brought(f"weft.intake/{number}", 0, b"", other, [], day(9))]})
    assert (effects.accepted, effects.refused) == (0, 1)


def test_what_was_open_with_somebody_erased_is_ended_before_their_keys_are_gone(
    open_log: Callable[[str], KafkaLog], tmp_path: Path
) -> None:
    log, ended = open_log("one"), closed("i-1")
    intake = Intake(log, tmp_path, PARTITIONS, lambda erased: [ended])
    intake.own(range(PARTITIONS))
    number, raw = partition_of(intake_key(erased("m-1")), PARTITIONS), encode(erased("m-1"))
    intake.decide({number: [Brought(f"weft.intake/{number}", 0, b"", raw, [], day(9))]})
    assert kept(log) == [ended]  # killed here: the erasure is taken again, and its endings are there


def test_a_new_owner_knows_what_the_owners_before_it_have_admitted(
    open_log: Callable[[str], KafkaLog], tmp_path: Path
) -> None:
    log = open_log("one")

    async def one_after_the_other() -> None:
        async with running(log, tmp_path):
            produce(log, [joined("m-1", id="e-1")])
            await until(lambda: kept(log))
        async with running(log, tmp_path, "worker-2"):
            produce(log, [joined("m-2", id="e-1")])
            await until(lambda: refused(log) or len(kept(log)) > 1)

    asyncio.run(one_after_the_other())
    assert kept(log) == [joined("m-1", id="e-1")] and refused(log) == 1


def test_whoever_ends_gives_its_partitions_to_the_others_at_once(
    open_log: Callable[[str], KafkaLog], tmp_path: Path
) -> None:
    """Without a word they would wait for its session to end, as they do when it was killed."""
    log = open_log("one")

    async def ends() -> float:
        async with running(log, tmp_path):
            produce(log, [joined("m-1")])
            await until(lambda: kept(log))
        since = time.monotonic()
        async with running(log, tmp_path, "worker-2") as streams:
            await until(lambda: streams._ours)
            return time.monotonic() - since

    assert asyncio.run(ends()) < SESSION_MS / 1_000 - 1


def test_partitions_that_were_given_back_are_not_taken_from(
    open_log: Callable[[str], KafkaLog], tmp_path: Path
) -> None:
    """What was polled before is worked on after they went: the client still calls them ours until it has joined."""
    log = open_log("one")

    async def gives_back() -> None:
        async with running(log, tmp_path) as streams:
            produce(log, [joined("m-1")])
            await until(lambda: kept(log))
            everything = set(streams.consumer.assignment())
            await streams.on_partitions_revoked(everything)
            assert await streams._has_worked({each: [] for each in everything})
            assert streams.consumer.assignment() and not streams._intake.owned

    asyncio.run(gives_back())


def test_who_leaves_while_the_group_asks_for_its_partitions_does_not_wait_for_itself(
    open_log: Callable[[str], KafkaLog], tmp_path: Path
) -> None:
    log = open_log("one")
    given_back: list[set[TopicPartition]] = []

    async def leaves() -> None:
        async with running(log, tmp_path) as streams:
            await until(lambda: streams._intake.owned)
            stop = streams.consumer.stop

            async def asked_meanwhile() -> None:
                await streams.on_partitions_revoked(streams.consumer.assignment())
                given_back.append(streams.consumer.assignment())
                await stop()

            streams.consumer.stop = asked_meanwhile

    asyncio.run(leaves())
    assert given_back, "it has waited for its own lock until it was cut off"


def test_what_is_endless_is_refused_like_anything_else(open_log: Callable[[str], KafkaLog], tmp_path: Path) -> None:
    log = open_log("one")
    log.put([ToSend(log.brokers.named(INTAKE), b"{" * 250_000, b"k" * 5_000, 0)])

    async def goes_on() -> None:
        async with running(log, tmp_path):
            produce(log, [joined("m-1")])
            await until(lambda: kept(log) and refused(log))

    asyncio.run(goes_on())


@pytest.mark.parametrize("value", [b'{"day": "2026-01-12", "candidates": [{"member_id": "m-2"}]}', b"{", b"[]", b"1"])
def test_what_somebody_else_says_of_an_owned_seeker_is_put_right(
    open_log: Callable[[str], KafkaLog], tmp_path: Path, value: bytes
) -> None:
    log = open_log("one")
    world = World()
    for event in (joined("m-1"), seeks("m-1", "Holz")):  # nobody can help them: there is nothing to be said
        world.apply(event)
    standing = Standing(world, day(8), lambda: Index(world))

    async def hears() -> None:
        async with running(log, tmp_path) as streams:
            await until(lambda: streams._scores._owned == set(range(PARTITIONS)))
            assert streams._scores.next(standing, 1, 100) == []
            log.put([ToSend(log.brokers.named(SCORES), value, b"m-1", partition_of(b"m-1", PARTITIONS))])
            await until(lambda: streams._scores.next(standing, 1, 100) == [("m-1", None)], 10)

    asyncio.run(hears())
