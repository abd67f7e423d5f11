"""Which events a partition of `weft.intake` has brought already: what tells a duplicate and a conflict, for ever.

One SQLite file a partition, kept by the worker that owns it. An event's source, id and content stand in it as keyed
hashes only; the content's goes with the keys of its members, so that after an erasure nobody can even try a guess.
Everything in it can be read in the log again: a worker that has no file for a partition, or one that others have gone
on from, folds in what the log has beyond the positions that the file says.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import orjson

from schemas.codec import Event
from services.log import LogFull, Positions, Verdict
from services.log.complaints import NO_ROOM, SQLITE_NO_ROOM
from services.log.records import transaction

HASH_BYTES = 16
FORMAT = 2
_PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 5000")  # a lost tail is read in the log again
_TABLES = (
    "CREATE TABLE seen (name BLOB PRIMARY KEY, content BLOB) WITHOUT ROWID",
    "CREATE TABLE meta (log_id TEXT NOT NULL, positions TEXT NOT NULL)",
)


class Identity(NamedTuple):
    """An event as this file knows it: by the keyed hash of source and id; that of its content, None where it can be
    read no more."""

    name: bytes
    content: bytes | None


class Identities:
    """The file of one partition; of another log, or another format, it begins anew. For one thread at a time."""

    def __init__(self, file: Path, log_id: str, secret: bytes) -> None:
        self._secret = secret
        self._connection = _opened(file, log_id)
        [(told,)] = self._connection.execute("SELECT positions FROM meta")
        self.positions: Positions = orjson.loads(told)  # all that the log has before these is in it

    def of(self, event: Event, owners: bytes | None) -> Identity:
        """The identity of an event; of what can be read no more, without a content. `owners`: what goes with the keys
        of its members (`Sealing.owners_secrets`)."""
        name = self._hash(f"{event.source}\n{event.id}".encode())
        if owners is None or not event.content:
            return Identity(name, None)
        return Identity(name, self._hash(owners + event.content.encode()))

    def verdicts(self, identities: Sequence[Identity]) -> list[Verdict]:
        """What becomes of these events, in this order; nothing is kept yet."""
        seen = self._known({each.name for each in identities})
        found: list[Verdict] = []
        for each in identities:
            if each.name not in seen:
                seen[each.name] = each.content
                found.append(Verdict.ACCEPTED)
            elif None in (seen[each.name], each.content) or seen[each.name] == each.content:
                found.append(Verdict.DUPLICATE)
            else:
                found.append(Verdict.CONFLICT)
        return found

    def keep(self, identities: Iterable[Identity], positions: Positions | None = None) -> None:
        """Keeps them, the first of each name; with them, up to where the log has been folded in."""
        with _room(), transaction(self._connection):
            self._connection.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", identities)
            if positions is not None:
                self._connection.execute("UPDATE meta SET positions = ?", (orjson.dumps(positions).decode(),))
        self.positions = self.positions if positions is None else dict(positions)

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    def _known(self, names: set[bytes]) -> dict[bytes, bytes | None]:
        known: dict[bytes, bytes | None] = {}
        for name in names:
            known.update(self._connection.execute("SELECT name, content FROM seen WHERE name = ?", (name,)))
        return known

    def _hash(self, said: bytes) -> bytes:
        return blake2b(said, digest_size=HASH_BYTES, key=self._secret).digest()


@contextmanager
def _room() -> Iterator[None]:
    """A disk that is full is waited for. LogFull."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        if getattr(error, "sqlite_errorcode", None) in SQLITE_NO_ROOM or getattr(error, "errno", None) in NO_ROOM:
            raise LogFull("the disk of the data folder is full: make room, and intake goes on") from None
        raise


def _opened(file: Path, log_id: str) -> sqlite3.Connection:
    with _room():
        file.parent.mkdir(parents=True, exist_ok=True)
        return _kept(file, log_id) or _made(file, log_id)


def _made(file: Path, log_id: str) -> sqlite3.Connection:
    for left in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
        left.unlink(missing_ok=True)
    connection = _connected(file)
    with transaction(connection):
        for statement in (*_TABLES, f"PRAGMA user_version = {FORMAT}"):
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES (?, '{}')", (log_id,))
    return connection


def _kept(file: Path, log_id: str) -> sqlite3.Connection | None:
    """The file as it was left; None: it is damaged, or of another log or format."""
    try:
        connection = _connected(file)
        if _belongs(connection, log_id):
            return connection
        connection.close()
    except sqlite3.OperationalError:  # held by another process, no room: not the file's fault
        raise
    except sqlite3.DatabaseError:
        return None
    return None


def _connected(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _belongs(connection: sqlite3.Connection, log_id: str) -> bool:
    [(version,)] = connection.execute("PRAGMA user_version")
    return version == FORMAT and connection.execute("SELECT log_id FROM meta").fetchall() == [(log_id,)]
