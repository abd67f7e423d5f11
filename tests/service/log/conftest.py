from collections.abc import Iterator
from pathlib import Path

import pytest

from services.log.sqlite import SqliteLog
from tests.service.log.contract import OpenLog


@pytest.fixture
def open_log(tmp_path: Path) -> Iterator[OpenLog]:
    """Opens the SQLite log of a name, in a folder of that name in `tmp_path`."""
    opened: list[SqliteLog] = []

    def open_one(name: str) -> SqliteLog:
        opened.append(SqliteLog(tmp_path / name))
        return opened[-1]

    yield open_one
    for log in opened:
        log.close()
