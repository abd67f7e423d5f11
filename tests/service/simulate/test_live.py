"""A simulated network played against a real Weft."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import orjson
import pytest

from schemas.instants import DAY_US, day_start
from services.client import Client
from services.simulate import Report, play
from services.simulate.game import ROUND_US
from services.simulate.report import WEFT
from services.trouble import Trouble

FIRST = date(2024, 1, 1)
WEFT_COMMAND = [sys.executable, "-c", "from services.cli import main; raise SystemExit(main())"]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Weft on an empty folder."""
    folder = tmp_path_factory.mktemp("weft")
    process = subprocess.Popen(
        [*WEFT_COMMAND, "--data", str(folder), "run"], env={**os.environ, "WEFT_PORT": "0"}, stdout=subprocess.DEVNULL
    )
    try:
        yield _url(folder / "run.json")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _url(announced: Path) -> str:
    for _ in range(200):
        if announced.exists():
            return str(orjson.loads(announced.read_bytes())["url"])
        time.sleep(0.05)
    raise AssertionError("weft run did not start")


@pytest.fixture(scope="module")
def played(url: str) -> tuple[Report, list[str]]:
    """Five weeks of a small network, and the lines that told of them; Weft's timer was first with the last round."""
    told: list[str] = []
    Client(url).hold_round(day_start(FIRST) + 28 * DAY_US + ROUND_US)
    return play(url, members=80, weeks=5, seed=7, first=FIRST, tell=told.append), told


def test_weft_is_compared_with_other_ways_over_the_same_weeks(played: tuple[Report, list[str]]) -> None:
    report, told = played

    assert report.weeks == len(told) - 1 == 5
    assert all(tally.introductions > 50 for tally in report.tallies.values())
    assert told[1].startswith("2024-01-01")


def test_suggestions_are_answered_met_and_rated(played: tuple[Report, list[str]]) -> None:
    report, _ = played

    assert report.tallies[WEFT].introductions > report.made > report.met > 10
    assert report.met < len(report.ratings) <= 2 * report.met


def test_weft_knows_what_was_answered(played: tuple[Report, list[str]], url: str) -> None:
    with_states = [view["state"] for view in Client(url).suggestions("m-1")]

    assert set(with_states) <= {"suggested", "accepted", "made"}


def test_playing_another_network_against_it_is_told_in_one_line(played: tuple[Report, list[str]], url: str) -> None:
    with pytest.raises(Trouble, match="holds another network already"):
        play(url, members=80, weeks=1, seed=8, first=FIRST)


def test_too_small_a_network_is_told_in_one_line(url: str) -> None:
    with pytest.raises(Trouble, match="at least 40"):
        play(url, members=3)
