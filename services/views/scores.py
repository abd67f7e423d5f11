"""The live scores that workers publish: a record a member, the newest of which counts."""

from collections.abc import Iterator, Set
from typing import Annotated, Any, NamedTuple, Protocol

from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import Table
from structlog import get_logger

from services.log import Positions
from services.views.rows import Row
from services.views.tables import TABLES

lines = get_logger()


class ScoreRecord(NamedTuple):
    """A member's candidates as JSON, or that they have none any more (None)."""

    partition: str
    position: int
    member_id: str
    value: bytes | None


_Whole = Annotated[int, Field(ge=-(2**31), lt=2**31)]


class _Candidate(BaseModel):
    member_id: str
    points: _Whole
    chance: _Whole
    reasons: list[dict[str, Any]]


class _Said(BaseModel):
    day: str
    positions: dict[str, int]
    candidates: list[_Candidate]


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
    try:
        said = _Said.model_validate_json(value)
    except ValidationError:  # others may write there; its owner says again what is right
        lines.error("scores that no worker published", bytes=len(value))
        return
    yield TABLES.scored, {"member_id": member_id, "day": said.day, "positions": said.positions}
    for place, candidate in enumerate(said.candidates):
        if candidate.member_id not in erased:
            of_both = {"member_id": member_id, "place": place, "candidate_id": candidate.member_id}
            yield TABLES.scores, of_both | candidate.model_dump(exclude={"member_id"})
