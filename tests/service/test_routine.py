"""What a running network does unasked: the weekly round in its timezone, once, late if need be, and never in vain."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from matcher import candidates, sparse, workspace
from schemas.instants import format_instant, parse_instant
from services.folder import Folder
from services.log import LogAway
from services.log.sqlite import SqliteLog
from services.network import Network
from services.routine import Routine
from services.settings import Settings
from services.timetable import last_slot, local_date
from tests.builders import gives, joined, seeks
from tests.service.served import Clock, eventually, one_suggestion

MEMBERS = [joined("m-1", "g-1"), joined("m-2", "g-2"), seeks("m-1", "Holz"), gives("m-2", "Holz")]
MONDAY_SIX = parse_instant("2026-01-12T06:00:00+01:00")
HOUR_US = 3_600_000_000
WAITED_S = 20  # for kernels, should a test fail


@contextmanager
def running(folder: Path, clock: Clock, log: SqliteLog) -> Iterator[Network]:
    network = Network(log, Folder(folder).create(), Settings(), clock)
    routine = Routine(network, on_failure=print)
    routine.start()
    try:
        eventually(lambda: network.why_not_ready is None)
        yield network
    finally:
        routine.stop()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(tmp_path / "log")) as log:
        log.append(MEMBERS)
        yield log


def rounds(log: SqliteLog) -> list[tuple[str, str]]:
    """Slot and instant of every round that was held."""
    events = [record.event for record in log.read() if record.event.type == "round.held"]
    return [(event.data["slot"], format_instant(event.time)) for event in events]


def test_the_round_is_held_once_its_hour_has_come_and_only_once(tmp_path: Path, log: SqliteLog) -> None:
    clock = Clock(MONDAY_SIX - 3 * 24 * HOUR_US)
    with running(tmp_path, clock, log):
        clock.now = MONDAY_SIX - 1
        assert rounds(log) == []
        clock.now = MONDAY_SIX + 7
        assert eventually(lambda: rounds(log)) == [("2026-01-12", format_instant(MONDAY_SIX + 7))]
        clock.now = MONDAY_SIX + 7 * 24 * HOUR_US
        assert eventually(lambda: len(rounds(log)) == 2)
    assert [slot for slot, _ in rounds(log)] == ["2026-01-12", "2026-01-19"]


def test_a_round_that_was_missed_is_held_at_start_as_of_then(tmp_path: Path, log: SqliteLog) -> None:
    now = MONDAY_SIX + 47 * HOUR_US
    with running(tmp_path, Clock(now), log):
        assert eventually(lambda: rounds(log)) == [("2026-01-12", format_instant(now))]
    with running(tmp_path, Clock(now + HOUR_US), log) as network:
        eventually(lambda: network.follower.read_count == sum(log.end().values()))
    assert len(rounds(log)) == 1


def test_one_that_was_missed_for_two_days_is_not(tmp_path: Path, log: SqliteLog) -> None:
    with running(tmp_path, Clock(MONDAY_SIX + 48 * HOUR_US), log) as network:
        network.settle()
    assert rounds(log) == []


def test_an_empty_network_holds_no_round(tmp_path: Path) -> None:
    with closing(SqliteLog(tmp_path / "log")) as log:
        with running(tmp_path, Clock(MONDAY_SIX + HOUR_US), log) as network:
            log.append(MEMBERS)
            network.settle()
        assert rounds(log) == []


def test_what_keeps_it_from_going_on_is_told_and_readiness_ends(tmp_path: Path, log: SqliteLog) -> None:
    network = Network(log, Folder(tmp_path).create(), Settings(), Clock(MONDAY_SIX))
    network.settle = lambda: 1 // 0  # type: ignore[method-assign]
    failures: list[Exception] = []
    routine = Routine(network, on_failure=failures.append)
    routine.start()
    eventually(lambda: failures)
    routine.stop()
    assert isinstance(failures[0], ZeroDivisionError) and "mistake" in str(network.why_not_ready)


def test_a_large_network_is_served_while_its_kernels_are_compiled_and_a_round_that_waits_for_them_holds_nobody_up(
    tmp_path: Path, log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled, by_kernels = threading.Event(), []

    def pool_by_kernels(field: Any, space: Any, *of: Any) -> Any:
        compiled.wait(WAITED_S)
        by_kernels.append(of)
        return sparse.pool_of(field, *of)

    monkeypatch.setattr(candidates, "LARGE", len(MEMBERS) // 2)
    monkeypatch.setattr(candidates, "MANY", 0.1)  # a round, too, makes its pools one by one
    monkeypatch.setattr(workspace, "warm_up", lambda: compiled.wait(WAITED_S))
    monkeypatch.setattr(workspace, "pool_of", pool_by_kernels)
    with running(tmp_path, Clock(MONDAY_SIX - HOUR_US), log) as network:
        [asked] = network.ask("m-1", ["Holz"])
        held = threading.Thread(target=lambda: network.hold_round(dry_run=True))
        held.start()
        assert network.suggestions("m-1") == [] and network.ask("m-1", ["Holz"]) == [asked]
        assert held.is_alive() and not by_kernels
        compiled.set()
        held.join()
        assert by_kernels, "the round waited"
        by_kernels.clear()
        assert eventually(lambda: network.ask("m-1", ["Holz"]) == [asked] and by_kernels)


def test_a_network_that_becomes_large_has_its_kernels_compiled_then_and_a_small_one_never(
    tmp_path: Path, log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []
    monkeypatch.setattr(candidates, "LARGE", 3)
    monkeypatch.setattr(workspace, "warm_up", lambda: compiled.append(threading.current_thread().name))
    with running(tmp_path, Clock(MONDAY_SIX - HOUR_US), log) as network:
        network.settle()
        assert not compiled
        log.append([joined("m-3", "g-3", at=MONDAY_SIX - 2 * HOUR_US)])
        eventually(lambda: compiled)
    assert compiled == ["compiling"]


def test_where_what_was_compiled_cannot_be_kept_the_network_goes_on_by_arrays(
    tmp_path: Path, log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[bool] = []

    def on_a_full_disk() -> None:
        tried.append(True)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(candidates, "LARGE", 2)
    monkeypatch.setattr(workspace, "warm_up", on_a_full_disk)
    monkeypatch.setattr(workspace, "pool_of", lambda *of: 1 // 0)
    with running(tmp_path, Clock(MONDAY_SIX - HOUR_US), log) as network:
        eventually(lambda: tried)
        network.settle()
        assert network.ask("m-1", ["Holz"])


# --- the clock on the wall --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "date", "since"),
    [
        ("2026-01-05T04:59:59Z", "2025-12-29", "2025-12-29T05:00:00Z"),
        ("2026-01-05T05:00:00Z", "2026-01-05", "2026-01-05T05:00:00Z"),
        ("2026-03-30T03:59:59Z", "2026-03-23", "2026-03-23T05:00:00Z"),  # summer time began the day before
        ("2026-03-30T04:00:00Z", "2026-03-30", "2026-03-30T04:00:00Z"),
        ("2026-10-26T05:00:00Z", "2026-10-26", "2026-10-26T05:00:00Z"),  # and ended
    ],
)
def test_a_slot_begins_by_the_clock_on_the_wall(now: str, date: str, since: str) -> None:
    slot = last_slot(parse_instant(now), Settings())
    assert (slot.date.isoformat(), format_instant(slot.since)) == (date, since)


def test_a_slot_in_the_hour_that_summer_time_skips_is_still_one_slot() -> None:
    settings = Settings(round_weekday=7, round_time="02:30")
    slots = {last_slot(parse_instant(f"2026-03-29T{hour:02}:45:00Z"), settings) for hour in range(3, 20)}
    assert [slot.date.isoformat() for slot in slots] == ["2026-03-29"]


def test_the_date_is_the_network_s_own() -> None:
    assert local_date(parse_instant("2026-01-11T23:30:00Z"), Settings()).isoformat() == "2026-01-12"
    assert local_date(parse_instant("2026-01-11T23:30:00Z"), Settings(timezone="UTC")).isoformat() == "2026-01-11"


def test_it_does_not_learn_while_it_starts_but_within_the_hour_and_then_once_a_week(
    tmp_path: Path, log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[int] = []
    looks: list[int] = []
    log.append(one_suggestion())  # of a round that was held: there is something to learn from
    clock = Clock(MONDAY_SIX - 6 * HOUR_US)
    monkeypatch.setattr(Network, "learn", lambda network: learned.append(clock.now) or [])
    monkeypatch.setattr(Network, "close_expired", lambda network: looks.append(clock.now) or 0)
    began = clock.now
    with running(tmp_path, clock, log):
        _wait_for(lambda: looks)  # at the start, when others wait
        for hours, times in ((1.1, 1), (24, 1), (100, 1), (24 * 7 + 3, 2), (24 * 8, 2)):
            clock.now = began + int(hours * HOUR_US)
            _wait_for(lambda: looks and looks[-1] == clock.now)
            _wait_for(lambda: len(learned) >= times)  # noqa: B023 — in a thread of its own, that reads the clock
    assert [round((at - began) / HOUR_US) for at in learned] == [1, 24 * 7 + 3]


def test_it_waits_for_a_log_that_is_away(tmp_path: Path, log: SqliteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(MONDAY_SIX - HOUR_US)
    with running(tmp_path, clock, log) as network:
        with monkeypatch.context() as patched:
            away: list[str] = []
            patched.setattr(log, "end", lambda: _away(away))
            _wait_for(lambda: away)
            clock.now = MONDAY_SIX + 7
            _wait_for(lambda: len(away) > 1)
        clock.now += 2_000_000
        assert eventually(lambda: rounds(log)) == [("2026-01-12", format_instant(clock.now))]
        assert network.why_not_ready is None


def test_what_is_owed_stays_owed_while_the_log_is_away(
    tmp_path: Path, log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network(log, Folder(tmp_path).create(), Settings(), Clock(MONDAY_SIX))
    network.start()
    log.append(one_suggestion())
    with monkeypatch.context() as patched, pytest.raises(LogAway):
        patched.setattr(log, "append", lambda events: _away([], log, patched))
        network.settle()
    owed = network._touched
    assert owed


def _away(times: list[str], *and_then: Any) -> Any:
    if and_then:
        log, patched = and_then
        patched.setattr(log, "end", lambda: _away(times))
    times.append("away")
    raise LogAway("nobody answers")


def _wait_for(holds: Callable[[], Any], patience_s: int = 60) -> None:
    give_up = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.01)
