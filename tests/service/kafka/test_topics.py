"""All topics of a network on real brokers, one and three: made, shown, checked."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE
from uuid import uuid4

import pytest
from aiokafka.partitioner import DefaultPartitioner

from deploy.broker.cluster import Cluster
from schemas.topics import INTAKE, SCORES, TOPICS, UNREADABLE
from services.kafka import topics
from services.kafka.brokers import Brokers, partition_of
from services.kafka.topics import DAY_MS
from services.log import LogAway
from services.trouble import Trouble
from tests.service.kafka.processes import until
from tests.service.processes import ROOT

pytestmark = pytest.mark.broker
ALL = [*TOPICS, INTAKE, UNREADABLE, SCORES]


@pytest.fixture
def brokers(broker: str) -> Brokers:
    return Brokers(broker, f"n-{uuid4().hex[:8]}")


def test_all_topics_are_made_once_and_are_as_they_should_be(brokers: Brokers) -> None:
    assert topics.create(brokers, 3, 1) == ALL
    assert topics.create(brokers, 3, 1) == []
    assert topics.check(brokers, 3, 1) == []
    assert topics.partitions_of(brokers) == {topic: 1 if topic == "weft.rounds" else 3 for topic in ALL}


def test_the_log_is_kept_for_ever_and_the_rest_for_as_long_as_it_is_of_use(brokers: Brokers) -> None:
    topics.create(brokers, 1, 1)
    found = {spec.name: spec.settings for spec in topics.found(brokers, 1, 1)}
    assert {found[topic]["retention.ms"] for topic in TOPICS} == {"-1"}
    assert found[INTAKE]["retention.ms"] == str(7 * DAY_MS)
    assert found[UNREADABLE]["retention.ms"] == str(30 * DAY_MS)
    assert found[SCORES]["cleanup.policy"] == "compact"
    assert found[SCORES]["max.compaction.lag.ms"] == str(DAY_MS)
    assert {settings["message.timestamp.type"] for settings in found.values()} == {"LogAppendTime"}


def test_what_differs_is_named_and_nothing_is_changed(brokers: Brokers) -> None:
    topics.create(brokers, 2, 1)
    told = list(map(str, topics.check(brokers, 4, 1)))
    assert "weft.members: partitions is 2, and should be 4" in told
    assert len(told) == len(ALL) - 1  # weft.rounds has one in any case
    assert list(map(str, topics.check(brokers, 4, 1))) == told


def test_what_is_missing_is_named(brokers: Brokers) -> None:
    assert len(topics.check(brokers, 1, 1)) == len(ALL)
    with pytest.raises(Trouble, match="`weft topics create` makes what is missing"):
        topics.partitions_of(brokers)


def test_more_replicas_than_brokers_are_refused_in_one_line(brokers: Brokers) -> None:
    with pytest.raises(Trouble, match="3 replicas need as many brokers, and there are 1"):
        topics.create(brokers, 1, 3)


def test_two_networks_on_one_cluster_have_topics_of_their_own(network: Callable[..., Brokers]) -> None:
    one, other = network(), network()
    assert topics.identity(one) != topics.identity(other)
    assert topics.check(one, 3, 1) == topics.check(other, 3, 1) == []


def test_no_broker_is_one_line() -> None:
    with pytest.raises(Trouble, match=r"nobody answers at 127\.0\.0\.1:1: .*WEFT_BROKERS"):
        topics.check(Brokers("127.0.0.1:1"), 1, 1)


def test_a_broker_that_is_started_again_is_where_it_was_and_ends_when_its_java_does(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.broker", str(tmp_path / "kafka")]
    told: list[str] = []
    for number, code, said in ((signal.SIGTERM, 0, ""), (signal.SIGKILL, 1, "no broker: node-1 ended by itself")):
        with subprocess.Popen(command, cwd=ROOT, stdout=PIPE, stderr=PIPE, text=True) as started:
            assert started.stdout and started.stderr
            told.append(started.stdout.readline())
            [java] = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
            os.kill(started.pid if number == signal.SIGTERM else int(java), number)
            assert started.wait(60) == code and started.stderr.read().startswith(said)
    assert told[0] == told[1] != ""


def test_three_brokers_keep_three_copies(tmp_path: Path) -> None:
    with Cluster(tmp_path / "three", nodes=3).running() as cluster:
        brokers = Brokers(cluster.bootstrap, "three")
        assert topics.create(brokers, 2, 3) == ALL
        assert topics.check(brokers, 2, 3) == []
        found = {spec.name: spec for spec in topics.found(brokers, 2, 3)}
        assert {spec.replicas for spec in found.values()} == {3}
        assert {spec.settings["min.insync.replicas"] for spec in found.values()} == {"2"}
        assert topics.in_sync(brokers, INTAKE) == (3, 2)
        cluster.nodes[0].kill()
        until(lambda: _in_sync(brokers) == (2, 2))


def _in_sync(brokers: Brokers) -> tuple[int, int] | None:
    with suppress(LogAway):  # the others still name the one that has died
        return topics.in_sync(brokers, INTAKE)
    return None


def test_a_key_goes_where_every_kafka_client_puts_it() -> None:
    keys = [f"m-{number}".encode() for number in range(200)]
    theirs = [DefaultPartitioner()(key, list(range(16)), list(range(16))) for key in keys]
    assert [partition_of(key, 16) for key in keys] == theirs
