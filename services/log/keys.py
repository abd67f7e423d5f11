"""The keys that a log is sealed with: one for each member, wrapped by the network's own, in a small database.

    <log>.keys/keys.db       the wrapped keys, who was erased, and who has confirmed it
    <log>.keys/network.key   what opens them; it may be a link to somewhere safer

Erasing a member is destroying their key: SQLite overwrites what it deletes (`secure_delete`), and keeps no journal of
it (`journal_mode = DELETE`: a write-ahead log would hold the deleted bytes until it is checkpointed). A commit is only
durable once the journal's name is gone for good (`synchronous = EXTRA`; with FULL a power cut could bring the journal
back, and take keys that the log needs). A backup of the database is worth nothing without the network's key, which a
rotation replaces and destroys.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.durable import remove, sync_folder
from services.log import LogDamaged
from services.log.complaints import KeyComplaints
from services.log.keyring import MOST_KNOWN, OF_SNAPSHOTS, OWN, WRITER, Erasure, Keeper, by_member
from services.log.network_key import KEY_BYTES, NetworkKey, NetworkKeyFile
from services.log.records import transaction

NETWORK_KEY = "network.key"

_PRAGMAS = ("journal_mode = DELETE", "secure_delete = ON", "synchronous = EXTRA", "busy_timeout = 5000")
_TABLES = (
    "CREATE TABLE store (log_id TEXT NOT NULL, generation INTEGER NOT NULL, network_key TEXT NOT NULL)",
    "CREATE TABLE keys (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL)",
    "CREATE TABLE erasures (member_id TEXT PRIMARY KEY, event BLOB NOT NULL, late INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE confirmed (member_id TEXT, part TEXT, at INTEGER NOT NULL, PRIMARY KEY (member_id, part))",
)
_KEEPERS = "CREATE TABLE IF NOT EXISTS keepers (name TEXT PRIMARY KEY, role TEXT NOT NULL, place TEXT NOT NULL)"

Connect = Callable[[Path], sqlite3.Connection]


def folder_of(log: Path) -> Path:
    """Where the keys of the log in this folder lie: beside it, so that who copies the log does not copy them."""
    return log.with_name(f"{log.name}.keys")


class KeyStore:
    """The `Keys` of the log beside this folder; one process writes it, any number read."""

    def __init__(self, folder: Path, *, connect: Connect) -> None:
        self._folder, self._database = folder, folder / "keys.db"
        self._network_keys = NetworkKeyFile(folder / NETWORK_KEY)
        self.complaints = KeyComplaints(folder)
        self._lock = threading.RLock()
        self._known: dict[str, AESGCM | None] = {}
        if not self._database.exists():
            raise self.complaints.damaged("are missing")
        self._connection = self._opened(connect)
        with self.complaints.explained():
            self._network = self._network_key()
            self.log_id, self.generation, _ = self._execute("SELECT * FROM store").fetchone()
        self.erased: set[str] = set()
        self.refresh()
        if self.find(OF_SNAPSHOTS) is None:
            raise self.complaints.damaged("are damaged")

    # --- keys ---------------------------------------------------------------------------------------------------------

    def find(self, name: str) -> AESGCM | None:
        """As `Keys.find`."""
        try:
            return self._known[name]
        except KeyError:
            with self._lock, self.complaints.explained():
                if len(self._known) >= MOST_KNOWN:
                    self._known.clear()
                found = self._known[name] = self._read(name)
            return found

    def _read(self, name: str) -> AESGCM | None:
        row = self._execute("SELECT wrapped FROM keys WHERE name = ?", (name,)).fetchone()
        if row:
            return AESGCM(self._unwrapped(name, row[0]))
        if self._execute("SELECT 1 FROM erasures WHERE member_id = ?", (name,)).fetchone():
            return None  # by another process, perhaps
        raise self.complaints.damaged(f"have none for {name}")

    def _unwrapped(self, name: str, wrapped: bytes) -> bytes:
        try:
            return self._network.unwrap(name, wrapped)
        except InvalidTag:  # another process may have rotated the network's key
            self._network = self._network_key()
            return self._network.unwrap(name, wrapped)

    def prepare(self, names: set[str], erasures: Sequence[Erasure], late: Sequence[str] = ()) -> None:
        """As `Keys.prepare`; only the one who writes erases."""
        with self._lock, self.complaints.explained():
            gone = {erasure.member_id for erasure in erasures} - self.erased
            unknown = names - self.erased - gone
            unknown.difference_update([name for name in unknown if name in self._known])
            fresh = sorted(unknown - self._kept(unknown))
            if not (fresh or gone or late):
                return
            made = {name: os.urandom(KEY_BYTES) for name in fresh}
            with transaction(self._connection):
                self._keep(made)
                self._destroy(sorted(gone))
                self._executemany("INSERT OR IGNORE INTO erasures (member_id, event) VALUES (?, ?)", _two(erasures))
                self._executemany("UPDATE erasures SET late = late + 1 WHERE member_id = ?", [(who,) for who in late])
                if fresh or gone:
                    self._execute("UPDATE store SET generation = generation + 1")
            self.erased |= gone
            self._known.update((name, AESGCM(key)) for name, key in made.items())
            self._known.update(dict.fromkeys(gone))
            if gone:
                self._known.pop(OF_SNAPSHOTS, None)
            self.generation += bool(fresh or gone)

    def _kept(self, names: set[str]) -> set[str]:
        asked = orjson.dumps(sorted(names)).decode()
        rows = self._execute("SELECT name FROM keys WHERE name IN (SELECT value FROM json_each(?))", (asked,))
        return {row[0] for row in rows} if names else set()

    def _keep(self, made: dict[str, bytes]) -> None:
        wrapped = [(name, self._network.wrap(name, key)) for name, key in made.items()]
        self._executemany("INSERT INTO keys VALUES (?, ?)", wrapped)

    def _destroy(self, member_ids: list[str]) -> None:
        """A snapshot holds what it was made of, so with the first erasure after it, its key goes as well."""
        if member_ids:
            self._executemany("DELETE FROM keys WHERE name = ?", [(name,) for name in (*member_ids, OF_SNAPSHOTS)])
            self._keep({OF_SNAPSHOTS: os.urandom(KEY_BYTES)})

    # --- erasures -----------------------------------------------------------------------------------------------------

    def forget(self, member_ids: Collection[str]) -> None:
        """As `Keys.forget`."""
        with self._lock:
            for name in (*member_ids, OF_SNAPSHOTS):
                self._known.pop(name, None)

    def refresh(self) -> None:
        """As `Keys.refresh`."""
        with self._lock, self.complaints.explained():
            erased = {row[0] for row in self._execute("SELECT member_id FROM erasures")}
            if new := erased - self.erased:
                self.forget(new)
                self.erased = erased

    def erasures(self) -> list[Erasure]:
        """As `Keys.erasures`."""
        with self._lock, self.complaints.explained():
            rows = self._execute("SELECT member_id, event, late FROM erasures ORDER BY member_id").fetchall()
        return [Erasure(*row) for row in rows]

    def confirm(self, part: str, member_ids: Iterable[str], at: int) -> None:
        """As `Keys.confirm`."""
        with self._lock, self.complaints.explained(), transaction(self._connection):
            rows = [(member_id, part, at) for member_id in member_ids]
            self._executemany("INSERT OR IGNORE INTO confirmed VALUES (?, ?, ?)", rows)

    def confirmed(self) -> dict[str, dict[str, int]]:
        """As `Keys.confirmed`."""
        with self._lock, self.complaints.explained():
            rows = self._execute("SELECT member_id, part, at FROM confirmed ORDER BY at, part").fetchall()
        return by_member(rows)

    def wait_for(self, keepers: Iterable[Keeper]) -> None:
        """As `Keys.wait_for`; the one who writes is waited for anyhow."""
        if rows := [each for each in keepers if each != WRITER]:
            with self._lock, self.complaints.explained(), transaction(self._connection):
                self._executemany("INSERT OR REPLACE INTO keepers VALUES (?, ?, ?)", rows)

    def keepers(self) -> list[Keeper]:
        """As `Keys.keepers`."""
        with self._lock, self.complaints.explained():
            return [WRITER, *(Keeper(*row) for row in self._execute("SELECT * FROM keepers ORDER BY name").fetchall())]

    def let_go(self, name: str) -> bool:
        """As `Keys.let_go`."""
        with self._lock, self.complaints.explained(), transaction(self._connection):
            is_there = bool(self._execute("DELETE FROM keepers WHERE name = ?", (name,)).rowcount)
            if is_there:
                self._execute("DELETE FROM confirmed WHERE part = ? OR part GLOB ?", (name, f"{name}/*"))
            return is_there

    # --- the network's key --------------------------------------------------------------------------------------------

    def rotate(self) -> int:
        """As `Keys.rotate`. Who is killed in between finds the new one when the store is opened again."""
        with self._lock, self.complaints.explained():
            new = NetworkKey.new()
            self._network_keys.put_beside(new)
            rows = self._execute("SELECT name, wrapped FROM keys").fetchall()
            with transaction(self._connection):
                again = [(new.wrap(name, self._network.unwrap(name, wrapped)), name) for name, wrapped in rows]
                self._executemany("UPDATE keys SET wrapped = ? WHERE name = ?", again)
                self._execute("UPDATE store SET network_key = ?, generation = generation + 1", (new.id,))
            self._network = new
            self.generation += 1
            self._network_keys.replace()
            return len(rows) - len(OWN)

    def settle(self) -> None:
        """Finishes a rotation that was cut short, or takes back what it had begun; and has it survive a power cut that
        whoever was killed before had committed. Only for the one who writes: another process may be rotating."""
        with self._lock, self.complaints.explained():
            sync_folder(self._folder)
            self._network_keys.settle(self._network.id)

    def _network_key(self) -> NetworkKey:
        """The key that the store says, wherever a rotation was cut short."""
        [wanted] = self._execute("SELECT network_key FROM store").fetchone()
        found = self._network_keys.found()
        for key in found:
            if key.id == wanted:
                return key
        file = self._network_keys.path
        if not found:
            what = "have no network key" if not file.exists() else f"have no network key in {file.name}"
            raise self.complaints.damaged(what, f"put back the file {file}")
        what = f"were wrapped with another network key, {wanted}, and not with {found[0].id}"
        raise self.complaints.damaged(
            what, f"put back the {self._database.name} and the {file.name} that belong together"
        )

    # --- the database -------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Lets go of the files."""
        self._connection.close()

    def _opened(self, connect: Connect) -> sqlite3.Connection:
        with self.complaints.explained():
            connection = connect(self._database)
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            connection.execute(_KEEPERS)  # of a store that an older Weft has made
        self._execute, self._executemany = connection.execute, connection.executemany
        return connection


def create(folder: Path, log_id: str, *, connect: Connect) -> None:
    """An empty store for a new log, whole or not at all."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    database, unfinished = folder / "keys.db", folder / "keys.db.new"
    if database.exists():  # who made it may have been killed before its name was safe
        _check_whose(database, log_id, connect)
        sync_folder(folder)
        sync_folder(folder.parent)
        return
    for left in (unfinished, folder / "keys.db.new-journal"):
        remove(left)
    os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT, 0o600))
    network = NetworkKeyFile(folder / NETWORK_KEY).made()
    connection = connect(unfinished)
    try:
        for statement in (*(f"PRAGMA {pragma}" for pragma in _PRAGMAS), *_TABLES, _KEEPERS):
            connection.execute(statement)
        connection.execute("INSERT INTO store VALUES (?, 1, ?)", (log_id, network.id))
        own = [(name, network.wrap(name, os.urandom(KEY_BYTES))) for name in OWN]
        connection.executemany("INSERT INTO keys VALUES (?, ?)", own)
    finally:
        connection.close()
    os.replace(unfinished, database)
    sync_folder(folder)
    sync_folder(folder.parent)


def _check_whose(database: Path, log_id: str, connect: Connect) -> None:
    connection = connect(database)
    try:
        found = connection.execute("SELECT log_id FROM store").fetchone()
    finally:
        connection.close()
    if found is None or found[0] != log_id:
        raise LogDamaged(
            f"the keys in {database.parent} are those of another log: move that folder away, and a new log gets new "
            "keys; or put back the log that they belong to"
        )


def _two(erasures: Sequence[Erasure]) -> list[tuple[str, bytes]]:
    return [(erasure.member_id, erasure.event) for erasure in erasures]
