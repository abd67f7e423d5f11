"""A process that appends as fast as it can, from several threads, and says what it sends and what was acknowledged."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from random import Random

from services.log.sqlite import SqliteLog
from tests.campaigns.log_faults.verdict import an_event

THREADS = 4


def say(word: str, names: list[str]) -> None:
    """One write, so that a kill does not cut the line in two."""
    os.write(1, f"{word} {' '.join(names)}\n".encode())


def append_for_ever(log: SqliteLog, prefix: str) -> None:
    dice = Random(prefix)
    numbers = count()
    while True:
        names = [f"{prefix}-{next(numbers)}" for _ in range(dice.choice((1, 1, 1, 30)))]
        say("sent", names)
        log.append([an_event(name) for name in names])
        say("kept", names)


if __name__ == "__main__":
    log = SqliteLog(Path(sys.argv[1]))
    with ThreadPoolExecutor(THREADS) as pool:
        for thread in range(THREADS):
            pool.submit(append_for_ever, log, f"{sys.argv[2]}-{thread}")
