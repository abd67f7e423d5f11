"""`weft publish`: goes on after a bad line, says what became of each, and changes nothing when run again."""

import json
from base64 import b64decode
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import orjson
import pytest

from schemas.codec import encode
from schemas.door import OPERATOR
from services import publishing
from services.admission import ACCEPTED, Receipt, check
from services.client import Client
from services.log.reader import LogReader
from services.publishing import LONGEST_LINE_BYTES, Line, lines_of, publish, refused_path
from services.trouble import Trouble
from tests.builders import day, fitted, held, joined, made, opened, seeks, suggested
from tests.service.processes import weft
from tests.service.served import served

EVENTS = [joined(f"m-{number}", f"g-{number % 3}", id=f"e-{number}") for number in range(1_200)]


def file_of(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


@pytest.fixture
def events(tmp_path: Path) -> Path:
    return file_of(tmp_path / "events.jsonl", *map(encode, EVENTS))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def in_log(data: Path) -> list[str]:
    with closing(LogReader(data / "log")) as log:
        return [record.event.id for record in log.read()]


# --- into a folder ----------------------------------------------------------------------------------------------------


def test_a_file_goes_in_and_again_it_changes_nothing(events: Path, data: Path) -> None:
    first = weft(data, "publish", str(events), "--json")
    again = weft(data, "publish", str(events), "--json")
    assert first.json == {"accepted": 1_200, "duplicate": 0, "refused": 0, "refused_file": None}
    assert again.json == {"accepted": 0, "duplicate": 1_200, "refused": 0, "refused_file": None}
    assert (first.code, again.code) == (0, 0) and in_log(data) == [event.id for event in EVENTS]


def test_stdin_and_several_files_are_read_in_their_order(data: Path, tmp_path: Path) -> None:
    more = file_of(tmp_path / "more.jsonl", encode(seeks("m-1", "Holz", id="more")))
    ended = weft(data, "publish", str(more), "-", "--json", stdin=encode(seeks("m-1", "Holz", id="stdin")))
    assert ended.json["accepted"] == 2 and in_log(data) == ["more", "stdin"]


def test_bad_lines_are_set_aside_with_line_field_and_reason(data: Path, tmp_path: Path) -> None:
    good = [encode(event) for event in EVENTS[:2]]
    mixed = file_of(tmp_path / "mixed.jsonl", good[0], b'{"torn', b"", encode(seeks("m 1", "x")), b"\xff", good[1])
    ended = weft(data, "publish", str(mixed), "--json")
    assert ended.code == 1
    assert (ended.json["accepted"], ended.json["refused"]) == (2, 3)
    refused = [json.loads(line) for line in weft(data, "refused", ended.json["refused_file"]).out.splitlines()]
    assert [(line["file"], line["line"], line["field"]) for line in refused] == [
        (str(mixed), 2, ""),
        (str(mixed), 4, "data.member_id"),
        (str(mixed), 5, ""),
    ]
    assert refused[0]["event"] == '{"torn' and b64decode(refused[2]["event_base64"]) == b"\xff"
    assert all("allowed" in line["error"] for line in refused)


def test_people_are_told_the_commonest_reasons(data: Path, tmp_path: Path) -> None:
    mixed = file_of(tmp_path / "mixed.jsonl", *[encode(seeks(f"m {number}", "x")) for number in range(12)])
    ended = weft(data, "publish", str(mixed))
    assert "12 refused" in ended.out and "data.member_id" in ended.out and "refused-" in ended.out


def test_a_dry_run_finds_the_same_faults_and_makes_no_folder(data: Path, tmp_path: Path) -> None:
    mixed = file_of(tmp_path / "mixed.jsonl", encode(EVENTS[0]), b"{")
    ended = weft(data, "publish", "--dry-run", str(mixed), "--json")
    assert (ended.code, ended.json["accepted"], ended.json["refused"]) == (1, 1, 1)
    assert not (data / "log").exists()


def test_wrong_use_is_2_and_one_line(data: Path, events: Path) -> None:
    for words in (["publish"], ["publish", "nowhere.jsonl"], ["publish", "--restore", "--to", "http://x", str(events)]):
        ended = weft(data, *words)
        assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
        assert "weft publish --help" in ended.err


def test_weft_s_own_kinds_go_in_only_when_a_log_is_restored(data: Path, tmp_path: Path) -> None:
    log = [*EVENTS[:2], fitted(), opened(), suggested("i-1", "m-0", "m-1"), held(), made("i-1", at=day(9))]
    exported = file_of(tmp_path / "export.jsonl", *map(encode, log))
    assert weft(data, "publish", str(exported), "--json").json["refused"] == 5
    assert weft(data, "publish", "--restore", str(exported), "--json").json["accepted"] == 5
    assert weft(data, "export").out.encode().splitlines() == sorted(map(encode, log), key=_own_kinds_last)


def _own_kinds_last(line: bytes) -> bool:
    return b'"source":"/weft"' in line


def test_an_export_restores_to_the_same_world(data: Path, events: Path, tmp_path: Path) -> None:
    weft(data, "publish", str(events))
    weft(data, "round", "--json")
    weft(data, "export", "--out", str(tmp_path / "export.jsonl"))
    assert weft(tmp_path / "copy", "publish", "--restore", str(tmp_path / "export.jsonl")).code == 0
    one, other = (weft(folder, "replay", "--json").json for folder in (data, tmp_path / "copy"))
    assert one == other and one["rounds"] == 1


# --- to a gateway -----------------------------------------------------------------------------------------------------


def test_a_gateway_says_the_same_of_the_same_lines(tmp_path: Path, data: Path) -> None:
    lines = [encode(EVENTS[0]), b"{", encode(seeks("m 1", "x")), b"[]", b"5", encode(EVENTS[0])]
    mixed = file_of(tmp_path / "mixed.jsonl", *lines)
    with served(tmp_path) as gateway:
        there = weft(data, "publish", "--to", str(gateway.http.base_url), str(mixed), "--json")
    refused = tmp_path / there.json["refused_file"]
    here = weft(data, "publish", str(mixed), "--json")
    counts = ("accepted", "duplicate", "refused")
    assert [there.json[name] for name in counts] == [here.json[name] for name in counts] == [1, 1, 4]
    assert refused.read_text() == weft(data, "refused").out


def test_a_gateway_that_is_not_there_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.client.FIRST_PATIENCE_S", 0.3)
    with pytest.raises(Trouble, match=r"is a gateway \(.*\) running there"):
        Client("http://127.0.0.1:9").publish([encode(EVENTS[0])])


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1:8400", "http://127.0.0.1:port"])
def test_what_is_no_address_is_said_at_once(url: str) -> None:
    with pytest.raises(Trouble, match="is no address of a Weft"):
        Client(url).publish([encode(EVENTS[0])])


def test_what_may_have_arrived_is_sent_again_under_the_same_ids(tmp_path: Path) -> None:
    with served(tmp_path) as gateway:
        client = Client(str(gateway.http.base_url))
        lost = _losing_answers(client._http.request, times=2)
        client._http.request = lost  # type: ignore[method-assign]
        receipts = client.publish([encode(event) for event in EVENTS[:3]])
        assert [receipt.status for receipt in receipts] == ["duplicate"] * 3
        assert len(list(gateway.network.log.read())) == 3


def _losing_answers(request: Callable[..., httpx.Response], times: int) -> Callable[..., httpx.Response]:
    """A connection that breaks after the request has arrived."""
    left = [times]

    def broken(*args: object, **named: object) -> httpx.Response:
        answer = request(*args, **named)
        left[0] -= 1
        if left[0] >= 0:
            raise httpx.ReadError("the connection was lost")
        return answer

    return broken


# --- line by line -----------------------------------------------------------------------------------------------------


def test_a_line_without_end_is_never_held_whole(tmp_path: Path) -> None:
    long = file_of(tmp_path / "long.jsonl", b"x" * (3 * LONGEST_LINE_BYTES), encode(EVENTS[0]))
    with open(long, "rb") as file:
        lines = list(lines_of("long", file))
    assert [(line.number, len(line.raw) <= LONGEST_LINE_BYTES) for line in lines] == [(1, True), (2, True)]
    assert lines[1].raw == encode(EVENTS[0])
    receipts = check([line.raw for line in lines], day(8), OPERATOR)
    assert [receipt.status for receipt in receipts] == ["refused", ACCEPTED]


def test_chunks_are_bounded_in_events_and_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "CHUNK_BYTES", 1_000)
    sent: list[list[bytes]] = []

    def sink(raws: list[bytes]) -> list[Receipt]:
        sent.append(list(raws))
        return [Receipt("/crm", "x", ACCEPTED)] * len(raws)

    lines = [Line("f", number, b"x" * 300) for number in range(10)] + [Line("f", 11, b"x" * 5_000)]
    published = publish(lines, sink, tmp_path / "refused.jsonl")
    assert [len(chunk) for chunk in sent] == [3, 3, 3, 1, 1] and published.accepted == 11
    assert not (tmp_path / "refused.jsonl").exists()


def test_each_run_has_its_own_file_of_refusals(tmp_path: Path) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    assert refused_path(tmp_path, now) != refused_path(tmp_path, now + timedelta(microseconds=1))


def test_a_record_of_a_refusal_is_one_line_of_json(data: Path, tmp_path: Path) -> None:
    odd = file_of(tmp_path / "odd.jsonl", '{"a": "\u2028 ü"}'.encode())
    weft(data, "publish", str(odd), "--json")
    refused = weft(data, "refused").out
    assert refused.count("\n") == 1 and orjson.loads(refused)["event"] == '{"a": "\u2028 ü"}'
