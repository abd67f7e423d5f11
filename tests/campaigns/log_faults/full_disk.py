"""Fills the disk at every commit, makes room again, and looks whether anything was lost, doubled or served too early.

Four ways to be full, by name: `pages` (SQLite may not add one), `file_size` (the process may not write beyond a place
in a file, which stops a write half-way), `head` (there is room for all but the head, as where each write takes a new
place on the disk), and `file_system` (a small one that is really full; to mount it, the program must run under
`unshare -Urm`, which most Linux systems let anybody do).
"""

import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from schemas.codec import Event
from services.log import LogFull, Verdict
from services.log.reader import open_database
from services.log.sqlite import SqliteLog
from tests.campaigns.log_faults.verdict import an_event, each_once, main, require

PAGE_BYTES = 4_096
SLACK_PAGES = 40  # at most so many can still be written when the disk is said to be full: a commit takes 3 to 60
FILE_SYSTEM = "24m"


class Way:
    """A way for the disk under a folder to be full."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def connect(self, path: Path) -> sqlite3.Connection:
        return open_database(path)

    @contextmanager
    def full(self, slack_pages: int) -> Iterator[None]:
        """Meanwhile there is room for so many pages, or fewer."""
        raise NotImplementedError

    def close(self) -> None:
        """Gives the disk back."""


class Pages(Way):
    """SQLite may not make the database larger than so many pages."""

    def connect(self, path: Path) -> sqlite3.Connection:
        self._writer = open_database(path)  # the last that is opened before the first append is the writer's
        return self._writer

    @contextmanager
    def full(self, slack_pages: int) -> Iterator[None]:
        [pages] = self._writer.execute("PRAGMA page_count").fetchone()
        self._writer.execute(f"PRAGMA max_page_count = {pages + slack_pages // 4}")
        yield
        self._writer.execute("PRAGMA max_page_count = 1000000")


class FileSize(Way):
    """The process may not write beyond this place in any file."""

    @contextmanager
    def full(self, slack_pages: int) -> Iterator[None]:
        name = ("head", "events.db", "events.db-wal")[slack_pages % 3]
        place = (self.folder / name).stat().st_size + (slack_pages - SLACK_PAGES // 2) * PAGE_BYTES // 3
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(0, place), hard))
        yield
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


class HeadOnly(Way):
    """A write of the head ends half-way."""

    @contextmanager
    def full(self, slack_pages: int) -> Iterator[None]:
        whole, os.pwrite = os.pwrite, lambda file, data, place: whole(file, data[: slack_pages * 5], place)
        yield
        os.pwrite = whole


class FileSystem(Way):
    """A file system of its own, filled up to so many pages."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        folder.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={FILE_SYSTEM}", "tmpfs", folder], check=True)
        self._ballast = folder / "ballast"

    def connect(self, path: Path) -> sqlite3.Connection:
        """Its write-ahead log is emptied often: one that has grown once needs no room for a long time."""
        connection = open_database(path)
        connection.execute("PRAGMA wal_autocheckpoint = 10")
        connection.execute("PRAGMA journal_size_limit = 0")
        return connection

    @contextmanager
    def full(self, slack_pages: int) -> Iterator[None]:
        there = os.statvfs(self._ballast.parent)
        with self._ballast.open("wb") as ballast:
            os.posix_fallocate(ballast.fileno(), 0, max(1, there.f_bavail - slack_pages // 3) * there.f_frsize)
        yield
        self._ballast.unlink()

    def close(self) -> None:
        subprocess.run(["umount", self.folder], check=True)


WAYS = {"pages": Pages, "file_size": FileSize, "head": HeadOnly, "file_system": FileSystem}


def append_on_a_full_disk(log: SqliteLog, events: list[Event], acknowledged: list[Event]) -> bool:
    """True if there was no room; then nothing of these events may be seen, and all else is still read."""
    end = log.end()
    try:
        log.append(events)
        return False
    except LogFull:
        require(log.end() == end, "what was not acknowledged counts as the log's")
        lately = {partition: max(0, position - 20) for partition, position in end.items()}
        require([r.event for r in log.read(lately)] == acknowledged[-20:], "another log is read while the disk is full")
        return True


def campaign(cases: int, dice: Random) -> str:
    """So many commits on a disk that is full, each followed by the same one when there is room."""
    full = 0
    acknowledged: list[Event] = []
    with TemporaryDirectory(prefix="weft-full-") as scratch:
        folder = Path(scratch) / "log"
        way = WAYS[sys.argv[3]](folder)
        with closing(SqliteLog(folder, connect=way.connect)) as log:
            for case in range(cases):
                size = dice.choice((10, 300))
                events = [an_event(f"e-{case}-{number}", size) for number in range(dice.randrange(1, 200))]
                with way.full(dice.randrange(SLACK_PAGES)):
                    full += append_on_a_full_disk(log, events, acknowledged)
                verdicts = {receipt.verdict for receipt in log.append(events)}
                require(Verdict.CONFLICT not in verdicts, "an event in conflict with itself")
                acknowledged += events
        with closing(SqliteLog(folder)) as log:
            each_once(log, acknowledged, acknowledged)
            log.verify()
        way.close()
    require(full > cases // 4, f"the disk was full at {full} commits only: this campaign shows little")
    return f"{cases} commits, at {full} the disk was full: nothing lost, nothing doubled, no restart needed"


if __name__ == "__main__":
    main(campaign)
