"""What the views tell: members and what they see, rounds and what came of them, scores; all as of one instant."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Integer, Table, cast, func, select

from services.answering import NotYours
from services.log import Positions
from services.views.database import Database, Unavailable
from services.views.generations import current
from services.views.tables import TABLES

FUNNEL = ("accepted", "made", "closed", "met", "rated")


class Views:
    """The views in a database; safe to use from many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def standing(self) -> Iterator["Standing"]:
        """How things stand in the views; all that is read in it is of one instant, and never older than what anybody
        has read before. Unavailable: also where nobody has built them yet."""
        with self._database.reading() as connection:
            yield Standing(connection)


class Standing:
    """One state of the views."""

    def __init__(self, connection: Connection) -> None:
        found = current(connection)
        if found is None:
            raise Unavailable("nobody has built the views yet: start `weft views`")
        self._connection, self._generation = connection, found.number
        self.positions: Positions = found.mark.log
        self.score_positions: Positions = found.mark.scores

    def introductions_of(self, member_id: str, at: int) -> list[dict[str, Any]]:
        """What `Network.suggestions` gives: the introductions that a member sees at an instant (µs) that is no earlier
        than what the views were made from, youngest first. NotYours."""
        self.member(member_id)
        seen = TABLES.seen.c
        rows = self._rows(TABLES.seen, seen.member_id == member_id, seen.shown_until > at)
        return [row.view for row in sorted(rows, key=_age, reverse=True)]

    def member(self, member_id: str) -> dict[str, Any]:
        """What is known of a member (`paused_until` in µs), with the ids of their groups. NotYours."""
        found = self._rows(TABLES.members, TABLES.members.c.member_id == member_id)
        if not found:
            raise NotYours
        groups = self._rows(TABLES.memberships, TABLES.memberships.c.member_id == member_id)
        return {**_told(found[0]), "groups": sorted(row.group_id for row in groups)}

    def group(self, group_id: str) -> dict[str, Any] | None:
        """What is known of a group, with the ids of its members; None: nobody has founded it, and nobody is in it."""
        found = self._rows(TABLES.groups, TABLES.groups.c.group_id == group_id)
        members = self._rows(TABLES.memberships, TABLES.memberships.c.group_id == group_id)
        if not (found or members):
            return None
        told = _told(found[0]) if found else {"group_id": group_id, "name": None, "place": None, "meets": None}
        return {**told, "members": sorted(row.member_id for row in members)}

    def rounds(self) -> list[dict[str, Any]]:
        """The rounds that count, oldest first, each with how many of its introductions there are, and how many were
        accepted (by one of the two at least), made, closed, met and rated."""
        one, came = TABLES.introductions.c, self._connection
        sums = [func.sum(cast(one[step], Integer)).label(step) for step in FUNNEL]
        counted = came.execute(
            select(one.round_id, func.count().label("suggested"), *sums)
            .where(one.generation == self._generation)
            .group_by(one.round_id)
        )
        funnel = {row.round_id: {step: getattr(row, step) for step in ("suggested", *FUNNEL)} for row in counted}
        nothing = dict.fromkeys(("suggested", *FUNNEL), 0)
        rounds = sorted(self._rows(TABLES.rounds), key=lambda row: (row.as_of, row.round_id))
        return [{**_told(row), "funnel": funnel.get(row.round_id, nothing)} for row in rounds]

    def scores_of(self, member_id: str) -> dict[str, Any] | None:
        """The live scores of a member, as they were published, without whoever was erased since; None: there are
        none."""
        found = self._rows(TABLES.scored, TABLES.scored.c.member_id == member_id)
        if not found:
            return None
        places = self._rows(TABLES.scores, TABLES.scores.c.member_id == member_id)
        candidates = [
            {"member_id": row.candidate_id, "points": row.points, "chance": row.chance, "reasons": row.reasons}
            for row in sorted(places, key=lambda row: row.place)
        ]
        return {**_told(found[0]), "candidates": candidates}

    def names(self, member_id: str) -> bool:
        """Whether any row is of this member, or names them."""
        tables = (TABLES.members, TABLES.memberships, TABLES.seen, TABLES.scored, TABLES.scores)
        columns = [table.c[name] for table in tables for name in _NAMING if name in table.c]
        return any(self._rows(column.table, column == member_id) for column in columns)

    def _rows(self, table: Table, *conditions: Any) -> list[Any]:
        wanted = select(table).where(table.c.generation == self._generation, *conditions)
        return list(self._connection.execute(wanted))


_NAMING = ("member_id", "other_id", "candidate_id")


def _told(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name != "generation"}


def _age(row: Any) -> tuple[int, str, str, str]:
    """As `suggestions_of` orders them."""
    pair = (row.member_id, row.other_id) if row.is_a else (row.other_id, row.member_id)
    return (row.since, *pair, row.introduction_id)
