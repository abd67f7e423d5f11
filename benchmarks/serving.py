"""A real `weft run` as its own process, on any free port."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import NamedTuple

import httpx

from benchmarks.inputs import ROOT
from services.folder import Folder

LOOK_EVERY_S = 0.01
PATIENCE_S = 300


class Served(NamedTuple):
    """Where it listens, and how long it took from its start until it was ready."""

    url: str
    ready_s: float


@contextmanager
def serving(folder: Folder) -> Iterator[Served]:
    """A `weft run` on this folder that is ready; stopped with SIGTERM in the end, so that it leaves a snapshot."""
    begun = time.monotonic()
    process = _started(folder)
    try:
        url = _ready(folder, process)
        yield Served(url, time.monotonic() - begun)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _started(folder: Folder) -> subprocess.Popen[bytes]:
    """No round becomes due meanwhile: the weekly one was missed three days ago, and that is too long ago to hold it."""
    missed = date.today() - timedelta(days=3)
    settings = {"WEFT_PORT": "0", "WEFT_ROUND_WEEKDAY": str(missed.isoweekday())}
    command = [sys.executable, "-m", "services.cli", "--data", str(folder.path.resolve()), "run"]
    return subprocess.Popen(command, env=os.environ | settings, cwd=ROOT, stderr=subprocess.DEVNULL)


def _ready(folder: Folder, process: subprocess.Popen[bytes]) -> str:
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up and process.poll() is None:
        running = folder.running()
        if running and running.pid == process.pid and _is_ready(running.url):
            return running.url
        time.sleep(LOOK_EVERY_S)
    raise SystemExit(f"weft run on {folder.path} did not become ready: `weft --data {folder.path} run` says why")


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", trust_env=False).is_success
    except httpx.TransportError:
        return False
