"""The real events, published, killed with -9 at random moments and published again: as if nothing had happened."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.campaigns.builds import LONG, Break, broken_tree, fails
from tests.real import eval_data, onstartups
from tests.service.processes import ENVIRONMENT, weft

pytestmark = pytest.mark.campaign
KILLS = 200 if LONG else 10


def publish_and_kill(data: Path, events: Path, after_s: float) -> bool:
    """Starts to publish, and ends it with kill -9; False if it had come to its end by itself."""
    command = [str(Path(sys.executable).with_name("weft")), "--data", str(data), "publish", str(events), "--json"]
    process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after_s)
    process.kill()
    return process.wait() < 0


def test_killed_at_random_moments_and_repeated_it_is_the_same_world(tmp_path: Path) -> None:
    events = onstartups(tmp_path / "real") / "events.jsonl"
    started = time.monotonic()
    undisturbed = weft(tmp_path / "undisturbed", "publish", str(events), "--json")
    whole_s = time.monotonic() - started
    assert undisturbed.json["refused"] == 0

    dice = random.Random(int(os.environ.get("WEFT_CAMPAIGN_SEED", "7")))
    disturbed = tmp_path / "disturbed"
    killed = sum(publish_and_kill(disturbed, events, dice.uniform(0.2, 0.8) * whole_s) for _ in range(KILLS))
    assert killed
    last = weft(disturbed, "publish", str(events), "--json").json
    assert last["accepted"] + last["duplicate"] == undisturbed.json["accepted"]

    ends = [weft(data, "replay", "--verify", "--json").json for data in (tmp_path / "undisturbed", disturbed)]
    assert ends[0] == ends[1]
    assert ends[1]["verified"] is True and ends[1]["events"] == undisturbed.json["accepted"]


FORGETS_WHAT_A_PROCESS_BEFORE_IT_KEPT = [
    Break("services/log/sqlite.py", "seen.get(name) or self._known(event)", "seen.get(name)"),
    Break("services/log/records.py", "INSERT INTO identities", "INSERT OR IGNORE INTO identities"),
]


def test_a_log_is_caught_that_keeps_an_event_again_after_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEFT_EVAL_DATA", str(eval_data()))  # beside the copy there is none
    test = "test_killed_at_random_moments_and_repeated_it_is_the_same_world"
    tree = broken_tree(tmp_path, *FORGETS_WHAT_A_PROCESS_BEFORE_IT_KEPT)
    assert fails(f"tests/campaigns/test_kill_publish.py::{test}", tree)
