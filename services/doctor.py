"""What may be wrong with an installation and a data folder, and what to do about it."""

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import NamedTuple

from schemas.fields import AHEAD_US
from schemas.instants import SECOND_US, format_instant
from services import settings, snapshot
from services.clock import Clock, now_us
from services.erasing import status_of
from services.folder import Folder
from services.log.keyring import Keys
from services.log.keys import folder_of
from services.log.reader import PARTITION, LogReader
from services.trouble import Trouble

LEAST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 1024**3  # a million events and their snapshot take less
YOUNGEST_EVENTS = 1_000  # looked at for their time
_PASSWORD = re.compile(r"(://[^:@/\s]*:)[^@\s]*@")  # in the address of a database
_NAME = re.compile(r"[A-Za-z0-9._-]+")


class Finding(NamedTuple):
    """One thing looked at: what was found, and what to do (empty where nothing is wrong)."""

    what: str
    is_fine: bool
    found: str
    advice: str = ""


def examine(folder: Folder, clock: Clock = now_us) -> Iterator[Finding]:
    """Looks at one thing after the other; those of a log only where there is one."""
    yield _python()
    yield _packages()
    yield _kernels()
    yield _settings(folder)
    yield _place(folder)
    yield _disk(folder.path)
    yield _holder(folder)
    if brokers := _named_brokers(folder):
        yield from _beside(brokers)
    elif folder.log.is_dir():
        yield from _log(folder, clock)


def _python() -> Finding:
    return Finding(
        "python",
        sys.version_info >= LEAST_PYTHON,
        platform.python_version(),
        "" if sys.version_info >= LEAST_PYTHON else "install Python 3.11 or newer, then make setup",
    )


def _packages() -> Finding:
    try:
        needed = [_NAME.findall(line)[0] for line in requires("weft") or [] if "extra ==" not in line]
        versions = [version(name) for name in needed]
    except PackageNotFoundError as missing:
        return Finding("packages", False, f"{missing.name} is missing", "run make setup")
    return Finding("packages", True, f"all {len(versions)} there")


def _kernels() -> Finding:
    from matcher import compiling  # loads numba

    if compiling.place() is None:
        return Finding("kernels", False, compiling.NO_PLACE, compiling.NAME_A_PLACE)
    if compiling.are_kept():
        return Finding("kernels", True, f"compiled, in {compiling.place()}")
    return Finding("kernels", True, "not compiled yet: `weft warmup` does, else whoever serves 2,000 members or more")


def _settings(folder: Folder) -> Finding:
    try:
        told = settings.load(folder.settings)
    except Trouble as trouble:
        return Finding("settings", False, str(trouble), "put it right")
    said = ", ".join(f"{name}={value}" for name, value in told.model_dump().items())
    return Finding("settings", True, _PASSWORD.sub(r"\1***@", said))


def _place(folder: Folder) -> Finding:
    nearest = next(path for path in (folder.path, *folder.path.absolute().parents) if path.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        return Finding("data folder", False, f"{nearest} is not yours to write to", "name another with --data")
    there = "" if folder.log.is_dir() else ", empty: `weft publish` begins it"
    return Finding("data folder", True, f"{folder.path}{there}")


def _disk(path: Path) -> Finding:
    nearest = next(each for each in (path, *path.absolute().parents) if each.exists())
    free = shutil.disk_usage(nearest).free
    enough = free >= LEAST_FREE_BYTES
    return Finding("free disk", enough, f"{free / 1024**3:.1f} GiB", "" if enough else "make room for at least 1 GiB")


def _holder(folder: Folder) -> Finding:
    running = folder.running()
    if running:
        return Finding("lock", True, f"weft run, process {running.pid}, at {running.url}")
    return Finding("lock", True, "another command writes just now" if folder.is_held() else "free")


# --- the log --------------------------------------------------------------------------------------------------------


def _log(folder: Folder, clock: Clock) -> Iterator[Finding]:
    try:
        with closing(LogReader(folder.log)) as log:
            yield Finding("log head", True, f"log {log.log_id}, {log.end()[PARTITION]:,} events")
            yield Finding("log chain", True, f"all {log.verify():,} records are what was written")
            yield _keys(folder_of(folder.log))
            yield _erasures(log.sealing.keys)
            yield _snapshot(folder, log)
            yield _clock(log, clock())
    except Trouble as trouble:
        wrong, _, advice = str(trouble).partition(": ")
        yield Finding("log", False, wrong, advice)


def _named_brokers(folder: Folder) -> settings.Settings | None:
    """The settings, where they name brokers."""
    try:
        told = settings.load(folder.settings)
    except Trouble:  # told already
        return None
    return told if told.brokers else None


def _beside(told: settings.Settings) -> Iterator[Finding]:
    from services.kafka.place import opened
    from services.log.kafka import KafkaLog

    try:
        place = opened(told)
        with closing(place.sealing), closing(KafkaLog(place.brokers, place.sealing)) as log:
            yield Finding("log", True, f"log {log.log_id} on {told.brokers}, {sum(log.end().values()):,} events")
            yield _erasures(log.sealing.keys)
    except Trouble as trouble:
        wrong, _, advice = str(trouble).rpartition(": ")
        yield Finding("log", False, wrong, advice)


def _keys(folder: Path) -> Finding:
    """Whoever can read the keys can read what is sealed with them."""
    others = [path.name for path in (folder, *folder.iterdir()) if path.stat().st_mode & 0o077]
    if others:
        return Finding("keys", False, f"{', '.join(others)} can be read by others", f"chmod -R go= {folder}")
    return Finding("keys", True, f"{folder}, yours alone: back it up apart from the log")


def _erasures(keys: Keys) -> Finding:
    erasures = status_of(keys)
    waiting = [each["member_id"] for each in erasures if each["waiting"]]
    if waiting:
        found = f"{len(waiting):,} of {len(erasures):,} not confirmed by every part of Weft, such as {waiting[0]}"
        return Finding("erasures", False, found, f"weft erase {waiting[0]}")
    return Finding("erasures", True, f"all {len(erasures):,} confirmed by every part of Weft" if erasures else "none")


def _snapshot(folder: Folder, log: LogReader) -> Finding:
    try:
        saved = snapshot.read(folder.snapshot, log)
    except snapshot.Doubtful as doubt:
        return Finding("snapshot", True, f"not used, since {doubt}: the next start reads the whole log")
    if saved is None:
        return Finding("snapshot", True, "none yet")
    what = "world and index" if saved.saved_index else "the world"
    return Finding("snapshot", True, f"{what} after {sum(saved.positions.values()):,} events")


def _clock(log: LogReader, now: int) -> Finding:
    last = {PARTITION: max(0, log.end()[PARTITION] - YOUNGEST_EVENTS)}
    youngest = max((record.event.time for record in log.read(last)), default=0)
    told = format_instant(now // SECOND_US * SECOND_US)
    if youngest > now + AHEAD_US:
        return Finding("clock", False, f"{told}, but the log has events of later", "set this machine's clock")
    return Finding("clock", True, told)
