"""Processes of a distributed Weft killed, frozen, left without brokers: nothing is lost, nothing counts twice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from services.kafka.brokers import Brokers
from tests.campaigns.builds import LONG, ROOT, broken_tree
from tests.campaigns.log_faults.verdict import require
from tests.campaigns.streams.dying import dies_before
from tests.campaigns.streams.judge import judge, same_round, until_moved
from tests.campaigns.streams.ledger import Ledger, beginnings
from tests.service.kafka.processes import Distributed, Process, until

pytestmark = [pytest.mark.campaign, pytest.mark.broker, pytest.mark.postgres]

TURNS = 200 if LONG else 3
PARTITIONS = 3
SESSION_S = 6
TAKEOVER_S = SESSION_S + 5
FROZEN_S = 8
AWAY_S = 10
ENDLESS = 250_000

SENT = "services/kafka/streams.py", "        await asyncio.to_thread(self._intake.keep, fresh)"
KEPT = (
    "services/kafka/streams.py",
    "        await self._commit({each: records[-1].offset + 1 for each, records in found.items()})",
)
FOLLOWED = "services/follower.py", "            end = self.log.end()"
SCORED = "services/kafka/worker.py", "            self.log.put(records)"
SUGGESTED = "services/rounds.py", "        append_all(leading, [round_events.held(opened, plan)])"


class Running:
    """A network whose processes are started again when they have ended, as an operator's manager would."""

    def __init__(self, network: Distributed, tree: Path = ROOT) -> None:
        self.network, self._tree = network, tree
        self.processes: dict[str, Process] = {}
        created = network.weft("topics", "create")
        assert created.code == 0, created.err

    def start(self, *names: str) -> None:
        for name in names:
            self.processes[name] = self.network.start(name, name.split("-")[0], self._tree)
        for name in names:
            self.processes[name].ready()

    def __getitem__(self, name: str) -> Process:
        return self.processes[name]

    def ended(self) -> list[str]:
        """Who has ended by now."""
        return [name for name, process in self.processes.items() if process.popen.poll() is not None]

    def again(self) -> list[str]:
        """Starts again whoever has ended."""
        names = self.ended()
        self.start(*names)
        return names


@pytest.fixture
def made(broker: str, postgres_url: str, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Makes a network; what was started is ended."""
    networks: list[Distributed] = []

    def one(tree: Path = ROOT, bootstrap: str = broker, **more: str) -> Running:
        brokers = Brokers(bootstrap, f"n-{uuid4().hex[:8]}")
        networks.append(Distributed(brokers, postgres_url, tmp_path / "weft", WEFT_PARTITIONS=str(PARTITIONS), **more))
        return Running(networks[-1], tree)

    yield one
    for network in networks:
        network.stop()


@contextmanager
def flowing(running: Running) -> Iterator[Ledger]:
    """Events come in by the gateway, and some poison past it; at the end all is judged."""
    with Ledger(running.network.brokers, lambda: running["gateway"].url, beginnings()) as ledger:
        until(lambda: len(ledger.acknowledged) > len(beginnings()))
        ledger.poison(b"{" * ENDLESS)
        ledger.poison(b"no event", b"k" * ENDLESS, 1)
        yield ledger
    judge(running.network, ledger)


def test_no_kill_loses_or_doubles_anything(made: Callable[..., Running], tmp_path: Path) -> None:
    marks = {line: tmp_path / f"mark-{number}" for number, line in enumerate((SENT, KEPT, FOLLOWED, SCORED, SUGGESTED))}
    tree = broken_tree(tmp_path / "tree", *(dies_before(*line, folder) for line, folder in marks.items()))
    running = made(tree)
    running.start("gateway", "worker-1", "worker-2")
    with flowing(running):
        for turn in range(TURNS):
            for line in (SENT, KEPT, FOLLOWED, SCORED)[turn % 2 :: 2]:
                (marks[line] / "x").touch()
                until(running.ended)
                running.again()
            running["gateway"].kill()
            running.again()
            (marks[SUGGESTED] / "x").touch()
            at = f"2026-0{2 + turn % 7}-02T06:00:00Z"
            with pytest.raises(httpx.TransportError):
                _round(running["worker-1"], at)
            _round(running["worker-2"], at)
            running.again()
        running["worker-1"].kill()
        took_s = until_moved(running.network.brokers)
        print(f"taken over {took_s:.1f} s after a kill")
        require(took_s < TAKEOVER_S, f"taken over only after {took_s:.1f} s")
    same_round(running.network, running["worker-2"], "2026-10-05T06:00:00Z")


def _round(worker: Process, at: str) -> None:
    """A round by hand; that it was held already is no mistake."""
    answer = httpx.post(f"{worker.url}/rounds", json={"at": at}, timeout=60)
    assert answer.status_code in (200, 409), answer.text
