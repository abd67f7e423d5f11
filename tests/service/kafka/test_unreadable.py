"""What intake refused: shown once, given to intake again, refused or admitted as today; whoever it speaks for."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import orjson
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from matcher.world import World
from schemas import door
from schemas.codec import Event, encode
from schemas.door import Sender
from schemas.errors import Refusal
from schemas.topics import INTAKE, UNREADABLE
from services.admission import Spoken
from services.kafka import admitting
from services.kafka.gateway import ToIntake
from services.kafka.intake import Intake, brought
from services.kafka.place import Place
from services.kafka.sending import ToSend
from services.kafka.signing import SENDER
from services.kafka.topics import BIGGEST_RECORD_BYTES
from services.kafka.unreadable import UnreadableTopic
from services.log.kafka import KafkaLog
from tests import builders as b
from tests.service.kafka.conftest import PARTITIONS
from tests.service.log.contract import kept

pytestmark = pytest.mark.broker


class Network:
    """Gateway, intake and what was refused, in this process."""

    def __init__(self, log: KafkaLog, folder: Path) -> None:
        self.log, self.place = log, Place(log.brokers, log.sealing)
        self.gateway, self.refused = ToIntake(self.place), UnreadableTopic(self.place)
        self.intake = Intake(log, folder, PARTITIONS, lambda erased: [])
        self.intake.own(range(PARTITIONS))
        self._taken = dict.fromkeys(range(PARTITIONS), 0)

    def publish(self, *events: Event, sender: str = "publisher") -> None:
        self.gateway.take([Spoken(event, sender) for event in events])
        self.take()

    def produce(self, *values: bytes, key: bytes = b"any", topic: str = INTAKE, headers: object = ()) -> None:
        """Without the gateway."""
        records = [ToSend(self.log.brokers.named(topic), value, key, 0, headers) for value in values]  # type: ignore
        self.log._producing.send(records)

    def compressed(self, codec: str, value: bytes) -> None:
        """As a client produces that compresses."""

        async def produce() -> None:
            brokers = self.log.brokers
            producer = AIOKafkaProducer(
                bootstrap_servers=brokers.bootstrap, compression_type=codec, max_request_size=2**23
            )
            await producer.start()
            await producer.send_and_wait(brokers.named(INTAKE), value, key=b"any", partition=0)
            await producer.stop()

        asyncio.run(produce())

    def take(self) -> None:
        """Intake takes all that has come, also what it passes on to itself."""
        while batches := asyncio.run(self._batches()):
            effects, fresh = self.intake.decide(batches)
            self.log._producing.send(effects.records)
            self.intake.keep(fresh)

    async def _batches(self) -> dict[int, list[admitting.Brought]]:
        consumer = self.log.brokers.consumer()
        await consumer.start()
        try:
            found: dict[int, list[admitting.Brought]] = {}
            places = {number: TopicPartition(self.log.brokers.named(INTAKE), number) for number in self._taken}
            ends = await consumer.end_offsets(list(places.values()))
            for number, place in places.items():
                consumer.assign([place])
                consumer.seek(place, self._taken[number])
                while self._taken[number] < ends[place]:
                    for record in (await consumer.getmany(place, timeout_ms=500)).get(place, []):
                        found.setdefault(number, []).append(brought(record, self.log.brokers))
                        self._taken[number] = record.offset + 1
            return found
        finally:
            await consumer.stop()

    def redrive(self) -> int:
        count = self.refused.redrive(self.refused.read())
        self.take()
        return count

    def digest(self) -> str:
        world = World()
        for record in self.log.read():
            world.apply(record.event)
        return world.digest()


@pytest.fixture
def network(open_log: Callable[[str], KafkaLog], tmp_path: Path) -> Iterator[Callable[..., Network]]:
    made: list[Network] = []

    def one(name: str = "one") -> Network:
        made.append(Network(open_log(name), tmp_path / f"intake-{name}"))
        return made[-1]

    yield one
    for each in made:
        each.gateway.close()


@pytest.fixture
def stricter_door(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has intake admit as an older Weft would, which did not know these kinds yet."""

    def closed_to(*kinds: str) -> None:
        def admit(raw: bytes, now: int, sender: Sender) -> Event | Refusal:
            event = door.admit(raw, now, sender)
            unknown = Refusal("type", "is no kind of event", "one of the kinds")
            return unknown if isinstance(event, Event) and event.type in kinds else event

        monkeypatch.setattr(admitting, "admit", admit)

    return closed_to


def errors(network: Network) -> list[str]:
    return [one.error for one in network.refused.read()]


def test_what_an_older_weft_refused_is_admitted_by_this_one(
    network: Callable[..., Network], stricter_door: Callable[..., None]
) -> None:
    events = [b.joined("m-1"), b.seeks("m-1", "Export", note="Käse"), b.joined("m-2"), b.gives("m-2", "Export")]
    never_poisoned, poisoned = network("one"), network("two")
    never_poisoned.publish(*events)
    stricter_door("interest.declared", "expertise.declared")
    poisoned.publish(*events[:3])
    poisoned.produce(encode(events[3]))  # not by the gateway, and by a key that is not its own
    poisoned.take()
    assert [one.error.split(";")[0] for one in poisoned.refused.read()] == ["type is no kind of event"] * 2
    assert poisoned.digest() != never_poisoned.digest()
    stricter_door()
    assert poisoned.redrive() == 2
    assert errors(poisoned) == []
    assert poisoned.digest() == never_poisoned.digest()
    assert poisoned.redrive() == 0


def test_a_member_still_speaks_for_themselves_when_it_is_given_again(
    network: Callable[..., Network], stricter_door: Callable[..., None]
) -> None:
    one = network()
    stricter_door("member.blocked")
    one.publish(b.joined("m-1"), b.joined("m-2"))
    one.publish(b.blocked("m-1", "m-2"), sender="member:m-1")
    one.produce(encode(b.blocked("m-2", "m-1")))  # nobody has said that m-2 says so
    one.take()
    assert [each.sender for each in one.refused.read()] == ["member:m-1", None]
    stricter_door()
    one.redrive()
    assert [event for event in kept(one.log) if event.type == "member.blocked"] == [b.blocked("m-1", "m-2")]
    [still] = one.refused.read()
    assert "not for publishers" in still.error


def test_nobody_but_intake_says_for_whom_a_refused_record_speaks(network: Callable[..., Network]) -> None:
    one = network()
    one.publish(b.joined("m-1"))
    one.produce(encode(b.blocked("m-1", "m-2")))
    one.take()
    [refused] = one.refused.read()
    said = [("partition", b"0"), ("offset", b"99"), ("at", b"1"), ("error", b"?"), (SENDER, b"operator")]
    sealed = one.log.sealing.seal_unreadable(refused.raw)
    one.produce(sealed, topic=UNREADABLE, headers=said)
    assert [each.sender for each in one.refused.read()] == [None, None]


def test_what_is_refused_again_is_shown_anew(network: Callable[..., Network]) -> None:
    one = network()
    one.publish(b.joined("m-1", id="1"), b.joined("m-2", id="1"))
    one.produce(b"{")
    one.take()
    before = {each.id: each.error for each in one.refused.read()}
    one.redrive()
    after = {each.id: each.error for each in one.refused.read()}
    assert before.keys().isdisjoint(after)
    assert sorted(before.values()) == sorted(after.values())
    assert {each.raw for each in one.refused.read()} == {b"{", encode(b.joined("m-2", id="1"))}


def test_what_intake_refused_twice_after_a_kill_is_shown_once(network: Callable[..., Network]) -> None:
    one = network()
    one.produce(b"{", b"[")
    batches = asyncio.run(one._batches())
    for _ in range(2):
        effects, _ = one.intake.decide(batches)
        one.log._producing.send(effects.records)
    assert [each.raw for each in one.refused.read()] == [b"{", b"["]
    [first, _] = one.refused.read()
    one.refused.redrive([first])
    assert [each.raw for each in one.refused.read()] == [b"["]


def test_of_whoever_was_erased_since_nothing_is_shown_or_given(network: Callable[..., Network]) -> None:
    one = network()
    one.publish(b.joined("m-1", id="1"), b.joined("m-2", id="1"), b.joined("m-3", id="1"))
    one.publish(b.erased("m-2"))
    assert sorted(each.raw for each in one.refused.read()) == [b"", encode(b.joined("m-3", id="1"))]
    assert one.redrive() == 1
    assert [each.raw for each in one.refused.read()] == [encode(b.joined("m-3", id="1"))]


def test_only_what_one_source_published_is_read(network: Callable[..., Network]) -> None:
    one = network()
    one.publish(b.joined("m-1", id="1"), b.joined("m-1", id="1", source="/billing"))
    one.publish(b.joined("m-2", id="1"), b.joined("m-2", id="1", source="/billing"))
    assert [each.source for each in one.refused.read("/billing")] == ["/billing"]
    assert len(one.refused.read()) == 2


def test_what_intake_did_not_write_is_passed_over(network: Callable[..., Network]) -> None:
    one = network()
    strange: Sequence[tuple[str, bytes]] = [("partition", b"x"), ("offset", b"1"), ("at", b"1")]
    one.produce(b"{", b"", topic=UNREADABLE)
    one.produce(b"{", topic=UNREADABLE, headers=strange)
    one.produce(b"{", topic=UNREADABLE, headers=[*strange, ("partition", b"0")])
    one.produce(b"{", topic=UNREADABLE, headers=[("x", None), ("redriven", None)])
    assert one.refused.read() == []


def test_whatever_headers_a_record_has_it_is_passed_on_to_where_it_belongs(network: Callable[..., Network]) -> None:
    one = network()
    traced = [("traceparent", b"00-4bf9"), ("content-type", None)]
    for key in (b"of", b"some", b"other", b"event"):
        one.produce(encode(b.joined("m-1")), key=key, headers=traced)
    one.take()
    assert kept(one.log) == [b.joined("m-1")] and one.refused.read() == []


@pytest.mark.parametrize("codec", ["gzip", "lz4", "snappy", "zstd"])
def test_publishers_compress_as_they_like(network: Callable[..., Network], codec: str) -> None:
    one = network()
    one.compressed(codec, encode(b.joined("m-1")))
    one.take()
    assert kept(one.log) == [b.joined("m-1")]


def test_of_what_is_endless_once_it_is_unpacked_the_beginning_is_kept(network: Callable[..., Network]) -> None:
    one = network()
    one.compressed("gzip", b"{" + b" " * 3_000_000)
    one.take()
    [refused] = one.refused.read()
    assert len(refused.raw) == BIGGEST_RECORD_BYTES and "longer than" in refused.error


def test_what_names_itself_endlessly_is_given_again_like_anything_else(network: Callable[..., Network]) -> None:
    one = network()
    one.produce(orjson.dumps({"source": "/crm", "id": "x" * 140_000}))
    one.take()
    assert one.refused.redrive(one.refused.read()) == 1


def test_a_record_without_bytes_is_refused_for_that(network: Callable[..., Network]) -> None:
    one = network()
    one.produce(b"")
    one.take()
    [refused] = one.refused.read()
    assert not refused.is_forgotten and refused.error


def test_the_longest_record_that_the_brokers_take_can_be_set_aside(network: Callable[..., Network]) -> None:
    one = network()
    longest = b"x" * (BIGGEST_RECORD_BYTES - 200)
    one.produce(longest)
    one.take()
    assert [each.raw for each in one.refused.read()] == [longest]
