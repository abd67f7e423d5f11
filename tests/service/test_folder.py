"""The data folder and its settings: who holds it, and what is said when something is wrong."""

import os
from pathlib import Path

import pytest

from services import folder as module
from services.folder import Folder
from services.settings import Settings, load
from services.trouble import Trouble, WrongSetting


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setattr(module, "PATIENCE_S", 0.05)
    return Folder(tmp_path / "data").create()


def test_only_one_holds_a_folder_and_the_other_is_told_who_and_what_goes_on(folder: Folder) -> None:
    with folder.held(), pytest.raises(Trouble, match=f"locked by process {os.getpid()}: suggest"), folder.held():
        pass
    with folder.held():
        assert folder.is_held()
    assert not folder.is_held()


def test_a_run_is_found_while_it_holds_the_folder(folder: Folder) -> None:
    assert folder.running() is None
    with folder.held(), folder.announced("http://127.0.0.1:8400"):
        assert folder.running() == (os.getpid(), "http://127.0.0.1:8400")
    assert folder.running() is None


@pytest.mark.parametrize("left", ['{"pid": 1, "url": "http://127.0.0.1:1"}', "{", "[]", '{"pid": "x", "url": 1}'])
def test_what_a_killed_run_left_behind_does_not_count(folder: Folder, left: str) -> None:
    (folder.path / "run.json").write_text(left)
    assert folder.running() is None


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Trouble, match="--data"):
        Folder(tmp_path / "file" / "data").create()


def test_there_is_nothing_to_read_in_a_folder_without_a_log(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="weft publish"):
        Folder(tmp_path).existing()


# --- settings ---------------------------------------------------------------------------------------------------------


def test_the_environment_counts_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "weft.toml"
    assert load(file) == Settings()
    file.write_text('port = 8401\nround_time = "18:30"\nclose_after_days = 7')
    monkeypatch.setenv("WEFT_PORT", "8402")
    monkeypatch.setenv("WEFT_DATA", "elsewhere")  # of the command line, and no setting
    found = load(file)
    assert (found.port, found.round_time, found.policy().close_after_days) == (8402, "18:30", 7)


@pytest.mark.parametrize(
    "line",
    ["port = 70000", "timezone = 'Mars'", "round_weekday = 0", "round_time = '25:00'", "prot = 1", "port = ", "[x"],
)
def test_a_wrong_setting_is_one_line_that_names_setting_and_file(tmp_path: Path, line: str) -> None:
    file = tmp_path / "weft.toml"
    file.write_text(line)
    with pytest.raises(Trouble) as trouble:
        load(file)
    assert "\n" not in str(trouble.value) and str(file) in str(trouble.value)


def test_a_wrong_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEFT_CLOSE_AFTER_DAYS", "soon")
    with pytest.raises(Trouble, match="WEFT_CLOSE_AFTER_DAYS is wrong: 'soon'"):
        load(tmp_path / "weft.toml")


@pytest.mark.parametrize(
    ("variable", "wrong"),
    [("BROKERS", each) for each in ("localhost", ",", "a:1,", "http://127.0.0.1:9092", "a:99999", "a:0", "a:x")]
    + [("KEYS_URL", "nonsense"), ("KEYS_URL", "postgresql+psycopg://weft:geheim@127.0.0.1:geheim/weft")]
    + [("KEYS_URL", "postgresql+psycopg://weft:geheim@127.0.0.1:99999/weft"), ("KEYS_URL", "sqlite:///geheim")],
)
def test_a_wrong_address_is_one_line_with_the_form_and_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, wrong: str
) -> None:
    monkeypatch.setenv(f"WEFT_{variable}", wrong)
    with pytest.raises(WrongSetting, match=f"WEFT_{variable} is wrong: .*host:port") as trouble:
        load(tmp_path / "weft.toml")
    assert "geheim" not in str(trouble.value) and "\n" not in str(trouble.value)


def test_good_addresses_are_taken_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql+psycopg://weft@/weft?host=/var/run/postgresql"
    monkeypatch.setenv("WEFT_KEYS_URL", url)
    monkeypatch.setenv("WEFT_BROKERS", "one.example:9092, [::1]:9093")
    monkeypatch.setenv("WEFT_NETWORK_KEY", "")
    found = load(tmp_path / "weft.toml")
    assert (found.keys_url, found.brokers, found.network_key) == (url, "one.example:9092,[::1]:9093", None)
