"""A full disk: said, with no loss, and over by itself when there is room."""

import subprocess
from pathlib import Path

import pytest

from tests.campaigns.builds import LONG, Break, broken_tree, run
from tests.real import absent

pytestmark = pytest.mark.campaign

SQLITE, RECORDS = "services/log/sqlite.py", "services/log/records.py"
_HEAD = "self._head.write(Head(self.log_id, *tail, self.sealing.keys.generation))"
_SHOWN_TOO_SOON = f"self._end = tail.position; {_HEAD}"
NAMESPACE = ("unshare", "-Urm")  # one's own mounts, without privileges


@pytest.mark.parametrize("way", ["pages", "file_size", "head"])
def test_a_disk_that_is_full_at_every_commit_costs_nothing_but_time(way: str) -> None:
    assert run("full_disk", 2_000 if LONG else 80, way) is None


def test_neither_does_a_file_system_that_is_really_full(tmp_path: Path) -> None:
    try:
        mount = ["mount", "-t", "tmpfs", "tmpfs", tmp_path]
        subprocess.run([*NAMESPACE, *mount], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as refused:
        absent(f"nobody may mount a file system of their own here: {refused}")
    assert run("full_disk", 300 if LONG else 80, "file_system", under=NAMESPACE) is None


@pytest.mark.parametrize(
    ("way", "mistake"),
    [
        ("pages", Break(RECORDS, "if connection.in_transaction:", "if True:")),
        ("head", Break(SQLITE, _HEAD, _SHOWN_TOO_SOON)),
    ],
    ids=["rolls back twice", "shows what is not acknowledged"],
)
def test_a_log_is_caught_that(way: str, mistake: Break, tmp_path: Path) -> None:
    assert run("full_disk", 80, way, tree=broken_tree(tmp_path, mistake))
