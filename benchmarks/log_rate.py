"""How fast the log takes events and gives them back: events a second of one core's time.

    python -m benchmarks.log_rate [EVENTS]

Its peer is what one would write in an afternoon: an SQLite table with a unique (source, id), written in as large
transactions, synced as fully, read back and parsed; no chain, no head, no verdict on what is there already.
"""

import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from schemas.codec import Event, decode, encode, event_of
from services.log.groups import GROUP_EVENTS
from services.log.sqlite import SqliteLog

SECOND_US = 1_000_000


def measure(events: int = 100_000) -> Iterator[dict[str, Any]]:
    """One row a direction, as benchmarks/results.json has them."""
    said = [_event(number) for number in range(events)]
    groups = [said[first : first + GROUP_EVENTS] for first in range(0, events, GROUP_EVENTS)]
    with TemporaryDirectory() as folder, closing(_table(Path(folder))) as table:
        with closing(SqliteLog(Path(folder) / "log")) as log:
            append = _seconds(lambda: [log.append(group) for group in groups])
            read = _seconds(lambda: sum(1 for _ in log.read()))
        insert = _seconds(lambda: [_insert(table, group) for group in groups])
        select = _seconds(lambda: sum(1 for row in table.execute("SELECT stored FROM events") if decode(row[0])))
    yield _row("append to the log", events / append, events / insert)
    yield _row("read the log", events / read, events / select)


def _event(number: int) -> Event:
    data = {"member_id": f"m-{number % 5_000}", "subject": "Unternehmensnachfolge", "note": "x" * 60}
    return event_of(number * SECOND_US, "/crm", f"crm-{number}", "interest.declared", data)


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


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _row(name: str, rate: float, peer_rate: float) -> dict[str, Any]:
    return {
        "name": name,
        "members": None,
        "value": round(rate),
        "unit": "events/s of one core",
        "peer": "a plain SQLite table",
        "peer_value": round(peer_rate),
        "ratio": round(rate / peer_rate, 2),
    }


if __name__ == "__main__":
    for row in measure(*map(int, sys.argv[1:2])):
        print(f"{row['name']:<20} {row['value']:>9,} {row['unit']} ({row['peer']}: {row['peer_value']:,})")
