"""A process that is killed at a line: the campaign puts a mark into a folder, and whoever comes by next takes it."""

import os
import signal
from pathlib import Path

from tests.campaigns.builds import Break


def die(folder: str) -> None:
    """Kills this process, as kill -9 does, if there is a mark to be taken."""
    for mark in Path(folder).glob("*"):
        try:
            mark.unlink()
        except FileNotFoundError:  # another process has taken it
            continue
        os.kill(os.getpid(), signal.SIGKILL)


def dies_before(file: str, line: str, marks: Path) -> Break:
    """A build that may die before this line of this file."""
    marks.mkdir(parents=True, exist_ok=True)
    indent = line[: len(line) - len(line.lstrip())]
    return Break(file, line, f'{indent}__import__("{__name__}", fromlist="die").die("{marks}")\n{line}')
