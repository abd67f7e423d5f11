"""The log: the one truth of a network, an ordered record of events that is only ever appended to (DESIGN.md section 3).

`EventLog` and `ReadableLog` are what the rest of Weft knows; `services.log.sqlite` keeps the log on this machine,
`services.log.kafka` in the topics of a Kafka cluster.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import NamedTuple, Protocol

from schemas.codec import Event
from services.trouble import Trouble

Positions = dict[str, int]
"""For each partition, "topic/partition", the position that comes next; a partition that is absent stands at 0."""


class Verdict(StrEnum):
    """What became of an event that was appended."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"  # the log has the same event already: nothing changed
    CONFLICT = "conflict"  # the log has another event by this source and id: not kept


class Receipt(NamedTuple):
    """The verdict on one event, and where in the log the event of this source and id stands (None: not known)."""

    verdict: Verdict
    position: int | None


class Record(NamedTuple):
    """One event as the log holds it."""

    partition: str
    position: int
    event: Event


class LogDamaged(Trouble):
    """What the log holds is not what it acknowledged, or cannot be read: it does not start, or serves no more."""


class LogFull(Trouble):
    """The disk is full. Append the same events again when there is room: those of a long list that were kept already
    are then duplicates."""


class LogLocked(Trouble):
    """Another process writes this log."""


class LogAway(Trouble):
    """Brokers or keys do not answer, for now. What was not acknowledged is sent again with the same ids."""


class NotLeading(Trouble):
    """Somebody else leads rounds on this log now."""


class ReadableLog(Protocol):
    """A log as one who only reads sees it (`services.log.reader.LogReader`); safe to use from many threads."""

    log_id: str
    """Names this log for ever; made when the log is created."""

    def read(
        self, after: Positions | None = None, to: Positions | None = None, *, remains: bool = False
    ) -> Iterator[Record]:
        """The acknowledged events from the positions `after` (default: the first) up to before `to` (default: the end
        when the reading begins), each checked before it is served. Of events that nobody can read any more because
        somebody was erased, nothing, or with `remains` what was kept in clear. LogDamaged at an event that is not what
        was written."""

    def end(self) -> Positions:
        """The positions after the last acknowledged events."""

    def within(self, patience_s: float) -> AbstractContextManager[None]:
        """Inside, this thread waits so long at most for each answer of whoever keeps the log: LogAway."""

    def before(self, record: Record) -> Positions:
        """What the log held when this record was appended: exactly, where there is one partition; among several, as
        the brokers' clocks tell it. Whoever builds on it compares the world that was there."""

    def wait(self, after: Positions, timeout_s: float) -> bool:
        """Sleep until the log goes on beyond `after`, at most `timeout_s` seconds; True if it does."""

    def close(self) -> None:
        """Finish the appends that are under way and let go of the files; may be called twice."""


class Appending(Protocol):
    """What events can be appended to."""

    def append(self, events: Sequence[Event]) -> list[Receipt]:
        """As `EventLog.append`."""


class EventLog(ReadableLog, Protocol):
    """A log to read and to append to (`services.log.sqlite.SqliteLog`)."""

    def append(self, events: Sequence[Event]) -> list[Receipt]:
        """Keep the events; returns, one receipt an event, once they would survive a power cut. LogFull, LogDamaged."""

    def lead(self) -> Appending:
        """What whoever is about to hold a round appends to, once they have read, after this, that it is not held yet:
        nobody who led before can append any more, and this cannot once another leads (NotLeading)."""
