"""What an operator asks of a distributed Weft from outside: how far behind it is, what it refused, if it is ready."""

import time
from collections.abc import Callable

import httpx
import pytest
from kafka.admin import ConfigResource, ConfigResourceType
from sqlalchemy import create_engine, text

from deploy.broker.cluster import Cluster
from schemas.codec import encode
from schemas.topics import INTAKE
from services.kafka.brokers import Brokers
from services.kafka.lag import lag_of, who_works
from tests import builders as b
from tests.service.kafka.conftest import PARTITIONS
from tests.service.kafka.processes import Distributed, running, until
from tests.service.kafka.test_journey import publish

pytestmark = [pytest.mark.broker, pytest.mark.postgres]

ONE = {"Content-Type": "application/cloudevents+json"}


def test_before_the_first_worker_everything_waits(distributed: Callable[..., Distributed]) -> None:
    network = distributed()
    with running(network, "gateway") as [gateway]:
        publish(gateway.url, [b.joined(f"m-{number}") for number in range(20)])
    told = network.weft("lag")
    assert (told.code, told.out.count("\n")) == (0, 1)
    assert "No worker has ever begun" in told.out and "20 events wait" in told.out
    assert [network.weft("lag", "--max", most).code for most in ("19", "20")] == [1, 0]


def test_the_lag_is_told_by_partition_with_who_owns_it(distributed: Callable[..., Distributed]) -> None:
    network = distributed()
    with running(network, "gateway", "worker-1", "worker-2") as (gateway, one, other):
        publish(gateway.url, [b.joined(f"m-{number}") for number in range(20)])
        until(lambda: network.weft("lag", "--json", "--max", "0").code == 0)
        told = network.weft("lag", "--json").json
        workers = {(each.data / "worker").read_text() for each in (one, other)}
        assert {each["owner"] for each in told["partitions"]} == workers == set(who_works(network.brokers))
        assert (told["behind"], told["workers"], len(told["partitions"])) == (0, 2, PARTITIONS)
        assert sum(each["taken"] for each in told["partitions"]) == 20
        one.kill()
        other.kill()
        publish(gateway.url, [b.left(f"m-{number}") for number in range(7)])
        assert lag_of(network.brokers).behind == 7
        shown = network.weft("lag").out.splitlines()
        assert len(shown) == PARTITIONS + 2 and shown[-1].startswith("7 events behind")


def test_a_refused_event_is_found_looked_at_and_given_again(distributed: Callable[..., Distributed]) -> None:
    network = distributed()
    with running(network, "gateway", "worker-1") as (gateway, _):
        publish(gateway.url, [b.joined("m-1", id="1", source="/crm"), b.joined("m-2", id="1", source="/crm")])
        [refused] = until(lambda: network.weft("unreadable", "list", "--json").json["unreadable"])
        assert (refused["source"], refused["is_kept"]) == ("/crm", True)
        listed = network.weft("unreadable", "list", "--source", "/crm").out
        assert refused["id"] in listed and "names another event already" in " ".join(listed.split())
        shown = network.weft("unreadable", "show", refused["id"]).out
        assert '"member_id": "m-2"' in shown and "publisher" in shown
        assert network.weft("unreadable", "redrive", refused["id"], "--json").json == {"redriven": 1, "gone": 0}
        [again] = until(lambda: network.weft("unreadable", "list", "--json").json["unreadable"])
        assert again["id"] != refused["id"] and again["error"] == refused["error"]
    nothing = network.weft("unreadable", "list", "--source", "/billing")
    assert (nothing.code, nothing.out) == (0, "nothing is unreadable of /billing\n")
    absent = network.weft("unreadable", "redrive", "7/7")
    assert (absent.code, absent.err.count("\n")) == (1, 1) and "nothing unreadable is called 7/7" in absent.err
    assert [network.weft("unreadable", "redrive", *words).code for words in ([], ["1/1", "--all"])] == [2, 2]


def test_a_gateway_whose_keys_are_away_is_not_ready_until_they_are_back(
    distributed: Callable[..., Distributed], postgres_url: str
) -> None:
    network = distributed()
    database = postgres_url.partition("?")[0].rpartition("/")[2]
    engine = create_engine(postgres_url.replace(database, "postgres"), isolation_level="AUTOCOMMIT")
    with running(network, "gateway") as [gateway], engine.connect() as server:
        server.execute(text(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false"))
        server.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"))
        answer = until(lambda: _not_ready(gateway.url), patience_s=10)
        assert "keys" in answer.json()["detail"] and "brokers" not in answer.json()["detail"]
        assert int(answer.headers["Retry-After"]) > 0
        told = httpx.post(f"{gateway.url}/events", content=encode(b.joined("m-1")), headers=ONE, timeout=30)
        assert told.status_code == 503
        assert httpx.get(f"{gateway.url}/healthz").status_code == 200
        server.execute(text(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true"))
        until(lambda: httpx.get(f"{gateway.url}/readyz", timeout=30).status_code == 200, patience_s=10)


def test_a_gateway_is_not_ready_while_too_few_replicas_are_in_sync(distributed: Callable[..., Distributed]) -> None:
    network = distributed()
    with running(network, "gateway") as [gateway]:
        needs_in_sync(network.brokers, 2)
        assert "weft.intake has 1 of 2 replicas in sync" in until(lambda: _not_ready(gateway.url)).json()["detail"]
        needs_in_sync(network.brokers, 1)
        until(lambda: httpx.get(f"{gateway.url}/readyz", timeout=30).status_code == 200)


def needs_in_sync(brokers: Brokers, count: int) -> None:
    """So many replicas of intake must have a record before it counts as taken."""
    setting = {"min.insync.replicas": str(count)}
    with brokers.admin() as admin:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, brokers.named(INTAKE), setting)])


@pytest.mark.usefixtures("broker")  # where no broker can be had, this is skipped as well
def test_a_gateway_whose_brokers_are_away_is_not_ready_until_they_are_back(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Cluster(tmp_path_factory.mktemp("kafka")).running() as cluster:
        folder = tmp_path_factory.mktemp("weft")
        network = Distributed(Brokers(cluster.bootstrap), postgres_url, folder, WEFT_PARTITIONS="2")
        assert network.weft("topics", "create").code == 0
        with running(network, "gateway") as [gateway]:
            cluster.nodes[0].kill()
            answer = until(lambda: _not_ready(gateway.url), patience_s=20)
            assert cluster.bootstrap in answer.json()["detail"] and int(answer.headers["Retry-After"]) > 0
            with httpx.Client(base_url=gateway.url, timeout=30) as client:
                begun = time.monotonic()
                assert {client.get("/readyz").status_code for _ in range(50)} == {503}
                assert time.monotonic() - begun < 50  # one answer serves all who ask within a second: each takes 2 s
            cluster.start()
            until(lambda: httpx.get(f"{gateway.url}/readyz", timeout=30).status_code == 200, patience_s=30)


def _not_ready(url: str) -> httpx.Response | None:
    answer = httpx.get(f"{url}/readyz", timeout=30)
    return answer if answer.status_code == 503 else None
