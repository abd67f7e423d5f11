"""Start: from starting a real `weft run` until GET /readyz answers 200, in seconds by the clock on the wall.

On the snapshot that a clean stop left; Python's own start is included. The peer is the same start without a snapshot,
which folds the whole log.
"""

from collections.abc import Iterator
from functools import partial

from benchmarks.figure import Figure, median_of
from benchmarks.inputs import MEMBERS, network
from benchmarks.serving import serving
from services.folder import Folder

RUNS = 3
SIZES = ((100_000, 2, 1), (1_000_000, 10, 3))  # events, floor and goal in seconds


def measure() -> Iterator[Figure]:
    """At both sizes."""
    for events, floor, goal in SIZES:
        folder = network(events)
        folder.snapshot.unlink(missing_ok=True)
        without = _ready_s(folder)
        ready = median_of(RUNS, partial(_ready_s, folder))
        yield Figure(f"start, {events:,} events", ready, "s", MEMBERS, floor, goal, True, "without a snapshot", without)


def _ready_s(folder: Folder) -> float:
    with serving(folder) as served:
        return served.ready_s
