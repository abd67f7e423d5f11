"""The log that another process writes, read as it grows."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from services.log.following import FollowedLog
from services.log.sqlite import SqliteLog
from services.trouble import Trouble
from tests.builders import erased, joined, seeks
from tests.service.log.contract import OpenLog, some


@pytest.fixture
def log(open_log: OpenLog) -> SqliteLog:
    return open_log("one")  # type: ignore[return-value]


@pytest.fixture
def followed(log: SqliteLog, tmp_path: Path) -> Iterator[FollowedLog]:
    with closing(FollowedLog(tmp_path / "one")) as followed:
        yield followed


def test_what_was_appended_since_is_read(log: SqliteLog, followed: FollowedLog) -> None:
    for count in (3, 2):
        before = followed.end()
        log.append(some(count, who=f"of-{count}"))
        assert followed.end() == log.end() and followed.log_id == log.log_id
        assert [record.event for record in followed.read(before)] == some(count, who=f"of-{count}")
        assert followed.fingerprint(followed.end()) == log.fingerprint(log.end())


def test_who_waits_is_woken_by_another_process_and_told_if_it_was_in_vain(
    log: SqliteLog, followed: FollowedLog
) -> None:
    assert not followed.wait(followed.end(), 0.01)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(followed.wait, followed.end(), 60.0)
        log.append(some(1))
        assert waiting.result(timeout=30)


def test_nobody_is_remembered_who_was_erased_elsewhere(log: SqliteLog, followed: FollowedLog) -> None:
    log.append([joined("m-1"), seeks("m-1", "Stein"), joined("m-2")])
    assert len(list(followed.read())) == 3
    log.append([erased("m-1")])
    assert [record.event.type for record in followed.read()] == ["member.joined", "member.erased"]


def test_where_there_is_no_log_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="no log"):
        FollowedLog(tmp_path)
