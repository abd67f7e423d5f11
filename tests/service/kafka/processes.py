"""The processes of a distributed Weft as an operator starts them, on one machine."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from schemas.codec import Event, encode
from services.kafka.brokers import Brokers
from tests.service.processes import ENVIRONMENT, ROOT, Ended, ended, environment

JSON = "application/cloudevents-batch+json"
READY_S = 60
STOP_S = 20


class Distributed:
    """One network: its settings, and the processes that were started for it."""

    def __init__(self, brokers: Brokers, keys_url: str, folder: Path, **more: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.brokers, self.folder = brokers, folder
        self.settings = {
            "WEFT_BROKERS": brokers.bootstrap,
            "WEFT_NAMESPACE": brokers.namespace,
            "WEFT_REPLICAS": "1",
            "WEFT_KEYS_URL": keys_url,
            "WEFT_NETWORK_KEY": str(folder / "network.key"),
            "WEFT_PORT": "0",
            **more,
        }
        self.started: list[Process] = []

    def weft(self, *words: str, stdin: bytes = b"", **more: str) -> Ended:
        """Runs a command to its end."""
        return ended(_command(*words), environment(ROOT, self.settings | more), self.folder, stdin, words[0])

    def start(self, name: str, what: str, tree: Path = ROOT) -> "Process":
        """Starts a process with a data folder of this name."""
        process = Process(self, name, what, tree)
        self.started.append(process)
        return process

    def stop(self) -> None:
        """Ends all that were started and still run."""
        running = [process for process in self.started if process.popen.poll() is None]
        for process in running:
            process.popen.terminate()
        for process in running:
            process.ended()


class Process:
    """A `weft gateway`, `weft worker` or `weft views` that was started."""

    def __init__(self, network: Distributed, name: str, what: str, tree: Path) -> None:
        self.name, self.what, self._lines = name, what, network.folder / f"{name}.log"
        self.data = network.folder / name
        with open(self._lines, "ab") as lines:
            self.popen = subprocess.Popen(
                _command("--data", str(self.data), what),
                env=ENVIRONMENT | network.settings | {"PYTHONPATH": str(tree)},
                cwd=tree,
                stdout=lines,
                stderr=lines,
            )
        self._begun = len(self.lines())
        self.url = ""

    def lines(self) -> str:
        """What it has said."""
        return self._lines.read_text(errors="replace")

    def ready(self) -> "Process":
        """Returns once it answers."""
        give_up = time.monotonic() + READY_S
        while time.monotonic() < give_up:
            assert self.popen.poll() is None, f"{self.name} ended with {self.popen.returncode}: {self.lines()[-2000:]}"
            self.url = self.url or self._listening()
            if self.url and _answers(f"{self.url}/readyz"):
                return self
            time.sleep(0.05)
        raise AssertionError(f"{self.name} is not ready: {self.lines()[-2000:]}")

    def figure(self, name: str) -> float:
        """One of its figures."""
        for line in httpx.get(f"{self.url}/metrics", timeout=20).text.splitlines():
            if line.startswith(f"{name} "):
                return float(line.split()[1])
        raise KeyError(name)

    def kill(self) -> None:
        """As kill -9 does."""
        self.popen.kill()
        self.popen.wait()

    def ended(self) -> int:
        """How it ended, once it has; killed where it takes too long."""
        try:
            return self.popen.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return -9

    def _listening(self) -> str:
        for line in self.lines()[self._begun :].splitlines():
            if '"listening"' in line:
                return line.split('"url": "')[1].split('"')[0]
        return ""


@contextmanager
def running(network: Distributed, *names: str) -> Iterator[list[Process]]:
    """These processes, each `gateway`, `worker-1`, …, ready; stopped at the end."""
    with ExitStack() as held:
        held.callback(network.stop)
        started = [network.start(name, name.split("-")[0]) for name in names]
        yield [process.ready() for process in started]


def leader_of(workers: list[Process]) -> Process:
    """The one of them that leads rounds, once one does."""
    return until(lambda: next((each for each in workers if each.figure("weft_leads_rounds")), None))  # type: ignore[no-any-return]


def publish(url: str, events: list[Event], sender: str = "publisher") -> dict[str, Any]:
    """Posts events as a batch; what the gateway answered."""
    body = b"[" + b",".join(map(encode, events)) + b"]"
    headers = {"Content-Type": JSON, "Weft-Sender": sender}
    return httpx.post(f"{url}/events", content=body, headers=headers, timeout=60).json()


def until(holds: Any, patience_s: float = 60, every_s: float = 0.1) -> Any:
    """What `holds` returns, once that is true."""
    give_up = time.monotonic() + patience_s
    while not (found := holds()):
        assert time.monotonic() < give_up, f"{holds} did not hold within {patience_s} s"
        time.sleep(every_s)
    return found


def _command(*words: str) -> list[str]:
    return [str(Path(sys.executable).with_name("weft")), *words]


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
