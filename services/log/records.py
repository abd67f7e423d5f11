"""The records of a log in an SQLite database: all SQL of the log, and the chain that its records form.

Each record carries a link, the hash of the link before it and of its own bytes: none can be changed, taken out or put
in without every later link telling. What the bytes are is known to `services.log.sealing` alone.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from typing import NamedTuple

from schemas.codec import Event

FORMAT = 1  # of these tables; kept as SQLite's user_version
_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 5000")
_TABLES = (
    "CREATE TABLE log (log_id TEXT NOT NULL)",
    "CREATE TABLE records (position INTEGER PRIMARY KEY, link BLOB NOT NULL, stored BLOB NOT NULL)",
    "CREATE TABLE identities (source TEXT, id TEXT, position INTEGER NOT NULL, PRIMARY KEY (source, id)) WITHOUT ROWID",
)

Row = tuple[int, bytes, bytes]  # position, link, stored


class Broken(Exception):
    """The record at this position is missing, or is not the one that was written."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


class Entry(NamedTuple):
    """An event on its way to the log, and the bytes that the log will keep."""

    event: Event
    stored: bytes


class Tail(NamedTuple):
    """Where the next record goes, and the link that it continues."""

    position: int
    link: bytes


def first_link(log_id: str) -> bytes:
    """What the first record of a log continues."""
    return sha256(b"weft log " + log_id.encode()).digest()


def link_of(previous: bytes, stored: bytes) -> bytes:
    """The link of a record."""
    return sha256(previous + stored).digest()


def unbroken(rows: list[Row], first: int, stop: int, link: bytes) -> Iterator[bytes]:
    """The bytes of the records from `first` up to before `stop`, each once its link is found right. Broken."""
    position = first
    for found, linked, stored in rows:
        if found != position or type(stored) is not bytes or linked != (link := link_of(link, stored)):
            break
        yield stored
        position += 1
    if position != stop:
        raise Broken(position)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing of what is done in it, through a connection in autocommit mode."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # on a full disk SQLite has rolled back by itself
            connection.execute("ROLLBACK")
        raise


class Records:
    """The tables of one log, through one connection in autocommit mode. sqlite3.Error wherever SQLite has one."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute
        try:
            for pragma in _PRAGMAS:
                self._execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing of what is done in it, and durable after it."""
        return transaction(self._connection)

    def create(self, log_id: str) -> None:
        """The tables of a new log."""
        for table in _TABLES:
            self._execute(table)
        self._execute("INSERT INTO log VALUES (?)", (log_id,))

    def log_id(self) -> str | None:
        """The log whose records these are; None where there are no tables yet."""
        if not self._execute("SELECT 1 FROM sqlite_master").fetchone():
            return None
        found = self._execute("SELECT log_id FROM log").fetchone()
        return str(found[0]) if found else ""

    def tail(self, log_id: str) -> Tail:
        """Where the records end, whether acknowledged or not."""
        last = self._execute("SELECT position, link FROM records ORDER BY position DESC LIMIT 1").fetchone()
        return Tail(last[0] + 1, last[1]) if last else Tail(0, first_link(log_id))

    def link_before(self, position: int, log_id: str) -> bytes:
        """The link that the record at `position` continues. Broken: there is none."""
        if position == 0:
            return first_link(log_id)
        found = self._execute("SELECT link FROM records WHERE position = ?", (position - 1,)).fetchone()
        if not found or type(found[0]) is not bytes:
            raise Broken(position - 1)
        return found[0]

    def rows(self, first: int, stop: int) -> list[Row]:
        """The records from `first` up to before `stop`, as they are: `unbroken` checks them."""
        sql = "SELECT position, link, stored FROM records WHERE position >= ? AND position < ? ORDER BY position"
        return self._execute(sql, (first, stop)).fetchall()

    def find(self, event: Event) -> int | None:
        """The position of the event of this source and id."""
        sql = "SELECT position FROM identities WHERE source = ? AND id = ?"
        found = self._execute(sql, (event.source, event.id)).fetchone()
        return found[0] if found else None

    def add(self, tail: Tail, entries: Iterable[Entry]) -> Tail:
        """More records, of events that are not there yet; returns the new tail."""
        records, identities = [], []
        position, link = tail
        for event, stored in entries:
            link = link_of(link, stored)
            records.append((position, link, stored))
            identities.append((event.source, event.id, position))
            position += 1
        self._connection.executemany("INSERT INTO records VALUES (?, ?, ?)", records)
        self._connection.executemany("INSERT INTO identities VALUES (?, ?, ?)", identities)
        return Tail(position, link)

    def cut(self, position: int) -> None:
        """Takes out what stands at `position` and after it."""
        self._execute("DELETE FROM records WHERE position >= ?", (position,))
        self._execute("DELETE FROM identities WHERE position >= ?", (position,))

    def make_durable(self) -> None:
        """Has the transaction write in any case, so that its commit also syncs what a killed process had committed and
        not yet synced: read again after a kill, that looks as safe as the rest, and a power cut would take it."""
        self._execute(f"PRAGMA user_version = {FORMAT}")

    def flaws(self, stop: int) -> str:
        """What SQLite finds wrong with the whole file, or what is found by source and id before `stop` and should not
        be; empty when nothing is."""
        found = self._execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            return str(found)
        named = self._execute("SELECT count(*) FROM identities WHERE position < ?", (stop,)).fetchone()[0]
        return "" if named == stop else f"{named} events are found by source and id, instead of {stop}"

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()
