"""What the log keeps: nothing personal in clear, nothing that can be moved or cut; all of it for who has the keys."""

import shutil
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from schemas.codec import Event, decode, encode
from schemas.errors import Undecodable
from schemas.topics import KINDS
from services.log import LogFull
from services.log.reader import LogReader
from services.log.sealing import BLOCK_BYTES, NONCE_BYTES, Remains, Sealing
from services.log.sqlite import SqliteLog
from tests.builders import day, described, endorsed, erased, joined, seeks, suggested, talked
from tests.service.log.contract import in_order, kept
from tests.unit.schemas.golden import FOLDER, GOLDEN

TAG_BYTES = 16
EVENTS = [decode(line) for kind, line in GOLDEN.items() if kind != "member.erased"]


@pytest.fixture
def log(tmp_path: Path) -> SqliteLog:
    return SqliteLog(tmp_path / "log")


@pytest.fixture
def sealing(log: SqliteLog) -> Sealing:
    return log.sealing


def texts_in(value: object) -> set[str]:
    if isinstance(value, dict):
        return {text for inner in value.values() for text in texts_in(inner)}
    if isinstance(value, list):
        return {text for inner in value for text in texts_in(inner)}
    return {value} if isinstance(value, str) else set()


def box_of(stored: bytes) -> bytes:
    return stored.partition(b"\n")[2]


# --- there and back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_an_event_of_every_kind_comes_back_as_it_was(sealing: Sealing, event: Event) -> None:
    [stored] = sealing.seal([event])
    assert sealing.open(stored) == event


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_nothing_personal_stays_in_clear(sealing: Sealing, event: Event) -> None:
    [stored] = sealing.seal([event])
    personal = {field: value for field, value in event.data.items() if field in KINDS[event.type].personal}
    assert bool(box_of(stored)) == bool(personal)
    assert set(orjson.loads(stored.partition(b"\n")[0])["data"]) == event.data.keys() - personal.keys()
    for text in texts_in(personal):
        assert len(text) < 3 or text.encode() not in stored


def test_a_log_as_it_was_kept_when_sealing_was_new_is_read_as_ever(tmp_path: Path) -> None:
    for part in ("log", "log.keys"):
        shutil.copytree(FOLDER / "sealed" / part, tmp_path / part)
    with closing(LogReader(tmp_path / "log")) as log:
        assert log.verify() == len(EVENTS)
        assert in_order(record.event for record in log.read()) == in_order(EVENTS)


def test_what_was_kept_in_clear_is_read_as_well(sealing: Sealing) -> None:
    assert sealing.open(encode(seeks("m-1", "Holz"))) == seeks("m-1", "Holz")


# --- what the bytes say -----------------------------------------------------------------------------------------------


def test_lengths_say_little(sealing: Sealing) -> None:
    lengths = {len(box_of(stored)) for stored in sealing.seal([seeks("m-1", "x" * count) for count in range(1, 30)])}
    assert len(lengths) == 1
    for event in EVENTS:
        [stored] = sealing.seal([event])
        if box := box_of(stored):
            owners = len(KINDS[event.type].owners(event.data))
            assert (len(box) - NONCE_BYTES - owners * TAG_BYTES) % BLOCK_BYTES == 0


def test_no_nonce_is_used_twice_and_the_same_event_never_looks_the_same(sealing: Sealing) -> None:
    stored = sealing.seal([seeks("m-1", "Holz")] * 20_000)
    assert len({box_of(each)[:NONCE_BYTES] for each in stored}) == len({*stored}) == 20_000


@pytest.mark.parametrize(
    "other",
    [
        seeks("m-1", "Holz", id="another"),
        seeks("m-1", "Holz", source="/elsewhere"),
        seeks("m-2", "Holz", id="e-1"),
        described("m-1", company="Holz", id="e-1"),
    ],
    ids=["id", "source", "member", "type"],
)
def test_what_is_sealed_cannot_be_moved_to_another_event(sealing: Sealing, other: Event) -> None:
    mine, theirs = sealing.seal([seeks("m-1", "Holz", id="e-1"), other])
    with pytest.raises(Undecodable):
        sealing.open(theirs.partition(b"\n")[0] + b"\n" + box_of(mine))


def test_not_one_byte_of_it_can_be_changed(sealing: Sealing) -> None:
    [stored] = sealing.seal([seeks("m-1", "Holz")])
    start = len(stored) - len(box_of(stored))
    for place in range(start, len(stored)):
        with pytest.raises(Undecodable):
            sealing.open(stored[:place] + bytes([stored[place] ^ 1]) + stored[place + 1 :])
    for end in range(start + 1, len(stored)):
        with pytest.raises(Undecodable):
            sealing.open(stored[:end])


# --- after an erasure -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["m-1", "m-2"])
def test_a_suggestion_ends_with_either_of_its_members(sealing: Sealing, who: str) -> None:
    [stored] = sealing.seal([suggested("i-1", "m-1", "m-2")])
    assert isinstance(sealing.open(stored), Event)
    sealing.seal([erased(who)])
    remains = sealing.open(stored)
    assert isinstance(remains, Remains) and "reasons" not in remains.event.data


@pytest.mark.parametrize("who", ["m-1", "m-2"])
def test_a_suggestion_that_comes_after_the_erasure_of_either_side_is_no_damage(log: SqliteLog, who: str) -> None:
    """As in a round that was under way."""
    log.append([joined("m-1"), joined("m-2"), erased(who)])
    log.append([suggested("i-1", "m-1", "m-2")])
    assert {event.type for event in kept(log)} == {"member.joined", "member.erased"}
    assert log.verify() == 4


@pytest.mark.parametrize("who", ["m-1", "m-2"])
def test_what_one_said_of_another_ends_with_either(sealing: Sealing, who: str) -> None:
    [stored] = sealing.seal([endorsed("m-2", "Geheimwort", "m-1")])
    sealing.seal([erased(who)])
    assert isinstance(sealing.open(stored), Remains)


def test_an_erasure_that_found_no_room_in_the_log_is_said_with_the_next_events(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append([joined("m-1"), joined("m-2")])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(log._tables, "add", full)
        with pytest.raises(LogFull):
            log.append([erased("m-1")])
    assert [receipt.verdict for receipt in log.append([talked("m-2", "m-3")])] == ["accepted"]
    assert {event.type for event in kept(log)} == {"member.joined", "member.erased", "conversation.held"}


def test_what_is_said_of_somebody_in_the_same_breath_as_their_erasure_is_not_kept(log: SqliteLog) -> None:
    log.append([joined("m-1", name="Ada"), erased("m-1"), talked("m-2", "m-3")])
    assert {event.type for event in kept(log)} == {"member.erased", "conversation.held"}


def test_what_is_left_is_read_only_by_who_asks_for_it(log: SqliteLog) -> None:
    log.append([joined("m-1", name="Ada", at=day(0)), joined("m-2", name="Bo"), erased("m-1", at=day(1))])
    assert [record.position for record in log.read()] == [1, 2]
    first, *_ = log.read(remains=True)
    assert (first.position, first.event.data) == (0, {"member_id": "m-1", "group_id": "g-1"})


def test_an_event_that_nobody_can_read_any_more_is_still_known_when_it_comes_again(log: SqliteLog) -> None:
    mine = joined("m-1", name="Ada", id="e-1")
    log.append([mine, erased("m-1")])
    receipts = log.append([mine, joined("m-1", name="Eve", id="e-1")])
    assert [receipt.verdict for receipt in receipts] == ["duplicate", "duplicate"]
