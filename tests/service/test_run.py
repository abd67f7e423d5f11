"""`weft run` as a process: it starts, is spoken to, stops cleanly, and after a kill has lost nothing."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest

from schemas.codec import encode, envelope
from services.folder import Folder
from tests.builders import day, joined, seeks
from tests.service.processes import Process, running, weft
from tests.service.served import CLOUDEVENT

MEMBERS = [joined(f"m-{number}", f"g-{number % 2}", id=f"e-{number}") for number in range(20)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def post(url: str, *events: object) -> dict[str, object]:
    answer = httpx.post(f"{url}/events", content=orjson.dumps(list(events)), headers=CLOUDEVENT, trust_env=False)
    assert answer.status_code == 202
    return answer.json()


def test_sigterm_finishes_saves_a_snapshot_and_exits_with_0(data: Path) -> None:
    with running(data) as process:
        assert post(process.url, *map(envelope, MEMBERS))["accepted"] == 20
        assert json.loads((data / "run.json").read_text()) == {"pid": process.popen.pid, "url": process.url}
        assert process.stop() == 0
        assert not (data / "run.json").exists() and Folder(data).snapshot.exists()
        said = [json.loads(line) for line in process.stderr().splitlines()]
    assert [line["event"] for line in said] == ["listening", "ready", "stopped"]
    assert weft(data, "replay", "--verify", "--json").json["events"] == 20


def test_after_a_kill_everything_acknowledged_is_there_and_the_folder_is_free(data: Path) -> None:
    with running(data) as process:
        post(process.url, *map(envelope, MEMBERS))
        process.kill()
    assert Folder(data).running() is None
    with running(data) as process:
        assert post(process.url, *map(envelope, MEMBERS))["duplicate"] == 20


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "weft.example.org"])
def test_other_machines_are_refused_with_the_reason_in_one_line(data: Path, host: str) -> None:
    ended = weft(data, "run", host=host)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "sign-in" in ended.err and host in ended.err


def test_a_port_that_is_taken_is_said_in_one_line(data: Path, tmp_path: Path) -> None:
    with running(data) as process:
        port = process.url.rpartition(":")[2]
        ended = weft(tmp_path / "other", "run", port=port)
    assert (ended.code, ended.err.count("\n")) == (1, 1) and "WEFT_PORT" in ended.err


def test_a_second_run_is_told_who_holds_the_folder(data: Path) -> None:
    with running(data) as process:
        ended = weft(data, "run")
        assert ended.code == 1 and f"locked by process {process.popen.pid}" in ended.err


def test_a_wrong_setting_stops_the_start_in_one_line(data: Path) -> None:
    data.mkdir()
    (data / "weft.toml").write_text('timezone = "Mars/Olympus"')
    ended = weft(data, "run")
    assert (ended.code, ended.err.count("\n")) == (2, 1) and "weft.toml" in ended.err and "timezone" in ended.err


def test_a_damaged_log_stops_the_start_in_one_line_that_says_what_to_do(data: Path, tmp_path: Path) -> None:
    lines = tmp_path / "events.jsonl"
    lines.write_bytes(b"\n".join(map(encode, MEMBERS)))
    weft(data, "publish", str(lines))
    database = data / "log" / "events.db"
    database.write_bytes(database.read_bytes().replace(b'"e-7"', b'"e-8"'))
    ended = weft(data, "run")
    assert ended.code == 1
    told = ended.err.splitlines()[-1]
    assert told.startswith("weft: ") and "record" in told and "backup" in told


# --- commands while it runs -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Process, Path]]:
    data = tmp_path_factory.mktemp("data")
    with running(data) as process:
        post(process.url, *map(envelope, MEMBERS))
        yield process, data


def test_writing_commands_go_through_the_running_weft(process: tuple[Process, Path], tmp_path: Path) -> None:
    _, data = process
    lines = tmp_path / "more.jsonl"
    lines.write_bytes(b"\n".join(map(encode, [seeks("m-1", "Holz", at=day(1)), seeks("m 1", "Holz"), *MEMBERS])))
    ended = weft(data, "publish", str(lines), "--json")
    assert (ended.code, ended.json["accepted"], ended.json["duplicate"], ended.json["refused"]) == (1, 1, 20, 1)
    refused = [json.loads(line) for line in weft(data, "refused", ended.json["refused_file"]).out.splitlines()]
    assert [(line["line"], line["field"]) for line in refused] == [(2, "data.member_id")]
    held = weft(data, "round", "--dry-run", "--json").json
    assert {one["why"] for one in held["unmatched"]} | set(held["certificate"])


def test_reading_commands_go_on_working(process: tuple[Process, Path]) -> None:
    running_weft, data = process
    assert weft(data, "suggest", "m-1", "--json").json == {"member_id": "m-1", "introductions": []}
    ranked = weft(data, "ask", "m-1", "Holz", "--top", "2", "--json").json["ranked"]
    assert len(ranked) == 2 and set(ranked[0]) == {"member_id", "points", "chance", "reasons"}
    assert weft(data, "replay", "--verify", "--json").json["verified"] is True
    examined = weft(data, "doctor", "--json").json
    assert [finding for finding in examined["findings"] if not finding["is_fine"]] == []
    assert weft(data, "suggest", "m-99").code == 1
    assert running_weft.popen.poll() is None


def test_ctrl_c_stops_it_as_cleanly(data: Path) -> None:
    with running(data) as process:
        process.popen.send_signal(signal.SIGINT)
        assert process.popen.wait(timeout=10) == 0
