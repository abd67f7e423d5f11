"""A log that is not what was acknowledged: found at the start or when it is read, said in one line, never served."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from schemas.codec import encode
from services.log import LogDamaged, LogFull
from services.log.reader import LogReader, open_database
from services.log.records import Entry, Records
from services.log.sqlite import SqliteLog
from tests.service.log.contract import some

COUNT = 30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a log of COUNT events that was closed."""
    with closing(SqliteLog(tmp_path / "log")) as log:
        log.append(some(COUNT))
    return tmp_path / "log"


def refusal(folder: Path) -> str:
    """What the start says."""
    with pytest.raises(LogDamaged) as damaged:
        SqliteLog(folder)
    return one_line(damaged.value)


def refusal_to_read(folder: Path) -> tuple[int, str]:
    """How many events are served before the damaged one, and what is said then."""
    served = 0
    with closing(SqliteLog(folder)) as log:
        try:
            for _ in log.read():
                served += 1
        except LogDamaged as damaged:
            return served, one_line(damaged)
    raise AssertionError("the whole log was served")


def one_line(damaged: LogDamaged) -> str:
    message = str(damaged)
    assert "\n" not in message
    assert "events.db" in message
    return message


def sql(folder: Path, statement: str, *values: object) -> None:
    """Changes the database behind the log's back."""
    with closing(open_database(folder / "events.db")) as connection:
        connection.execute(statement, values)


def flip(file: Path, needle: bytes) -> None:
    """Turns a bit at the first place where the file holds these bytes."""
    content = bytearray(file.read_bytes())
    content[content.index(needle)] ^= 1
    file.write_bytes(content)


def left_unacknowledged(folder: Path, count: int) -> None:
    """More records, as a process leaves them that is killed after the commit and before the head is written."""
    with closing(Records(open_database(folder / "events.db"))) as tables, tables.transaction():
        entries = [Entry(event, encode(event)) for event in some(count, who="late")]
        tables.add(tables.tail(tables.log_id() or ""), entries)


# --- what was never acknowledged ------------------------------------------------------------------------------------


def test_a_whole_unacknowledged_tail_is_kept_and_acknowledged(folder: Path) -> None:
    left_unacknowledged(folder, 5)
    with closing(SqliteLog(folder)) as log:
        assert log.verify() == COUNT + 5
    assert LogReader(folder).end() == {"log/0": COUNT + 5}


def test_a_torn_unacknowledged_tail_is_cut_off_in_silence(folder: Path) -> None:
    left_unacknowledged(folder, 5)
    sql(folder, "UPDATE records SET stored = substr(stored, 1, 9) WHERE position = ?", COUNT + 2)
    with closing(SqliteLog(folder)) as log:
        assert log.verify() == COUNT + 2
        assert [receipt.position for receipt in log.append(some(5, who="late"))] == [COUNT + n for n in range(5)]
        assert log.verify() == COUNT + 5


def test_a_reader_is_not_served_what_was_not_acknowledged(folder: Path) -> None:
    left_unacknowledged(folder, 5)
    assert LogReader(folder).verify() == COUNT


@pytest.mark.parametrize("left", [[], ["events.db"], ["events.db", "head.new"]], ids=" ".join)
def test_a_power_cut_while_a_log_is_made_leaves_none_or_an_empty_one(tmp_path: Path, left: list[str]) -> None:
    with closing(SqliteLog(tmp_path / "made")):
        pass
    (tmp_path / "made" / "head").rename(tmp_path / "made" / "head.new")
    (tmp_path / "log").mkdir()
    for name in left:
        shutil.copy(tmp_path / "made" / name, tmp_path / "log" / name)
    with closing(SqliteLog(tmp_path / "log")) as log:
        log.append(some(2))
        assert log.verify() == 2


# --- what was acknowledged and is not there -------------------------------------------------------------------------


def test_an_older_copy_of_the_database_is_refused(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "events.db", tmp_path / "older.db")
    with closing(SqliteLog(folder)) as log:
        log.append(some(7, who="late"))
    shutil.copy(tmp_path / "older.db", folder / "events.db")
    said = refusal(folder)
    assert f"ends at event {COUNT}, but {COUNT + 7} were acknowledged" in said
    assert "backup" in said


def test_an_older_head_will_do(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "head", tmp_path / "older")
    with closing(SqliteLog(folder)) as log:
        log.append(some(7, who="late"))
    shutil.copy(tmp_path / "older", folder / "head")
    with closing(SqliteLog(folder)) as log:
        assert log.verify() == COUNT + 7


def test_a_write_ahead_log_that_lost_its_end_is_refused(tmp_path: Path) -> None:
    with closing(SqliteLog(tmp_path / "log")) as log:
        log.append(some(COUNT))
        for beside in ("", ".keys"):
            shutil.copytree(tmp_path / f"log{beside}", tmp_path / f"copy{beside}")
    wal = tmp_path / "copy" / "events.db-wal"
    wal.write_bytes(wal.read_bytes()[:-100])
    assert f"but {COUNT} were acknowledged" in refusal(tmp_path / "copy")


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda folder: (folder / "events.db").unlink(), "is missing"),
        (lambda folder: (folder / "events.db").write_bytes(b""), "is empty"),
        (lambda folder: (folder / "events.db").write_bytes(b"Dear diary, " * 900), "not a database"),
        (lambda folder: (folder / "head").unlink(), "has lost its head"),
        (lambda folder: (folder / "head").write_bytes(b""), "a damaged head"),
        (lambda folder: sql(folder, "DROP TABLE records"), "no such table"),
        (lambda folder: sql(folder, "UPDATE log SET log_id = 'alster'"), "is log alster"),
        (lambda folder: sql(folder, "DELETE FROM records WHERE position = ?", COUNT - 1), "ends at event 29"),
        (lambda folder: sql(folder, "UPDATE records SET stored = x'' WHERE position = ?", COUNT - 1), "record 29"),
        (lambda folder: sql(folder, "UPDATE records SET link = 7 WHERE position = ?", COUNT - 1), "record 29"),
    ],
    ids=lambda value: value.replace(" ", "_") if isinstance(value, str) else "",
)
def test_the_start_is_refused_when(folder: Path, harm: Callable[[Path], object], says: str) -> None:
    harm(folder)
    assert says in refusal(folder)


def test_a_log_that_finds_no_room_for_its_head_is_made_when_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr("os.pwrite", lambda file, data, place: 0)
        with pytest.raises(LogFull):
            SqliteLog(tmp_path / "new")
    with closing(SqliteLog(tmp_path / "new")) as log:
        assert log.verify() == 0


@pytest.mark.parametrize("slot", ["older", "newer"])
def test_half_a_head_is_enough_to_be_served_all_that_was_acknowledged(folder: Path, slot: str) -> None:
    flip(folder / "head", b'"position":0' if slot == "older" else b'"position":%d' % COUNT)
    assert LogReader(folder).verify() == COUNT
    with closing(SqliteLog(folder)) as log:
        assert log.verify() == COUNT
    assert LogReader(folder).verify() == COUNT


# --- what was changed in the middle ---------------------------------------------------------------------------------


def test_a_flipped_bit_in_an_event_is_not_served(folder: Path) -> None:
    flip(folder / "events.db", b'"member_id":"m-7"')
    served, said = refusal_to_read(folder)
    assert served == 7
    assert "record 7" in said


def test_a_flipped_bit_in_a_link_is_found(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "events.db")) as connection:
        [link] = connection.execute("SELECT link FROM records WHERE position = 7").fetchone()
    flip(folder / "events.db", link)
    assert refusal_to_read(folder)[0] == 7


def test_a_record_that_is_missing_is_noticed(folder: Path) -> None:
    sql(folder, "DELETE FROM records WHERE position = 7")
    assert refusal_to_read(folder)[0] == 7


def test_a_record_that_was_slipped_in_is_noticed(folder: Path) -> None:
    sql(folder, "UPDATE records SET stored = (SELECT stored FROM records WHERE position = 3) WHERE position = 7")
    assert refusal_to_read(folder)[0] == 7


def test_reading_from_the_middle_does_not_need_what_is_before(folder: Path) -> None:
    flip(folder / "events.db", b'"member_id":"m-7"')
    with closing(SqliteLog(folder)) as log:
        assert len(list(log.read({"log/0": 8}))) == COUNT - 8


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM identities WHERE position = 7",
        "UPDATE identities SET position = 8 WHERE position = 7",
        "INSERT INTO identities VALUES ('/crm', 'a ghost', 7)",
    ],
)
def test_events_that_are_found_wrongly_are_seen_by_verify(folder: Path, statement: str) -> None:
    sql(folder, statement)
    with closing(SqliteLog(folder)) as log, pytest.raises(LogDamaged) as damaged:
        log.verify()
    one_line(damaged.value)


def test_no_verdict_is_given_on_an_event_that_is_found_wrongly(folder: Path) -> None:
    sql(folder, "UPDATE identities SET position = 8 WHERE position = 7")
    with closing(SqliteLog(folder)) as log:
        with pytest.raises(LogDamaged, match="source and id"):
            log.append(some(COUNT))
        with pytest.raises(LogDamaged, match="source and id"):  # nothing more is taken until a start has checked it
            log.append(some(1, who="late"))
