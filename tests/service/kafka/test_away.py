"""What a worker answers, and how it ends, while its brokers are away: a real one that is killed, and comes back."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import httpx
import pytest

from deploy.broker.cluster import Cluster
from schemas.codec import encode
from schemas.instants import parse_canonical
from services.clock import now_us
from services.follower import PATIENCE_S
from services.inbox import AS_OF
from services.kafka.brokers import Brokers
from tests.parts import postgres
from tests.service.kafka.processes import Distributed, Process, publish, running, until
from tests.service.kafka.test_journey import network_of_two_needs

pytestmark = [pytest.mark.broker, pytest.mark.postgres]

SOON_S = 3 * PATIENCE_S  # on a machine that does other work as well
STOP_S = 15.0  # as Compose waits
ONE_EVENT = {"Content-Type": "application/cloudevents+json"}
EVENTS = network_of_two_needs()


class Apart(NamedTuple):
    """A network on a broker that nobody else uses."""

    cluster: Cluster
    network: Distributed

    @contextmanager
    def worker(self, name: str) -> Iterator[Process]:
        """A worker that has read everything."""
        with running(self.network, name) as [worker]:
            until(lambda: worker.figure("weft_log_read") == len(EVENTS) and worker.figure("weft_scores_swept"))
            yield worker

    @contextmanager
    def away(self) -> Iterator[None]:
        """Inside, the broker is."""
        self.cluster.nodes[0].kill()
        try:
            yield
        finally:
            self.cluster.start()


@pytest.fixture(scope="module")
def apart(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    """With events in its log; where no broker can be had, this is skipped as well."""
    with postgres() as keys_url, Cluster(tmp_path_factory.mktemp("kafka")).running() as cluster:
        network = Distributed(
            Brokers(cluster.bootstrap),
            keys_url,
            tmp_path_factory.mktemp("weft"),
            WEFT_PARTITIONS="2",
            WEFT_VIEWS_PORT="0",
        )
        assert network.weft("topics", "create").code == 0
        with running(network, "gateway") as [gateway]:
            publish(gateway.url, EVENTS)
        yield Apart(cluster, network)


def test_members_are_answered_at_once_and_told_as_of_when(apart: Apart) -> None:
    with apart.worker("worker-1") as worker, httpx.Client(base_url=worker.url, timeout=90) as client:
        asked = client.post("/members/m-1/ask", json={"subjects": ["Export"]})
        assert asked.json()["ranked"] and AS_OF not in asked.headers
        seen = now_us()
        with apart.away():
            gone = now_us()
            for _ in range(20):
                again = quickly(lambda: client.post("/members/m-1/ask", json={"subjects": ["Export"]}))
                assert again.json() == asked.json()
                assert seen - 1_000_000 < parse_canonical(again.headers[AS_OF]) < gone + 1_000_000
            shown = quickly(lambda: client.get("/members/m-1/introductions"))
            assert (shown.status_code, AS_OF in shown.headers) == (200, True)
            assert_refused(client)
            assert client.get("/healthz").status_code == 200
            assert "out of reach" in quickly(lambda: client.get("/readyz")).json()["detail"]
        until(lambda: client.get("/readyz").status_code == 200)
        assert AS_OF not in until(lambda: of_now(client)).headers


def assert_refused(client: httpx.Client) -> None:
    """What an older state would answer wrongly: an instant that was named, somebody who may have joined since."""
    for member_id, more in (("m-1", {"at": "2026-01-19T06:00:00Z"}), ("m-new", {})):
        told = quickly(partial(client.post, f"/members/{member_id}/ask", json={"subjects": ["Export"], **more}))
        assert (told.status_code, "Retry-After" in told.headers) == (503, True)
        assert "out of reach" in told.json()["detail"]


def of_now(client: httpx.Client) -> httpx.Response | None:
    told = client.get("/members/m-1/introductions")
    return None if AS_OF in told.headers else told


def test_a_worker_that_is_asked_to_ends_soon_and_well(apart: Apart) -> None:
    with apart.worker("worker-2") as worker, apart.away():
        time.sleep(2)  # its clients have noticed, and wait
        ends_soon_and_well(worker)


def test_a_gateway_that_is_asked_to_ends_soon_and_well_and_says_what_it_could_not_take(apart: Apart) -> None:
    with running(apart.network, "gateway") as [gateway], ThreadPoolExecutor() as publisher, apart.away():
        told = publisher.submit(
            httpx.post, f"{gateway.url}/events", content=encode(EVENTS[0]), headers=ONE_EVENT, timeout=60
        )
        until(lambda: httpx.get(f"{gateway.url}/readyz", timeout=30).status_code == 503)
        ends_soon_and_well(gateway)
        assert told.result().status_code == 503


def test_views_that_are_asked_to_end_soon_and_well(apart: Apart) -> None:
    with running(apart.network, "views") as [views], apart.away():
        time.sleep(2)
        ends_soon_and_well(views)


def ends_soon_and_well(process: Process) -> None:
    begun = time.monotonic()
    process.popen.terminate()
    code = process.popen.wait(90)
    print(f"{process.name} took {time.monotonic() - begun:.1f} s to end")
    assert (code, time.monotonic() - begun < STOP_S) == (0, True), process.lines()[-2000:]


def quickly(ask: Callable[[], httpx.Response]) -> httpx.Response:
    begun = time.monotonic()
    answer = ask()
    assert time.monotonic() - begun < SOON_S
    return answer
