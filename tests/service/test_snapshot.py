"""The follower and its snapshots: the world is that of the log, whatever was saved, lost, damaged or still to come."""

import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from io import BytesIO
from pathlib import Path

import orjson
import pytest

from matcher.asking import Answer, ask, own_need
from matcher.card import Purpose, card_of
from matcher.index import Index
from matcher.policy import DEFAULT
from matcher.world import World
from schemas.codec import Event
from services import follower, snapshot
from services.follower import Follower
from services.log.sqlite import SqliteLog
from tests.builders import HOUR_US, day, erased, founded, gives, joined, seeks, talked
from tests.service.served import Clock

EVENTS = [
    founded(),
    *(joined(f"m-{number}", f"g-{number % 3}", name=f"Näme {number}") for number in range(30)),
    seeks("m-1", 'ein "Zitat" \\ und mehr', at=day(1)),
    gives("m-2", "Holz", at=day(2)),
    talked("m-1", "m-2", at=day(3)),
    erased("m-9", at=day(4)),
]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(tmp_path / "log")) as log:
        log.append(EVENTS)
        yield log


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "snapshots").mkdir()
    return tmp_path / "snapshots" / "world"


def started(log: SqliteLog, file: Path, now: int = day(8)) -> tuple[Follower[SqliteLog], str | None]:
    one = Follower(log, file, Clock(now))
    return one, one.start()


def folded(events: list[Event]) -> str:
    world = World()
    for event in events:
        world.apply(event)
    return world.digest()


def digest(one: Follower[SqliteLog]) -> str:
    with one.standing() as standing:
        return standing.world.digest()


# --- starting from a snapshot -----------------------------------------------------------------------------------------


def test_a_start_from_a_snapshot_reads_only_the_rest_and_has_the_same_world(log: SqliteLog, file: Path) -> None:
    first, _ = started(log, file)
    first.save()
    log.append([seeks("m-3", "Stein", at=day(5))])
    again, doubt = started(log, file)
    assert (doubt, again.read_count) == (None, len(EVENTS) + 1)
    assert digest(again) == folded([*EVENTS, seeks("m-3", "Stein", at=day(5))])
    with again.standing() as standing:
        assert standing.world.talked["m-1"] == {"m-2"}  # what is derived is there, too


def test_what_lies_ahead_of_the_clock_is_in_the_snapshot_and_comes_in_its_time(log: SqliteLog, file: Path) -> None:
    ahead = seeks("m-3", "Stein", at=day(8) + 60_000_000)
    log.append([ahead])
    first, _ = started(log, file)
    first.save()
    assert digest(first) == folded(EVENTS)
    again, _ = started(log, file)
    assert digest(again) == folded(EVENTS)
    again.clock.now += 2 * HOUR_US  # type: ignore[attr-defined]
    assert digest(again) == again.whole().digest() == folded([*EVENTS, ahead])


def test_a_snapshot_is_saved_after_so_many_events_and_not_before(
    log: SqliteLog, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "SNAPSHOT_EVENTS", len(EVENTS) + 5)
    one, _ = started(log, file)
    one.save_if_worth_it()
    assert not file.exists()
    log.append([talked("m-1", "m-4", at=day(5) + number) for number in range(5)])
    one.catch_up()
    one.save_if_worth_it()
    assert file.exists()


# --- in doubt ---------------------------------------------------------------------------------------------------------


def test_every_flipped_byte_is_found_and_the_log_is_folded_instead(log: SqliteLog, file: Path) -> None:
    started(log, file)[0].save()
    whole = file.read_bytes()
    for place in (*range(0, len(whole), len(whole) // 60), *range(len(whole) - 20, len(whole))):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        again, doubt = started(log, file)
        assert doubt and digest(again) == folded(EVENTS)


def test_a_snapshot_that_cannot_be_put_in_its_place_leaves_nothing_beside_it(log: SqliteLog, file: Path) -> None:
    file.mkdir(parents=True)
    one, doubt = started(log, file)
    assert doubt
    for _ in range(2):
        with pytest.raises(OSError):
            one.save()
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("rest", [b"", b"x", b"a\nb\nc", b"\n\n"], ids=repr)
def test_what_is_no_snapshot_at_all_is_passed_over(log: SqliteLog, file: Path, rest: bytes) -> None:
    file.write_bytes(rest)
    again, doubt = started(log, file)
    assert doubt and digest(again) == folded(EVENTS)


def test_a_torn_snapshot_is_passed_over(log: SqliteLog, file: Path) -> None:
    started(log, file)[0].save()
    file.write_bytes(file.read_bytes()[:-40])
    assert started(log, file)[1] == "its bytes are damaged, or somebody has been erased since"


def test_a_snapshot_of_before_an_erasure_can_be_read_by_nobody(log: SqliteLog, file: Path) -> None:
    started(log, file)[0].save()
    log.append([erased("m-3", at=day(6))])
    again, doubt = started(log, file)
    assert doubt == "its bytes are damaged, or somebody has been erased since"
    assert digest(again) == folded([*EVENTS, erased("m-3", at=day(6))])


def test_the_snapshot_of_another_log_is_not_taken(log: SqliteLog, file: Path, tmp_path: Path) -> None:
    started(log, file)[0].save()
    with closing(SqliteLog(tmp_path / "other")) as other:
        other.append(EVENTS)
        again, doubt = started(other, file)
        assert doubt and digest(again) == folded(EVENTS)


def test_a_snapshot_that_knows_more_than_the_log_is_not_taken(log: SqliteLog, file: Path, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "log", tmp_path / "older")
    log.append([seeks("m-3", "Stein", at=day(5))])
    started(log, file)[0].save()
    shutil.copytree(tmp_path / "log.keys", tmp_path / "older.keys")
    with closing(SqliteLog(tmp_path / "older")) as older:
        again, doubt = started(older, file)
        assert doubt == "it has read what is not in the log" and digest(again) == folded(EVENTS)


# --- at an instant ----------------------------------------------------------------------------------------------------


def test_an_instant_that_has_passed_is_folded_anew_and_the_live_world_stays(log: SqliteLog, file: Path) -> None:
    one, _ = started(log, file)
    with one.standing(day(2)) as then:
        assert then.world.digest() == folded(
            [event for event in EVENTS if event.time < day(2) or event.type == "member.erased"]
        )
    assert digest(one) == folded(EVENTS)


def test_an_instant_after_everything_is_answered_from_the_live_world(log: SqliteLog, file: Path) -> None:
    one, _ = started(log, file)
    with one.standing(day(5)) as then, one.standing() as now:
        assert then.world is now.world and (then.at, now.at) == (day(5), day(8) + 1)


def test_the_index_follows_the_world_from_wherever_it_was_built(log: SqliteLog, file: Path) -> None:
    one, _ = started(log, file)
    with one.standing() as standing:
        before = standing.index
    log.append([joined("m-99", "g-1", at=day(5))])
    with one.standing() as standing:
        assert standing.index is before and "m-99" in standing.index.roster.slots


def test_a_snapshot_of_before_an_erasure_never_takes_the_place_of_one_of_after_it(
    log: SqliteLog, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = started(log, file)
    packed, go_on, put = threading.Event(), threading.Event(), snapshot.put

    def slowly(file: Path, what: list[bytes]) -> None:
        if not packed.is_set():
            packed.set()
            go_on.wait(10)
        put(file, what)

    monkeypatch.setattr(snapshot, "put", slowly)
    with ThreadPoolExecutor() as savers:
        before = savers.submit(one.save)
        assert packed.wait(10)
        log.append([erased("m-8", at=day(5))])
        one.catch_up()
        after = savers.submit(one.save)
        wait([after], timeout=0.5)
        go_on.set()
        before.result()
        after.result()
    again, doubt = started(log, file)
    assert doubt is None and digest(again) == digest(one)


# --- the index --------------------------------------------------------------------------------------------------------


def asked(one: Follower[SqliteLog], at: int = day(9)) -> list[Answer]:
    with one.standing(at) as standing:
        need = own_need(standing.index, "m-1", at)
        return ask(standing.index, card_of(standing.world, Purpose.QUESTIONS), "m-1", need, at, top=9, policy=DEFAULT)


def with_index(log: SqliteLog, file: Path) -> Follower[SqliteLog]:
    """A follower that was asked, and has saved its index."""
    one, _ = started(log, file)
    with one.standing() as standing:
        standing.index.history()
    one.save(with_index=True)
    return one


@pytest.fixture
def never_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever builds an index fails."""

    def built(index: Index) -> None:
        raise AssertionError("it was built anew")

    monkeypatch.setattr(Index, "_rebuild", built)


def test_a_start_has_the_index_of_before_and_follows_what_came_since(
    log: SqliteLog, file: Path, request: pytest.FixtureRequest
) -> None:
    with_index(log, file)
    since = [gives("m-4", "Zitat", at=day(5)), joined("m-99", "g-1", at=day(5)), seeks("m-1", "Holz", at=day(6))]
    log.append(since)
    expected = asked(started(log, file.with_suffix(".none"))[0])
    request.getfixturevalue("never_built")
    again, doubt = started(log, file)
    assert doubt is None and asked(again) == expected and expected
    with again.standing() as standing:
        assert standing.index.has_history and "m-99" in standing.index.roster.slots


def test_an_index_that_was_made_since_is_saved_with_the_last_snapshot_though_nothing_was_read(
    log: SqliteLog, file: Path
) -> None:
    one, _ = started(log, file)
    one.save()
    world_alone = file.read_bytes()
    one.save()
    assert file.read_bytes() == world_alone
    with one.standing() as standing:
        _ = standing.index
    one.save()
    assert file.read_bytes() == world_alone
    one.save(with_index=True)
    assert len(file.read_bytes()) > len(world_alone)


def test_a_damaged_index_is_found_and_built_anew(log: SqliteLog, file: Path) -> None:
    world_bytes = len(b"".join(snapshot_parts(log, file)))
    with_index(log, file)
    whole, found = file.read_bytes(), set()
    expected = asked(started(log, file.with_suffix(".none"))[0])
    for place in (*range(0, len(whole), len(whole) // 60), *range(len(whole) - 20, len(whole))):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        again, doubt = started(log, file)
        assert asked(again) == expected
        assert doubt or again.index_doubt
        found.add(doubt is None)
    assert found == {True, False} and world_bytes < len(whole)


def snapshot_parts(log: SqliteLog, file: Path) -> list[bytes]:
    """The parts of a snapshot of the world alone."""
    one, _ = started(log, file)
    one.save()
    return list(log.sealing.open_snapshot(BytesIO(file.read_bytes())))


def test_an_index_of_before_an_erasure_is_opened_by_nobody(log: SqliteLog, file: Path) -> None:
    with_index(log, file)
    again, doubt = started(log, file)  # it has read the world; of the index, nobody asked yet
    log.append([erased("m-2", at=day(6))])
    assert doubt is None and asked(again) == asked(started(log, file.with_suffix(".none"))[0])
    assert again.index_doubt == "its bytes are damaged, or somebody has been erased since"
    with again.standing() as standing:
        assert "m-2" not in standing.index.roster.slots


@pytest.mark.parametrize("what", ["Weft", "Python", "numpy"])
def test_what_another_version_wrote_is_not_taken(
    log: SqliteLog, file: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    with_index(log, file)
    versions = snapshot.versions()
    monkeypatch.setattr(snapshot, "versions", lambda: versions | {what: "0"})
    assert started(log, file)[1] == f"another version of {what} wrote it"


def test_a_snapshot_of_before_there_were_indexes_is_not_taken(log: SqliteLog, file: Path) -> None:
    head = {"log_id": log.log_id, "positions": {}, "code": snapshot.code_version(), "as_of": 1, "latest": 0}
    file.write_bytes(b"".join(log.sealing.seal_snapshot([orjson.dumps(head) + b"\n", World().dump()])))
    again, doubt = started(log, file)
    assert doubt == "another version of Weft wrote it" and digest(again) == folded(EVENTS)
