"""Turns bits and cuts off ends in the files of a log. What was acknowledged is then served as it was, or not at all.

Whatever is turned, the log must say so: at the start, when the record is read, or when it is asked to verify itself.
Only where nothing depends on the bit (unused bytes, the older half of the head) may it say nothing, and serve all.
"""

import shutil
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from schemas.codec import Event
from services.log import LogDamaged, Verdict
from services.log.reader import LogReader
from services.log.sqlite import SqliteLog
from tests.campaigns.log_faults.verdict import IN_MEMORY, an_event, main, require

EVENTS = [an_event(f"e-{number}", size=number % 90) for number in range(200)]
CUT_SHARE = 0.2  # of the cases; the others turn a bit


def logs(scratch: Path) -> list[Path]:
    """The same log, in a folder with its keys: closed in peace, as a kill leaves it with all still to be moved from the
    write-ahead log, and in between."""
    folders = [scratch / "closed", scratch / "killed", scratch / "between"]
    with closing(SqliteLog(scratch / "live" / "log")) as log:
        log.append(EVENTS[:100])
        log.append(EVENTS[100:])
        shutil.copytree(scratch / "live", folders[1])
    shutil.copytree(scratch / "live", folders[0])
    with closing(SqliteLog(scratch / "half" / "log")) as log:
        log.append(EVENTS[:100])
    with closing(SqliteLog(scratch / "half" / "log")) as log:
        log.append(EVENTS[100:])
        shutil.copytree(scratch / "half", folders[2])
    for folder in folders:
        (folder / "log" / "events.db-shm").unlink(missing_ok=True)
    return folders


def harm(folder: Path, dice: Random) -> str:
    """Turns a bit or cuts off an end; says what was done."""
    file = dice.choice(sorted(file for file in folder.rglob("*") if file.is_file()))
    content = bytearray(file.read_bytes())
    place = dice.randrange(len(content))
    if dice.random() < CUT_SHARE:
        file.write_bytes(content[:place])
        return f"{file.relative_to(folder.parent)} cut off at {place}"
    content[place] ^= 1 << dice.randrange(8)
    file.write_bytes(content)
    return f"{file.relative_to(folder.parent)}: a bit turned at {place}"


def found(folder: Path, done: str) -> str:
    """Where the harm was found. Fault: it was not, and something else than what was acknowledged was served."""
    try:
        _check_reader(folder, done)
        log = SqliteLog(folder / "log")
    except LogDamaged:
        return "at the start"
    with closing(log):
        served: list[Event] = []
        try:
            served.extend(record.event for record in log.read())
        except LogDamaged:
            require(served == EVENTS[: len(served)], f"{done}: something else was served, and only then the harm found")
            return "when read"
        require(served == EVENTS, f"{done}: {len(served)} events were served, and not as they were")
        return found_by_identity(log, done)


def _check_reader(folder: Path, done: str) -> None:
    """Who only reads is served what was acknowledged, or told. LogDamaged: at the start."""
    served: list[Event] = []
    with closing(LogReader(folder / "log")) as reader, suppress(LogDamaged):
        served.extend(record.event for record in reader.read())
        require(len(served) == len(EVENTS), f"{done}: a reader was served {len(served)} events without a word")
    require(served == EVENTS[: len(served)], f"{done}: a reader was served something else")


def found_by_identity(log: SqliteLog, done: str) -> str:
    """Whether each event is still known; if it is not, that is for `verify` to see."""
    try:
        log.verify()
        sound = True
    except LogDamaged:
        sound = False
    try:
        known = all(receipt.verdict is Verdict.DUPLICATE for receipt in log.append(EVENTS))
    except LogDamaged:
        known = False
    require(known or not sound, f"{done}: an event is not known any more, and verify is content")
    return "harmless" if known else "by verify"


def campaign(cases: int, dice: Random) -> str:
    """So many harms, each to a fresh copy."""
    where: Counter[str] = Counter()
    with TemporaryDirectory(prefix="weft-rot-", dir=IN_MEMORY) as scratch:
        folders = logs(Path(scratch))
        for _ in range(cases):
            original = dice.choice(folders)
            folder = Path(shutil.copytree(original, Path(scratch) / "case" / original.name))
            where[found(folder, harm(folder, dice))] += 1
            shutil.rmtree(folder.parent)
    return f"{cases} harms found: {dict(where.most_common())}; nothing else was ever served"


if __name__ == "__main__":
    main(campaign)
