"""The live scores that workers publish: a record a member, the newest of which counts."""

from collections.abc import Iterator, Set
from typing import Any, NamedTuple, Protocol

import orjson
from sqlalchemy import Table

from services.log import Positions
from services.views.rows import Row
from services.views.tables import TABLES


class ScoreRecord(NamedTuple):
    """A member's candidates as JSON, or that they have none any more (None)."""

    partition: str
    position: int
    member_id: str
    value: bytes | None


class ScoreSource(Protocol):
    """Where the scores of a network are published, by partition."""

    def read(self, after: Positions) -> Iterator[ScoreRecord]:
        """The records from the positions `after` on, until the end when the reading begins; what a later record of the
        same member made void may be left out."""

    def end(self) -> Positions:
        """The positions after the last records."""


class NoScores:
    """Of a network that publishes none."""

    def read(self, after: Positions) -> Iterator[ScoreRecord]:
        """Nothing."""
        return iter(())

    def end(self) -> Positions:
        """Nowhere."""
        return {}


def rows_of_scores(member_id: str, value: bytes | None, erased: Set[str]) -> Iterator[tuple[Table, Row]]:
    """The candidates of a member, best first; whoever was erased is neither scored nor a candidate."""
    if value is None or member_id in erased:
        return
    said: dict[str, Any] = orjson.loads(value)
    yield TABLES.scored, {"member_id": member_id, "day": said["day"], "positions": said["positions"]}
    for place, candidate in enumerate(said["candidates"]):
        if candidate["member_id"] not in erased:
            yield (
                TABLES.scores,
                {
                    "member_id": member_id,
                    "place": place,
                    "candidate_id": candidate["member_id"],
                    **{field: candidate[field] for field in ("points", "chance", "reasons")},
                },
            )
