"""What was refused, kept in the data folder until it is put right: sealed, and only for so many days.

Whoever published it knows what it was; here it may be anybody's. A file holds the lines of one run of `weft publish`,
each with where it stood and why it was refused, and its bytes under a key of the network.
"""

import os
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from schemas.errors import Refusal
from schemas.instants import DAY_US
from services.log.sealing import Sealing
from services.publishing import Line, only_mine, record_of, refused_path
from services.trouble import Trouble

_AN_ID = re.compile(rb"[A-Za-z0-9._:-]+")


class Unreadable:
    """The refused lines of one network."""

    def __init__(self, folder: Path, sealing: Sealing) -> None:
        self.folder, self._sealing = folder, sealing

    def new_file(self, now: datetime) -> Path:
        """Where a run that begins now puts what is refused."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return refused_path(self.folder, now)

    def record(self, line: Line, refusal: Refusal) -> dict[str, object]:
        """A refused line as it is kept."""
        said = {"file": line.file, "line": line.number, "error": str(refusal), "field": refusal.field}
        raw = b"" if self._names(self._sealing.keys.erased, line.raw) else line.raw  # of the erased nothing is kept
        return {**said, "sealed": b64encode(self._sealing.seal_unreadable(raw)).decode()}

    def files(self) -> list[Path]:
        """All files, oldest first."""
        return sorted(self.folder.glob("refused-*.jsonl")) if self.folder.is_dir() else []

    def read(self, file: Path) -> Iterator[dict[str, Any]]:
        """The lines of a file, opened. Trouble: it is none of this network."""
        for kept, raw in self._opened(file):
            line = Line(str(kept.get("file")), int(kept.get("line", 0)), raw)
            yield record_of(line, str(kept.get("error")), str(kept.get("field")))

    def forget(self, member_ids: Collection[str]) -> int:
        """Drops every line that names one of these members; returns how many. What is so broken that it names nobody
        stays until it expires: sealed, as it is."""
        return sum(self._keep(file, lambda raw: not self._names(member_ids, raw)) for file in self.files())

    def _names(self, member_ids: Collection[str], raw: bytes) -> bool:
        return not {word.decode() for word in _AN_ID.findall(_without_escapes(raw))}.isdisjoint(member_ids)

    def expire(self, now: int, days: int) -> int:
        """Removes the files whose last line is older than so many days; returns how many."""
        old = [file for file in self.files() if file.stat().st_mtime * 1_000_000 < now - days * DAY_US]
        for file in old:
            file.unlink()
        return len(old)

    def _keep(self, file: Path, wanted: Callable[[bytes], bool]) -> int:
        lines = list(self._opened(file))
        kept = [line for line, raw in lines if wanted(raw)]
        if len(kept) < len(lines):
            _replace(file, kept)
        return len(lines) - len(kept)

    def _opened(self, file: Path) -> Iterator[tuple[dict[str, Any], bytes]]:
        for number, stored in enumerate(file.read_bytes().splitlines(), start=1):
            try:
                kept = orjson.loads(stored)
                raw = self._sealing.open_unreadable(b64decode(kept["sealed"]))
            except (ValueError, KeyError, TypeError):
                raw = None
            if raw is None:
                raise Trouble(f"{file}, line {number} was not set aside by Weft: `weft refused` alone shows what was")
            yield kept, raw


def _without_escapes(raw: bytes) -> bytes:
    """Where it is JSON, an id may be spelled with escapes."""
    try:
        return orjson.dumps(orjson.loads(raw))
    except ValueError:
        return raw


def _replace(file: Path, kept: Sequence[dict[str, Any]]) -> None:
    if not kept:
        file.unlink()
        return
    age = file.stat().st_mtime
    beside = file.with_suffix(".new")
    with open(beside, "wb", opener=only_mine) as written:
        written.writelines(orjson.dumps(line) + b"\n" for line in kept)
    os.utime(beside, (age, age))  # what is left of a file is as old as it was
    beside.replace(file)
