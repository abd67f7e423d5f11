"""The main job in a minute: a simulated network lives through some weeks with a real `weft run`, in its own folder."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from matcher.horizon import state_at
from matcher.seen import profile, seen_by
from matcher.standing import languages_of, members_of_today
from matcher.wording import LANGUAGES
from matcher.world import World
from services.client import Client
from services.clock import now_us
from services.folder import Folder
from services.log.reader import LogReader
from services.simulate import Report, play
from services.trouble import Trouble

MEMBERS, WEEKS, SEED = 160, 8, 7
START_S, STOP_S = 30, 20


class Shown(NamedTuple):
    """One member, what waits for their answer, and in which language they read it."""

    member: dict[str, Any]
    introductions: list[dict[str, Any]]
    language: str


class Outcome(NamedTuple):
    """What the demo has to show: members of two languages with their introductions, and what came of them all."""

    folder: Path
    shown: list[Shown]
    report: Report


def run(tell: Callable[[str], None]) -> Outcome:
    """Plays the demo; `tell` gets a line a week. The folder stays, to look further. Trouble: Weft did not start."""
    folder = Folder(Path(tempfile.mkdtemp(prefix="weft-demo-")))
    with running(folder) as url:
        report = play(url, MEMBERS, WEEKS, SEED, tell=tell)
        Client(url).hold_round(None)  # this week's: nobody has answered it yet
    return Outcome(folder.path, _shown(folder), report)


@contextmanager
def running(folder: Folder) -> Iterator[str]:
    """The URL of a `weft run` on this folder, on any free port; it is stopped in the end. Trouble: it did not start."""
    command = [sys.executable, "-m", "services.cli", "--data", str(folder.path), "run"]
    log = folder.path / "run.log"
    with open(log, "wb") as lines:
        process = subprocess.Popen(
            command, stdout=lines, stderr=lines, env={**os.environ, "WEFT_PORT": "0", "WEFT_BROKERS": ""}
        )
    try:
        yield _url(folder, process, log)
    finally:
        process.terminate()
        process.wait(STOP_S)


def _url(folder: Folder, process: subprocess.Popen[bytes], log: Path) -> str:
    give_up = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < give_up:
        found = folder.running()
        if found:
            Client(found.url).get("/readyz")  # tried again until it is
            return found.url
        time.sleep(0.05)
    raise Trouble(f"`weft run` did not start; what it said stands in {log}")


def _shown(folder: Folder) -> list[Shown]:
    """For either language, whoever has most to read of this week's in it."""
    now = now_us()
    with closing(LogReader(folder.log)) as log:
        world = state_at((record.event for record in log.read()), now).world
    found: dict[str, Shown] = {}
    for member_id in members_of_today(world):
        language = _language(world, member_id)
        waiting = [one for one in seen_by(world, member_id, now) if one["state"] == "suggested"]
        seen = Shown(profile(world, member_id), waiting, language)
        if waiting and (language not in found or _telling(seen) > _telling(found[language])):
            found[language] = seen
    return [found[language] for language in LANGUAGES if language in found]


def _language(world: World, member_id: str) -> str:
    spoken = languages_of(world, member_id)
    return "en" if spoken and "de" not in spoken else "de"


def _telling(shown: Shown) -> int:
    """How much these introductions say about subjects."""
    reasons = [reason for one in shown.introductions for reason in one["reasons"]]
    return sum(reason["points"] for reason in reasons if "subject" in reason)
