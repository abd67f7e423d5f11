from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from services.log.sqlite import SqliteLog
from services.views.database import Database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database of either kind: all that is promised of the views holds in both."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'views.db'}"


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    with closing(Database(address)) as database:
        yield database


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(tmp_path / "log")) as log:
        yield log
