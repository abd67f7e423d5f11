"""What was refused, kept in the data folder until it is put right: sealed, and only for so many days.

Whoever published it knows what it was; here it may be anybody's. A file holds the lines of one run of `weft publish`,
each with where it stood and why it was refused, and its bytes under a key of the network.
"""

import os
import re
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator
from datetime import datetime
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

import orjson

from schemas.errors import Refusal
from schemas.instants import DAY_US
from services.log.sealing import Sealing
from services.publishing import Line, record_of, refused_path
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
        """A refused line as it is kept, with nothing of it in clear; of the erased nothing is kept."""
        said = orjson.dumps(record_of(line, str(refusal), refusal.field))
        if names_any(said, self._sealing.keys.erased):
            said = orjson.dumps({"line": line.number, "error": "named somebody who was erased", "field": ""})
        return {"sealed": b64encode(self._sealing.seal_unreadable(said)).decode()}

    def files(self) -> list[Path]:
        """All files, oldest first."""
        return sorted(self.folder.glob("refused-*.jsonl")) if self.folder.is_dir() else []

    def read(self, file: Path) -> Iterator[dict[str, Any]]:
        """The lines of a file, opened. Trouble: it is none of this network."""
        for number, stored in enumerate(file.read_bytes().splitlines(), start=1):
            said = self._opened(stored)
            if said is None:
                raise Trouble(f"{file}, line {number} was not set aside by Weft: `weft refused` alone shows what was")
            yield orjson.loads(said)

    def forget(self, member_ids: Collection[str]) -> int:
        """Drops every line that names one of these members; returns how many. What is so broken that it names nobody
        stays until it expires: sealed, as it is."""
        return sum(self._forget_in(file, member_ids) for file in self.files())

    def expire(self, now: int, days: int) -> int:
        """Removes the files whose last line is older than so many days; returns how many."""
        old = [file for file in self.files() if file.stat().st_mtime * 1_000_000 < now - days * DAY_US]
        for file in old:
            file.unlink()
        return len(old)

    def _forget_in(self, file: Path, member_ids: Collection[str]) -> int:
        """In place, under the lock that whoever adds a line takes: none is lost. What nobody can open goes as well."""
        age = file.stat().st_mtime
        with open(file, "r+b") as opened:
            flock(opened, LOCK_EX)
            lines = opened.read().splitlines()
            kept = [line for line in lines if (said := self._opened(line)) and not names_any(said, member_ids)]
            if len(kept) < len(lines):
                opened.seek(0)
                opened.writelines(line + b"\n" for line in kept)
                opened.truncate()
        os.utime(file, (age, age))  # what is left of a file is as old as it was
        return len(lines) - len(kept)

    def _opened(self, stored: bytes) -> bytes | None:
        try:
            return self._sealing.open_unreadable(b64decode(orjson.loads(stored)["sealed"]))
        except (ValueError, KeyError, TypeError):
            return None


def names_any(said: bytes, member_ids: Collection[str]) -> bool:
    """Whether one of these is in a refused line, as it came or, where it is JSON, without escapes."""
    if not member_ids:
        return False
    words = _AN_ID.findall(said) + _AN_ID.findall(_without_escapes(orjson.loads(said).get("event", "")))
    found = {word.decode() for word in words}
    return not (found | {word.strip(".:_-") for word in found}).isdisjoint(member_ids)


def _without_escapes(raw: str) -> bytes:
    try:
        return orjson.dumps(orjson.loads(raw))
    except ValueError:
        return b""
