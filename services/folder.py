"""The data folder: one network's log and snapshots, and the lock of the one process that may write to it.

What lies where:

    <data>/log/         the truth (services/log)
    <data>/log.keys/    what it is sealed with: never in one backup with the log
    <data>/snapshots/   thrown away and rebuilt at will
    <data>/refused/     what was refused, sealed, until it is put right
    <data>/views.db     the views, unless they are in another database; thrown away and rebuilt at will
    <data>/weft.toml    settings, if any (settings.py)
    <data>/lock         held with flock by the process that writes, with its process id in it
    <data>/run.json     where `weft run` listens, while it does
"""

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from services.trouble import Trouble

DEFAULT = Path("weft-data")
ONE_WRITES = "suggest, ask, replay, export and doctor go on working; to write, wait until it has ended"
PATIENCE_S = 0.5  # how long a lock is waited for: a process that has just been told to stop is about to let go


class Running(NamedTuple):
    """The `weft run` that holds a folder: its process id, and where it listens."""

    pid: int
    url: str


class Folder:
    """The places in one data folder; nothing is touched until it is asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / "log"
        self.snapshot = path / "snapshots" / "world"
        self.views_snapshot = path / "snapshots" / "views"
        self.views = path / "views.db"
        self.refused = path / "refused"
        self.settings = path / "weft.toml"
        self._lock, self._run = path / "lock", path / "run.json"

    def create(self) -> "Folder":
        """Makes the folder where it is missing; Trouble if it cannot be written to."""
        try:
            for path in (self.log, self.snapshot.parent):
                path.mkdir(parents=True, exist_ok=True)
        except OSError as wrong:
            raise self._unusable(wrong) from None
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise Trouble(f"the data folder {self.path} is not yours to write to: name another with --data")
        return self

    def existing(self) -> "Folder":
        """The folder for a command that only reads; Trouble if there is nothing to read."""
        if not self.log.is_dir():
            raise Trouble(f"no network in {self.path}: `weft publish FILE` makes one, --data DIR names another folder")
        return self

    @contextmanager
    def held(self, advice: str = ONE_WRITES) -> Iterator[None]:
        """Holds the lock while in it. Trouble: another process holds it; what to do then is the advice."""
        try:
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as wrong:
            raise self._unusable(wrong) from None
        try:
            self._take(descriptor, advice)
            yield
        finally:
            os.close(descriptor)  # which lets go of the lock, as the end of the process would

    def _take(self, descriptor: int, advice: str) -> None:
        give_up = time.monotonic() + PATIENCE_S
        while not _locked(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > give_up:
                pid = self._lock.read_text().strip() or "unknown"
                raise Trouble(f"the data folder {self.path} is locked by process {pid}: {advice}")
            time.sleep(0.02)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)

    @contextmanager
    def announced(self, url: str) -> Iterator[None]:
        """Tells the other commands where `weft run` listens, for as long as it does."""
        self._run.write_text(json.dumps({"pid": os.getpid(), "url": url}))
        try:
            yield
        finally:
            self._run.unlink(missing_ok=True)

    def running(self) -> Running | None:
        """The `weft run` that holds this folder, if one does. What a killed one left behind does not count."""
        try:
            told = json.loads(self._run.read_text())
            running = Running(int(told["pid"]), str(told["url"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return running if self.is_held() else None

    def is_held(self) -> bool:
        """Whether some process holds the lock now."""
        try:
            descriptor = os.open(self._lock, os.O_RDWR)
        except OSError:
            return False
        try:
            return not _locked(descriptor, fcntl.LOCK_SH)
        finally:
            os.close(descriptor)

    def _unusable(self, wrong: OSError) -> Trouble:
        return Trouble(f"the data folder {self.path} cannot be used ({wrong.strerror}): name another with --data")


def place_of(path: Path) -> str:
    """Where this lies, for whoever looks for it from another machine."""
    return f"{socket.gethostname()}:{path.resolve()}"


def only_mine(path: str, flags: int) -> int:
    """Opens a file that nobody else may read: there are people in it."""
    return os.open(path, flags, 0o600)


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
