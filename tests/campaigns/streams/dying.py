"""A process that is killed at a line: the campaign puts a mark into a folder, and whoever comes by next takes it."""

import os
import signal
from pathlib import Path

from tests.campaigns.builds import Break, Line


def die(folder: str) -> None:
    """Kills this process, as kill -9 does, if there is a mark to be taken."""
    for mark in Path(folder).glob("*"):
        try:
            mark.unlink()
        except FileNotFoundError:  # another process has taken it
            continue
        os.kill(os.getpid(), signal.SIGKILL)


def dies_before(line: Line, marks: Path) -> Break:
    """A build that may die before this line."""
    marks.mkdir(parents=True, exist_ok=True)
    indent = line.right[: len(line.right) - len(line.right.lstrip())]
    dying = f'{indent}__import__("{__name__}", fromlist="die").die("{marks}")'
    return Break(line.file, line.right, f"{dying}\n{line.right}")
