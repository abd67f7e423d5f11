"""The keys that a log is sealed with where many processes on many machines share them: in Postgres, and the network's
own key, which they are wrapped with, in a file of each machine: never in the database.

Erasing a member is destroying their key, in the transaction that records it with its event. What Postgres deletes does
not vanish at once. The wrapped bytes stay in its write-ahead log until that segment is recycled and written over
(measured with Postgres 18: two segments and checkpoints later, so on a quiet server they stay), and in the table until
other rows take their place: VACUUM wrote over a key in the middle of the table and left the last one of it. It could
promise nothing, so none is called for here. What stays is shut with the network's key: `rotate` replaces that and
destroys it in its file, and where no copy of it is left, what Postgres still holds is worth nothing to anybody, in old
copies of the database as well.
"""

import os
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ARRAY, Connection, Text, any_, bindparam, literal, or_, select, true
from sqlalchemy.dialects.postgresql import insert

from services.log.keyring import MOST_KNOWN, OF_SNAPSHOTS, OWN, Erasure, Keeper, by_member
from services.log.network_key import KEY_BYTES, NetworkKey, NetworkKeyFile
from services.log.shared_database import FORMAT, SharedDatabase, confirmed, erasures, keys, store
from services.log.shared_database import keepers as waited_for
from services.trouble import Trouble

AT_ONCE = 100  # keys brought into memory: 50,000 members' in 2 to 3 s, instead of the 38 s of one by one


class SharedKeys:
    """The `Keys` in the Postgres at `url` (postgresql+psycopg://…), for any number of processes that read, seal and
    erase. Trouble: Postgres cannot be reached; LogDamaged: the network key in the file is not that of these keys."""

    def __init__(self, url: str, network_key_file: Path) -> None:
        self._database = SharedDatabase(url, network_key_file)
        self._network_keys = NetworkKeyFile(network_key_file)
        self._lock = threading.RLock()
        self._known: dict[str, AESGCM | None] = {}
        self.erased: set[str] = set()
        self.generation = 0
        with ExitStack() as held:
            held.callback(self.close)
            with self._changing() as connection:
                found, self.log_id = connection.execute(select(store.c.format, store.c.log_id)).one()
            if found != FORMAT:
                raise self._database.damaged(f"are in format {found}, and not {FORMAT}", "run the Weft that made them")
            self.find(OF_SNAPSHOTS)
            held.pop_all()

    # --- keys ---------------------------------------------------------------------------------------------------------

    def find(self, name: str) -> AESGCM | None:
        """As `Keys.find`."""
        try:
            return self._known[name]
        except KeyError:
            with self._lock:
                if len(self._known) >= MOST_KNOWN:
                    self._known.clear()
                if name in self.erased or not self._is_there(name):
                    self._known[name] = None
                return self._known[name]

    def _is_there(self, name: str) -> bool:
        with self._database.reading() as connection:
            if self._brought(connection, name):
                return True
        with self._changing() as connection:  # another process has rotated the network's key, or erased them
            if not self._brought(connection, name) and name not in self.erased:
                raise self._database.damaged(f"have none for {name}", "put back their newest copy")
            return name not in self.erased

    def _brought(self, connection: Connection, name: str) -> bool:
        """Brings this key into memory with those that follow it: whoever reads a log will ask for nearly all. False:
        it is not there, or is wrapped with another network key."""
        rows = connection.execute(_FROM, {"name": name}).all()
        if not rows or rows[0].name != name or rows[0].network_key != self._network.id:
            return False
        self._known.update((row.name, AESGCM(self._network.unwrap(row.name, row.wrapped))) for row in rows)
        return True

    def prepare(self, names: set[str], erasures: Sequence[Erasure], late: Sequence[str] = ()) -> None:
        """As `Keys.prepare`. If all keys are there and known, it is one query."""
        with self._lock:
            self.refresh()
            fresh = names - self.erased - {erasure.member_id for erasure in erasures}
            fresh.difference_update([name for name in fresh if name in self._known])
            if fresh:
                with self._database.reading() as connection:
                    fresh -= _kept(connection, fresh)
            if fresh or late or any(erasure.member_id not in self.erased for erasure in erasures):
                self._change(fresh, erasures, late)

    def _change(self, names: set[str], told: Sequence[Erasure], late: Sequence[str]) -> None:
        with self._changing() as connection:
            gone = {erasure.member_id: erasure.event for erasure in reversed(told)}  # the first of one's own counts
            gone = {member_id: event for member_id, event in gone.items() if member_id not in self.erased}
            fresh = sorted(names - self.erased - _kept(connection, names))
            made = {name: os.urandom(KEY_BYTES) for name in fresh}
            generation = self.generation + bool(made or gone)
            self._keep(connection, made)
            self._destroy(connection, gone, generation)
            _count_late(connection, late)
            connection.execute(store.update().values(generation=generation))
        self.generation = generation
        self.erased |= gone.keys()
        self.forget(gone.keys())
        self._known.update((name, AESGCM(key)) for name, key in made.items())

    def _keep(self, connection: Connection, made: dict[str, bytes]) -> None:
        if made:
            wrapped = [{"name": name, "wrapped": self._network.wrap(name, key)} for name, key in made.items()]
            connection.execute(keys.insert(), wrapped)

    def _destroy(self, connection: Connection, gone: dict[str, bytes], generation: int) -> None:
        """A snapshot holds what it was made of, so with the first erasure after it, its key goes as well."""
        if gone:
            connection.execute(keys.delete().where(keys.c.name == _any_of([*gone, OF_SNAPSHOTS])))
            self._keep(connection, {OF_SNAPSHOTS: os.urandom(KEY_BYTES)})
            rows = [{"member_id": who, "generation": generation, "event": event} for who, event in gone.items()]
            connection.execute(erasures.insert(), rows)

    # --- erasures -----------------------------------------------------------------------------------------------------

    def forget(self, member_ids: Collection[str]) -> None:
        """As `Keys.forget`."""
        with self._lock:
            for name in (*member_ids, OF_SNAPSHOTS):
                self._known.pop(name, None)

    def refresh(self) -> None:
        """As `Keys.refresh`, in one query that brings only what is new."""
        with self._lock, self._database.reading() as connection:
            self._learn(connection)

    def _learn(self, connection: Connection) -> None:
        since = erasures.c.generation > self.generation
        rows = connection.execute(select(store.c.generation, erasures.c.member_id).outerjoin(erasures, since)).all()
        if new := {row.member_id for row in rows if row.member_id is not None}:
            self.erased |= new
            self.forget(new)
        self.generation = rows[0].generation

    def erasures(self) -> list[Erasure]:
        """As `Keys.erasures`."""
        columns = erasures.c.member_id, erasures.c.event, erasures.c.late
        with self._database.reading() as connection:
            return [Erasure(*row) for row in connection.execute(select(*columns).order_by(erasures.c.member_id))]

    def confirm(self, part: str, member_ids: Iterable[str], at: int) -> None:
        """As `Keys.confirm`."""
        if rows := [{"member_id": member_id, "part": part, "at": at} for member_id in member_ids]:
            with self._database.transaction() as connection:
                connection.execute(insert(confirmed).on_conflict_do_nothing(), rows)

    def confirmed(self) -> dict[str, dict[str, int]]:
        """As `Keys.confirmed`."""
        columns = confirmed.c.member_id, confirmed.c.part, confirmed.c.at
        with self._database.reading() as connection:
            rows = connection.execute(select(*columns).order_by(confirmed.c.at, confirmed.c.part)).all()
        return by_member((row.member_id, row.part, row.at) for row in rows)

    def wait_for(self, keepers: Iterable[Keeper]) -> None:
        """As `Keys.wait_for`."""
        if rows := [each._asdict() for each in keepers]:
            anew = insert(waited_for)
            anew = anew.on_conflict_do_update(index_elements=["name"], set_={"place": anew.excluded.place})
            with self._database.transaction() as connection:
                connection.execute(anew, rows)

    def keepers(self) -> list[Keeper]:
        """As `Keys.keepers`."""
        with self._database.reading() as connection:
            return [Keeper(*row) for row in connection.execute(select(waited_for).order_by(waited_for.c.name))]

    def let_go(self, name: str) -> bool:
        """As `Keys.let_go`."""
        is_theirs = or_(confirmed.c.part == name, confirmed.c.part.startswith(f"{name}/", autoescape=True))
        with self._database.transaction() as connection:
            is_there = bool(connection.execute(waited_for.delete().where(waited_for.c.name == name)).rowcount)
            if is_there:
                connection.execute(confirmed.delete().where(is_theirs))
            return is_there

    # --- the network's key --------------------------------------------------------------------------------------------

    def rotate(self) -> int:
        """As `Keys.rotate`, where the file of the network's key can be written. A machine with a copy of that file
        needs the new one for the next key that it does not know: it says so, and goes on once the new one is there."""
        with self._lock:
            with self._changing() as connection:
                self._network_keys.settle(self._network.id)  # one that was cut short
                new = NetworkKey.new()
                self._network_keys.put_beside(new)
                rows = connection.execute(select(keys.c.name, keys.c.wrapped)).all()
                again = [(row.name, new.wrap(row.name, self._network.unwrap(row.name, row.wrapped))) for row in rows]
                _replace(connection, again)
                connection.execute(store.update().values(network_key=new.id, generation=store.c.generation + 1))
            with self._changing():
                self._network_keys.settle(self._network.id)
            return len(rows) - len(OWN)

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """A transaction in which nobody else changes anything, with all that others have changed before."""
        with self._database.transaction() as connection:
            wanted = connection.execute(select(store.c.network_key).with_for_update()).scalar_one()
            self._network = self._network_key(wanted)
            self._learn(connection)
            yield connection

    def _network_key(self, wanted: str) -> NetworkKey:
        """The key that the store says, from the file; also where a rotation was cut short."""
        file, found = self._network_keys.path, self._network_keys.found()
        if not found:
            raise self._database.damaged(f"have no network key in {file}", "put it there")
        if file.stat().st_mode & 0o077:
            raise Trouble(f"the network key {file} can be read by others: chmod go= {file}")
        for key in found:
            if key.id == wanted:
                return key
        what = f"are wrapped with network key {wanted}, and {file} holds {found[0].id}"
        raise self._database.damaged(what, f"put the one that they are wrapped with into {file}")

    # --- the database -------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """As `Keys.close`."""
        self._database.close()


def create_shared_keys(url: str, network_key_file: Path, log_id: str) -> None:
    """An empty store for the log of this id, whole or not at all. One that is there already stays as it is, also if
    another process is just making it: of which log it is, `SharedKeys.log_id` says. The network's key is the one in the
    file, or if there is none a new one. Trouble, LogFull."""
    with closing(SharedDatabase(url, network_key_file)) as database, database.making() as connection:
        if connection.execute(select(store.c.log_id)).first() is None:
            network = NetworkKeyFile(network_key_file).made()
            own = [{"name": name, "wrapped": network.wrap(name, os.urandom(KEY_BYTES))} for name in OWN]
            connection.execute(keys.insert(), own)
            told = {"id": 1, "format": FORMAT, "log_id": log_id, "generation": 1, "network_key": network.id}
            connection.execute(store.insert(), told)


# --- queries ----------------------------------------------------------------------------------------------------------

_FROM = (  # keys as they are kept, each with the network key that it is wrapped with
    select(keys.c.name, keys.c.wrapped, store.c.network_key)
    .join(store, true())
    .where(keys.c.name >= bindparam("name"))
    .order_by(keys.c.name)
    .limit(AT_ONCE)
)


def _any_of(names: Iterable[str]) -> Any:
    return any_(literal([*names], ARRAY(Text)))


def _kept(connection: Connection, names: set[str]) -> set[str]:
    """Who of these has a key."""
    return set(connection.scalars(select(keys.c.name).where(keys.c.name == _any_of(names))))


def _replace(connection: Connection, wrapped: list[tuple[str, bytes]]) -> None:
    by_name = keys.update().where(keys.c.name == bindparam("who")).values(wrapped=bindparam("anew"))
    connection.execute(by_name, [{"who": name, "anew": anew} for name, anew in wrapped])


def _count_late(connection: Connection, late: Sequence[str]) -> None:
    if late:
        more = erasures.update().where(erasures.c.member_id == bindparam("who"))
        counts = [{"who": who, "count": count} for who, count in Counter(late).items()]
        connection.execute(more.values(late=erasures.c.late + bindparam("count")), counts)
