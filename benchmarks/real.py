"""The real data that Weft is measured on: read from where WEFT_EVAL_DATA points, turned into events and queries in
build/bench, and never a part of the project."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from benchmarks.inputs import ROOT, kept

BEST_RULE = "subject_activity"  # of peers.py (RELEVANCE.md)
NEEDED_BY = {"bm25": "bm25s", "als": "implicit"}  # peers that take more than the standard library


class Data(NamedTuple):
    """What happened, and who looked for what, with the truth beside it."""

    events: Path
    queries: Path


def folder() -> Path | None:
    """Where the data is; None where there is none."""
    found = Path(os.environ.get("WEFT_EVAL_DATA") or ROOT.parent / "shared")
    return found if (found / "eval" / "peers.py").is_file() else None


def onstartups() -> Data | None:
    """Questions and answers between entrepreneurs, the development split of RELEVANCE.md."""
    return _made("onstartups", "--until", "2012-05-09", "--test-from", "2011-09-01")


def contacts() -> Data | None:
    """Face-to-face contacts in a workplace."""
    return _made("contacts")


def _made(name: str, *options: str) -> Data | None:
    if folder() is None:
        return None
    out = kept() / "real" / name
    run_script(name, *options, "--out", out)
    return Data(out / "events.jsonl", out / "queries.jsonl")


def run_script(name: str, *options: str | Path) -> str:
    """What a script of the data's folder says."""
    command = [sys.executable, f"{folder()}/eval/{name}.py", *options]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
