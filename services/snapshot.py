"""The world on disk, so that a start need not fold the whole log: checked against the log, thrown away when in doubt.

One file, sealed with a key that goes with the next erasure: a line of JSON that says what it is a snapshot of, then the
world's dump. It is written beside its place, synced and renamed, so that a power cut leaves the old one or the new one.
"""

import os
from collections.abc import Iterator
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from threading import get_ident
from time import sleep
from typing import Any, NamedTuple, Protocol

import orjson

import matcher
import schemas
from matcher.horizon import Horizon
from matcher.world import World
from schemas.codec import Event, decode, encode
from services.durable import sync_folder
from services.log import Positions, ReadableLog
from services.log.sealing import Sealing

PART_OWNERS = 400  # a millisecond or two of work
PAUSE_S = 0.0003  # after each: without it whoever publishes waits four times as long (p99 of 62 ms, not 20)


class ProvenLog(ReadableLog, Protocol):
    """A log that can name its history, and has the keys to what is kept of it."""

    sealing: Sealing

    def fingerprint(self, at: Positions) -> str | None:
        """Equal ones mean equal histories before these positions; None: the log does not go so far."""


class Saved(NamedTuple):
    """The state that reading a log up to `positions` gave at `as_of`, with the events whose time had not come, and the
    time of the youngest that had (`latest`, µs)."""

    world: World
    as_of: int
    latest: int
    waiting: list[Event]
    positions: Positions


class Doubtful(Exception):
    """Why a snapshot is not used; the whole log is folded instead."""


def pack(log: ProvenLog, horizon: Horizon, positions: Positions, latest: int) -> list[bytes]:
    """The bytes of a snapshot of the state that reading the log up to `positions` gave."""
    head = orjson.dumps(
        {
            "log_id": log.log_id,
            "positions": positions,
            "fingerprint": log.fingerprint(positions),
            "code": code_version(),
            "as_of": horizon.as_of,
            "latest": latest,
            "waiting": [encode(event).decode() for event in horizon.waiting()],
        }
    )
    return list(log.sealing.seal_snapshot(chain([head + b"\n"], _dump(horizon.world))))


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


def put(file: Path, packed: list[bytes]) -> None:
    """Puts a snapshot in its place. OSError: it could not be written; the one before it is still there."""
    beside = file.with_suffix(f".{os.getpid()}-{get_ident()}")  # another process or thread may save one, too
    with open(beside, "wb") as opened:
        opened.writelines(packed)
        opened.flush()
        os.fsync(opened.fileno())
    os.replace(beside, file)
    sync_folder(file.parent)


def read(file: Path, log: ProvenLog) -> Saved | None:
    """The saved state, None if there is none. Doubtful: it may not be what folding this log gives."""
    try:
        packed = log.sealing.open_snapshot(file.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as wrong:
        raise Doubtful(f"it cannot be read: {wrong.strerror}") from None
    if packed is None:
        raise Doubtful("its bytes are damaged, or somebody has been erased since")
    head_line, dump = packed.split(b"\n", 1)
    head = orjson.loads(head_line)
    _check(head, log)
    waiting = [decode(line.encode()) for line in head["waiting"]]
    return Saved(World.load(dump), head["as_of"], head["latest"], waiting, head["positions"])


def _check(head: dict[str, Any], log: ProvenLog) -> None:
    if head.get("code") != code_version():
        raise Doubtful("another version of Weft wrote it")
    if head["log_id"] != log.log_id:
        raise Doubtful("it belongs to another log")
    if head["fingerprint"] != log.fingerprint(head["positions"]):
        raise Doubtful("it has read what is not in the log")


def code_version() -> str:
    """The hash of the code that decides what a world is: another line of it may mean another world."""
    digest = sha256()
    for package in (schemas, matcher):
        for source in sorted(Path(package.__path__[0]).glob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()
