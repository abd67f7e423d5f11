"""Log: how fast the log takes events and gives them back, in events a second of one core.

Admitted events, appended in groups of 500, each durable before the next; then read from the first, each checked. The
peer is what one would write in an afternoon: an SQLite table with a unique (source, id), written in as large
transactions, synced as fully, read back and parsed; no chain, no head, no verdict on what is there already.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.figure import Figure, cpu_s
from benchmarks.inputs import MEMBERS, network, scratch
from schemas.codec import Event, decode, encode
from services.log.groups import GROUP_EVENTS
from services.log.reader import LogReader
from services.log.sqlite import SqliteLog

EVENTS = 100_000


def measure() -> Iterator[Figure]:
    """Appending and reading."""
    with closing(LogReader(network(EVENTS).log)) as log:
        said = [record.event for record in log.read()]
    groups = [said[first : first + GROUP_EVENTS] for first in range(0, EVENTS, GROUP_EVENTS)]
    with scratch() as folder, closing(_table(folder)) as table:
        with closing(SqliteLog(folder / "log")) as log:
            append = cpu_s(lambda: [log.append(group) for group in groups])
            read = cpu_s(lambda: sum(1 for _ in log.read()))
        insert = cpu_s(lambda: [_insert(table, group) for group in groups])
        select = cpu_s(lambda: sum(1 for row in table.execute("SELECT stored FROM events") if decode(row[0])))
    for name, ours, theirs in (("append to the log", append, insert), ("read the log", read, select)):
        yield Figure(name, EVENTS / ours, "events/s", MEMBERS, peer="SQLite table", peer_value=EVENTS / theirs)


def _table(folder: Path) -> sqlite3.Connection:
    table = sqlite3.connect(folder / "peer.db", isolation_level=None)
    for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"):
        table.execute(statement)
    table.execute("CREATE TABLE events (source TEXT, id TEXT, stored BLOB, UNIQUE (source, id))")
    return table


def _insert(table: sqlite3.Connection, events: list[Event]) -> None:
    table.execute("BEGIN")
    rows = [(event.source, event.id, encode(event)) for event in events]
    table.executemany("INSERT OR IGNORE INTO events VALUES (?, ?, ?)", rows)
    table.execute("COMMIT")
