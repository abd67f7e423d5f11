"""The real events, published, killed with -9 at random moments and published again: as if nothing had happened."""

import os
import random
import subprocess
import time
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.campaigns.builds import LONG, ROOT, Break, broken_tree
from tests.campaigns.log_faults.verdict import Fault, require
from tests.real import onstartups
from tests.service.processes import command, environment, weft

pytestmark = [pytest.mark.campaign, pytest.mark.xdist_group("killed while they publish")]
KILLS = 200 if LONG else 10
EVENTS = None if LONG else 40_000  # of the 117,788: ten times as long as a start, so that kills hit what is written


class Undisturbed(NamedTuple):
    """The events, how many there are, the seconds that it took to publish them in peace, and what is then replayed."""

    events: Path
    count: int
    whole_s: float
    replayed: Any


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("real")
    events, data = folder / "first.jsonl", folder / "undisturbed"
    with open(onstartups(folder) / "events.jsonl", "rb") as real:
        events.write_bytes(b"".join(islice(real, EVENTS)))
    started = time.monotonic()
    published = weft(data, "publish", str(events), "--json").json
    whole_s = time.monotonic() - started
    assert published["refused"] == 0
    replayed = weft(data, "replay", "--verify", "--json").json
    assert replayed["verified"] is True and replayed["events"] == published["accepted"]
    return Undisturbed(events, published["accepted"], whole_s, replayed)


def test_killed_at_random_moments_and_repeated_it_is_the_same_world(undisturbed: Undisturbed, tmp_path: Path) -> None:
    duplicates = campaign(undisturbed, tmp_path / "disturbed", KILLS, ROOT)
    assert duplicates, "whoever was killed had kept nothing: there was nothing to be lost or doubled"


FORGETS_WHAT_A_PROCESS_BEFORE_IT_KEPT = [
    Break("services/log/sqlite.py", "seen.get(name) or self._known(event)", "seen.get(name)"),
    Break("services/log/records.py", "INSERT INTO identities", "INSERT OR IGNORE INTO identities"),
]


def test_a_log_is_caught_that_keeps_an_event_again_after_a_kill(undisturbed: Undisturbed, tmp_path: Path) -> None:
    tree = broken_tree(tmp_path / "tree", *FORGETS_WHAT_A_PROCESS_BEFORE_IT_KEPT)
    with pytest.raises(Fault, match="another world"):
        campaign(undisturbed, tmp_path / "disturbed", 2, tree)


def campaign(undisturbed: Undisturbed, data: Path, kills: int, tree: Path) -> int:
    """So many kills, and at last a publisher that comes to its end; how much it finds published. Fault: it is not as if
    nothing had happened."""
    dice = random.Random(int(os.environ.get("WEFT_CAMPAIGN_SEED", "7")))
    moments = [dice.uniform(0.2, 0.8) * undisturbed.whole_s for _ in range(kills)]
    killed = sum([_publish_and_kill(data, undisturbed.events, after_s, tree) for after_s in moments])
    assert killed
    last = weft(data, "publish", str(undisturbed.events), "--json", PYTHONPATH=str(tree)).json
    require(last["accepted"] + last["duplicate"] == undisturbed.count, f"not all is kept: {last}")
    replayed = weft(data, "replay", "--verify", "--json", PYTHONPATH=str(tree))
    require(replayed.code == 0 and replayed.json == undisturbed.replayed, f"another world: {replayed.err}")
    return int(last["duplicate"])


def _publish_and_kill(data: Path, events: Path, after_s: float, tree: Path) -> bool:
    """Starts to publish, and ends it with kill -9; False if it had come to its end by itself."""
    publish = command(data, "publish", str(events), "--json")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(publish, env=environment(tree, {}), **quiet)
    time.sleep(after_s)
    process.kill()
    return process.wait() < 0
