"""The Postgres that shared keys are kept in: its tables, how it is reached, and what people are told if it is not.

One row, the store's, orders all changes: whoever makes, destroys or wraps keys locks it first. So none of it needs to
think of what another process may be doing, and a generation is never seen before an older one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    create_engine,
    func,
    make_url,
    select,
)
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoResultFound,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.schema import CreateSchema

from services.log import LogAway, LogDamaged, LogFull
from services.log.complaints import NO_ROOM
from services.trouble import Trouble

SCHEMA = "weft_keys"
FORMAT = 1  # of these tables
DRIVER = "postgresql+psycopg"
PATIENCE_MS = 10_000  # how long one waits for another's transaction, and how long a stopped process can keep others
_MAKING = 0x77656674  # "weft": the advisory lock of who makes the tables
_NO_TABLES, _DISK_FULL, _LOCKED = {"42P01", "3F000"}, "53100", "55P03"  # SQLSTATE

_tables = MetaData(schema=SCHEMA)
store = Table(
    "store",
    _tables,
    Column("id", SmallInteger, CheckConstraint("id = 1"), primary_key=True),
    Column("format", Integer, nullable=False),
    Column("log_id", Text, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("network_key", Text, nullable=False),
)
keys = Table(
    "keys",
    _tables,
    Column("name", Text, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)
erasures = Table(
    "erasures",
    _tables,
    Column("member_id", Text, primary_key=True),
    Column("generation", BigInteger, nullable=False, index=True),
    Column("event", LargeBinary, nullable=False),
    Column("late", BigInteger, nullable=False, server_default="0"),
)
confirmed = Table(
    "confirmed",
    _tables,
    Column("member_id", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
)
keepers = Table(
    "keepers",
    _tables,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("place", Text, nullable=False),
)


class SharedDatabase:
    """Connections to the tables at `url`; a connection that was lost is made again by whoever asks next.
    Trouble: whatever is in the way; LogAway, LogFull, LogDamaged."""

    def __init__(self, url: str, network_key_file: Path) -> None:
        self._file = network_key_file
        try:
            self.url = make_url(url)
        except (ArgumentError, ValueError):  # a port that is no number is the latter
            raise Trouble(f"the key store has no address that is understood: give {DRIVER}://…") from None
        if self.url.drivername != DRIVER:
            raise Trouble(f"the key store cannot be in {self.url.drivername}: give the address as {DRIVER}://…")
        patience = f"-c lock_timeout={PATIENCE_MS} -c idle_in_transaction_session_timeout={PATIENCE_MS}"
        alive = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "connect_timeout": 5}
        given = {**alive, "tcp_user_timeout": PATIENCE_MS, "options": patience}
        self._engine = create_engine(self.url, pool_pre_ping=True, connect_args=given)
        self._autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing of what is done in it."""
        with self._explained(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """For single queries: half the round trips of a transaction."""
        with self._explained(), self._autocommit.connect() as connection:
            yield connection

    @contextmanager
    def making(self) -> Iterator[Connection]:
        """A transaction with all the tables, made if need be; nobody else makes them meanwhile."""
        with self.transaction() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(_MAKING)))
            connection.execute(CreateSchema(SCHEMA, if_not_exists=True))
            _tables.create_all(connection)
            yield connection

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()

    # --- what is wrong ------------------------------------------------------------------------------------------------

    def damaged(self, wrong: str, advice: str) -> LogDamaged:
        """The keys are not those that the log needs."""
        return LogDamaged(
            f"the keys in {self._where} {wrong}: {advice}; without them nothing personal in the log can be read"
        )

    @property
    def _where(self) -> str:
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise self._said_by_postgres(error) from None
        except (InvalidTag, ValueError, NoResultFound):
            advice = f"put back the newest copy of schema {SCHEMA}, and the {self._file} that belongs to it"
            raise self.damaged("are damaged", advice) from None
        except SQLAlchemyError as error:
            raise self._out_of_reach(str(error)) from None
        except OSError as error:
            raise self._said_by_the_disk(error) from None

    def _said_by_postgres(self, error: DBAPIError) -> Trouble:
        state = getattr(error.orig, "sqlstate", None)
        if state in _NO_TABLES:
            return Trouble(f"there are no keys in {self._where}: they are made with the topics, before anything starts")
        if state == _DISK_FULL:
            return LogFull(f"the disk of {self._where} is full: make room, then try again")
        if state == _LOCKED:
            return LogAway(f"the keys in {self._where} are held by another process for {PATIENCE_MS} ms: try again")
        is_away = isinstance(error, OperationalError | InterfaceError)
        return self._out_of_reach(str(error.orig), LogAway if is_away else Trouble)

    def _out_of_reach(self, said: str, kind: type[Trouble] = Trouble) -> Trouble:
        first_line = (said.splitlines() or [""])[0]
        advice = "see that Postgres runs there and lets Weft in, then try again"
        return kind(f"the keys in {self._where} are out of reach ({first_line}): {advice}")

    def _said_by_the_disk(self, error: OSError) -> Trouble:
        if error.errno in NO_ROOM:
            return LogFull(f"the disk of {self._file} is full: make room, then try again")
        return Trouble(f"the network key {self._file} cannot be used ({error.strerror}): see who may read and write it")
