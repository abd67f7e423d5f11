"""Simulated networks to measure on, made once and kept in build/bench until the code that makes them changes.

All are beginnings of one history: a network of 10,000 members in some 330 groups, told from its oldest group on. After
100,000 events its members have known Weft for two weeks; after a million, for two years, and half of them are others.
"""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from matcher.horizon import Horizon
from matcher.world import World
from schemas.codec import decode
from schemas.door import OPERATOR
from services import admission
from services.clock import now_us
from services.folder import Folder
from services.log.sqlite import SqliteLog
from services.simulate import history

ROOT = Path(__file__).resolve().parents[1]
_KEPT = ROOT / "build" / "bench"
MADE_BY = ("schemas", "services/log", "services/simulate")
MEMBERS, WEEKS, SEED = 10_000, 150, 7
CHUNK_EVENTS = 500


def simulated(events: int, after: int = 0) -> Iterator[bytes]:
    """So many events of the history, as lines, from the one numbered `after` on."""
    return islice(history(MEMBERS, WEEKS, SEED), after, after + events)


def told(members: int, weeks: int, seed: int) -> World:
    """The world of a network of some `members`, so many weeks after its beginning; nothing of it is kept."""
    horizon = Horizon(World(), 1 << 62)
    for line in history(members, weeks, seed):
        horizon.add(decode(line))
    return horizon.world


def events_file(events: int) -> Path:
    """A file of the first so many events."""
    file = kept() / f"events-{events}.jsonl"
    if not file.exists():
        unfinished = file.with_suffix(".unfinished")
        with open(unfinished, "wb") as opened:
            opened.writelines(line + b"\n" for line in simulated(events))
        unfinished.rename(file)
    return file


def network(events: int) -> Folder:
    """A data folder whose log holds the first so many events: to read from, and to start on; copy it to write to it."""
    path = kept() / f"network-{events}"
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        with closing(SqliteLog(Folder(unfinished).create().log)) as log:
            lines = simulated(events)
            while chunk := list(islice(lines, CHUNK_EVENTS)):
                admission.take(log.append, chunk, now_us(), OPERATOR)
        unfinished.rename(path)
    return Folder(path)


def copied(folder: Folder, to: Path) -> Folder:
    """A copy to write to."""
    shutil.copytree(folder.path, to)
    return Folder(to)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for what one measurement writes, on the disk that all of them write to; gone after it."""
    with TemporaryDirectory(dir=kept()) as folder:
        yield Path(folder)


def kept() -> Path:
    """The folder for what is kept; what other code made is thrown away."""
    sources = sorted(source for part in MADE_BY for source in (ROOT / part).rglob("*.*") if source.suffix != ".pyc")
    code = sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    stamp = _KEPT / "made-by"
    if not stamp.exists() or stamp.read_text() != code:
        shutil.rmtree(_KEPT, ignore_errors=True)
        _KEPT.mkdir(parents=True)
        stamp.write_text(code)
    return _KEPT
