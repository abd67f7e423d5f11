"""The keys beside a log: where they lie, when a start is refused for them, and that what was destroyed is gone."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from services.log import LogDamaged, LogFull
from services.log.keys import KeyStore
from services.log.network_key import NetworkKey, NetworkKeyFile
from services.log.reader import LogReader, open_database
from services.log.sqlite import SqliteLog
from tests.builders import day, described, erased, gives, joined, seeks, talked
from tests.service.log.contract import kept, some

COUNT = 12


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a log that was closed; beside it are its keys."""
    with closing(SqliteLog(tmp_path / "log")) as log:
        log.append(some(COUNT))
    return tmp_path / "log"


def keys_of(folder: Path) -> Path:
    return folder.with_name("log.keys")


def refusal(folder: Path, opener: Callable[[Path], LogReader]) -> str:
    with pytest.raises(LogDamaged) as refused:
        opener(folder)
    said = str(refused.value)
    assert "\n" not in said and str(keys_of(folder)) in said and "put back" in said
    return said


def wrapped(folder: Path) -> dict[str, bytes]:
    with closing(sqlite3.connect(keys_of(folder) / "keys.db")) as database:
        return dict(database.execute("SELECT name, wrapped FROM keys").fetchall())


# --- where they lie ---------------------------------------------------------------------------------------------------


def test_nobody_else_on_the_machine_may_read_them(folder: Path) -> None:
    assert keys_of(folder).stat().st_mode & 0o777 == 0o700
    modes = {file.name: file.stat().st_mode & 0o777 for file in keys_of(folder).iterdir()}
    assert modes == {"keys.db": 0o600, "network.key": 0o600}


def test_they_are_not_in_the_folder_of_the_log(folder: Path) -> None:
    assert {file.name for file in folder.iterdir()} == {"events.db", "head"}


def test_the_key_of_the_network_may_be_a_link_to_somewhere_safer(folder: Path, tmp_path: Path) -> None:
    safe = tmp_path / "safe.key"
    (keys_of(folder) / "network.key").rename(safe)
    (keys_of(folder) / "network.key").symlink_to(safe)
    with closing(SqliteLog(folder)) as log:
        log.sealing.keys.rotate()
        assert kept(log) == kept(log)
    assert (keys_of(folder) / "network.key").is_symlink() and safe.stat().st_mode & 0o777 == 0o600
    with closing(SqliteLog(folder)) as log:
        assert len(kept(log)) == COUNT


# --- when a start is refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("opener", [SqliteLog, LogReader])
@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda keys: shutil.rmtree(keys), "are missing"),
        (lambda keys: (keys / "keys.db").unlink(), "are missing"),
        (lambda keys: (keys / "network.key").unlink(), "no network key"),
        (lambda keys: (keys / "network.key").write_text("{}"), "no network key"),
        (
            lambda keys: (keys / "keys.db").write_bytes(b"not a database, but long enough to be looked at" * 9),
            "damaged",
        ),
        (lambda keys: (keys / "keys.db").write_bytes(b""), "damaged"),
    ],
    ids=["all", "the store", "the network's", "half of it", "no store", "nothing in it"],
)
def test_without_its_keys_no_log_is_opened(
    folder: Path, harm: Callable[[Path], None], said: str, opener: Callable[[Path], LogReader]
) -> None:
    harm(keys_of(folder))
    assert said in refusal(folder, opener)


@pytest.mark.parametrize("opener", [SqliteLog, LogReader])
def test_a_copy_of_the_keys_that_is_older_than_the_log_is_refused(
    folder: Path, tmp_path: Path, opener: Callable[[Path], LogReader]
) -> None:
    shutil.copytree(keys_of(folder), tmp_path / "older")
    with closing(SqliteLog(folder)) as log:
        log.append(some(2, who="new"))
    shutil.rmtree(keys_of(folder))
    shutil.copytree(tmp_path / "older", keys_of(folder))
    assert "older than the log" in refusal(folder, opener)


def test_an_older_log_is_opened_with_younger_keys_and_whom_they_forgot_stays_forgotten(
    folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "older")
    with closing(SqliteLog(folder)) as log:
        log.append([erased("m-3")])
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "older", folder)
    with closing(SqliteLog(folder)) as log:
        said = [event.type for event in kept(log) if event.data["member_id"] == "m-3"]
        assert said == ["member.erased"]  # which the older copy did not say


def test_the_keys_of_another_log_are_refused(folder: Path, tmp_path: Path) -> None:
    SqliteLog(tmp_path / "another").close()
    shutil.rmtree(keys_of(folder))
    shutil.copytree(tmp_path / "another.keys", keys_of(folder))
    assert "and not of log" in refusal(folder, SqliteLog)


def test_a_new_log_beside_the_keys_of_another_is_not_begun(folder: Path) -> None:
    shutil.rmtree(folder)
    with pytest.raises(LogDamaged, match="move that folder away"):
        SqliteLog(folder)
    keys_of(folder).rename(folder.with_name("away"))
    with closing(SqliteLog(folder)) as log:
        assert kept(log) == []


def test_a_network_key_that_was_written_in_part_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = os.write
    with closing(SqliteLog(folder)) as log, monkeypatch.context() as patched:
        patched.setattr("services.log.network_key.os.write", lambda file, data: right(file, data[:40]))
        with pytest.raises(LogFull):
            log.sealing.keys.rotate()
    with closing(SqliteLog(folder)) as log:
        assert len(kept(log)) == COUNT


def test_a_key_that_is_missing_is_said_and_not_taken_for_an_erasure(folder: Path) -> None:
    with closing(sqlite3.connect(keys_of(folder) / "keys.db")) as database, database:
        database.execute("DELETE FROM keys WHERE name = 'm-7'")
    with closing(LogReader(folder)) as log, pytest.raises(LogDamaged, match="have none for m-7"):
        list(log.read())


# --- erasing ----------------------------------------------------------------------------------------------------------


def test_the_bytes_of_a_destroyed_key_are_in_no_file(folder: Path) -> None:
    key = wrapped(folder)["m-3"]
    assert key in (keys_of(folder) / "keys.db").read_bytes()
    with closing(SqliteLog(folder)) as log:
        log.append([erased("m-3")])
        files = [*keys_of(folder).iterdir(), *folder.iterdir()]
        assert all(key not in file.read_bytes() for file in files)


def test_the_key_of_somebody_erased_is_never_made_again(folder: Path) -> None:
    with closing(SqliteLog(folder)) as log:
        log.append([erased("m-3"), joined("m-3", at=day(1)), seeks("m-3", "Holz", at=day(1))])
        log.append([joined("m-3", at=day(2))])
        assert all(event.data["member_id"] != "m-3" for event in kept(log) if event.type != "member.erased")
    assert "m-3" not in wrapped(folder)


def test_what_comes_late_and_names_somebody_erased_is_counted(folder: Path) -> None:
    with closing(SqliteLog(folder)) as log:
        log.append([erased("m-3"), described("m-3", company="Elbe AG"), talked("m-3", "m-4"), talked("m-4", "m-5")])
        log.append([gives("m-3", "Holz")])
        [erasure] = log.sealing.keys.erasures()
        assert (erasure.member_id, erasure.late) == ("m-3", 3)


def test_who_was_erased_is_so_for_a_reader_that_was_open_before(folder: Path) -> None:
    with closing(LogReader(folder)) as reader, closing(SqliteLog(folder)) as log:
        log.append([erased("m-3")])
        assert "m-3" not in {record.event.data["member_id"] for record in reader.read()}


# --- the network's key ------------------------------------------------------------------------------------------------


def test_after_a_rotation_no_old_copy_of_the_store_can_be_opened(folder: Path, tmp_path: Path) -> None:
    shutil.copy(keys_of(folder) / "keys.db", tmp_path / "old.db")
    with closing(SqliteLog(folder)) as log:
        assert log.sealing.keys.rotate() == COUNT
        assert len(kept(log)) == COUNT
    with closing(SqliteLog(folder)) as log:
        assert len(kept(log)) == COUNT
    shutil.copy(tmp_path / "old.db", keys_of(folder) / "keys.db")
    assert "another network key" in refusal(folder, SqliteLog)


def test_the_bytes_of_the_old_network_key_are_in_no_file(folder: Path) -> None:
    old = (keys_of(folder) / "network.key").read_bytes()
    with closing(SqliteLog(folder)) as log:
        log.sealing.keys.rotate()
    assert {file.name for file in keys_of(folder).iterdir()} == {"keys.db", "network.key"}
    assert all(old[30:60] not in file.read_bytes() for file in keys_of(folder).iterdir())


@pytest.mark.parametrize("call", ["replace", "fsync"])
@pytest.mark.parametrize("after", range(5))
def test_a_rotation_that_is_cut_short_loses_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str, after: int
) -> None:
    class Killed(BaseException):
        pass

    calls, right = iter(range(99)), getattr(os, call)

    def cut(*arguments: object) -> object:
        if next(calls) == after:
            raise Killed
        return right(*arguments)

    with closing(SqliteLog(folder)) as log, monkeypatch.context() as patched:
        patched.setattr(os, call, cut)
        with suppress(Killed):  # what follows is what a start would find
            log.sealing.keys.rotate()
    with closing(SqliteLog(folder)) as log:
        assert len(kept(log)) == COUNT
    assert {file.name for file in keys_of(folder).iterdir()} == {"keys.db", "network.key"}


def test_a_reader_goes_on_while_another_process_rotates_and_takes_nothing_from_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(*_: object) -> None:
        with closing(LogReader(folder)) as another:
            assert len(kept(another)) == COUNT  # type: ignore[arg-type]

    with closing(LogReader(folder)) as reader, closing(SqliteLog(folder)) as log:
        first = next(reader.read())
        with monkeypatch.context() as patched:
            patched.setattr("services.log.network_key._overwrite", look)  # between the commit and the new file
            patched.setattr(NetworkKey, "new", _looking(look))
            log.sealing.keys.rotate()
        assert [record.position for record in reader.read()] == list(range(COUNT)) and first.position == 0
    with closing(SqliteLog(folder)) as log:
        assert len(kept(log)) == COUNT


def _looking(look: Callable[[], None]) -> Callable[[], object]:
    right = NetworkKey.new

    def looked() -> object:
        look()
        return right()

    return looked


def test_a_store_is_made_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("services.log.keys.os.replace", full)
        with pytest.raises(Exception, match="full"):
            SqliteLog(tmp_path / "log")
    with closing(SqliteLog(tmp_path / "log")) as log:
        log.append(some(3))
    with closing(KeyStore(tmp_path / "log.keys", connect=open_database)) as keys:
        assert keys.find("m-2") is not None


# --- a full disk ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["put_beside", "replace"])
def test_a_rotation_on_a_full_disk_is_told_and_nothing_is_lost(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with closing(SqliteLog(folder)) as log:
        with monkeypatch.context() as patched:
            patched.setattr(NetworkKeyFile, step, full)
            with pytest.raises(LogFull, match="make room"):
                log.sealing.keys.rotate()
        log.append(some(3, who="new"))
        assert len(kept(log)) == COUNT + 3
    with closing(SqliteLog(folder)) as log:
        assert len(kept(log)) == COUNT + 3
        assert log.sealing.keys.rotate() == COUNT + 3


def test_an_erasure_on_a_full_disk_destroys_nothing_and_is_told(folder: Path) -> None:
    with closing(SqliteLog(folder)) as log:
        log.sealing.keys._connection.execute("PRAGMA max_page_count = 1")
        with pytest.raises(LogFull):
            log.append([erased("m-3"), *some(400, who="new")])
        assert len(kept(log)) == COUNT and log.sealing.keys.erasures() == []
        log.sealing.keys._connection.execute("PRAGMA max_page_count = 100000")
        log.append([erased("m-3"), *some(400, who="new")])
        assert len(kept(log)) == COUNT + 400
