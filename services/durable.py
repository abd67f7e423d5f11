"""What survives a power cut."""

import os
from contextlib import suppress
from pathlib import Path


def sync_folder(path: Path) -> None:
    """What was created, renamed or taken out in this folder stays so. OSError."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def remove(file: Path) -> None:
    """Takes a file away, if it is there; `sync_folder` makes that last."""
    with suppress(FileNotFoundError):
        os.unlink(file)
