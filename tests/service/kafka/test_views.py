"""The views of a distributed Weft: the log and the live scores on a real Kafka, as rows in a real Postgres."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from schemas.topics import SCORES
from services.answering import NotYours
from services.kafka.brokers import Brokers
from services.kafka.loop import Loop
from services.kafka.score_source import KafkaScores
from services.kafka.sending import Producing, ToSend
from services.views.database import Database, Unavailable
from services.views.reading import Standing, Views
from services.views.scores import ScoreRecord
from tests import builders as b
from tests.service.kafka.processes import Distributed, leader_of, running, until
from tests.service.kafka.test_journey import network_of_two_needs, publish

pytestmark = [pytest.mark.broker, pytest.mark.postgres]

Published = Callable[..., None]


@pytest.fixture
def brokers(network: Callable[..., Brokers]) -> Brokers:
    return network(partitions=2)


@pytest.fixture
def published(brokers: Brokers) -> Iterator[Published]:
    """Publishes scores as they are told, each in the partition that is told."""
    with closing(Loop("test")) as loop, closing(Producing(brokers, loop)) as producing:

        def send(*told: tuple[str, bytes | None], partition: int = 0) -> None:
            topic = brokers.named(SCORES)
            producing.send([ToSend(topic, value, member_id.encode(), partition) for member_id, value in told])

        yield send


def test_scores_and_introductions_are_seen_and_who_is_erased_is_not(
    distributed: Callable[..., Distributed], postgres_url: str
) -> None:
    network = distributed(WEFT_VIEWS_URL=postgres_url, WEFT_VIEWS_PORT="0")
    with (
        running(network, "gateway", "worker-1", "views") as (gateway, worker, _),
        closing(Database(postgres_url)) as database,
    ):
        publish(gateway.url, network_of_two_needs())
        until(lambda: worker.figure("weft_log_read") == len(network_of_two_needs()))
        held = httpx.post(f"{leader_of([worker]).url}/rounds", json={"at": "2026-01-19T06:00:00Z"}, timeout=60).json()
        a, _ = held["introductions"][0]["member_ids"]
        seen = httpx.get(f"{worker.url}/members/{a}/introductions", params={"at": "2026-01-20T06:00:00Z"}).json()
        until(lambda: told(database, lambda views: views.introductions_of(a, b.day(15))) == seen["introductions"])
        z, *_ = until(lambda: told(database, lambda views: candidates(views, a)))
        publish(gateway.url, [b.erased(z, at=b.day(16))], "operator")
        until(lambda: not told(database, lambda views: views.names(z)))
        until(lambda: z not in (told(database, lambda views: candidates(views, a)) or [z]))
        with pytest.raises(NotYours), Views(database).standing() as views:
            views.member(z)
        again = network.weft("views", "rebuild", "--json")
        assert again.code == 0 and again.json["events"] >= len(network_of_two_needs()), again.err
        assert not told(database, lambda views: views.names(z))
        assert z not in told(database, lambda views: candidates(views, a))
    assert [process.popen.returncode for process in network.started] == [0, 0, 0]


def told(database: Database, ask: Callable[[Standing], Any]) -> Any:
    """What the views say; None: nobody has built them yet, or they do not know whom it is asked of."""
    try:
        with Views(database).standing() as views:
            return ask(views)
    except (Unavailable, NotYours):
        return None


def candidates(views: Standing, member_id: str) -> list[str] | None:
    found = views.scores_of(member_id)
    return [each["member_id"] for each in found["candidates"]] if found else None


def test_scores_are_read_from_wherever_one_was(brokers: Brokers, published: Published) -> None:
    with closing(KafkaScores(brokers)) as scores:
        assert list(scores.read({})) == [] and scores.end() == {"weft.scores/0": 0, "weft.scores/1": 0}
        published(("m-1", b"one"), ("m-2", b"two"), ("m-1", None))
        published(("m-3", b"three"), partition=1)
        everything = sorted(scores.read({}))
        assert everything == [
            ScoreRecord("weft.scores/0", 0, "m-1", b"one"),
            ScoreRecord("weft.scores/0", 1, "m-2", b"two"),
            ScoreRecord("weft.scores/0", 2, "m-1", None),
            ScoreRecord("weft.scores/1", 0, "m-3", b"three"),
        ]
        assert scores.end() == {"weft.scores/0": 3, "weft.scores/1": 1}
        assert sorted(scores.read({"weft.scores/0": 1, "weft.scores/1": 1})) == everything[1:3]
        assert list(scores.read(scores.end())) == []


def test_where_scores_were_compacted_away_the_rest_is_read(brokers: Brokers, published: Published) -> None:
    _compact_at_once(brokers)
    last = 0
    with closing(KafkaScores(brokers)) as scores:
        give_up = time.monotonic() + 60
        while len(found := list(scores.read({}))) >= last:
            published(*((f"m-{number % 3}", b"%d" % (last + number)) for number in range(30)))
            last += 30
            assert time.monotonic() < give_up, "the broker compacts what it was told to"
            time.sleep(0.2)
        assert {record.member_id: record.value for record in found} == {
            f"m-{number}": b"%d" % (scores.end()["weft.scores/0"] - 3 + number) for number in range(3)
        }


def _compact_at_once(brokers: Brokers) -> None:
    quick = {"segment.ms": "100", "min.cleanable.dirty.ratio": "0.01", "max.compaction.lag.ms": "100"}
    with brokers.admin() as admin:
        told = ConfigResource(ConfigResourceType.TOPIC, brokers.named(SCORES), configs=quick)
        admin.alter_configs([told])
