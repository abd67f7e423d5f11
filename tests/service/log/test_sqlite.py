"""The SQLite log: the contract, who may open it, and what a full disk does to it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from services.log import LogFull, LogLocked, Verdict
from services.log.reader import LogReader, open_database
from services.log.sqlite import SqliteLog
from services.trouble import Trouble
from tests.service.log.contract import LogThatKnowsIdentities, OpenLog, in_order, kept, some


class TestSqliteLog(LogThatKnowsIdentities):
    """The contract, kept by SqliteLog."""


# --- who may open it ------------------------------------------------------------------------------------------------


def test_a_log_has_one_writer(open_log: OpenLog, tmp_path: Path) -> None:
    open_log("one")
    with pytest.raises(LogLocked, match="stop it first"):
        SqliteLog(tmp_path / "one")


def test_others_may_read_what_was_acknowledged_meanwhile(open_log: OpenLog, tmp_path: Path) -> None:
    log = open_log("one")
    log.append(some(3))
    reader = LogReader(tmp_path / "one")
    log.append(some(2, who="late"))
    assert [record.event for record in reader.read()] == some(3)
    assert (reader.log_id, reader.verify()) == (log.log_id, 3)
    reader.close()


def test_a_reader_makes_no_log(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="no log"):
        LogReader(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_log_can_be_given_its_name(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "one", log_id="elbe")
    log.close()
    assert LogReader(tmp_path / "one").log_id == "elbe"


def test_equal_fingerprints_mean_equal_histories(tmp_path: Path) -> None:
    with closing(SqliteLog(tmp_path / "one")) as log:
        log.append(some(2))
    for beside in ("", ".keys"):
        shutil.copytree(tmp_path / f"one{beside}", tmp_path / f"two{beside}")
    one, two = (SqliteLog(tmp_path / name) for name in ("one", "two"))
    one.append(some(3))
    two.append(some(1, who="other"))
    prints = [[log.fingerprint({"log/0": position}) for position in range(5)] for log in (one, two)]
    assert prints[0][:3] == prints[1][:3]
    assert prints[0][3] != prints[1][3]
    assert prints[0][4] is None
    one.close(), two.close()


def test_closing_wakes_who_waits(open_log: OpenLog) -> None:
    log = open_log("one")
    log.close()
    assert not log.wait(log.end(), 60)


# --- a full disk ----------------------------------------------------------------------------------------------------


class Narrow:
    """A log whose database may not grow, until it is given room."""

    def __init__(self, folder: Path) -> None:
        self.connections: list[sqlite3.Connection] = []
        self.log = SqliteLog(folder, connect=self._connect)

    def _connect(self, path: Path) -> sqlite3.Connection:
        self.connections.append(open_database(path))
        return self.connections[-1]

    def limit(self, pages: int) -> None:
        self.connections[-1].execute(f"PRAGMA max_page_count = {pages}")  # of the writer, which was opened last


@pytest.fixture
def narrow(tmp_path: Path) -> Narrow:
    return Narrow(tmp_path / "narrow")


def test_a_full_disk_is_said_and_nothing_is_kept(narrow: Narrow) -> None:
    narrow.log.append(some(10))
    narrow.limit(1)  # which SQLite takes to mean: as large as it is now
    with pytest.raises(LogFull, match="make room"):
        narrow.log.append(some(500, who="late"))
    assert kept(narrow.log) == in_order(some(10))
    assert narrow.log.verify() == 10


def test_a_log_recovers_by_itself_when_there_is_room(narrow: Narrow) -> None:
    narrow.log.append(some(10))
    for _ in range(3):
        narrow.limit(1)
        with pytest.raises(LogFull):
            narrow.log.append(some(500, who="late"))
    narrow.limit(10_000)
    assert {receipt.verdict for receipt in narrow.log.append(some(500, who="late"))} == {Verdict.ACCEPTED}
    assert narrow.log.verify() == 510


def test_what_no_head_could_be_written_for_is_not_acknowledged_until_one_is(
    open_log: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log("one")
    log.append(some(2))
    with monkeypatch.context() as full:
        full.setattr("os.pwrite", lambda file, data, offset: 0)
        with pytest.raises(LogFull):
            log.append(some(4))
        assert (len(kept(log)), log.end()) == (2, {"log/0": 2})
    assert [receipt.verdict for receipt in log.append(some(4))] == [Verdict.DUPLICATE] * 4
    assert (len(kept(log)), log.end()) == (4, {"log/0": 4})
