"""Replay: an admitted log folded into a world, in events a second of one core.

Reads the log from its first event, each record checked against the chain before it is served, and applies it, as a
start without a snapshot does, without the garbage collector. The peer reads the same events from a file with the
standard library's JSON and keeps them in a dictionary by source and id: what one would write in an afternoon, with none
of the checks, no rule of which of two events counts, and no answer to who knows whom.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, cpu_s, median_of
from benchmarks.inputs import MEMBERS, events_file, network
from matcher.world import World
from services.collecting import uncollected
from services.log.reader import LogReader

EVENTS, MANY_EVENTS = 100_000, 1_000_000
RUNS = 3
FLOOR, GOAL = 50_000, 150_000


def measure() -> Iterator[Figure]:
    """At both sizes: what costs more the longer the log is would show."""
    peer = EVENTS / median_of(RUNS, partial(_cpu_s, _keep_in_a_dictionary))
    for events, runs in ((EVENTS, RUNS), (MANY_EVENTS, 1)):
        rate = events / median_of(runs, partial(_cpu_s, partial(fold, network(events).log)))
        yield Figure(f"replay, {events:,} events", rate, "events/s", MEMBERS, FLOOR, GOAL, False, "json, dict", peer)


def _cpu_s(work: Callable[[], Any]) -> float:
    with uncollected():
        return cpu_s(work)


def fold(log_folder: Path) -> World:
    """The world of a log."""
    world = World()
    with closing(LogReader(log_folder)) as log:
        for record in log.read():
            world.apply(record.event)
    return world


def _keep_in_a_dictionary() -> dict[tuple[str, str], Any]:
    kept = {}
    with open(events_file(EVENTS), "rb") as lines:
        for line in lines:
            event = json.loads(line)
            kept[event["source"], event["id"]] = event
    return kept
