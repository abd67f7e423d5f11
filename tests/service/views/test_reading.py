"""What the views tell, in SQLite and in Postgres: the same that the network itself would say."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from schemas.codec import Event
from services.answering import NotYours
from services.log.sqlite import SqliteLog
from services.trouble import Trouble
from services.views import database as databases
from services.views import projecting
from services.views.database import Database, Unavailable
from services.views.generations import Mark, put_mark
from services.views.projecting import Projector
from services.views.tables import TABLES
from tests.builders import (
    accepted,
    blocked,
    day,
    described,
    erased,
    founded,
    held,
    joined,
    left,
    made,
    met,
    opened,
    prefers,
    rated,
)
from tests.service.served import one_suggestion
from tests.service.views.parts import Kept, all_rows

CANARY = "Zimtschnecke"


@pytest.fixture
def kept(database: Database, log: SqliteLog, tmp_path: Path) -> Kept:
    return Kept(database, log, tmp_path, now=day(9))


def told(kept: Kept, *events: Event) -> Projector:
    """These events, and whoever has written them into the views."""
    kept.log.append(events)
    return kept.started()


# --- what a member sees -----------------------------------------------------------------------------------------------


def test_both_see_why_and_whom_but_not_yet_where_to_write(kept: Kept) -> None:
    told(kept, *one_suggestion())
    with kept.views.standing() as standing:
        [one] = standing.introductions_of("m-1", day(9))
    assert one["state"] == "suggested" and one["with"]["name"] == "Bo" and "email" not in one["with"]
    assert sum(reason["points"] for reason in one["reasons"]) == one["points"]
    assert all("points" not in reason for reason in one["reasons_for_them"])


def test_contact_data_is_in_the_views_once_both_have_accepted(kept: Kept) -> None:
    projector = told(kept, *one_suggestion())
    kept.log.append([accepted("i-1", "m-1", at=day(8)), accepted("i-1", "m-2", at=day(8)), made("i-1", at=day(8))])
    projector.project_once()
    with kept.views.standing() as standing:
        [one] = standing.introductions_of("m-1", day(9))
    assert (one["state"], one["with"]["email"]) == ("made", "bo@example.org")


def test_time_alone_ends_a_suggestion_without_a_word_in_the_log(kept: Kept) -> None:
    told(kept, *one_suggestion())
    with kept.views.standing() as standing:
        assert len(standing.introductions_of("m-1", day(7 + 14) - 1)) == 1
        assert standing.introductions_of("m-1", day(7 + 14)) == []


def test_what_ended_has_no_row_whatever_ended_it(kept: Kept) -> None:
    projector = told(kept, *one_suggestion())
    kept.log.append([blocked("m-2", "m-1", at=day(8))])
    projector.project_once()
    assert not all_rows(kept.database)[TABLES.seen.name]


def test_who_was_never_a_member_sees_as_much_as_whoever_is_not_there(kept: Kept) -> None:
    told(kept, described("m-3", about="nobody's"), *one_suggestion())
    for member_id in ("m-3", "m-99"):
        with kept.views.standing() as standing, pytest.raises(NotYours):
            standing.introductions_of(member_id, day(9))


def test_a_profile_that_changes_changes_what_the_other_sees(kept: Kept) -> None:
    projector = told(kept, *one_suggestion())
    kept.log.append([described("m-2", at=day(8), profession="Glockengießer")])
    projector.project_once()
    with kept.views.standing() as standing:
        [one] = standing.introductions_of("m-1", day(9))
    assert one["with"]["profession"] == "Glockengießer"


# --- members, groups, rounds, scores ----------------------------------------------------------------------------------


def test_members_and_their_groups_are_as_of_now(kept: Kept) -> None:
    projector = told(kept, founded("g-1", name="Elbe", place="Hamburg"), joined("m-1", "g-1"), joined("m-1", "g-2"))
    kept.log.append([left("m-1", "g-2", at=day(1)), prefers("m-1", at=day(1), paused_until=day(20), digest="daily")])
    projector.project_once()
    with kept.views.standing() as standing:
        member, elbe, oder = standing.member("m-1"), standing.group("g-1"), standing.group("g-2")
        assert standing.group("g-3") is None
    assert (member["groups"], member["paused_until"], member["digest"]) == (["g-1"], day(20), "daily")
    assert elbe and (elbe["place"], elbe["members"]) == ("Hamburg", ["m-1"])
    assert oder is None


def test_rounds_tell_what_came_of_their_introductions(kept: Kept) -> None:
    projector = told(kept, *one_suggestion())
    with kept.views.standing() as standing:
        [one] = standing.rounds()
    assert (one["slot"], one["certificate"], one["funnel"]["suggested"]) == (
        "2026-01-12",
        {"blocking_pairs": 0},
        1,
    )
    kept.log.append([accepted("i-1", "m-1", at=day(8)), accepted("i-1", "m-2", at=day(8)), made("i-1", at=day(8))])
    kept.log.append([met("i-1", "m-1", at=day(8)), rated("i-1", "m-2", at=day(8))])
    projector.project_once()
    with kept.views.standing() as standing:
        [one] = standing.rounds()
    assert one["funnel"] == {"suggested": 1, "accepted": 1, "made": 1, "closed": 0, "met": 1, "rated": 1}


def test_a_round_that_moves_to_another_slot_leaves_its_own_to_the_other_that_was_held(kept: Kept) -> None:
    """As merged logs may have it: there is one a slot."""
    projector = told(kept, *one_suggestion(), opened("r-2", at=day(7, hour=1)), held("r-2", at=day(7, hour=1)))
    with kept.views.standing() as standing:
        assert [one["round_id"] for one in standing.rounds()] == ["r-1"]
    kept.log.append([opened("r-1", "2026-01-19", at=day(8), as_of=day(7))])
    projector.project_once()
    with kept.views.standing() as standing:
        assert [one["round_id"] for one in standing.rounds()] == ["r-1", "r-2"]


def test_scores_are_those_that_were_published_last(kept: Kept) -> None:
    projector = told(kept, *one_suggestion())
    kept.scores.publish("m-1", "m-2", "m-3")
    kept.scores.publish("m-1", "m-3", "m-2")
    projector.project_once()
    with kept.views.standing() as standing:
        scores = standing.scores_of("m-1")
        assert standing.score_positions == {"weft.scores/1": 2}
    assert scores and [each["member_id"] for each in scores["candidates"]] == ["m-3", "m-2"]
    assert (scores["day"], scores["positions"]) == ("2026-01-12", {"log/0": 3})
    kept.scores.withdraw("m-1")
    projector.project_once()
    with kept.views.standing() as standing:
        assert standing.scores_of("m-1") is None


@pytest.mark.parametrize(
    "value", [b"garbage", b"[]", b'{"day": 5}', b'{"day": "x", "positions": {}, "candidates": [1]}']
)
def test_scores_that_no_worker_published_are_passed_over(kept: Kept, value: bytes) -> None:
    projector = told(kept, *one_suggestion())
    kept.scores.spoil("m-1", value)
    kept.scores.publish("m-2", "m-1")
    projector.project_once()
    with kept.views.standing() as standing:
        assert standing.scores_of("m-1") is None and standing.scores_of("m-2")


# --- forgetting -------------------------------------------------------------------------------------------------------


def test_an_erasure_takes_out_all_rows_that_are_of_the_member_or_name_them(kept: Kept) -> None:
    projector = told(kept, *one_suggestion(), described("m-2", about=CANARY))
    kept.scores.publish("m-1", "m-2", "m-3")
    kept.scores.publish("m-2", "m-1")
    projector.project_once()
    with kept.views.standing() as standing:
        assert standing.names("m-2")
    kept.log.append([erased("m-2", at=day(8))])
    projector.project_once()
    kept.scores.publish("m-1", "m-2", "m-4")  # by a worker who has not heard of it yet
    projector.project_once()
    with kept.views.standing() as standing:
        assert not standing.names("m-2") and standing.introductions_of("m-1", day(9)) == []
        assert [one["funnel"]["suggested"] for one in standing.rounds()] == [0]
        scores = standing.scores_of("m-1")
    assert scores and [each["member_id"] for each in scores["candidates"]] == ["m-4"]
    assert CANARY not in str(all_rows(kept.database))


def test_what_was_erased_is_in_no_byte_of_the_file(log: SqliteLog, tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path / 'views.db'}")) as database:
        kept = Kept(database, log, tmp_path, now=day(9))
        projector = told(kept, *one_suggestion(), described("m-2", about=CANARY))
        assert any(CANARY.encode() in file.read_bytes() for file in tmp_path.glob("views.db*"))
        with kept.views.standing() as reading:  # in the way of the first attempt
            reading.member("m-1")
            log.append([erased("m-2", at=day(8))])
            projector.project_once()
        projector.project_once()
        assert not any(CANARY.encode() in file.read_bytes() for file in tmp_path.glob("views.db*"))


# --- what stands in the way -------------------------------------------------------------------------------------------


def test_views_that_nobody_has_built_are_said_not_to_be_there(kept: Kept) -> None:
    with pytest.raises(Unavailable), kept.views.standing():
        pass
    kept.database.create()
    with pytest.raises(Unavailable, match="start `weft views`"), kept.views.standing():
        pass


def test_the_views_of_another_log_are_left_alone(kept: Kept, tmp_path: Path) -> None:
    told(kept, *one_suggestion())
    before = all_rows(kept.database)
    with closing(SqliteLog(tmp_path / "other")) as other:
        other.append(one_suggestion("m-8", "m-9"))
        stranger = Kept(kept.database, other, tmp_path / "other")
        for attempt in (stranger.started, stranger.rebuild):
            with pytest.raises(Trouble, match="name another"):
                attempt()
    assert all_rows(kept.database) == before


def test_views_that_have_read_more_than_the_log_holds_are_left_alone(kept: Kept, tmp_path: Path) -> None:
    told(kept, *one_suggestion())
    before = all_rows(kept.database)
    with closing(SqliteLog(tmp_path / "older", log_id=kept.log.log_id)) as older:
        older.append(one_suggestion()[:2])
        behind = Kept(kept.database, older, tmp_path / "older")
        for attempt in (behind.started, behind.rebuild):
            with pytest.raises(Trouble, match="read more than the log"):
                attempt()
    assert all_rows(kept.database) == before


def test_another_version_builds_its_own_and_the_old_one_writes_no_more(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = told(kept, *one_suggestion())
    with kept.database.writing() as connection:
        connection.execute(text("CREATE TABLE weft_views_members_0ld (member_id TEXT)"))
    monkeypatch.setattr(projecting, "code", lambda: "another")
    monkeypatch.setattr("services.views.building.code", lambda: "another")
    kept.started()
    with pytest.raises(Unavailable), kept.database.reading() as connection:
        connection.execute(text("SELECT * FROM weft_views_members_0ld"))
    kept.log.append([joined("m-7", at=day(8))])
    with pytest.raises(Trouble, match="another version"):
        old.project_once()


def test_while_sqlite_is_taken_nothing_is_lost(log: SqliteLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "BUSY_S", 0.05)
    address = f"sqlite:///{tmp_path / 'views.db'}"
    with closing(Database(address)) as database, closing(Database(address)) as other:
        kept = Kept(database, log, tmp_path, now=day(9))
        projector = told(kept, *one_suggestion())
        log.append([joined("m-7", at=day(8))])
        with other.writing(), pytest.raises(Unavailable, match="locked"):
            projector.project_once()
        projector.project_once()
        with kept.views.standing() as standing:
            assert standing.member("m-7")


@pytest.mark.postgres
def test_where_postgres_cuts_off_its_connections_nothing_is_lost(
    postgres_url: str, log: SqliteLog, tmp_path: Path
) -> None:
    with closing(Database(postgres_url)) as database, closing(Database(postgres_url)) as other:
        kept = Kept(database, log, tmp_path, now=day(9))
        projector = told(kept, *one_suggestion())
        log.append([joined("m-7", at=day(8))])
        with pytest.raises(Unavailable), database.writing() as connection:
            with other.writing_beside() as operator:
                operator.execute(text(_CUT_OFF_ALL_OTHERS))
            put_mark(connection, Mark({}, {}, 0))
        projector.project_once()
        with kept.views.standing() as standing:
            assert standing.member("m-7") and standing.positions == log.end()


_CUT_OFF_ALL_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def test_an_address_that_is_none_is_said_in_one_line() -> None:
    for wrong in ("views.db", "mysql://here/views", "postgresql://here/views"):
        with pytest.raises(Trouble, match="views_url"):
            Database(wrong)
