"""Views confirm an erasure like any other part: once they have forgotten, in all that is in their database."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from services.erasing import VIEWS, status_of
from services.log.sqlite import SqliteLog
from services.views.database import Database
from services.views.projecting import Projector
from services.views.tables import TABLES
from tests.builders import day, described, erased
from tests.service.processes import weft
from tests.service.served import one_suggestion
from tests.service.views.parts import Kept, all_rows

ROW_OF_M2 = TABLES.members.insert().values(generation=1, member_id="m-2")


@pytest.fixture
def kept(database: Database, log: SqliteLog, tmp_path: Path) -> Kept:
    kept = Kept(database, log, tmp_path, now=day(9))
    log.append([*one_suggestion(), described("m-2", about="Zimtschnecke")])
    kept.scores.publish("m-1", "m-2", "m-3")
    return kept


@pytest.fixture
def projector(kept: Kept) -> Projector:
    return kept.started()


def waited_for(kept: Kept) -> bool:
    """Whether m-2's erasure waits for views."""
    [told] = status_of(kept.log.sealing.keys)
    return any(part.startswith(VIEWS) for part in told["waiting"])


def have_confirmed(kept: Kept) -> bool:
    [told] = status_of(kept.log.sealing.keys)
    return any(part.startswith(VIEWS) for part in told["confirmed"])


def test_views_confirm_once_no_row_names_the_member(kept: Kept, projector: Projector) -> None:
    assert "m-2" in str(all_rows(kept.database))
    kept.log.append([erased("m-2", at=day(8))])
    assert waited_for(kept)
    projector.project_once()
    assert (have_confirmed(kept), waited_for(kept)) == (True, False)
    assert "m-2" not in str(all_rows(kept.database))


def test_views_that_are_off_are_waited_for_until_they_are_started_or_let_go(kept: Kept) -> None:
    kept.started()
    kept.log.append([erased("m-2", at=day(8))])
    assert waited_for(kept)
    kept.rebuild()
    kept.started()
    assert not waited_for(kept)
    [name] = [each.name for each in kept.log.sealing.keys.keepers() if each.role == VIEWS]
    assert kept.log.sealing.keys.let_go(name) and not have_confirmed(kept)


def test_whoever_writes_the_same_views_is_the_same_keeper(kept: Kept, tmp_path: Path) -> None:
    kept.started()
    kept.started()
    with closing(Database(f"sqlite:///{tmp_path / 'others.db'}")) as other:
        Kept(other, kept.log, tmp_path / "others").started()
    views = [each for each in kept.log.sealing.keys.keepers() if each.role == VIEWS]
    assert sorted(each.place for each in views) == sorted([kept.database.name, other.name])


def test_a_generation_beside_that_was_left_keeps_views_from_confirming(kept: Kept, projector: Projector) -> None:
    with kept.database.writing() as connection:
        connection.execute(ROW_OF_M2)
    kept.log.append([erased("m-2", at=day(8))])
    projector.project_once()
    assert waited_for(kept)
    kept.rebuild()
    projector.project_once()
    assert not waited_for(kept)


def test_tables_of_another_version_keep_views_from_confirming_until_they_are_gone(
    kept: Kept, projector: Projector
) -> None:
    with kept.database.writing() as connection:
        connection.execute(text("CREATE TABLE weft_views_members_0ld (member_id TEXT)"))
    kept.log.append([erased("m-2", at=day(8))])
    projector.project_once()
    assert waited_for(kept)
    kept.rebuild()
    projector.project_once()
    assert not waited_for(kept)


def test_while_sqlite_cannot_overwrite_what_was_deleted_nothing_is_confirmed(log: SqliteLog, tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path / 'views.db'}")) as database:
        kept = Kept(database, log, tmp_path, now=day(9))
        log.append(one_suggestion())
        projector = kept.started()
        with kept.views.standing() as reading:
            reading.member("m-1")
            log.append([erased("m-2", at=day(8))])
            projector.project_once()
            assert waited_for(kept)
        projector.project_once()
        assert not waited_for(kept)


def test_weft_erase_waits_for_the_views_of_its_folder(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with closing(SqliteLog(data / "log")) as log:
        log.append(one_suggestion())
    assert weft(data, "views", "rebuild").code == 0
    ended = weft(data, "erase", "m-2", "--yes")
    [name] = [each["name"] for each in weft(data, "erase", "--status", "--json").json["keepers"]]
    assert ended.code == 1 and f"weft erase --gone {name}" in ended.out
    assert weft(data, "views", "rebuild").code == 0
    assert weft(data, "erase", "--status").code == 0
