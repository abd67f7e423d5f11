"""Kills a process that appends under load, with -9 at a random moment, again and again.

The process (`appender.py`) says which events it is about to append and which were acknowledged. After each kill the log
is opened here: everything acknowledged must be there once, and everything that was under way is appended again, as its
publisher would.
"""

import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from schemas.codec import Event
from services.log.sqlite import SqliteLog
from tests.campaigns.log_faults.verdict import an_event, each_once, main, require

KILLS_A_LOG = 20
READY_S = 2.0  # RELIABILITY.md


def load_until_killed(folder: Path, prefix: str, dice: Random) -> tuple[list[Event], list[Event]]:
    """The events that a killed process was told to be kept, and all that it sent."""
    command = [sys.executable, "-m", "tests.campaigns.log_faults.appender", str(folder), prefix]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    lines = [process.stdout.readline()]  # it is at work from now on
    time.sleep(dice.uniform(0, 0.15))
    process.kill()
    said = "".join([*lines, process.stdout.read()]).splitlines()
    process.wait()
    return _named(said, "kept"), _named(said, "sent")


def _named(said: Iterable[str], word: str) -> list[Event]:
    return [an_event(name) for line in said for name in line.split()[1:] if line.startswith(word)]


def campaign(cases: int, dice: Random) -> str:
    """So many kills, KILLS_A_LOG of them to a log."""
    slowest_s, events = 0.0, 0
    with TemporaryDirectory(prefix="weft-kill-") as scratch:
        for first in range(0, cases, KILLS_A_LOG):
            folder = Path(scratch) / f"log-{first}"
            sent: list[Event] = []
            for kill in range(first, min(cases, first + KILLS_A_LOG)):
                kept, under_way = load_until_killed(folder, f"{kill}", dice)
                kept, sent = sent + kept, sent + under_way
                started = time.perf_counter()
                with closing(SqliteLog(folder)) as log:
                    slowest_s = max(slowest_s, time.perf_counter() - started)
                    each_once(log, kept, sent)
                    log.append(under_way)
            with closing(SqliteLog(folder)) as log:
                each_once(log, sent, sent)
                log.verify()
            events += len(sent)
    require(slowest_s <= READY_S, f"ready again only after {slowest_s:.1f} s")
    return f"{cases} kills, {events} events: none lost, none doubled, ready again within {slowest_s * 1000:.0f} ms"


if __name__ == "__main__":
    main(campaign)
