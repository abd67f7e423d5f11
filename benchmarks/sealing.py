"""Sealing: what it costs to keep what is personal sealed, in CPU time, beside the same code that seals nothing.

The same events are published into an empty folder and folded from it again, in turns with and without, so that whatever
else the machine does hits both.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from statistics import median
from unittest.mock import patch

from benchmarks.figure import Figure, cpu_s
from benchmarks.inputs import CHUNK_EVENTS, MEMBERS, scratch, simulated
from benchmarks.replay import fold
from schemas.codec import Event
from schemas.door import OPERATOR
from services import admission
from services.clock import now_us
from services.collecting import uncollected
from services.log import sealing
from services.log.sqlite import SqliteLog

EVENTS = 60_000
TURNS = 3


def measure() -> Iterator[Figure]:
    """Publishing and replaying, sealed; the peer is the same, not sealed."""
    lines = list(simulated(EVENTS))
    with scratch() as folder, uncollected():
        turns = []
        for turn in range(TURNS):
            sealed = _turn(lines, folder / f"sealed-{turn}", nullcontext())
            turns.append((sealed, _turn(lines, folder / f"clear-{turn}", _in_clear())))
    for place, name in enumerate(("publish, sealed", "replay, sealed")):
        rate, clear = (EVENTS / median(both[way][place] for both in turns) for way in (0, 1))
        yield Figure(name, rate, "events/s", MEMBERS, peer="not sealed", peer_value=clear)


def _turn(lines: list[bytes], folder: Path, way: AbstractContextManager[None]) -> tuple[float, float]:
    with way:
        return cpu_s(partial(_publish, lines, folder)), cpu_s(partial(fold, folder))


def _publish(lines: list[bytes], folder: Path) -> None:
    with closing(SqliteLog(folder)) as log:
        for first in range(0, EVENTS, CHUNK_EVENTS):
            admission.take(log.append, lines[first : first + CHUNK_EVENTS], now_us(), OPERATOR)


@contextmanager
def _in_clear() -> Iterator[None]:
    def all_in_clear(event: Event) -> sealing._Parts:
        return sealing._Parts(event.data, {}, [])

    with patch.object(sealing._Parts, "of", all_in_clear):
        yield
