"""The `weft` command as its own process, as an operator starts it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from tests.service.forked import LIMIT_S, run_forked

ROOT = Path(__file__).parents[2]
READY_S = 20  # on a machine that does other work as well
OWN = ("WEFT_", "LC_", "LANG", "PYTHONDONTWRITEBYTECODE")  # what is installed has its bytecode
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(OWN)} | {"COLUMNS": "100"}


class Ended(NamedTuple):
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def weft(data: Path, *words: str, stdin: bytes = b"", **settings: str) -> Ended:
    """Runs a `weft` command to its end, in the folder that `data` is in."""
    return ended(command(data, *words), environment(ROOT, settings), data.parent, stdin, words[0])


def ended(words: list[str], told: dict[str, str], folder: Path, stdin: bytes, name: str) -> Ended:
    """Runs a command to its end, as a process that is forked from one that has loaded Weft; the first of each name is
    started, so that it is known to load what it needs, and so is one whose interpreter is told something."""
    run = run_forked if name in _started and _at_start(told) == AT_START else _run
    _started.add(name)
    return Ended(*run(words, told, folder, stdin))


def _run(words: list[str], told: dict[str, str], folder: Path, stdin: bytes) -> tuple[int, str, str]:
    done = subprocess.run(words, input=stdin, capture_output=True, env=told, timeout=LIMIT_S, cwd=folder)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Process:
    """A `weft run` that was started."""

    def __init__(self, data: Path, tree: Path = ROOT, **settings: str) -> None:
        self._data = data
        self.started_at = time.monotonic()
        self.popen = subprocess.Popen(
            command(data, "run"),
            env=environment(tree, settings),
            cwd=tree,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.url = ""

    def wait_until_ready(self) -> float:
        """Returns the seconds that it took."""
        while time.monotonic() < self.started_at + READY_S:
            assert self.popen.poll() is None, f"it ended: {self.stderr()}"
            if self._is_ready():
                return time.monotonic() - self.started_at
            time.sleep(0.01)
        raise AssertionError("it never became ready")

    def _is_ready(self) -> bool:
        try:
            told = json.loads((self._data / "run.json").read_text())
            self.url = told["url"]
            ready = f"{self.url}/readyz"  # without TLS: to load certificates takes longer than the answer
            return told["pid"] == self.popen.pid and httpx.get(ready, trust_env=False, verify=False).is_success
        except (OSError, ValueError, httpx.TransportError):
            return False

    def stderr(self) -> str:
        """All that it said, once it has ended."""
        assert self.popen.stderr
        return self.popen.stderr.read().decode()

    def kill(self) -> None:
        """kill -9."""
        self.popen.kill()
        self.popen.wait()

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        self.popen.terminate()
        return self.popen.wait(timeout=READY_S)


@contextmanager
def running(data: Path, **settings: str) -> Iterator[Process]:
    """A `weft run` on this folder that is ready, until it is left."""
    process = Process(data, **settings)
    try:
        process.wait_until_ready()
        yield process
    finally:
        if process.popen.poll() is None:
            process.kill()


def command(data: Path, *words: str) -> list[str]:
    """The words of a `weft` command on a folder."""
    return [str(Path(sys.executable).with_name("weft")), "--data", str(data), *words]


def environment(tree: Path, settings: dict[str, str]) -> dict[str, str]:
    """What a `weft` command is given: the code of a tree, settings, and nothing of this machine's own."""
    given = {name if name.isupper() else f"WEFT_{name.upper()}": value for name, value in settings.items()}
    return ENVIRONMENT | {"PYTHONPATH": str(tree), "WEFT_PORT": "0"} | given


def _at_start(told: dict[str, str]) -> dict[str, str]:
    """What is read as an interpreter, or numba, starts: whoever is forked is past it."""
    return {name: value for name, value in told.items() if name.startswith(("PYTHON", "NUMBA"))}


AT_START = _at_start(environment(ROOT, {}))
_started: set[str] = set()
