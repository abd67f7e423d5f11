"""World and index on disk, so that a start need not fold the whole log, and build the index of it: checked against the
log, thrown away when in doubt.

One file, sealed with a key that goes with the next erasure: a line of JSON that says what it is a snapshot of, then the
world's dump, then the index, if there was one. It is written beside its place, synced and renamed, so that a power cut
leaves the old one or the new one.
"""

import os
import platform
from collections.abc import Iterator
from hashlib import sha256
from io import BufferedReader, BytesIO, RawIOBase
from itertools import chain, islice, takewhile
from pathlib import Path
from threading import get_ident
from time import monotonic, sleep
from typing import Any, NamedTuple, Protocol

import numpy
import orjson

import matcher
import schemas
from matcher import keeping
from matcher.horizon import Horizon
from matcher.index import Index
from matcher.world import World
from schemas.codec import Event, decode, encode
from services.durable import sync_folder
from services.log import Positions, ReadableLog
from services.log.sealing import Sealing

FORMAT = 2
INDEX = b"\n"  # the part behind which the index begins; none of a world is this
PART_OWNERS = 400  # a millisecond or two of work
WORK_S = 0.002  # the same, of what is not cut by owners
PAUSE_S = 0.0003  # after each: without it whoever publishes waits four times as long (p99 of 62 ms, not 20)


class ProvenLog(ReadableLog, Protocol):
    """A log that can name its history, and has the keys to what is kept of it."""

    sealing: Sealing

    def fingerprint(self, at: Positions) -> str | None:
        """Equal ones mean equal histories before these positions; None: the log does not go so far."""


class Doubtful(Exception):
    """Why a snapshot is not used; the whole log is folded instead."""


def stream_of(parts: Iterator[bytes]) -> BufferedReader:
    """Parts, to be read as one file."""
    return BufferedReader(_Stream(parts), buffer_size=keeping.PART_BYTES)


class _Stream(RawIOBase):
    """Parts, to be read as one file."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._rest = parts, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        if not self._rest:
            self._rest = memoryview(next(self._parts, b""))
        taken = min(len(into), len(self._rest))
        into[:taken], self._rest = self._rest[:taken], self._rest[taken:]
        return taken


class SavedIndex:
    """The index of a snapshot, still sealed: nobody waits for it before a network is ready."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts

    def open(self, world: World) -> Index:
        """The index, once; of the world that was saved with it. Doubtful: it may not be what was saved."""
        try:
            with stream_of(self._parts) as stream:
                return keeping.again(stream, world)
        except ValueError as wrong:
            raise Doubtful(str(wrong)) from None


class Saved(NamedTuple):
    """The state that reading a log up to `positions` gave at `as_of`, with the events whose time had not come, and the
    time of the youngest that had (`latest`, µs). `saved_index`: that of this state, if it was saved."""

    world: World
    as_of: int
    latest: int
    waiting: list[Event]
    positions: Positions
    saved_index: SavedIndex | None


def pack(log: ProvenLog, horizon: Horizon, positions: Positions, latest: int, index: Index | None) -> list[bytes]:
    """The bytes of a snapshot of the state that reading the log up to `positions` gave."""
    head = orjson.dumps(
        {
            "log_id": log.log_id,
            "positions": positions,
            "fingerprint": log.fingerprint(positions),
            "written_by": versions(),
            "as_of": horizon.as_of,
            "latest": latest,
            "waiting": [encode(event).decode() for event in horizon.waiting()],
            "with_index": index is not None,
        }
    )
    parts = chain([head], _dump(horizon.world), _index(index) if index else ())
    return list(log.sealing.seal_snapshot(parts))


def _dump(world: World) -> Iterator[bytes]:
    """What `World.dump` gives, but for the order, in parts: in one call it would keep every other thread waiting, and
    with them whoever publishes."""
    yield b'{"tables":{'
    for number, (name, table) in enumerate(world.tables.items()):
        yield b'%s"%s":{' % (b"," if number else b"", name.encode())
        owners = iter(table.items())
        before = b""
        while part := dict(islice(owners, PART_OWNERS)):
            yield before + orjson.dumps(part)[1:-1]
            sleep(PAUSE_S)
            before = b","
        yield b"}"
    yield b'},"erased":' + orjson.dumps(sorted(world.erased)) + b"}"


def _index(index: Index) -> Iterator[bytes]:
    yield INDEX
    rested_at = monotonic()

    def rest_if_due() -> None:  # most of an index is copied as it is, many parts in a millisecond
        nonlocal rested_at
        if monotonic() > rested_at + WORK_S:
            sleep(PAUSE_S)
            rested_at = monotonic()

    yield from keeping.kept(index, rest_if_due)


def put(file: Path, packed: list[bytes]) -> None:
    """Puts a snapshot in its place. OSError: it could not be written; the one before it is still there."""
    beside = file.with_suffix(f".{os.getpid()}-{get_ident()}")  # another process or thread may save one, too
    try:
        with open(beside, "wb") as opened:
            opened.writelines(packed)
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(beside, file)
    except OSError:
        beside.unlink(missing_ok=True)  # a full disk would stay full
        raise
    sync_folder(file.parent)


def read(file: Path, log: ProvenLog) -> Saved | None:
    """The saved state, None if there is none. Doubtful: it may not be what folding this log gives."""
    try:
        parts = log.sealing.open_snapshot(BytesIO(file.read_bytes()))
        head = orjson.loads(next(parts, b"{}"))
        _check(head, log)
        world = World.load(b"".join(takewhile(lambda part: part != INDEX, parts)))
    except FileNotFoundError:
        return None
    except OSError as wrong:
        raise Doubtful(f"it cannot be read: {wrong.strerror}") from None
    except ValueError as wrong:
        raise Doubtful(str(wrong)) from None
    waiting = [decode(line.encode()) for line in head["waiting"]]
    index = SavedIndex(parts) if head["with_index"] else None
    return Saved(world, head["as_of"], head["latest"], waiting, head["positions"], index)


def _check(head: dict[str, Any], log: ProvenLog) -> None:
    written_by = head.get("written_by", {})
    for what, version in versions().items():
        if written_by.get(what) != version:
            raise Doubtful(f"another version of {what} wrote it")
    if head["log_id"] != log.log_id:
        raise Doubtful("it belongs to another log")
    if head["fingerprint"] != log.fingerprint(head["positions"]):
        raise Doubtful("it has read what is not in the log")


def versions() -> dict[str, str]:
    """Whatever decides what the bytes of a snapshot mean."""
    return {
        "Weft": f"{FORMAT} {code_version()}",
        "Python": platform.python_version(),
        "numpy": numpy.__version__,
    }


def code_version() -> str:
    """The hash of the code that decides what a world is: another line of it may mean another world."""
    digest = sha256()
    for package in (schemas, matcher):
        for source in sorted(Path(package.__path__[0]).glob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()
