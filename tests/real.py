"""The real events that Weft is measured on, read from where WEFT_EVAL_DATA points; never a part of the project."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[1]


def eval_data() -> Path:
    """The folder of real data."""
    told = os.environ.get("WEFT_EVAL_DATA")
    folder = Path(told) if told else ROOT.parent / "shared"
    if not (folder / "eval" / "onstartups.py").is_file():
        absent("the real questions and answers are not here: WEFT_EVAL_DATA names their folder")
    return folder


def absent(why: str) -> NoReturn:
    """What a test needs is not here: it is skipped and says so; in CI it fails."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


def onstartups(out: Path) -> Path:
    """A folder with events.jsonl and queries.jsonl of real questions and answers, the development split."""
    return _made("onstartups.py", out, "--until", "2012-05-09", "--test-from", "2011-09-01")


def contacts(out: Path) -> Path:
    """The same of face-to-face contacts."""
    return _made("contacts.py", out)


def _made(script: str, out: Path, *options: str) -> Path:
    command = [sys.executable, str(eval_data() / "eval" / script), *options, "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    return out
