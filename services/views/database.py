"""The database of the views: SQLite in a file, or Postgres. Whoever reads sees one instant; writers take turns."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.pool import ConnectionPoolEntry

from services.trouble import Trouble, WrongSetting
from services.views.tables import KNOWN_AS, METADATA, PREFIX, SHAPE, TABLES

KINDS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
BUSY_S = 30  # how long a writer waits for its turn
UNDEFINED_TABLE = "42P01"
# Synced at each commit: after a power cut, too, nobody is shown what is older than they have seen. What is deleted is
# overwritten.
_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON")


class Unavailable(Trouble):
    """The database cannot be used now; it may be again later."""


class Database:
    """Where the views are kept; safe to use from many threads. WrongSetting: the address is none."""

    def __init__(self, address: str | URL) -> None:
        try:
            url = make_url(address)
        except (ArgumentError, ValueError):  # a port that is no number is the latter
            raise WrongSetting(
                "views_url is no address of a database, such as postgresql+psycopg://user@host/name"
            ) from None
        if url.drivername != KINDS.get(url.get_backend_name()):
            raise WrongSetting(
                f"views_url begins with {url.drivername}: Weft's views are kept in {_told(KINDS.values())}"
            )
        self.name = url.render_as_string()  # without the password
        self._is_postgres = url.get_backend_name() == "postgresql"
        self._engine = create_engine(
            url,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
            pool_pre_ping=True,
            connect_args={} if self._is_postgres else {"timeout": BUSY_S},
        )
        if self._is_postgres:
            self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            self._writer = self._engine
        else:
            _sqlite_as_it_should_be(self._engine)
            self._reader = self._engine.execution_options(begin="BEGIN")
            self._writer = self._engine.execution_options(begin="BEGIN IMMEDIATE")

    def create(self) -> None:
        """Makes the tables that are missing, and gives the database its id. Unavailable."""
        with self._explained(), self._writer.begin() as connection:
            if self._is_postgres:  # two that make the same table at once are told that it is not unique
                connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": PREFIX})
            METADATA.create_all(connection)
            if connection.scalar(select(KNOWN_AS.c.id)) is None:
                connection.execute(KNOWN_AS.insert().values(id=uuid4().hex[:12]))

    @property
    def id(self) -> str:
        """By what this database is known among all that there are; it moves with its tables. Unavailable."""
        with self.reading() as connection:
            return str(connection.scalars(select(KNOWN_AS.c.id)).one())

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """All that is read in it is of one instant. Unavailable."""
        with self._explained(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """All or nothing of what is done in it, durable after it, and nobody else writes meanwhile. Unavailable."""
        with self.writing_beside() as connection:
            self.take_turn(connection)
            yield connection

    @contextmanager
    def writing_beside(self) -> Iterator[Connection]:
        """As `writing`, but others may write other rows (in SQLite they wait) until it takes its turn."""
        with self._explained(), self._writer.begin() as connection:
            yield connection

    def take_turn(self, connection: Connection) -> None:
        """From here until the transaction ends, nobody else writes."""
        if self._is_postgres:
            connection.execute(text(f"LOCK TABLE {TABLES.generation.name} IN EXCLUSIVE MODE"))

    def overwrite_deleted(self) -> bool:
        """SQLite's write-ahead log still has what was deleted until it is emptied. False: a reader was in the way.
        Postgres sees to its own (VACUUM). Unavailable."""
        if self._is_postgres:
            return True
        with self._explained(), self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 0")
            was_busy: int = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_S * 1_000:.0f}")
        return not was_busy

    def close(self) -> None:
        """Lets go of the connections."""
        self._engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError) as away:
            raise self._unavailable(away) from None
        except ProgrammingError as wrong:
            if getattr(wrong.orig, "sqlstate", None) != UNDEFINED_TABLE:
                raise
            raise self._unavailable(wrong) from None

    def _unavailable(self, error: DBAPIError) -> Unavailable:
        why = str(error.orig).strip().split("\n")[0]
        return Unavailable(f"the views in {self.name} cannot be used ({why}): is the database up, and is it theirs?")


def of_other_shapes(connection: Connection) -> list[str]:
    """The tables of other versions of the views: nobody keeps them up, nor forgets there."""
    there = inspect(connection).get_table_names()
    return [name for name in there if name.startswith(PREFIX) and not name.endswith(SHAPE)]


def drop_other_shapes(connection: Connection) -> None:
    """Takes away the tables of other versions of the views."""
    for name in of_other_shapes(connection):
        connection.execute(text(f'DROP TABLE "{name}"'))


def _told(kinds: Any) -> str:
    return " or ".join(f"{kind}://" for kind in kinds)


def _sqlite_as_it_should_be(engine: Engine) -> None:
    """Transactions begin where we say, not where Python thinks that they should."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        if begin := connection.get_execution_options().get("begin"):
            connection.exec_driver_sql(begin)
