"""The command line as scripts and people meet it."""

import json
import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from schemas.codec import encode
from schemas.topics import KINDS
from services import cli
from services.cli import app, main
from services.doctor import examine
from services.folder import Folder
from services.log.sqlite import SqliteLog
from tests.builders import day, erased, founded, gives, joined, seeks
from tests.service.processes import running, weft

COMMANDS = sorted(command.name or command.callback.__name__ for command in app.registered_commands)  # type: ignore[union-attr]
NETWORK = [
    founded("g-1"),
    founded("g-2"),
    *(joined(f"m-{number}", f"g-{number % 2 + 1}", name=f"Name {number}", id=f"e-{number}") for number in range(8)),
    seeks("m-0", "Holzbau", at=day(1)),
    gives("m-1", "Holzbau", at=day(1)),
    seeks("m-1", "Steuern", at=day(1)),
    gives("m-0", "Steuern", at=day(1)),
]
AT = ("--at", "2026-01-12T06:00:00Z")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small network, one round of which was held."""
    folder = tmp_path_factory.mktemp("network")
    lines = folder / "events.jsonl"
    lines.write_bytes(b"\n".join(map(encode, NETWORK)))
    assert weft(folder / "data", "publish", str(lines)).code == 0
    assert weft(folder / "data", "round", *AT).code == 0
    return folder / "data"


def test_there_are_the_commands_that_others_script() -> None:
    scripted = (
        "run demo publish suggest ask explain round learn backtest replay simulate export schema doctor erase refused"
    )
    assert set(COMMANDS) == {*scripted.split(), "gateway", "worker", "lag", "up", "warmup"}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_shows_an_example_in_its_help(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["weft", command, "--help"])
    assert main() == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"Example: weft {command}" in said or f"Example: weft --data weft-data {command}" in said


# --- results ----------------------------------------------------------------------------------------------------------


def test_a_round_tells_its_pairs_who_got_none_and_its_certificate(data: Path) -> None:
    held = weft(data, "round", "--dry-run", "--at", "2026-01-20T06:00:00Z", "--json").json
    assert set(held) == {"round_id", "introductions", "unmatched", "score_is_provisional", "certificate"}
    assert held["unmatched"] and all(set(one) == {"member_id", "why"} for one in held["unmatched"])


def test_a_round_tells_on_request_how_much_of_the_best_possible_it_reaches(data: Path) -> None:
    asked = ("round", "--dry-run", "--at", "2026-01-12T06:00:00Z", "--bound")
    folder = data.with_name("nothing-held")
    assert weft(folder, "publish", str(data.with_name("events.jsonl"))).code == 0
    held = weft(folder, *asked, "--json").json
    assert 0 < held["certificate"]["value"] <= held["lp_upper_bound"] <= held["certificate"]["upper_bound"]
    assert "% of the best choice" in " ".join(weft(folder, *asked).out.split())


def test_what_a_round_suggested_is_what_its_members_see(data: Path) -> None:
    seen = weft(data, "suggest", "m-0", "--at", "2026-01-13T00:00:00Z", "--json").json
    assert seen["member_id"] == "m-0" and seen["introductions"][0]["with"]["member_id"] == "m-1"
    assert weft(data, "suggest", "m-0", "--at", "2026-01-11T00:00:00Z", "--json").json["introductions"] == []


def test_people_see_names_and_reasons_in_their_language(data: Path) -> None:
    english = weft(data, "suggest", "m-0", "--at", "2026-01-13T00:00:00Z").out
    german = weft(data, "suggest", "m-0", "--at", "2026-01-13T00:00:00Z", LC_ALL="de_DE.UTF-8").out
    assert "Name 1" in english and "Can help with “Holzbau”" in english
    assert "Name 1" in german and "Kann bei „Holzbau“ helfen" in german


def test_a_second_round_of_a_date_is_refused_in_one_line(data: Path) -> None:
    ended = weft(data, "round", *AT, "--json")
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1) and "2026-01-12" in ended.err


def test_ask_tells_what_its_order_comes_of_in_the_language_of_whoever_asks(data: Path) -> None:
    """m-1 was suggested in the round of a week ago; their price is .4 % less a week's fading."""
    later = ("--at", "2026-01-19T06:00:00Z")
    english = weft(data, "ask", "m-2", "Holzbau", *later).out
    german = weft(data, "ask", "m-2", "Holzbau", *later, LC_ALL="de_DE.UTF-8").out
    assert re.search(r"m-1  ·  −?[\d,]+ points  ·  \d+\.\d % chance  ·  less 0\.3 % for having been suggested", english)
    assert re.search(r"m-1  ·  −?[\d.]+ Punkte  ·  \d+,\d % Aussicht  ·  abzüglich 0,3 %, weil zuletzt", german)
    assert "The chance is that, of all candidates, this is the one who helps" in " ".join(english.split())
    assert not re.search("points|chance|candidate", german)


def test_ask_names_so_many_with_points_and_reasons(data: Path) -> None:
    note = ("--note", "wer kennt sich aus?")
    ranked = weft(data, "ask", "m-2", "Steuern", *note, "--top", "2", *AT, "--json").json["ranked"]
    assert len(ranked) == 2 and all(set(one) == {"member_id", "points", "chance", "reasons"} for one in ranked)


def test_whoever_asks_without_a_word_asks_for_all_they_look_for_what_is_confidential_too(
    tmp_path: Path,
) -> None:
    quietly = seeks("m-3", "Insolvenz", confidential=True, at=day(2))
    (lines := tmp_path / "events.jsonl").write_bytes(
        b"\n".join(map(encode, [*NETWORK, quietly, gives("m-6", "Insolvenz", at=day(2))]))
    )
    weft(tmp_path / "data", "publish", str(lines))
    first = weft(tmp_path / "data", "ask", "m-3", *AT, "--json").json["ranked"][0]
    assert first["member_id"] == "m-6"
    assert "Insolvenz" in {reason.get("subject") for reason in first["reasons"]}


def test_a_replay_verifies_and_notices_one_changed_byte(data: Path, tmp_path: Path) -> None:
    told = weft(data, "replay", "--verify", "--json")
    assert set(told.json) == {"events", "digest", "rounds", "recomputed", "checked", "verified"}
    assert (told.code, told.json["rounds"], told.json["recomputed"], told.json["verified"]) == (0, 1, 1, True)
    copy = tmp_path / "copy"
    _copy(data, copy)
    database = copy / "log" / "events.db"
    database.write_bytes(database.read_bytes().replace(b'"interest.declared"', b'"interest.declareq"', 1))
    ended = weft(copy, "replay", "--verify", "--json")
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1) and "backup" in ended.err


def _copy(data: Path, copy: Path) -> None:
    for path in ("log/events.db", "log/head", "log.keys/keys.db", "log.keys/network.key"):
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_bytes((data / path).read_bytes())


def test_a_digest_does_not_know_the_order_of_arrival(tmp_path: Path) -> None:
    digests = set()
    for name, events in (("one", NETWORK), ("other", [*reversed(NETWORK), NETWORK[3]])):
        lines = tmp_path / f"{name}.jsonl"
        lines.write_bytes(b"\n".join(map(encode, events)))
        weft(tmp_path / name, "publish", str(lines))
        digests.add(weft(tmp_path / name, "replay", "--json").json["digest"])
    assert len(digests) == 1


def test_an_export_is_the_log_or_a_range_of_it(data: Path) -> None:
    whole = weft(data, "export").out.splitlines()
    assert whole[: len(NETWORK)] == [encode(event).decode() for event in NETWORK]
    assert weft(data, "export", "--from", "2", "--to", "5").out.splitlines() == whole[2:5]


def test_schemas_are_printed_for_one_kind_all_kinds_and_the_topics(tmp_path: Path) -> None:
    assert weft(tmp_path, "schema", "interest.declared").json["title"] == "interest.declared"
    assert set(weft(tmp_path, "schema").json) == set(KINDS)
    assert weft(tmp_path, "schema", "--asyncapi").json["asyncapi"].startswith("3.")
    assert weft(tmp_path, "schema", "--page").out.startswith("#")


# --- what is wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("nope",),
        ("suggest",),
        ("suggest", "m-1", "--at", "yesterday"),
        ("ask", "m-1", "x", "--top", "0"),
        ("schema", "interest.declard"),
        ("export", "--from", "-1"),
        ("simulate", "--members", "many"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_2_with_one_line_that_names_the_help(words: tuple[str, ...], tmp_path: Path) -> None:
    ended = weft(tmp_path / "data", *words)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1) and "--help" in ended.err


BROKERS = {"WEFT_BROKERS": "127.0.0.1:1"}
KEYS = BROKERS | {"WEFT_KEYS_URL": "postgresql+psycopg://weft@127.0.0.1:1/weft"}


@pytest.mark.parametrize(
    ("words", "given", "said"),
    [
        (("run",), {"WEFT_PORT": "high"}, "WEFT_PORT is wrong"),
        (("run",), {"WEFT_HOST": "0.0.0.0"}, "this machine only"),
        (("run",), BROKERS, "the settings name brokers"),
        (("lag",), {}, "no brokers are named"),
        (("topics", "check"), {"WEFT_BROKERS": "http://127.0.0.1"}, "WEFT_BROKERS is wrong"),
        (("gateway",), BROKERS, "no keys are named"),
        (("suggest", "m-1"), KEYS, "no network key is named"),
        (("topics", "create"), KEYS | {"WEFT_NETWORK_KEY": ""}, "no network key is named"),
        (("up", "--processes"), {}, "--processes needs a Kafka"),
        (("up", "--processes", "--brokers", "x", "--postgres", "y"), {}, "--brokers is wrong"),
        (("up", "--processes", "--brokers", "x:1", "--postgres", "y"), {}, "--postgres is wrong"),
    ],
    ids=str,
)
def test_a_wrong_or_missing_setting_is_2_before_anybody_is_asked(
    words: tuple[str, ...], given: dict[str, str], said: str, tmp_path: Path
) -> None:
    ended = weft(tmp_path / "data", *words, **given)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1) and said in ended.err, ended.err
    assert "Invalid value" not in ended.err and not (tmp_path / "data").exists()


@pytest.mark.parametrize("words", [("suggest", "m-1"), ("replay",), ("export",), ("ask", "m-1", "x")], ids=" ".join)
def test_where_there_is_no_network_it_says_how_to_begin(words: tuple[str, ...], tmp_path: Path) -> None:
    ended = weft(tmp_path / "data", *words)
    assert (ended.code, ended.err.count("\n")) == (1, 1) and "weft publish" in ended.err


EARLY = ("--at", "2026-01-04T00:00:00Z")
JOINED = "m-1 joined at 2026-01-05T00:00:00Z: choose an instant after that with --at"
MISTAKES = [
    (("suggest", "m-99"), 1, "there is no member m-99 in "),
    (("ask", "m-99", "x"), 1, "there is no member m-99 in "),
    (("explain", "m-99", "m-1"), 1, "there is no member m-99 in "),
    (("export", "m-99"), 1, "there is no member m-99 in "),
    (("suggest", "m-1", *EARLY), 1, JOINED),
    (("ask", "m-1", "x", *EARLY), 1, JOINED),
    (("explain", "m-1", "m-2", *EARLY), 1, JOINED),
    (("ask", "", "x"), 2, "'' is no member's id"),
    (("suggest", "m 1"), 2, "'m 1' is no member's id"),
    (("ask", "m-1", ""), 2, "the subject is empty: name what you look for"),
    (("ask", "m-1", "   "), 2, "the subject is empty: name what you look for"),
    (("ask", "m-1", "x", ""), 2, "subject 2 is empty: name what you look for"),
    (("ask", "m-1", "a\x01b"), 2, "the subject has a control character: text of 1 to 200 characters"),
    (("ask", "m-1", "x" * 201), 2, "the subject is longer than 200 characters: text of 1 to 200 characters"),
    (("ask", "m-1", "x", "--note", "a\x01"), 2, "--note has a control character: text of at most 5,000"),
    (("ask", "m-1", *("x" for _ in range(33))), 2, "the list of subjects has more than 32 items"),
    (("suggest", "m-1", "--at", "2300-01-01T00:00:00Z"), 2, "2300-01-01T00:00:00Z is after 2199; such as 2026-"),
]


def test_the_same_mistake_gets_the_same_sentence_with_a_running_weft_and_without(data: Path) -> None:
    ended = [weft(data, *words, "--json") for words, _, _ in MISTAKES]
    with running(data):
        assert [weft(data, *words, "--json") for words, _, _ in MISTAKES] == ended
    for (words, code, said), each in zip(MISTAKES, ended, strict=True):
        assert (each.code, each.out, each.err.count("\n")) == (code, "", 1), words
        assert said in each.err


def test_whoever_has_read_enough_ends_a_command_quietly(data: Path) -> None:
    for words in (("explain", "m-0", "m-1", *AT), ("export",), ("schema", "--page"), ("schema",)):
        begun = subprocess.Popen(
            [str(Path(sys.executable).with_name("weft")), "--data", str(data), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert begun.stdout and begun.stderr
        begun.stdout.close()
        assert (begun.stderr.read(), begun.wait()) == (b"", cli.CUT_SHORT)


def test_a_network_that_was_simulated_before_is_not_written_over(tmp_path: Path) -> None:
    words = ("simulate", "--members", "40", "--weeks", "1", "--out", str(tmp_path / "one"))
    assert weft(tmp_path / "data", *words).code == 0
    before = (tmp_path / "one" / "events.jsonl").read_bytes()
    ended = weft(tmp_path / "data", *words, "--seed", "8")
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1) and "another folder with --out" in ended.err
    assert (tmp_path / "one" / "events.jsonl").read_bytes() == before


def test_our_own_mistake_is_one_line_and_its_traceback_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("services.doctor.examine", lambda folder: 1 / 0)
    monkeypatch.setattr("sys.argv", ["weft", "--data", str(tmp_path), "doctor"])
    assert main() == cli.FAILED
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1) and "crash.txt" in said.err
    crash = tmp_path / "crash.txt"
    assert "ZeroDivisionError" in crash.read_text() and "by zero" not in crash.read_text()  # nothing that was said
    assert crash.stat().st_mode & 0o077 == 0


# --- doctor -----------------------------------------------------------------------------------------------------------


def found(data: Path) -> dict[str, tuple[bool, str]]:
    told = weft(data, "doctor", "--json").json
    return {finding["what"]: (finding["is_fine"], finding["advice"]) for finding in told["findings"]}


def test_a_sound_folder_is_found_sound(data: Path) -> None:
    ended = weft(data, "doctor")
    assert ended.code == 0 and "✓" in ended.out and "✗" not in ended.out
    assert {"python", "packages", "settings", "log head", "log chain", "snapshot", "clock"} <= set(found(data))


def test_a_damaged_log_and_a_wrong_setting_are_found_with_advice(data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    _copy(data, copy)
    (copy / "log" / "head").unlink()
    (copy / "weft.toml").write_text("round_weekday = 8")
    findings = found(copy)
    assert not findings["log"][0] and "head" in findings["log"][1]
    assert not findings["settings"][0]
    assert weft(copy, "doctor").code == 1


def test_an_erasure_that_is_not_confirmed_and_keys_that_others_can_read_are_found(data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(data, copy)
    assert found(copy)["erasures"][0] and found(copy)["keys"][0]
    (copy / "log.keys" / "keys.db").chmod(0o644)
    assert not found(copy)["keys"][0] and "chmod" in found(copy)["keys"][1]
    with closing(SqliteLog(copy / "log")) as log:
        log.append([erased("m-1", at=day(9))])
    assert found(copy)["erasures"] == (False, "weft erase m-1")
    assert weft(copy, "erase", "m-1", "--yes").code == 0 and found(copy)["erasures"][0]


def test_that_compiled_kernels_can_nowhere_be_kept_is_found_and_warmup_says_what_to_do(data: Path) -> None:
    nowhere = {"NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator", "NUMBA_CACHE_DIR": f"{__file__}/none"}
    examined = {each["what"]: each for each in json.loads(weft(data, "doctor", "--json", **nowhere).out)["findings"]}
    assert not examined["kernels"]["is_fine"] and "NUMBA_CACHE_DIR" in examined["kernels"]["advice"]
    ended = weft(data, "warmup", **nowhere)
    assert ended.code == 1 and "NUMBA_CACHE_DIR" in ended.err and len(ended.err.splitlines()) == 1


def test_that_kernels_are_not_compiled_yet_is_told_and_nothing_wrong(data: Path, tmp_path: Path) -> None:
    told = json.loads(weft(data, "doctor", "--json", NUMBA_CACHE_DIR=str(tmp_path)).out)
    [kernels] = [each for each in told["findings"] if each["what"] == "kernels"]
    assert kernels["is_fine"] and "weft warmup" in kernels["found"]


def test_a_clock_that_is_behind_the_log_is_found(data: Path) -> None:
    (clock,) = (finding for finding in examine(Folder(data), clock=lambda: day(-5)) if finding.what == "clock")
    assert not clock.is_fine and "clock" in clock.advice


def test_a_snapshot_in_doubt_is_told_and_harmless(tmp_path: Path) -> None:
    lines = tmp_path / "events.jsonl"
    lines.write_bytes(b"\n".join(map(encode, [*NETWORK, erased("m-7", at=day(2))])))
    weft(tmp_path / "data", "publish", str(lines))
    (tmp_path / "data" / "snapshots").mkdir(exist_ok=True)
    (tmp_path / "data" / "snapshots" / "world").write_bytes(b"not\na\nsnapshot")
    told = json.loads(weft(tmp_path / "data", "doctor", "--json").out)
    assert told["ok"] and any("not used" in finding["found"] for finding in told["findings"])
