"""A simulated network as files."""

from pathlib import Path

import orjson
import pytest

from services.simulate import truth_of, write_files
from services.trouble import Trouble
from tests.unit.simulate.told import lines, said


def _truth(folder: Path) -> list[dict]:
    return [orjson.loads(line) for line in (folder / "truth.jsonl").read_bytes().splitlines()]


def test_the_event_file_is_the_history(tmp_path: Path) -> None:
    summary = write_files(tmp_path, members=60, weeks=4, seed=7)

    assert (tmp_path / "events.jsonl").read_bytes().splitlines() == list(lines())
    assert summary.events == len(lines())


def test_every_member_has_one_line_of_truth(tmp_path: Path) -> None:
    write_files(tmp_path, members=60, weeks=4, seed=7)
    joined = {data["member_id"] for data in said("member.joined")}

    assert sorted(line["member_id"] for line in _truth(tmp_path)[1:]) == sorted(joined)


def test_the_truth_file_tells_the_needs_that_the_rule_counts(tmp_path: Path) -> None:
    write_files(tmp_path, members=60, weeks=4, seed=7)
    truth = truth_of(tmp_path / "truth.jsonl")
    for line in _truth(tmp_path)[1:]:
        here = line["joined"] <= "2024-01-10" and (line["left"] or "9") > "2024-01-10"
        needs = {need["strength"] for need in line["needs"] if need["from"] <= "2024-01-10" < need["until"]}
        moment = truth.moment([line["member_id"]], day=9)
        assert not here or set(moment.need[0][moment.need[0] > 0].tolist()) <= needs


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(Trouble, match="cannot be written"):
        write_files(tmp_path / "taken", members=60, weeks=1, seed=7)


def test_too_small_a_network_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="at least 40"):
        write_files(tmp_path, members=3, weeks=1, seed=7)


def test_another_file_is_no_truth(tmp_path: Path) -> None:
    (tmp_path / "other.jsonl").write_text('{"a": 1}\n')
    with pytest.raises(Trouble, match="is no truth"):
        truth_of(tmp_path / "other.jsonl")
