"""Putting rows in place of those of before: all that is of the same members, groups, introductions or rounds."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain

from prometheus_client import Counter
from sqlalchemy import ColumnElement, Connection, Table, insert, or_, select, true

from matcher.world import World
from services.views.rows import Row, rows_of_group, rows_of_introduction, rows_of_member, rows_of_round
from services.views.scores import rows_of_scores
from services.views.tables import TABLES
from services.views.touching import Touched

AT_ONCE = 500  # ids in one statement
ROWS_WRITTEN = Counter("weft_views_rows_written", "Rows written to the views", ["table"])

RowsOf = Callable[[World, str], Iterator[tuple[Table, Row]]]
_OWNED: dict[str, tuple[RowsOf, str, tuple[Table, ...]]] = {  # what is touched: its rows, found by which column, where
    "members": (rows_of_member, "member_id", (TABLES.members, TABLES.memberships)),
    "groups": (rows_of_group, "group_id", (TABLES.groups,)),
    "introductions": (rows_of_introduction, "introduction_id", (TABLES.introductions, TABLES.seen)),
    "rounds": (rows_of_round, "round_id", (TABLES.rounds,)),
}
_NAMING = (TABLES.members, TABLES.memberships, TABLES.seen, TABLES.scored, TABLES.scores)  # those that name members


def replace_touched(connection: Connection, generation: int, world: World, touched: Touched) -> None:
    """Has the rows of all that was touched be what the world says."""
    for what, (rows_of, column, tables) in _OWNED.items():
        for ids in _batches(getattr(touched, what)):
            _delete(connection, generation, tables, column, ids)
            _insert(connection, generation, chain.from_iterable(rows_of(world, each) for each in ids))
    for ids in _batches(touched.erased):
        _forget(connection, generation, ids)


def replace_scores(connection: Connection, generation: int, world: World, scores: Mapping[str, bytes | None]) -> None:
    """Has the scores of these members be what was published of them last."""
    for ids in _batches(scores):
        _delete(connection, generation, (TABLES.scored, TABLES.scores), "member_id", ids)
        rows = (rows_of_scores(member_id, scores[member_id], world.erased) for member_id in ids)
        _insert(connection, generation, chain.from_iterable(rows))


def _forget(connection: Connection, generation: int, erased: list[str]) -> None:
    """Takes out what is left of these members or names them: their introductions went with what was touched."""
    for table in _NAMING:
        connection.execute(table.delete().where(table.c.generation == generation, _names(table, erased)))


def are_left(connection: Connection, generation: int, erased: Collection[str]) -> bool:
    """Whether any row may name one of these members: one of this generation that does, or any of another generation."""
    others = (or_(table.c.generation < generation, table.c.generation > generation) for table in _NAMING)
    named = ((table.c.generation == generation) & _names(table, ids) for ids in _batches(erased) for table in _NAMING)
    return any(
        connection.execute(select(true()).where(each).limit(1)).first() is not None for each in chain(others, named)
    )


def _names(table: Table, ids: list[str]) -> ColumnElement[bool]:
    columns = [table.c[name] for name in ("member_id", "other_id", "candidate_id") if name in table.c]
    return or_(*(column.in_(ids) for column in columns))


def _delete(connection: Connection, generation: int, tables: tuple[Table, ...], column: str, ids: list[str]) -> None:
    for table in tables:
        connection.execute(table.delete().where(table.c.generation == generation, table.c[column].in_(ids)))


def _insert(connection: Connection, generation: int, rows: Iterable[tuple[Table, Row]]) -> None:
    by_table: dict[Table, list[Row]] = {}
    for table, row in rows:
        by_table.setdefault(table, []).append({"generation": generation, **row})
    for table, together in by_table.items():
        connection.execute(insert(table), together)
        ROWS_WRITTEN.labels(table.name.split("_")[2]).inc(len(together))


def _batches(ids: Collection[str]) -> Iterator[list[str]]:
    """In one order everywhere."""
    ordered = sorted(ids)
    return (ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE))
