"""Publishing files of events, line by line: what is refused is set aside with its reason, and the rest goes on.

Lines go in chunks, so that a sync of the disk (or a request) is paid once for many. Publishing a file again changes
nothing, so whoever was interrupted, or has put right what was refused, publishes the whole file again.
"""

import gc
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import BinaryIO, NamedTuple

import orjson

from schemas.errors import Refusal
from services.admission import ACCEPTED, DUPLICATE, REFUSED, Receipt
from services.collecting import uncollected
from services.folder import only_mine
from services.trouble import Trouble

CHUNK_EVENTS = 500  # what one commit of the log holds
CHUNK_BYTES = 4 * 1024 * 1024  # half of what a gateway takes in one request
COLLECT_CHUNKS = 200  # 100,000 lines: an error that was caught may leave a cycle, and a file may be all errors
LONGEST_LINE_BYTES = 1024 * 1024  # of a line that is longer, so much is kept and told; it is refused in any case

Sink = Callable[[Sequence[bytes]], list[Receipt]]


class Line(NamedTuple):
    """One line of a file; `number` counts from 1."""

    file: str
    number: int
    raw: bytes


Record = Callable[[Line, Refusal], dict[str, object]]


class Published(NamedTuple):
    """What became of all lines, where the refused ones were written (None when there were none), and how often why."""

    accepted: int
    duplicate: int
    refused: int
    refused_file: str | None
    reasons: Counter[str]


def publish(lines: Iterable[Line], sink: Sink, refused_file: Path, record: Record | None = None) -> Published:
    """Sends every line to the sink. What is refused is written to a file, each as `record` says (absent: as it came).
    Trouble: the sink cannot go on, or the refused cannot be written."""
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    with uncollected():
        for number, chunk in enumerate(_chunks(lines), start=1):
            receipts = sink([line.raw for line in chunk])
            counts.update([receipt.status for receipt in receipts])
            refused = [(line, told.refusal) for line, told in zip(chunk, receipts, strict=True) if told.refusal]
            if refused:
                _set_aside(refused_file, [(record or _as_it_came)(*each) for each in refused])
                reasons.update(str(refusal) for _, refusal in refused)
            if number % COLLECT_CHUNKS == 0:
                gc.collect()
    named = str(refused_file) if counts[REFUSED] else None
    return Published(counts[ACCEPTED], counts[DUPLICATE], counts[REFUSED], named, reasons)


# --- reading --------------------------------------------------------------------------------------------------------


def lines_of(name: str, file: BinaryIO) -> Iterator[Line]:
    """The lines of a file that are not blank, each without its end. A line is never held whole beyond its limit."""
    number = 0
    while raw := file.readline(LONGEST_LINE_BYTES):
        number += 1
        rest = raw
        while len(rest) == LONGEST_LINE_BYTES and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE_BYTES)
        if line := raw.strip():
            yield Line(name, number, line)


def _chunks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    chunk: list[Line] = []
    size = 0
    for line in lines:
        if len(chunk) == CHUNK_EVENTS or (chunk and size + len(line.raw) > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(line)
        size += len(line.raw)
    if chunk:
        yield chunk


# --- what was refused -----------------------------------------------------------------------------------------------


def refused_path(folder: Path, now: datetime) -> Path:
    """Where this run writes what is refused."""
    return folder / f"refused-{now.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}.jsonl"


def _set_aside(path: Path, records: list[dict[str, object]]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "ab", opener=only_mine) as file:
            flock(file, LOCK_EX)  # whoever takes lines out of it meanwhile takes none of these
            file.writelines(orjson.dumps(record) + b"\n" for record in records)
    except OSError as wrong:
        raise Trouble(f"what was refused cannot be written to {path} ({wrong.strerror})") from None


def _as_it_came(line: Line, refusal: Refusal) -> dict[str, object]:
    return record_of(line, str(refusal), refusal.field)


def record_of(line: Line, error: str, field: str) -> dict[str, object]:
    """A refused line as people read it."""
    said = {"file": line.file, "line": line.number, "error": error, "field": field}
    try:
        return {**said, "event": line.raw.decode("utf-8")}
    except UnicodeDecodeError:
        return {**said, "event_base64": b64encode(line.raw).decode()}
