"""Publish: a file of events through the one door into the log, validated and durable, in events a second.

By the code of `weft publish`, into an empty folder: read, admitted, hashed, checked for duplicates, synced to the disk
500 at a time. The first figure is by the clock on the wall, disk included; the second counts CPU seconds only. The peer
parses the same lines with the standard library and puts them into an SQLite table as durably and in as large groups,
and checks nothing but that source and id are new.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, cpu_s, median_of, wall_s
from benchmarks.inputs import CHUNK_EVENTS, MEMBERS, events_file, scratch
from schemas.door import OPERATOR
from services import admission
from services.clock import now_us
from services.log.sqlite import SqliteLog
from services.publishing import lines_of, publish

EVENTS = 100_000
RUNS = 3
FLOOR, GOAL = 20_000, 60_000
TABLE = "CREATE TABLE events (source TEXT, id TEXT, line TEXT, PRIMARY KEY (source, id))"


def measure() -> Iterator[Figure]:
    """By the wall and by CPU."""
    events_file(EVENTS)
    for name, timed in (("publish", wall_s), ("publish, CPU alone", cpu_s)):
        rate, peer = _rate(timed, _with_weft), _rate(timed, _with_a_table)
        yield Figure(name, rate, "events/s", MEMBERS, FLOOR, GOAL, False, "json, SQLite", peer)


def _rate(timed: Callable[[Callable[[], Any]], float], way: Callable[[Path], Any]) -> float:
    def once() -> float:
        with scratch() as folder:
            return timed(lambda: way(folder))

    return EVENTS / median_of(RUNS, once)


def _with_weft(folder: Path) -> None:
    with closing(SqliteLog(folder / "log")) as log, open(events_file(EVENTS), "rb") as file:
        done = publish(
            lines_of(file.name, file),
            lambda raws: admission.take(log.append, raws, now_us(), OPERATOR),
            folder / "refused.jsonl",
        )
    assert done.accepted == EVENTS, done


def _with_a_table(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "events.db")) as table, open(events_file(EVENTS), "rb") as file:
        for setting in ("journal_mode = WAL", "synchronous = FULL"):
            table.execute(f"PRAGMA {setting}")
        table.execute(TABLE)
        while chunk := list(islice(file, CHUNK_EVENTS)):
            events = [(json.loads(line), line) for line in chunk]
            with table:
                rows = [(event["source"], event["id"], line) for event, line in events]
                table.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)
