"""The world of one log, kept up with it: read to the end before every answer, so that a read after a write sees it."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

from matcher import keeping
from matcher.horizon import Horizon, state_at
from matcher.index import Index
from matcher.world import Change, World
from services import snapshot
from services.clock import Clock
from services.log import LogAway, Positions, Record
from services.snapshot import ProvenLog, SavedIndex

SNAPSHOT_EVENTS = 10_000  # at least so many lie between two snapshots; folding them takes about 0.2 s
PATIENCE_S = 1.0  # how long who asks a question waits for a log that may be away
FOLDED_AT_ONCE = 10_000  # events; who asks meanwhile waits for so many at most
SNAPSHOT_SHARE = 10  # and at least a tenth of the log, so that a long log is not dumped all the time


Older = Callable[[int], None]  # is told as of when (µs) an answer is that is not of now


class Depth(IntEnum):
    """How much there is to save: what was made when somebody asked for it takes its time to make again."""

    WORLD, INDEX, HISTORY = range(3)

    @classmethod
    def of(cls, index: Index | None) -> "Depth":
        if index is None or not index.can_be_kept:
            return cls.WORLD
        return cls.HISTORY if index.has_history else cls.INDEX


class Standing:
    """How things stand at an instant: the state of the events with `time < at` (µs), and the index of it. `away`: why
    what the log took in of late may be missing; None: nothing is."""

    def __init__(self, world: World, at: int, index: Callable[[], Index], away: LogAway | None = None) -> None:
        self.world, self.at, self._index, self.away = world, at, index, away

    @cached_property
    def index(self) -> Index:
        return self._index()


Log = TypeVar("Log", bound=ProvenLog)


class Follower(Generic[Log]):
    """One world and its index, behind one lock; safe to use from many threads. The log is read under a lock of its own,
    so that nobody who looks at the world waits for brokers; that one is taken first where both are."""

    def __init__(self, log: Log, snapshot_file: Path, clock: Clock) -> None:
        self.log, self.clock = log, clock
        self.positions: Positions = {}
        self.latest = 0  # the time of the youngest event in the world, µs
        self.told: list[Callable[[World, Change], None]] = []  # of each change, with the lock held
        self.began: tuple[Positions, int] = {}, 0  # of the snapshot it started from: its positions and instant
        self.read_at = 0  # when the log was last known to be read to its end, µs
        self._file = snapshot_file
        self._lock, self._reading, self._saving = threading.RLock(), threading.Lock(), threading.Lock()
        self._horizon = Horizon(World(), clock())
        self._index: Index | None = None
        self._by_arrays = False
        self.index_doubt: str | None = None  # why the index of the snapshot was not used, if it was in doubt
        self._saved_index: SavedIndex | None = None  # that nobody has asked for yet, and what changed since
        self._changes_since: Change = []
        self._saved_at, self._saved_depth = 0, Depth.WORLD

    # --- reading ------------------------------------------------------------------------------------------------------

    @contextmanager
    def standing(self, at: int | None = None, older: Older | None = None) -> Iterator[Standing]:
        """How things stand at `at` (µs), or now, this very microsecond included; the live world stands still meanwhile.
        An instant that it has passed is folded anew from the whole log, and nobody waits for that. With `older`, a log
        that is away is not waited for: how things stand now is told by what was read of it before. LogAway: without
        `older`, and of an instant, of which all is known or nothing. LogDamaged."""
        away = self._caught_up(at, older)
        with self._lock:
            if at is None or self._is_live(at):
                yield Standing(self._horizon.world, at or self._horizon.as_of, self._live_index, away)
                return
            positions = dict(self.positions)
        horizon = state_at((record.event for record in self.log.read(to=positions)), at)
        yield Standing(horizon.world, at, lambda: self._served(Index(horizon.world)))

    def copied(self) -> "Follower[Log]":
        """Another that knows what this one does, and follows the log by itself: for whoever computes for a while, so
        that nobody waits for longer than copying takes. Copying an index takes a seventh of what building one takes."""
        twin = Follower(self.log, self._file, self.clock)
        with self._lock:
            twin._horizon = Horizon(self._horizon.world.copy(), self._horizon.as_of)
            for event in self._horizon.waiting():
                twin._horizon.add(event)
            twin.positions, twin.latest, twin.read_at = dict(self.positions), self.latest, self.read_at
            index = self._index or self._opened_index()
            self._index = index and self._served(index)
            parts = deque(keeping.kept(index, pause=lambda: None)) if index and index.can_be_kept else None
        if parts:
            each = (parts.popleft() for _ in range(len(parts)))
            twin._index = keeping.again(snapshot.stream_of(each), twin._horizon.world)
        return twin

    def whole(self) -> World:
        """The world of everything that was read, what still waits for its time included."""
        with self._lock:
            return self._horizon.whole()

    def _is_live(self, at: int) -> bool:
        """Whether the live world is the state at `at`: nothing in it is younger, and nothing older still waits."""
        waiting = self._horizon.waiting()
        return self.latest < at and not (waiting and waiting[0].time < at)

    def _live_index(self) -> Index:
        if self._index is None:
            self._index = self._served(self._opened_index() or Index(self._horizon.world))
        return self._index

    def _served(self, index: Index) -> Index:
        index.by_arrays = self._by_arrays
        return index

    def make_lists(self, *, by_arrays: bool) -> None:
        """How the lists of whoever asks are made from now on, where members are many: by arrays, which takes longer, or
        by kernels, which wait for the compiler where they are cold. Copies of the index are always asked by kernels."""
        with self._lock:
            self._by_arrays = by_arrays
            if self._index is not None:
                self._served(self._index)

    @property
    def members(self) -> int:
        """How many were ever in a group, whoever was erased aside."""
        with self._lock:
            return len(self._horizon.world.tables["memberships"])

    def _opened_index(self) -> Index | None:
        """The index of the snapshot, with what changed since; None: there was none, or it is in doubt."""
        saved, self._saved_index = self._saved_index, None
        changes, self._changes_since = self._changes_since, []
        if saved is None:
            return None
        try:
            index = saved.open(self._horizon.world)
        except snapshot.Doubtful as doubt:
            self.index_doubt = str(doubt)
            return None
        self._saved_depth = Depth.of(index)
        index.follow(changes)
        return index

    # --- following ----------------------------------------------------------------------------------------------------

    def catch_up(self, patience_s: float | None = None) -> None:
        """Reads the log to its end, and moves on to now. LogAway: it was not to be had (within so many seconds).
        LogDamaged: a record is not what was written; the world stays as far as it came."""
        with nullcontext() if patience_s is None else self.log.within(patience_s):
            asked_at, end = self.clock(), self.log.end()
            if not self._reading.acquire(timeout=-1 if patience_s is None else patience_s):
                raise LogAway("the log is still being read")
            try:
                self._move_on()
                self._read_to(end)
                self.read_at = max(self.read_at, asked_at)
            finally:
                self._reading.release()

    def _caught_up(self, at: int | None, older: Older | None) -> LogAway | None:
        """Reads the log to its end; where it is away and `older` may be told so, why it is away."""
        if older is None:
            self.catch_up()
            return None
        try:
            self.catch_up(PATIENCE_S)
        except LogAway as away:
            if at is not None:
                raise
            self._move_on()
            older(self.read_at)
            return away
        return None

    def _read_to(self, end: Positions) -> None:
        read: list[Record] = []
        try:
            for record in self.log.read(self.positions, end):
                read.append(record)
                if len(read) == FOLDED_AT_ONCE:
                    self._fold(read)
                    read = []
        finally:
            self._fold(read)
        with self._lock:  # what nobody can read any more is passed over
            self.positions |= {each: max(end[each], self.positions.get(each, 0)) for each in end}

    def _fold(self, read: list[Record]) -> None:
        with self._lock:
            for partition, position, event in read:
                self._follow(self._horizon.add(event))
                self.positions[partition] = position + 1
                if event.time < self._horizon.as_of:
                    self.latest = max(self.latest, event.time)

    def _move_on(self) -> None:
        with self._lock:
            now, waiting = self.clock() + 1, self._horizon.waiting()
            self._follow(self._horizon.advance(now))
            self.latest = max([self.latest, *(event.time for event in waiting if event.time < now)])

    def _follow(self, change: Change) -> None:
        if not change:
            return
        if self._index is not None:
            self._index.follow(change)
        elif self._saved_index is not None:
            self._changes_since += change
        for tell in self.told:
            tell(self._horizon.world, change)

    # --- snapshots ----------------------------------------------------------------------------------------------------

    def start(self) -> str | None:
        """Takes the snapshot if it is beyond doubt, and reads the rest of the log; returns why there was doubt, if
        there was. LogDamaged."""
        doubt = None
        with self._lock:
            try:
                self._take(snapshot.read(self._file, self.log))
            except snapshot.Doubtful as doubtful:
                doubt = str(doubtful)
        self.catch_up()
        return doubt

    def _take(self, saved: snapshot.Saved | None) -> None:
        if saved is None:
            return
        self._horizon = Horizon(saved.world, saved.as_of)
        for event in saved.waiting:
            self._horizon.add(event)
        self.positions, self.latest = saved.positions, saved.latest
        self.began = dict(saved.positions), saved.as_of
        self._saved_index = saved.saved_index
        self._saved_at = self.read_count

    @property
    def read_count(self) -> int:
        """How many events of the log have been read."""
        return sum(self.positions.values())

    def save_if_worth_it(self) -> None:
        """Saves a snapshot of the world once enough has been read since the last. OSError."""
        if self.read_count - self._saved_at >= max(SNAPSHOT_EVENTS, self.read_count // SNAPSHOT_SHARE):
            self.save()

    def save(self, *, with_index: bool = False) -> None:
        """Saves a snapshot, if anything was read or made since the last; with the index only where nobody is served any
        more, who would have to wait for it. OSError: the one before it is still there."""
        with self._saving:  # one that was packed before an erasure does not take the place of one of after it
            with self._lock:
                index = (self._live_index() if self._saved_index else self._index) if with_index else None
                depth = Depth.of(index)
                if self.read_count == self._saved_at and depth <= self._saved_depth:
                    return
                kept = index if depth > Depth.WORLD else None
                packed = snapshot.pack(self.log, self._horizon, self.positions, self.latest, kept)
                read_count = self.read_count
            snapshot.put(self._file, packed)
            self._saved_at, self._saved_depth = read_count, depth
