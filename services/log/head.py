"""Where the acknowledged log ends, in a small file of its own beside the database.

A flipped bit in SQLite's write-ahead log shortens the log without a word, and so does an older copy of the file: the
head is what notices. It is written after the commit and before the acknowledgement, so it never promises what the
database has not. Two slots are written in turn, each with a checksum: a write torn by a power cut spoils one of them,
and the other still says what had been acknowledged until then.
"""

import os
from errno import ENOSPC
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import orjson

from services.durable import sync_folder

_SLOT_BYTES = 4_096  # a page: no disk tears two slots in one write
_fdatasync = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


class Head(NamedTuple):
    """The end of a log: how many events were acknowledged, the link of the last of them, and of which generation the
    keys were that it was sealed with (0: the log is older than sealing)."""

    log_id: str
    position: int
    link: bytes
    keys: int


def read_head(path: Path) -> tuple[Head, bool]:
    """The head as it is on disk, and whether it is whole: if not, the newer slot may have been spoilt, and more been
    acknowledged than this head says. OSError: it cannot be read; ValueError: no slot is whole."""
    content = path.read_bytes()
    return _newest(content)[1], all(_parse(slot) for slot in _slots(content))


class HeadFile:
    """The head of the one process that writes the log; `head` is what it says. Errors as `read_head`."""

    def __init__(self, path: Path) -> None:
        self._turn, self.head = _newest(path.read_bytes())
        sync_folder(path.parent)  # who made the file may have been killed before its name was safe
        self._file = os.open(path, os.O_RDWR)

    def write(self, head: Head) -> None:
        """Returns once `head` would survive a power cut. OSError: it may not; the head before is still there."""
        turn = self._turn + 1
        _write(self._file, _slot(turn, head), turn % 2 * _SLOT_BYTES)
        _fdatasync(self._file)
        self._turn, self.head = turn, head

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._file)


def create_head(path: Path, head: Head) -> None:
    """Makes the file, whole or not at all, when all else in its folder is durable. OSError."""
    unfinished = path.with_suffix(".new")
    file = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        _write(file, _slot(0, head) + _slot(1, head), 0)
        os.fsync(file)
    finally:
        os.close(file)
    sync_folder(path.parent.parent)
    sync_folder(path.parent)
    os.replace(unfinished, path)
    sync_folder(path.parent)


def _write(file: int, data: bytes, place: int) -> None:
    if os.pwrite(file, data, place) < len(data):
        raise OSError(ENOSPC, "the head was written in part only")


def _slot(turn: int, head: Head) -> bytes:
    said = orjson.dumps({"turn": turn, **head._asdict(), "link": head.link.hex()})
    return (said + b" " + _checksum(said) + b"\n").ljust(_SLOT_BYTES, b"\0")


def _slots(file: bytes) -> list[bytes]:
    return [file[:_SLOT_BYTES], file[_SLOT_BYTES:]]


def _newest(file: bytes) -> tuple[int, Head]:
    return max(whole for slot in _slots(file) if (whole := _parse(slot)))


def _parse(slot: bytes) -> tuple[int, Head] | None:
    said, _, checksum = slot.partition(b"\n")[0].rpartition(b" ")
    if checksum != _checksum(said):
        return None
    line = orjson.loads(said)
    return line["turn"], Head(line["log_id"], line["position"], bytes.fromhex(line["link"]), line.get("keys", 0))


def _checksum(said: bytes) -> bytes:
    return sha256(said).hexdigest()[:32].encode()
