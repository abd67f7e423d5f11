"""What must hold once the faults are over: nothing is lost, nothing counts twice, and all is as if nothing had been."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date
from types import MappingProxyType
from typing import Any

import httpx
import orjson
from aiokafka.structs import OffsetAndMetadata
from kafka import TopicPartition

from matcher.card import Purpose, card_of
from matcher.index import Index
from matcher.rounds import plan_round, seed_of
from matcher.world import World
from schemas.codec import Event
from schemas.door import WEFT_SOURCE
from schemas.instants import parse_instant
from schemas.topics import INTAKE, SCORES, TOPICS, UNREADABLE
from services.clock import now_us
from services.follower import Standing
from services.kafka import topics
from services.kafka.brokers import Brokers
from services.kafka.live_scores import LiveScores
from services.kafka.marks import NOBODY
from services.kafka.place import opened
from services.kafka.streams import STREAMS
from services.log.kafka import KafkaLog
from services.settings import Settings
from tests.campaigns.log_faults.verdict import require
from tests.campaigns.streams.doubles import Came, check_doubles
from tests.campaigns.streams.ledger import Ledger
from tests.service.kafka.processes import Distributed, Process

LAG_S = 30  # all that waits is worked on within so long (RELIABILITY.md)
SETTLED_S = 30
LOOK_S = 0.1
POLICY = Settings().policy()


def judge(network: Distributed, ledger: Ledger, kills: int) -> None:
    """Fault: a promise was broken. Call it while workers run, and nothing comes in. `kills`: how often somebody may
    have been kept from remembering what they had sent."""
    since = time.monotonic()
    require(_holds(lambda: lag(network.brokers) == 0, LAG_S), f"{lag(network.brokers)} records wait after {LAG_S} s")
    print(f"lag 0 after {time.monotonic() - since:.1f} s")
    with open_log(network) as log:
        found = [record.event for record in log.read()]
        check_doubles(_came(network.brokers, log), topics.partitions_of(network.brokers)[INTAKE], kills)
        _nothing_lost_or_strange(found, ledger.acknowledged)
        refused = set(_refused(network.brokers, log))
        require(refused >= ledger.refused, f"{len(ledger.refused - refused)} refused records are not kept")
        require(refused <= ledger.refused, f"{len(refused - ledger.refused)} records were refused that are right")
        _one_round_a_slot(found)
        wrong = _scores_differ(network.brokers, lambda: world_of(record.event for record in log.read()))
        require(not wrong, f"scores of {len(wrong)} seekers differ, first {sorted(wrong)[:3]}")


def _nothing_lost_or_strange(found: list[Event], acknowledged: list[Event]) -> None:
    said = {(event.source, event.id): event for event in found if event.source != WEFT_SOURCE}
    lost = [event.id for event in acknowledged if said.get((event.source, event.id)) != event]
    require(not lost, f"{len(lost)} acknowledged events lost, first {lost[:3]}")
    sent = {(event.source, event.id): event for event in acknowledged}
    strange = [
        event.id for event in found if event.source != WEFT_SOURCE and sent.get((event.source, event.id)) != event
    ]
    require(not strange, f"{len(strange)} events in the log that nobody was promised, first {strange[:3]}")
    own = [event for event in found if event.source == WEFT_SOURCE]
    undisturbed = world_of([*sent.values(), *own])
    require(world_of(found).digest() == undisturbed.digest(), "the world is not that of the undisturbed events")


def _one_round_a_slot(found: list[Event]) -> None:
    held = {event.id: event.data["slot"] for event in found if event.type == "round.held"}
    require(len(set(held.values())) == len(held), f"rounds held twice: {sorted(held.values())}")


def same_round(network: Distributed, worker: Process, at: str) -> None:
    """Fault: the round that this worker would hold is not that of an undisturbed network with the same events."""
    said = httpx.post(f"{worker.url}/rounds", json={"at": at, "dry_run": True}, timeout=60).json()["introductions"]
    with open_log(network) as log:
        world = world_of(event for _, _, event in log.read() if event.time < parse_instant(at))
    index, card = Index(world), card_of(world, Purpose.ROUNDS)
    plan = plan_round(index, card, parse_instant(at), seed_of(date.fromisoformat(at[:10]).isoformat()), POLICY)
    require(said == [each.as_json() for each in plan.introductions], f"another round as of {at}")
    require(bool(said), "a round without introductions says nothing")


# --- as it is on the brokers ------------------------------------------------------------------------------------------


@contextmanager
def open_log(network: Distributed) -> Iterator[KafkaLog]:
    """The log, read from outside."""
    told = {name.removeprefix("WEFT_").lower(): value for name, value in network.settings.items()}
    place = opened(Settings(**told))
    with closing(KafkaLog(place.brokers, place.sealing)) as log:
        yield log


def committed(brokers: Brokers) -> dict[int, int]:
    """Up to where each partition of intake was taken."""
    with brokers.admin() as admin:
        group = brokers.group(STREAMS)
        offsets: dict[TopicPartition, OffsetAndMetadata] = admin.list_group_offsets(group)[group]
    named = brokers.named(INTAKE)
    return {each.partition: told.offset for each, told in offsets.items() if each.topic == named}


def ends(brokers: Brokers, topic: str) -> dict[int, int]:
    """Where each partition of a topic ends."""
    partitions = range(topics.partitions_of(brokers)[topic])
    with brokers.asked() as client:
        found = client.end_offsets([TopicPartition(brokers.named(topic), number) for number in partitions])
    return {each.partition: end for each, end in found.items()}


def lag(brokers: Brokers) -> int:
    """How many records of intake wait."""
    taken = committed(brokers)
    return sum(end - taken.get(number, 0) for number, end in ends(brokers, INTAKE).items())


def _records(brokers: Brokers, topic: str, starts: Mapping[int, int] = MappingProxyType({})) -> Iterator[Any]:
    """What stands in a topic, from these offsets on."""
    stops = ends(brokers, topic)
    with brokers.asked() as client:
        partitions = [TopicPartition(brokers.named(topic), n) for n, end in stops.items() if end > starts.get(n, 0)]
        client.assign(partitions)
        for each in partitions:
            client.seek(each, starts.get(each.partition, 0))
        while any(client.position(each) < stops[each.partition] for each in partitions):
            for records in client.poll(timeout_ms=200).values():
                yield from records


def _came(brokers: Brokers, log: KafkaLog) -> Iterator[Came]:
    for topic in TOPICS:
        for record in _records(brokers, topic):
            event = log.sealing.open(record.value)
            if isinstance(event, Event):
                yield record.timestamp, event


def _refused(brokers: Brokers, log: KafkaLog) -> Iterator[bytes]:
    for record in _records(brokers, UNREADABLE):
        yield log.sealing.open_unreadable(record.value) or b""


def _scores(brokers: Brokers) -> dict[str, Any]:
    scores = {record.key.decode(): record.value for record in _records(brokers, SCORES)}
    said = {member_id: orjson.loads(value) for member_id, value in scores.items() if value}
    return {member_id: (each["day"], each["candidates"]) for member_id, each in said.items()}


def _scores_differ(brokers: Brokers, world: Callable[[], World]) -> set[str]:
    """The seekers whose record is not what they would have in process, once that has settled."""
    differ = {"everybody"}

    def settled() -> bool:
        nonlocal differ
        there, wanted = _scores(brokers), _wanted(world())
        differ = {who for who in there.keys() | wanted.keys() if there.get(who) != wanted.get(who)}
        return not differ and bool(wanted)

    _holds(settled, SETTLED_S)
    return differ


def _wanted(world: World) -> dict[str, Any]:
    scores, index = LiveScores(1, POLICY), Index(world)
    scores.own([0])
    found = scores.next(Standing(world, now_us() + 1, lambda: index), 1, 10_000)
    said = {member_id: orjson.loads(body) for member_id, body in found if body}
    return {member_id: (each["day"], each["candidates"]) for member_id, each in said.items()}


def _holds(told: Callable[[], bool], patience_s: float) -> bool:
    give_up = time.monotonic() + patience_s
    while not told():
        if time.monotonic() > give_up:
            return False
        time.sleep(LOOK_S)
    return True


def world_of(events: Any) -> World:
    """Folded here, undisturbed."""
    world = World()
    for event in events:
        world.apply(event)
    return world


def until_moved(brokers: Brokers, patience_s: float = 60) -> float:
    """Seconds until all that intake has now is taken, and new scores are in every partition."""
    since, wanted, before = time.monotonic(), ends(brokers, INTAKE), ends(brokers, SCORES)

    def moved() -> bool:
        taken = committed(brokers)
        if any(taken.get(number, 0) < end for number, end in wanted.items()):
            return False
        return {each.partition for each in _records(brokers, SCORES, before) if each.key != NOBODY} == before.keys()

    require(_holds(moved, patience_s), f"nobody has taken over within {patience_s} s")
    return time.monotonic() - since
