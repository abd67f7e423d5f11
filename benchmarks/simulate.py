"""Simulate: how fast a network is told, in events a second of one core: to nowhere, and to files with its hidden truth.

20,000 members for eight weeks, after the three years in which their groups came together. There is no peer: nothing
else tells such networks.
"""

import time
from collections import deque
from collections.abc import Iterator

from benchmarks.figure import Figure
from benchmarks.inputs import scratch
from services.simulate import history, write_files

MEMBERS, WEEKS, SEED = 20_000, 8, 7
FLOOR = 50_000  # issue 3, item 10


def measure() -> Iterator[Figure]:
    """Both ways."""
    begun = time.process_time()
    last = deque(enumerate(history(MEMBERS, WEEKS, SEED), start=1), maxlen=1)
    yield _figure("simulate", last[0][0], time.process_time() - begun)
    with scratch() as folder:
        begun = time.process_time()
        written = write_files(folder, MEMBERS, WEEKS, SEED).events
        yield _figure("simulate, to files", written, time.process_time() - begun)


def _figure(name: str, events: int, seconds: float) -> Figure:
    return Figure(name, events / seconds, "events/s", MEMBERS, FLOOR)
