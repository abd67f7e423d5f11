"""`replay --verify`: every round comes out of the log again, byte for byte, or it is said which does not."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from matcher import bounding, round_events, tables
from matcher import index as evidence
from matcher.card import EVEN_FOR_ROUNDS, Purpose, default_card, id_of
from matcher.policy import DEFAULT
from schemas.codec import Event, decode, encode, envelope, event_of
from schemas.door import WEFT_SOURCE
from schemas.instants import DAY_US, day_start, format_instant, parse_instant
from services.follower import Follower
from services.log.sqlite import SqliteLog
from services.rounds import NoRound, hold
from services.simulate import history
from services.verifying import Verification, verify_rounds
from tests.builders import erased
from tests.service import processes
from tests.service.processes import weft

MEMBERS, WEEKS = 60, 3
FIRST = date(2025, 1, 6)


def simulated() -> list[Event]:
    lines = (json.loads(line) for line in history(MEMBERS, WEEKS, seed=5, first=FIRST))
    return [event_of(parse_instant(e["time"]), e["source"], e["id"], e["type"], e["data"]) for e in lines]


EVENTS = simulated()


def monday(week: int) -> int:
    return day_start(FIRST + timedelta(weeks=week)) + 5 * DAY_US // 24


def fill(log: SqliteLog, events: list[Event], weeks: int = WEEKS) -> list[dict[str, object]]:
    """Publishes week by week, and holds each week's round."""
    follower = Follower(log, Path("/dev/null"), clock=lambda: monday(WEEKS + 1))
    rounds, rest = [], events
    for week in range(1, weeks + 1):
        log.append([event for event in rest if event.time < monday(week)])
        rest = [event for event in rest if event.time >= monday(week)]
        rounds.append(hold(follower, DEFAULT, FIRST + timedelta(weeks=week), monday(week)))
    return rounds


def refit(at: int) -> Event:
    """The card for rounds, fitted anew: what serves a need is worth a little more."""
    said = json.loads(json.dumps(default_card(Purpose.ROUNDS).data))
    said["weights"]["subj240"]["points"] = [points + points // 8 for points in said["weights"]["subj240"]["points"]]
    fitted_on = {"cut": {"log_id": "one", "positions": {}, "world": "0" * 64}, "outcomes": 120, "figures": {}}
    said |= {"weights_id": id_of(said), "fitted_on": fitted_on, "as_of": format_instant(at)}
    return event_of(at, WEFT_SOURCE, "refit", "weights.fitted", said)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with three rounds."""
    folder = tmp_path_factory.mktemp("held")
    (folder / "log").mkdir()
    with closing(SqliteLog(folder / "log", log_id="one")) as log:
        fill(log, EVENTS)
    return folder


def verified(folder: Path) -> Verification:
    with closing(SqliteLog(folder / "log")) as log:
        return verify_rounds(log)


def rewritten(held: Path, folder: Path, change: Callable[[Event], Event]) -> Path:
    """The same log with some events changed, each hash in order again: a forger's work."""
    (folder / "log").mkdir(parents=True)
    with closing(SqliteLog(held / "log")) as old, closing(SqliteLog(folder / "log", log_id="one")) as new:
        new.append([change(record.event) for record in old.read()])
    return folder


def with_data(event: Event, **changed: object) -> Event:
    return event_of(event.time, event.source, event.id, event.type, event.data | changed)


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_every_round_comes_out_again_under_any_hash_seed(
    held: Path, seed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(processes.ENVIRONMENT, "PYTHONHASHSEED", seed)
    replayed = weft(held, "replay", "--verify", "--json")
    assert replayed.code == 0
    assert replayed.json | {"digest": "", "events": 0} == {
        "events": 0, "digest": "", "rounds": WEEKS, "recomputed": WEEKS, "checked": 0, "verified": True,
    }  # fmt: skip


def test_rounds_before_and_after_a_refit_come_out_again_each_by_its_own_card(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    with closing(SqliteLog(tmp_path / "log", log_id="one")) as log:
        fill(log, [*EVENTS, refit(monday(1) + DAY_US)])
        opened = [record.event.data for record in log.read() if record.event.type == "round.opened"]
    assert [said["weights_id"] == refit(0).data["weights_id"] for said in opened] == [False, True, True]
    findings = verified(tmp_path)
    assert (findings.recomputed, findings.wrong) == (WEEKS, [])


def test_one_point_of_one_table_makes_it_fail(held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(evidence.LEVEL_AMOUNTS, 3, evidence.LEVEL_AMOUNTS[3] + 100)
    assert verified(held).wrong


def test_one_step_of_the_logistic_makes_it_fail(held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(SqliteLog(held / "log")) as log:
        suggested = next(record.event for record in log.read() if record.event.type == "introduction.suggested")
    table = tables._exp_table().copy()
    table[abs(suggested.data["points"]["a"] - EVEN_FOR_ROUNDS)] += 200_000
    monkeypatch.setattr(tables, "_exp_table", lambda: table)
    assert verified(held).wrong


def test_one_weight_makes_it_fail(held: Path, tmp_path: Path) -> None:
    def heavier(event: Event) -> Event:
        if event.type != "weights.fitted":
            return event
        weights = json.loads(json.dumps(event.data["weights"]))
        weights["subj240"]["points"][3] += 1
        return with_data(event, weights=weights)

    assert verified(rewritten(held, tmp_path, heavier)).wrong


def test_one_suggestion_put_in_makes_it_fail(held: Path, tmp_path: Path) -> None:
    def better(event: Event) -> Event:
        return with_data(event, score=999_999) if event.type == "introduction.suggested" else event

    findings = verified(rewritten(held, tmp_path, better))
    assert any("suggestions come out otherwise" in wrong for wrong in findings.wrong)


def test_one_byte_of_the_log_is_found_and_said_in_one_line(held: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(held, tmp_path / "copy"))
    with closing(sqlite3.connect(folder / "log" / "events.db")) as database:
        database.execute("pragma wal_checkpoint(truncate)")
    file = folder / "log" / "events.db"
    stored = file.read_bytes()
    place = stored.index(b'"expertise.declared"')
    file.write_bytes(stored[: place + 3] + b"Q" + stored[place + 4 :])
    replayed = weft(folder, "replay", "--verify", "--json")
    assert replayed.code == 1
    assert len(replayed.err.splitlines()) == 1 and "weft:" in replayed.err


def test_a_log_rewritten_without_a_change_still_verifies(held: Path, tmp_path: Path) -> None:
    assert verified(rewritten(held, tmp_path, lambda event: event)) == Verification(WEEKS, [], [])


def test_the_same_events_in_another_order_give_the_same_round(tmp_path: Path) -> None:
    rounds = []
    for name, events in (("one", EVENTS), ("other", [*reversed(EVENTS), *EVENTS[::7]])):
        with closing(SqliteLog(tmp_path / name)) as log:
            rounds.append(fill(log, events, weeks=1))
    assert rounds[0] == rounds[1]
    assert rounds[0][0]["introductions"]


def test_a_round_with_somebody_who_was_erased_since_is_checked_by_its_digest(held: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(held, tmp_path / "copy"))
    with closing(SqliteLog(folder / "log")) as log:
        log.append([erased("m-1", at=monday(WEEKS) + 1)])
    replayed = weft(folder, "replay", "--verify", "--json")
    assert (replayed.code, replayed.json["recomputed"], replayed.json["checked"]) == (0, 0, WEEKS)
    with closing(SqliteLog(folder / "log")) as log:
        gone = sum(log.end().values()) - replayed.json["events"]
    assert gone and f"and {gone:,} that nobody can read any more" in weft(folder, "replay").out
    assert replayed.err.count("somebody who was within its cut has been erased since") == WEEKS


def test_a_second_erasure_takes_no_round_from_being_recomputed(held: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(held, tmp_path / "copy"))
    with closing(SqliteLog(folder / "log")) as log:
        follower = Follower(log, Path("/dev/null"), clock=lambda: monday(WEEKS + 2))
        log.append([erased("m-1", at=monday(WEEKS) + 1)])
        hold(follower, DEFAULT, FIRST + timedelta(weeks=WEEKS + 1), monday(WEEKS + 1))
        log.append([erased("m-1", at=monday(WEEKS) + 2, id="again")])
        assert verify_rounds(log).recomputed == 1


def test_a_round_of_other_rules_is_checked_and_it_is_said_of_which(held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = round_events.JUDGEMENT
    monkeypatch.setattr(round_events, "JUDGEMENT", "4711")
    found = verified(held)
    assert (found.recomputed, found.wrong, len(found.checked)) == (0, [], WEEKS)
    assert (
        found.checked[0]
        == f"round of {FIRST + timedelta(weeks=1)}: it was judged by version {written} of the rules; this is 4711"
    )


def test_a_log_brought_from_elsewhere_in_part_is_checked(held: Path, tmp_path: Path) -> None:
    def of_another_log(event: Event) -> Event:
        if event.type != "round.opened":
            return event
        return with_data(event, cut=event.data["cut"] | {"log_id": "another", "world": "0" * 64})

    found = verified(rewritten(held, tmp_path, of_another_log))
    assert (found.recomputed, found.wrong, len(found.checked)) == (0, [], WEEKS)


def test_reasons_that_do_not_add_up_make_it_fail_even_where_it_is_only_checked(held: Path, tmp_path: Path) -> None:
    def more(event: Event) -> Event:
        if event.type == "introduction.suggested":
            return with_data(event, points={side: points + 1 for side, points in event.data["points"].items()})
        return event

    assert any("do not add up" in wrong for wrong in verified(rewritten(held, tmp_path, more)).wrong)


def test_a_log_brought_from_elsewhere_whole_is_recomputed_as_well(held: Path, tmp_path: Path) -> None:
    exported = weft(held, "export", "--out", str(tmp_path / "events.jsonl"))
    assert exported.code == 0
    restored = weft(tmp_path / "new", "publish", "--restore", str(tmp_path / "events.jsonl"), "--json")
    assert restored.json["refused"] == 0
    replayed = weft(tmp_path / "new", "replay", "--verify", "--json").json
    assert replayed["digest"] == weft(held, "replay", "--json").json["digest"]
    assert (replayed["recomputed"], replayed["checked"], replayed["verified"]) == (WEEKS, 0, True)


def test_a_log_brought_from_elsewhere_after_an_erasure_is_checked_as_far_as_it_came(held: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(held, tmp_path / "copy"))
    with closing(SqliteLog(folder / "log")) as log:
        named = next(record.event for record in log.read() if record.event.type == "introduction.suggested")
        log.append([erased(named.data["member_ids"][0], at=monday(WEEKS) + 1)])
    assert weft(folder, "export", "--out", str(tmp_path / "events.jsonl")).code == 0
    assert weft(tmp_path / "new", "publish", "--restore", str(tmp_path / "events.jsonl"), "--json").json["refused"] == 0
    replayed = weft(tmp_path / "new", "replay", "--verify", "--json").json
    assert (replayed["recomputed"], replayed["checked"], replayed["verified"]) == (0, WEEKS, True)


def test_a_date_has_one_round(held: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(held, tmp_path / "copy"))
    with closing(SqliteLog(folder / "log")) as log:
        follower = Follower(log, Path("/dev/null"), clock=lambda: monday(WEEKS + 1))
        with pytest.raises(NoRound, match="was held already"):
            hold(follower, DEFAULT, FIRST + timedelta(weeks=1), monday(WEEKS))


def test_a_round_is_not_held_before_one_whose_suggestions_it_would_not_know(held: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(held, tmp_path / "copy"))
    with closing(SqliteLog(folder / "log")) as log:
        follower = Follower(log, Path("/dev/null"), clock=lambda: monday(WEEKS + 1))
        with pytest.raises(NoRound, match="choose a later instant"):
            hold(follower, DEFAULT, FIRST + timedelta(days=10), monday(1) + 3 * DAY_US)


def test_a_preview_writes_nothing(held: Path) -> None:
    with closing(SqliteLog(held / "log")) as log:
        before = log.end()
        follower = Follower(log, Path("/dev/null"), clock=lambda: monday(WEEKS + 1))
        assert hold(follower, DEFAULT, FIRST + timedelta(weeks=9), monday(WEEKS) + DAY_US, dry_run=True)["round_id"]
        assert log.end() == before


def first_round(folder: Path, *, bound: bool) -> tuple[dict[str, Any], list[Event]]:
    """What is said of the first round, and what the log then holds of it."""
    with closing(SqliteLog(folder / "log", log_id="one")) as log:
        log.append([event for event in EVENTS if event.time < monday(1)])
        follower = Follower(log, Path("/dev/null"), clock=lambda: monday(WEEKS + 1))
        said = hold(follower, DEFAULT, FIRST + timedelta(weeks=1), monday(1), bound=bound)
        return said, [record.event for record in log.read() if "round_id" in record.event.data]


def test_a_round_has_the_same_bytes_with_the_bound_of_a_linear_program_and_without(tmp_path: Path) -> None:
    without, plainly = first_round(tmp_path / "plainly", bound=False)
    bounded, events = first_round(tmp_path / "bounded", bound=True)
    assert without and bounded and plainly
    assert 0 < bounded["certificate"]["value"] <= bounded.pop("lp_upper_bound")
    assert (bounded, list(map(encode, events))) == (without, list(map(encode, plainly)))
    assert verified(tmp_path / "bounded") == Verification(1, [], [])


def test_a_round_of_a_copied_state_is_that_of_who_builds_one_and_the_index_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(SqliteLog(tmp_path / "log")) as log:
        log.append([event for event in EVENTS if event.time < monday(1)])
        first, second = (Follower(log, Path("/dev/null"), clock=lambda: monday(1)) for _ in range(2))
        built = hold(first, DEFAULT, FIRST + timedelta(weeks=1), monday(1), dry_run=True)
        with second.standing() as standing:
            served = standing.index
            served.history()
        monkeypatch.delattr("services.follower.Index")
        copied = hold(second.copied(), DEFAULT, FIRST + timedelta(weeks=1), monday(1), dry_run=True)
        assert copied == built and built["introductions"]
        with second.standing() as standing:
            assert standing.index is served


def test_a_copied_state_follows_the_log_by_itself_and_knows_what_waits_for_its_time(tmp_path: Path) -> None:
    now = monday(1)
    with closing(SqliteLog(tmp_path / "log")) as log:
        log.append([event for event in EVENTS if event.time < monday(2)])  # half of it is to come
        one = Follower(log, Path("/dev/null"), clock=lambda: now)
        one.catch_up()
        other = one.copied()
        now = monday(3)
        log.append([event for event in EVENTS if event.time >= monday(2)])
        with one.standing() as mine, other.standing() as theirs:
            assert mine.world is not theirs.world
            assert mine.world.digest() == theirs.world.digest()


def test_a_bound_of_more_pairs_than_a_linear_program_is_solved_for_is_left_out_and_the_round_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without, plainly = first_round(tmp_path / "plainly", bound=False)
    monkeypatch.setattr(bounding, "MOST_PAIRS", 1)
    unbounded, events = first_round(tmp_path / "unbounded", bound=True)
    assert unbounded.pop("lp_upper_bound") is None
    assert "pairs, and 1 is the most" in unbounded.pop("why_no_bound")
    assert (unbounded, list(map(encode, events))) == (without, list(map(encode, plainly)))


def test_a_round_that_was_never_held_counts_for_nobody(tmp_path: Path) -> None:
    with closing(SqliteLog(tmp_path / "whole")) as log:
        fill(log, EVENTS, weeks=1)
        events = [record.event for record in log.read()]
    with closing(SqliteLog(tmp_path / "half")) as log:
        log.append([event for event in events if event.type != "round.held"])
        follower = Follower(log, Path("/dev/null"), clock=lambda: monday(WEEKS + 1))
        with follower.standing(monday(2)) as standing:
            assert not standing.world.held_rounds()
        assert hold(follower, DEFAULT, FIRST + timedelta(weeks=1), monday(1) + 1)["introductions"]
        assert verify_rounds(log).recomputed == 1


def test_what_is_stored_is_what_was_said() -> None:
    for event in EVENTS[:50]:
        assert envelope(decode(json.dumps(envelope(event)).encode())) == envelope(event)
