"""What survives a power cut."""

import os
from contextlib import suppress
from pathlib import Path


def sync_folder(path: Path) -> None:
    """What was created, renamed or taken out in this folder stays so. OSError."""
    _sync(path)


def sync_file(path: Path) -> None:
    """What another process wrote to this file, and may have been killed before it was safe, stays so, and so does its
    name. OSError."""
    _sync(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(file: Path) -> None:
    """Takes a file away, if it is there; `sync_folder` makes that last."""
    with suppress(FileNotFoundError):
        os.unlink(file)
