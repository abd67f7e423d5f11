"""kill -9 of `weft run` under load: nothing acknowledged is lost, nothing counts twice, it is ready again at once."""

import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random

import httpx
import pytest

from matcher.world import World
from schemas.codec import Event, encode
from services import snapshot
from services.folder import Folder
from services.log.reader import LogReader
from services.simulate.files import write_files
from tests.builders import held, joined, opened, suggested
from tests.campaigns.builds import LONG, SEED, Break, broken_tree
from tests.campaigns.log_faults.verdict import Fault, each_once, require
from tests.campaigns.run_load import Load, acknowledged
from tests.service.processes import Process, weft
from tests.service.served import CLOUDEVENT

pytestmark = pytest.mark.campaign

KILLS = 1_000 if LONG else 20
SOON = 4  # kills, after which whoever loses what it acknowledged has been caught
READY_S = 2.0  # RELIABILITY.md: of 99 in 100 starts, with a log of up to 100,000 events
PATIENCE_S = 60
PAIRS = 40  # suggested to each other, and accepting while it is killed

ANSWERS_FIRST = [
    Break("services/intake.py", "return await answer", "return Receipt(Verdict.ACCEPTED, None)"),
    Break("services/intake.py", "from services.log import Receipt", "from services.log import Receipt, Verdict"),
]


def history(folder: Path, members: int, weeks: int) -> Path:
    """The log of a network that has lived for so long, and a round that was held."""
    write_files(folder, members=members, weeks=weeks, seed=SEED)
    pairs = [
        event
        for number in range(PAIRS)
        for event in (
            joined(f"a-{number}", "g-a"),
            joined(f"b-{number}", "g-b"),
            suggested(f"i-{number}", f"a-{number}", f"b-{number}"),
        )
    ]
    with open(folder / "events.jsonl", "ab") as file:
        file.writelines(encode(event) + b"\n" for event in [opened(policy={"close_after_days": 3_650}), *pairs, held()])
    return folder / "events.jsonl"


@pytest.mark.alone
def test_no_kill_loses_or_doubles_anything(tmp_path: Path) -> None:
    tree = broken_tree(tmp_path / "tree")  # not broken, but a copy: who edits the code meanwhile disturbs nothing
    lived = history(tmp_path, members=2_000, weeks=30)  # some 66,000 events
    ready_s = campaign(lived, tmp_path / "data", KILLS, tree)
    print(f"{KILLS} kills, ready again after {ready_s[len(ready_s) // 2]:.2f} s (p50), {ready_s[-1]:.2f} s at most")
    share = 0.99 if LONG else 0.5  # twenty starts on a machine with other work have no 99th percentile
    assert ready_s[int(len(ready_s) * share)] <= READY_S * max(1.0, libraries_s())


def libraries_s() -> float:
    """How long the libraries alone take to load, the median of five: most of a start is that, and where it takes more
    than a second, the machine is slower, or busier, than the one that two seconds are promised for."""
    load = [sys.executable, "-c", "import fastapi, typer, structlog, numpy, uvicorn, cryptography.fernet"]
    taken_s = []
    for _ in range(5):
        begun = time.monotonic()
        subprocess.run(load, check=True)
        taken_s.append(time.monotonic() - begun)
    return sorted(taken_s)[2]


def test_a_gateway_is_caught_that_answers_before_it_has_written(tmp_path: Path) -> None:
    lived = history(tmp_path, members=200, weeks=1)
    with pytest.raises(Fault, match="acknowledged events lost"):
        campaign(lived, tmp_path / "data", SOON, broken_tree(tmp_path / "tree", *ANSWERS_FIRST))


def campaign(lived: Path, data: Path, kills: int, tree: Path) -> list[float]:
    """So many kills; the seconds until it was ready again, sorted. Fault: a promise was broken."""
    assert weft(data, "publish", "--restore", str(lived), "--json").json["refused"] == 0
    with closing(LogReader(data / "log")) as log:
        before = [record.event for record in log.read()]
    dice, sent, kept, ready_s = Random(SEED), list(before), list(before), []
    first = Process(data, tree)
    first.wait_until_ready()
    _answer(first.url, 0)
    first.stop()
    for kill in range(1, kills + 1):
        process = Process(data, tree)
        ready_s.append(process.wait_until_ready())
        _answer(process.url, kill)
        with Load(process.url, f"k{kill}") as load:
            time.sleep(dice.uniform(0.05, 0.6))
            process.kill()
        sent, kept = sent + load.sent, kept + load.acknowledged
    known = {event.id for event in kept}
    _finish(data, tree, [event for event in sent if event.id not in known])
    _judge(data, sent, kept, kills)
    return sorted(ready_s)


def _answer(url: str, turn: int) -> None:
    """Two members say yes, both sides of one pair; said again by the next turn, as a member would who got no answer."""
    with httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE_S) as http:
        for number in {turn % PAIRS, (turn - 1) % PAIRS}:
            for side in ("a", "b"):
                http.post(f"/members/{side}-{number}/introductions/i-{number}/accept")


def _finish(data: Path, tree: Path, unknown: list[Event]) -> None:
    """Publishers send again what they do not know to have arrived; a clean stop saves a snapshot."""
    process = Process(data, tree)
    process.wait_until_ready()
    with httpx.Client(base_url=process.url, headers=CLOUDEVENT, trust_env=False, timeout=PATIENCE_S) as http:
        for event in unknown:
            assert acknowledged(http, [event])
    assert process.stop() == 0


def _judge(data: Path, sent: list[Event], kept: list[Event], kills: int) -> None:
    with closing(LogReader(data / "log")) as log:
        log.verify()
        answers = [record.event for record in log.read() if record.event.source in ("/weft/inbox", "/weft")]
        each_once(log, kept, [*sent, *answers])
        world = World()
        for event in [*sent, *answers]:
            world.apply(event)
        saved = snapshot.read(Folder(data).snapshot, log)
        require(saved is not None and saved.world.digest() == world.digest(), "the saved world is not that of the log")
    made = [event.data["introduction_id"] for event in answers if event.type == "introduction.made"]
    require(len(made) == len(set(made)), "an introduction was made twice")
    require(len(made) >= min(kills, PAIRS) - 1, "a yes of both was forgotten")
