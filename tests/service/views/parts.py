"""What the tests of the views are made of: projectors, scores that were published, and all rows, comparable."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from services.log import Positions
from services.log.sqlite import SqliteLog
from services.views.building import build
from services.views.database import Database
from services.views.generations import current
from services.views.projecting import Projector
from services.views.projection import Projection
from services.views.reading import Views
from services.views.scores import ScoreRecord
from services.views.tables import OF_GENERATION
from tests.builders import day
from tests.service.processes import ROOT, command, environment
from tests.service.served import Clock

NOW = day(60)  # after all that the events of chatter say


class Published:
    """A topic of scores with two partitions, of which a record that a later one made void is compacted away."""

    def __init__(self) -> None:
        self.records: list[ScoreRecord] = []
        self._end: Positions = {}

    def publish(self, member_id: str, *candidate_ids: str) -> None:
        candidates = [
            {"member_id": each, "points": 100, "chance": 5, "reasons": [{"code": "active"}]} for each in candidate_ids
        ]
        said = {"member_id": member_id, "day": "2026-01-12", "positions": {"log/0": 3}, "candidates": candidates}
        self._append(member_id, orjson.dumps(said))

    def withdraw(self, member_id: str) -> None:
        self._append(member_id, None)

    def spoil(self, member_id: str, value: bytes) -> None:
        """Somebody else writes there."""
        self._append(member_id, value)

    def compact(self) -> None:
        newest = {record.member_id: record for record in self.records}
        self.records = [record for record in self.records if newest[record.member_id] is record]

    def read(self, after: Positions) -> Iterator[ScoreRecord]:
        return (record for record in list(self.records) if record.position >= after.get(record.partition, 0))

    def end(self) -> Positions:
        return dict(self._end)

    def _append(self, member_id: str, value: bytes | None) -> None:
        partition = f"weft.scores/{int(member_id[-1]) % 2}"
        position = self._end.get(partition, 0)
        self.records.append(ScoreRecord(partition, position, member_id, value))
        self._end[partition] = position + 1


class Kept:
    """Views of a log, and whoever writes them."""

    def __init__(self, database: Database, log: SqliteLog, folder: Path, now: int = NOW) -> None:
        self.database, self.log, self.clock, self.scores = database, log, Clock(now), Published()
        self.views = Views(database)
        self._snapshot = folder / "views"

    def projection(self, snapshot: str = "") -> Projection:
        return Projection(self.log, self.scores, self._snapshot.with_suffix(snapshot), self.clock)

    def started(self) -> Projector:
        projector = Projector(self.database, self.projection())
        projector.start()
        return projector

    def rebuild(self, into: Database | None = None) -> None:
        database, projection = into or self.database, self.projection(".none")
        database.create()
        projection.start(None)
        build(database, projection)


def all_rows(database: Database) -> dict[str, list[dict[str, Any]]]:
    """What readers can see, in an order of its own, but for the number of the generation."""
    with database.reading() as connection:
        found = current(connection)
        assert found
        rows = {
            table.name: [row._asdict() for row in connection.execute(select(table)).all()] for table in OF_GENERATION
        }
    assert {row.pop("generation") for each in rows.values() for row in each} <= {found.number}, "others are gone"
    return {name: sorted(each, key=json.dumps) for name, each in rows.items()}


@contextmanager
def started(data: Path, address: str = "", port: int = 0) -> Iterator["subprocess.Popen[bytes]"]:
    """A `weft views` as its own process; what is left of it is killed."""
    told = environment(ROOT, {"views_url": address, "views_port": str(port)})
    views = subprocess.Popen(command(data, "views"), env=told, cwd=data.parent, stderr=subprocess.DEVNULL)
    try:
        yield views
    finally:
        if views.poll() is None:
            views.kill()
        views.wait()
