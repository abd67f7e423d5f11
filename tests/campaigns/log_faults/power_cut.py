"""Cuts the power at random moments of a log's life, from its creation on; some of the cuts follow a kill and a restart.

A life is lived on a watched disk (`disk.py`). At a moment of it the disk says what would be left if the power failed
now; that is written down with the number of events acknowledged by then, and opened afterwards by the log as it ships.
"""

from contextlib import closing
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

from schemas.codec import Event
from services.log import Verdict
from services.log.sqlite import SqliteLog
from tests.campaigns.log_faults.disk import Disk, Image
from tests.campaigns.log_faults.verdict import IN_MEMORY, an_event, each_once, main, require

APPENDS_A_LIFE = 10
CUT_CHANCE, KILL_CHANCE = 0.02, 0.005  # at each of the some 150 moments of a life
CUT_CHANCE_AFTER_A_KILL = 0.05  # of some 40 moments
ROTATE_CHANCE = 0.1  # of the network's key, after an append
EARLY = 5  # the creation of a log is short, and worth so many closer looks


class Cut(NamedTuple):
    """What a power cut left, and how many of the events sent had been acknowledged."""

    image: Image
    acknowledged: int


class Life:
    """A log from its start to its end, and the cuts and kills that might have ended it sooner."""

    def __init__(self, disk: Disk, dice: Random, sent: list[Event], acknowledged: int = 0) -> None:
        self.disk, self.dice, self.sent, self.acknowledged = disk, dice, sent, acknowledged
        self.cuts: list[Cut] = []
        self.kills: list[tuple[Disk, int, int]] = []
        self._folders = (disk.folder.parent / f"{disk.folder.name}-{number}" for number in count())

    def live(self, appends: int, cut_chance: float, kill_chance: float) -> None:
        """Appends; before each thing that happens to the disk, dice decide on a cut or a kill."""

        def moment() -> None:
            often = 1 if self.acknowledged else EARLY
            if self.dice.random() < cut_chance * often:
                self.cuts.append(Cut(self.disk.power_cut(self.dice), self.acknowledged))
            if self.dice.random() < kill_chance * often:
                folder = next(self._folders)
                folder.mkdir()
                self.kills.append((self.disk.killed(folder), len(self.sent), self.acknowledged))

        with self.disk:
            self.disk.before_each = moment
            log = SqliteLog(self.disk.folder / "log", connect=self.disk.connect)
            self._append(log)  # what was under way when the life before ended
            for _ in range(appends):
                self._say_more()
                self._append(log)
                if self.dice.random() < ROTATE_CHANCE:
                    log.sealing.keys.rotate()
            self.disk.before_each = lambda: None
            log.close()

    def _say_more(self) -> None:
        size = self.dice.choice((10, 10, 500, 3_000))
        self.sent += [an_event(f"e-{len(self.sent) + n}", size) for n in range(self.dice.randrange(1, 6))]

    def _append(self, log: SqliteLog) -> None:
        log.append(self.sent[self.acknowledged :])
        self.acknowledged = len(self.sent)


def check(cut: Cut, sent: list[Event], folder: Path) -> None:
    """The log starts with what was left: all that was acknowledged, in its order, nothing unsent, and it goes on."""
    for name, content in cut.image.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    with closing(SqliteLog(folder / "log")) as log:
        each_once(log, sent[: cut.acknowledged], sent)
        there = [record.event for record in log.read()]
        require(there == sent[: len(there)], "events in another order")
        [receipt] = log.append([an_event("afterwards")])
        require(receipt.verdict is Verdict.ACCEPTED, "a log that does not go on")
        require(log.verify() == len(there) + 1, "a log that does not go on well")


def campaign(cases: int, dice: Random) -> str:
    """Lives, until there were so many cuts."""
    cuts = kills = lives = 0
    while cuts < cases:
        lives += 1
        with TemporaryDirectory(prefix="weft-power-", dir=IN_MEMORY) as scratch:
            life = Life(_new_disk(Path(scratch)), dice, [])
            life.live(APPENDS_A_LIFE, CUT_CHANCE, KILL_CHANCE)
            found = [(cut, life.sent) for cut in life.cuts]
            for disk, sent, acknowledged in life.kills:
                kills += 1
                second = Life(disk, dice, life.sent[:sent], acknowledged)
                second.live(1, CUT_CHANCE_AFTER_A_KILL, 0)
                found += [(cut, second.sent) for cut in second.cuts]
            for number, (cut, sent) in enumerate(found):
                check(cut, sent, Path(scratch) / f"cut-{number}")
            cuts += len(found)
    return f"{cuts} power cuts in {lives} lives, {kills} of them killed before: nothing acknowledged was lost"


def _new_disk(scratch: Path) -> Disk:
    (scratch / "life").mkdir()
    return Disk(scratch / "life")


if __name__ == "__main__":
    main(campaign)
