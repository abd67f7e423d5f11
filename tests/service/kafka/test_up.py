"""`weft up --processes`: what docker-compose.yml says of Weft's services, run on a real Kafka and a real Postgres."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.up.composed import Health, Service, services_of
from services.up.here import Words
from services.up.kept import Kept
from services.views.database import Database
from tests import builders as b
from tests.service.kafka.processes import until
from tests.service.kafka.test_journey import network_of_two_needs, publish
from tests.service.kafka.test_views import candidates, told
from tests.service.processes import ENVIRONMENT, ROOT, weft

pytestmark = [pytest.mark.broker, pytest.mark.postgres]

FILE = ROOT / "docker-compose.yml"
STOP_S = 20
WRITTEN_PORTS = (8400, 8401, 8402, 8410)


class Up:
    """A `weft up --processes` of a network of its own, in a folder."""

    def __init__(self, folder: Path, broker: str, postgres_url: str, file: Path = FILE) -> None:
        words = ["--data", str(folder / "data"), "up", "--processes", "--file", str(file)]
        given = ["--brokers", broker, "--postgres", postgres_url]
        own = {"WEFT_NAMESPACE": f"n-{uuid4().hex[:8]}", "WEFT_PARTITIONS": "3", "PYTHONPATH": str(ROOT)}
        self._lines = folder / "up.log"
        with open(self._lines, "wb") as lines:
            self.popen = subprocess.Popen(
                [str(Path(sys.executable).with_name("weft")), *words, *given],
                env=ENVIRONMENT | own,
                cwd=folder,
                stdout=lines,
                stderr=lines,
            )

    def lines(self) -> str:
        return self._lines.read_text(errors="replace")

    def said(self, pattern: str) -> Any:
        assert self.popen.poll() is None, self.lines()[-3000:]
        return re.search(pattern, self.lines(), re.MULTILINE)

    def urls(self) -> dict[str, str]:
        """Where each service listens, once all are ready."""
        found = until(lambda: self.said(r"^up +\| ready: (.*)$"))
        return dict(each.split(" at ") for each in found[1].split(", "))

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.popen.send_signal(number)
        return self.popen.wait(STOP_S)


@contextmanager
def up(folder: Path, broker: str, postgres_url: str, file: Path = FILE) -> Iterator[Up]:
    started = Up(folder, broker, postgres_url, file)
    try:
        yield started
    finally:
        if started.popen.poll() is None:
            started.stop()


@contextmanager
def taken(*ports: int) -> Iterator[None]:
    """Somebody listens on these ports: we, or whoever does already."""
    with ExitStack() as held:
        for port in ports:
            one = held.enter_context(socket.socket())
            if one.connect_ex(("127.0.0.1", port)):
                another = held.enter_context(socket.socket())
                another.bind(("127.0.0.1", port))
                another.listen()
        yield


def figure(url: str, name: str) -> float:
    found = re.search(rf"^{name} (\S+)$", httpx.get(f"{url}/metrics", timeout=20).text, re.MULTILINE)
    assert found, name
    return float(found[1])


def test_what_the_compose_file_says_comes_up_works_is_kept_and_stops(
    tmp_path: Path, broker: str, postgres_url: str
) -> None:
    with (
        taken(*WRITTEN_PORTS),
        up(tmp_path, broker, postgres_url) as started,
        closing(Database(postgres_url)) as database,
    ):
        urls = started.urls()
        assert list(urls) == ["gateway", "worker-1", "worker-2", "views"]
        events = network_of_two_needs()
        assert publish(urls["gateway"], events)["accepted"] == len(events)
        workers = urls["worker-1"], urls["worker-2"]
        until(lambda: [figure(url, "weft_log_read") for url in workers] == [len(events)] * 2)
        until(lambda: told(database, lambda views: candidates(views, "m-1")))

        os.kill(running(tmp_path / "data" / "worker-1"), signal.SIGKILL)
        until(lambda: started.said(r"^worker-1 +\| ended by itself with -9"))
        publish(urls["gateway"], [b.joined("m-99", "g-1")])
        until(lambda: answers(urls["worker-1"]) and figure(urls["worker-1"], "weft_log_read") == len(events) + 1)

        began = time.monotonic()
        assert started.stop() == 0, started.lines()[-3000:]
        assert time.monotonic() - began < STOP_S
        assert "all have stopped" in started.lines()
    assert not any(answers(url) for url in urls.values()), "nothing is left behind"
    key = tmp_path / "data" / "network-key" / "network.key"
    assert f"export WEFT_NETWORK_KEY={key}\n" in started.lines()
    volumes = {each.name for each in (tmp_path / "data").iterdir()}
    assert volumes == {"network-key", "worker-1", "worker-2", "views"}
    assert key.stat().st_mode & 0o077 == 0


def test_where_the_topics_cannot_be_made_the_others_do_not_start(tmp_path: Path, postgres_url: str) -> None:
    with up(tmp_path, "127.0.0.1:1", postgres_url) as started:
        assert started.popen.wait(60) == 1
    assert "weft: topics ended with 1" in started.lines() and "gateway" not in started.lines()
    assert not (tmp_path / "data").exists(), "nobody has put anything there"


def test_it_stops_while_it_is_still_coming_up(tmp_path: Path, broker: str, postgres_url: str) -> None:
    with up(tmp_path, broker, postgres_url) as started:
        until(lambda: started.said(r"^topics +\| "))
        assert started.stop(signal.SIGINT) == 0, started.lines()


def test_who_asks_for_containers_is_told_whose_they_are(tmp_path: Path) -> None:
    for words, said in (((), "docker compose up -d"), (("--processes",), "--brokers and --postgres")):
        told = weft(tmp_path / "data", "up", *words)
        assert (told.code, told.err.count("\n")) == (2, 1) and said in told.err


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("services: [", "no Compose file"),
        ("services: {worker: {build: ., command: worker}}", "services says of service what is not known here: command"),
        ("services: {worker: {build: ., command: [worker], restart: always}}", "restart"),
        ("services: {worker: {build: ., command: [worker], stop_grace_period: soon}}", "no duration"),
    ],
)
def test_a_file_that_says_something_else_is_refused_in_one_line(tmp_path: Path, wrong: str, said: str) -> None:
    file = tmp_path / "services"
    file.write_text(wrong)
    told = weft(
        tmp_path / "data", "up", "--processes", "--file", str(file), brokers="b:1", keys_url="postgresql+psycopg://p"
    )
    assert (told.code, told.err.count("\n")) == (1, 1) and said in told.err, told.err


def test_that_a_service_is_not_healthy_is_said_once(tmp_path: Path) -> None:
    health = Health(test=["CMD"], interval="10ms", start_interval="10ms", retries=3, start_period="10m")
    service = Service(name="it", command=[], healthcheck=health, restart="unless-stopped")
    is_well = tmp_path / "well"
    is_well.touch()
    said: list[str] = []

    async def ails() -> None:
        words = Words(["sleep", "60"], ["test", "-e", str(is_well)], dict(os.environ), tmp_path)
        kept = Kept(service, words, lambda whose, line: said.append(line))
        kept.start()
        assert await kept.up()
        is_well.unlink()
        await asyncio.sleep(2)
        await kept.stop()

    asyncio.run(ails())
    assert said == ["is not healthy: 3 checks in a row have failed"]


def test_the_order_is_that_of_what_needs_what() -> None:
    names = [{service.name for service in group} for group in services_of(FILE)]
    assert names == [{"topics"}, {"gateway", "worker-1", "worker-2", "views"}]


def running(data: Path) -> int:
    return int((data / "lock").read_text())


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5).is_success
    except httpx.HTTPError:
        return False
