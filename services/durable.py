"""What survives a power cut."""

import os
from pathlib import Path


def sync_folder(path: Path) -> None:
    """What was created, renamed or taken out in this folder stays so. OSError."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
