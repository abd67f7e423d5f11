"""Generations of the views, and the law by which they only go forward.

A generation is all rows that were made in one go, and kept up since; its mark says what they are made from. A new one
is written beside the one that readers see and takes its place, all in one transaction: who dies meanwhile leaves none.

**The law.** Whoever knows what changed between the marks `since` and `mark` may write it to a generation that stands at
`at`, if `mark >= at >= since` in every partition and in time: rows that did not change since then are right already,
and none goes back. So it does not matter who writes, how often, how many they are, or when one is killed.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update

from services.log import Positions
from services.snapshot import code_version
from services.views.database import drop_other_shapes
from services.views.tables import OF_GENERATION, TABLES


class Mark(NamedTuple):
    """How far log and scores were read, and as of which instant (µs)."""

    log: Positions
    scores: Positions
    as_of: int

    def reaches(self, other: "Mark") -> bool:
        """Whether this is no less than `other`, in every partition and in time."""
        return _reach(self.log, other.log) and _reach(self.scores, other.scores) and self.as_of >= other.as_of


class Generation(NamedTuple):
    """A generation; `code` names the version of Weft that decides what its rows are."""

    number: int
    log_id: str
    code: str
    mark: Mark


def code() -> str:
    """The hash of the code that decides what the rows of a log are."""
    digest = sha256(code_version().encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def current(connection: Connection) -> Generation | None:
    """The generation that readers see; None: there is none yet."""
    row = connection.execute(select(TABLES.generation)).one_or_none()
    return Generation(row.number, row.log_id, row.code, Mark(row.log, row.scores, row.as_of)) if row else None


def new_number() -> int:
    """A number that no generation has: two that are made at once do not meet."""
    return uuid4().int >> 66  # what a column of 64 bits can hold


def put_mark(connection: Connection, mark: Mark) -> None:
    """Says how far the generation is now that readers see."""
    connection.execute(update(TABLES.generation).values(mark._asdict()))


def switch(connection: Connection, new: Generation) -> None:
    """Readers see this generation from here on; the one before it is gone, and so are tables of another shape."""
    for table in OF_GENERATION:
        connection.execute(table.delete().where(table.c.generation != new.number))
    connection.execute(TABLES.generation.delete())
    said = {"number": new.number, "log_id": new.log_id, "code": new.code}
    connection.execute(insert(TABLES.generation).values(**said, **new.mark._asdict()))
    drop_other_shapes(connection)


def _reach(these: Mapping[str, int], those: Mapping[str, int]) -> bool:
    return all(these.get(partition, 0) >= position for partition, position in those.items())
