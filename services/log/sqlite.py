"""The log in a folder of this machine: an SQLite database and its head. One process writes it, durably and in groups.

What is acknowledged survives a power cut: SQLite syncs its write-ahead log at the commit, then the head is written and
synced, then the receipts are given. What was committed and never acknowledged, because the power went in between, is
kept at the next start if it is whole and cut off if it is not; its publisher sends it again in either case.
"""

import fcntl
import os
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from uuid import uuid4

from schemas.codec import Event, decode
from services.log import LogDamaged, LogLocked, Receipt, Verdict
from services.log.complaints import Complaints
from services.log.groups import GROUP_EVENTS, GroupCommit
from services.log.head import Head, HeadFile, create_head
from services.log.keys import create as create_keys
from services.log.keys import folder_of
from services.log.reader import Connect, LogReader, open_database
from services.log.records import Entry, Records, Tail, first_link, unbroken
from services.log.sealing import ERASED, Remains


class SqliteLog(LogReader):
    """The `EventLog` in `folder`, which is made if need be (`log_id`: its name then, instead of a random one).

    LogDamaged: what was acknowledged is not there. LogLocked: another process writes this log.
    """

    def __init__(self, folder: Path, *, log_id: str | None = None, connect: Connect = open_database) -> None:
        with ExitStack() as held:
            held.callback(os.close, _lock(folder))
            if not (folder / "head").exists():
                _create(folder, log_id or uuid4().hex, connect)
            super().__init__(folder, connect=connect)
            held.callback(super().close)
            self._stopped: LogDamaged | None = None
            self._owed: list[Event] = []  # erasures whose keys are gone, and of which the log says nothing yet
            with self._complaints.explained():
                self._keys.settle()
                self._tables = held.enter_context(closing(Records(connect(self._database))))
                self._head = held.enter_context(closing(HeadFile(folder / "head")))
                self._settle()
            self._erase_again()
            self._groups = held.enter_context(closing(GroupCommit(self._commit)))
            self._held = held.pop_all()

    def append(self, events: Sequence[Event]) -> list[Receipt]:
        """As `EventLog.append`; more than GROUP_EVENTS are kept in several commits, one after the other."""
        receipts: list[Receipt] = []
        for start in range(0, len(events), GROUP_EVENTS):
            receipts += self._groups.write(events[start : start + GROUP_EVENTS])
        return receipts

    def lead(self) -> "SqliteLog":
        """As `EventLog.lead`: whoever has this log open to write is the only one."""
        return self

    def close(self) -> None:
        """As `EventLog.close`."""
        self._held.close()

    def _settle(self) -> None:
        """Keeps what was committed and not acknowledged as far as it is whole, and cuts off the rest."""
        if self._tables.tail(self.log_id).position == self._head.head.position:
            return
        whole = self._whole_end()
        with self._tables.transaction():
            self._tables.cut(whole)
            self._tables.make_durable()
        self._acknowledge(self._tables.tail(self.log_id))

    def _erase_again(self) -> None:
        """Whose keys are gone, of them the log says so: also where the power went in between, and in an older copy."""
        erased = [decode(erasure.event) for erasure in self.sealing.keys.erasures()]
        missing = [event for event in erased if self._tables.find(event) is None]
        for start in range(0, len(missing), GROUP_EVENTS):
            self._commit(missing[start : start + GROUP_EVENTS])

    def _commit(self, events: list[Event]) -> list[Receipt]:
        """Keeps a group, then moves the head. LogFull: until there is room. LogDamaged: until a start checks it all."""
        if self._stopped:
            raise self._stopped
        owed = self._owed
        events = [*owed, *events]
        try:
            with self._complaints.explained():
                with self._tables.transaction():
                    tail = self._continued()
                    receipts, fresh = self._sort_out(events, tail.position)
                    self._owed = [event for event in fresh if event.type == ERASED]
                    tail = self._tables.add(tail, map(Entry, fresh, self.sealing.seal(fresh)))
                self._acknowledge(tail)
                self._owed = []
        except LogDamaged as damage:
            self._stopped = damage
            raise
        return receipts[len(owed) :]

    def _continued(self) -> Tail:
        """Where the records end. It is read each time: after a full disk it may be before or beyond what was meant."""
        tail = self._tables.tail(self.log_id)
        if tail.position < self._end:
            raise self._complaints.damaged(f"has lost its end, from event {tail.position}, while Weft was running")
        return tail

    def _sort_out(self, events: list[Event], position: int) -> tuple[list[Receipt], list[Event]]:
        """The receipts, and the events that are new: the first of them goes to `position`."""
        receipts, fresh = [], []
        seen: dict[tuple[str, str], tuple[int, Event | Remains]] = {}
        for event in events:
            name = event.source, event.id
            known = seen.get(name) or self._known(event)
            if known is None:
                seen[name] = position, event
                receipts.append(Receipt(Verdict.ACCEPTED, position))
                fresh.append(event)
                position += 1
            else:
                receipts.append(Receipt(_verdict(event, known[1]), known[0]))
        return receipts, fresh

    def _known(self, event: Event) -> tuple[int, Event | Remains] | None:
        """What the log holds by the source and id of this event."""
        position = self._tables.find(event)
        if position is None:
            return None
        rows, link = self._tables.rows(position, position + 1), self._tables.link_before(position, self.log_id)
        [stored] = unbroken(rows, position, position + 1, link)
        kept = self._open(stored, position)
        found = kept if isinstance(kept, Event) else kept.event
        if (found.source, found.id) != (event.source, event.id):
            raise self._complaints.damaged(f"finds event {position} by the source and id of another")
        return position, kept

    def _acknowledge(self, tail: Tail) -> None:
        """From here on the records before `tail` are promised. A head that could not be written stays where it was:
        its events are in the database, but nobody has been told, and nobody is served them, until the next group."""
        if tail.position > self._head.head.position:
            self._head.write(Head(self.log_id, *tail, self.sealing.keys.generation))
            with self._grown:
                self._end = tail.position
                self._grown.notify_all()


def _verdict(event: Event, kept: Event | Remains) -> Verdict:
    """What nobody can read any more cannot be told from what was said again: nothing is kept of either."""
    return Verdict.DUPLICATE if isinstance(kept, Remains) or kept.content == event.content else Verdict.CONFLICT


def _create(folder: Path, log_id: str, connect: Connect) -> None:
    """An empty log. The head comes last, so that a power cut leaves either a whole log or no head and no event."""
    complaints = Complaints(folder)
    with complaints.explained(), closing(Records(connect(folder / "events.db"))) as tables:
        with tables.transaction():
            if tables.log_id() is None:
                tables.create(log_id)
            tables.make_durable()
        log_id = tables.log_id() or ""
        create_keys(folder_of(folder), log_id, connect=connect)
        if written := tables.tail(log_id).position:
            raise complaints.headless(f"holds {written} events and has lost its head")
        create_head(folder / "head", Head(log_id, 0, first_link(log_id), 0))


def _lock(folder: Path) -> int:
    """Holds the folder against other processes until the file descriptor is closed."""
    with Complaints(folder).explained():
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise LogLocked(f"another process writes the log in {folder}: stop it first, or write through it") from None
    return descriptor
