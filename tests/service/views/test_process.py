"""`weft views` as an operator meets it."""

import socket
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from sqlalchemy import URL

from services.log.sqlite import SqliteLog
from services.views.database import Database
from services.views.reading import Views
from tests.builders import day, joined
from tests.service.processes import weft
from tests.service.served import one_suggestion
from tests.service.views.parts import started
from tests.service.views.test_going_forward import until


def get(url: str) -> httpx.Response | None:
    try:
        return httpx.get(url, trust_env=False)
    except httpx.TransportError:
        return None


def metric(told: str, name: str) -> float:
    return float(next(line for line in told.splitlines() if line.startswith(name)).split()[-1])


def test_it_keeps_the_views_of_a_folder_up_and_says_how_it_is(tmp_path: Path) -> None:
    data, port = tmp_path / "50% of it? #1", _free_port()
    url = f"http://127.0.0.1:{port}"
    with closing(SqliteLog(data / "log")) as log:
        log.append(one_suggestion())
        with started(data, port=port) as process:
            until(lambda: bool((told := get(f"{url}/readyz")) and told.is_success), "it became ready")
            with closing(Database(URL.create("sqlite", database=str(data / "views.db")))) as database:
                views = Views(database)
                with views.standing() as standing:
                    assert standing.introductions_of("m-1", day(8))[0]["with"]["name"] == "Bo"
                log.append([joined("m-3", at=day(8))])
                until(lambda: _stands_at(views, log), "it followed the log")
            told = get(f"{url}/metrics")
            assert told and metric(told.text, "weft_views_lag_events") == 0
            assert metric(told.text, 'weft_views_rows_written_total{table="members"}') == 3
            process.terminate()
            assert process.wait(timeout=20) == 0
    assert (data / "views.db").stat().st_mode & 0o077 == 0, "nobody else may read it"
    assert (data / "snapshots" / "views").exists()


def test_what_keeps_it_from_starting_is_said_in_one_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    no_network = weft(data, "views")
    assert (no_network.code, no_network.err.count("\n")) == (1, 1) and "no network" in no_network.err
    with closing(SqliteLog(data / "log")) as log:
        log.append(one_suggestion())
    nobody_there = "postgresql+psycopg://weft:secret@127.0.0.1:1/views"
    away = weft(data, "views", views_url=nobody_there, views_port="0")
    last = away.err.splitlines()[-1]
    assert away.code == 1 and last.startswith("weft: the views in") and "secret" not in away.err
    assert weft(data, "views", "rebuild", views_url=nobody_there).code == 1
    assert not (data / "views.db").exists(), "the views are to be elsewhere"


@pytest.mark.parametrize("words", [("views",), ("views", "rebuild")])
def test_its_help_has_an_example(words: tuple[str, ...], tmp_path: Path) -> None:
    told = weft(tmp_path, *words, "--help").out
    assert f"Example: weft {' '.join(words)}" in " ".join(told.split())


def test_views_can_be_built_before_anybody_keeps_them_up(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with closing(SqliteLog(data / "log")) as log:
        log.append(one_suggestion())
    assert "5 events" in weft(data, "views", "rebuild").out
    with closing(Database(f"sqlite:///{data / 'views.db'}")) as database, Views(database).standing() as standing:
        assert standing.member("m-2")["name"] == "Bo"


def _stands_at(views: Views, log: SqliteLog) -> bool:
    with views.standing() as standing:
        return standing.positions == log.end()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
