"""Reading the log of a folder: what was acknowledged, each record checked before it is served.

Any number of processes may read while one writes (`services.log.sqlite`).
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from schemas.codec import Event
from schemas.errors import Undecodable
from services.log import Positions, Record
from services.log.complaints import Complaints
from services.log.head import Head, read_head
from services.log.keys import KeyStore, folder_of
from services.log.records import Broken, Records, unbroken
from services.log.sealing import Remains, Sealing

PARTITION = "log/0"  # the only one of an SQLite log
PAGE_RECORDS = 500  # read at once: so short a look never keeps SQLite from reusing its write-ahead log

Connect = Callable[[Path], sqlite3.Connection]


def open_database(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode that may wander from thread to thread."""
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


class LogReader:
    """The log in a folder, up to where it ended when it was opened. LogDamaged; Trouble: there is none."""

    def __init__(self, folder: Path, *, connect: Connect = open_database) -> None:
        self._database, self._connect = folder / "events.db", connect
        self._complaints = Complaints(folder)
        self._idle: list[Records] = []
        self._grown = threading.Condition()
        self._closed = False
        head, head_is_whole = self._acknowledged(folder / "head")
        with self._complaints.explained():
            self._keys = self._keys_of(folder, head)
        self.sealing = Sealing(self._keys)
        self.log_id, self._end = head.log_id, head.position
        with self._complaints.explained():
            self._compare(head)
            if not head_is_whole:
                self._end = self._whole_end()

    def read(
        self, after: Positions | None = None, to: Positions | None = None, *, remains: bool = False
    ) -> Iterator[Record]:
        """As `EventLog.read`."""
        position = (after or {}).get(PARTITION, 0)
        stop = self._end if to is None else min(self._end, to.get(PARTITION, 0))
        with self._complaints.explained():
            for stored in self._chain(position, stop):
                opened = self._open(stored, position)
                if isinstance(opened, Event):
                    yield Record(PARTITION, position, opened)
                elif remains:
                    yield Record(PARTITION, position, opened.event)
                position += 1

    def end(self) -> Positions:
        """As `EventLog.end`."""
        return {PARTITION: self._end}

    def within(self, patience_s: float) -> AbstractContextManager[None]:
        """As `EventLog.within`: a file is never away."""
        return nullcontext()

    def before(self, record: Record) -> Positions:
        """As `EventLog.before`."""
        return {record.partition: record.position}

    def wait(self, after: Positions, timeout_s: float) -> bool:
        """As `EventLog.wait`."""
        with self._grown:
            self._grown.wait_for(lambda: self._closed or self._end > after.get(PARTITION, 0), timeout_s)
            return self._end > after.get(PARTITION, 0)

    def fingerprint(self, at: Positions) -> str | None:
        """Names all that stands before these positions: equal ones mean equal histories. None: beyond the end."""
        position = at.get(PARTITION, 0)
        if position > self._end:
            return None
        with self._complaints.explained(), self._records() as records:
            return records.link_before(position, self.log_id).hex()

    def verify(self) -> int:
        """Checks all that the log holds, and that each event is found by its source and id; returns how many events
        there are. LogDamaged."""
        end = self._end
        for record in self.read(to={PARTITION: end}, remains=True):
            with self._complaints.explained(), self._records() as records:
                if records.find(record.event) != record.position:
                    raise self._complaints.damaged(f"does not find event {record.position} by its source and id")
        with self._complaints.explained(), self._records() as records:
            if flaws := records.flaws(end):
                raise self._complaints.damaged(f"is damaged ({flaws})")
        return end

    def close(self) -> None:
        """As `EventLog.close`; whoever waits is woken."""
        with self._grown:
            self._closed = True
            self._grown.notify_all()
        while self._idle:
            self._idle.pop().close()
        self.sealing.close()

    def _acknowledged(self, head: Path) -> tuple[Head, bool]:
        if not self._database.exists():
            raise self._complaints.damaged("is missing") if head.exists() else self._complaints.nothing_there()
        if not head.exists():
            raise self._complaints.headless("has lost its head")
        try:
            with self._complaints.explained():
                return read_head(head)
        except ValueError:
            raise self._complaints.headless("has a damaged head") from None

    def _keys_of(self, folder: Path, head: Head) -> KeyStore:
        """The keys of this very log, none older than what it was sealed with. LogDamaged."""
        keys = KeyStore(folder_of(folder), connect=self._connect)
        if keys.log_id != head.log_id:
            raise keys.complaints.damaged(f"are those of log {keys.log_id}, and not of log {head.log_id}")
        if keys.generation < head.keys:
            raise keys.complaints.damaged("are older than the log")
        return keys

    def _open(self, stored: bytes, position: int) -> Event | Remains:
        try:
            return self.sealing.open(stored)
        except Undecodable:
            raise Broken(position) from None

    def _compare(self, head: Head) -> None:
        """The records against the head: what was acknowledged must be there. Broken, LogDamaged."""
        with self._records() as records:
            if (found := records.log_id()) != head.log_id:
                what = f"is log {found}" if found else "is empty"
                raise self._complaints.damaged(f"{what}, but its head is that of log {head.log_id}")
            if (tail := records.tail(head.log_id)).position < head.position:
                lost = f"ends at event {tail.position}, but {head.position} were acknowledged"
                raise self._complaints.damaged(f"{lost} (it is an older copy, or has lost its end)")
            if records.link_before(head.position, head.log_id) != head.link:
                raise Broken(head.position - 1)
        for _ in self._chain(max(0, head.position - 1), head.position):
            pass

    def _whole_end(self) -> int:
        """Up to where what was committed is whole, whether or not it was acknowledged."""
        with self._records() as records:
            committed = records.tail(self.log_id).position
        whole = self._end
        try:
            for _ in self._chain(self._end, committed):
                whole += 1
        except Broken as broken:
            return broken.position
        return whole

    def _chain(self, position: int, stop: int) -> Iterator[bytes]:
        """The bytes of the records from `position` up to before `stop`, each checked. Broken."""
        if position >= stop:
            return
        with self._records() as records:
            link = records.link_before(position, self.log_id)
        while position < stop:
            page_end = min(position + PAGE_RECORDS, stop)
            with self._records() as records:
                rows = records.rows(position, page_end)
            yield from unbroken(rows, position, page_end, link)
            position, link = page_end, rows[-1][1]

    @contextmanager
    def _records(self) -> Iterator[Records]:
        """A connection that nobody else uses meanwhile; one that had trouble is not used again."""
        records = self._idle.pop() if self._idle else Records(self._connect(self._database))
        try:
            yield records
        except BaseException:
            records.close()
            raise
        self._idle.append(records)
