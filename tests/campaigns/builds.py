"""Running a campaign's program, here or in a copy of the tree that was broken on purpose."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.campaigns.log_faults.verdict import FAULT_EXIT

ROOT = Path(__file__).parents[2]
LONG = os.environ.get("WEFT_CAMPAIGN") == "long"
SEED = 20_260_105
LIMIT_S = 4 * 3_600 if LONG else 900


NAMED: list["Line"] = []  # every line of the product that a campaign names, as its module is read


@dataclass(frozen=True)
class Line:
    """What stands in a file exactly once, until somebody writes the file anew."""

    file: str
    right: str

    def __post_init__(self) -> None:
        NAMED.append(self)

    def stands_in(self, tree: Path) -> bool:
        """Whether the file still says so."""
        return (tree / self.file).read_text().count(self.right) == 1


@dataclass(frozen=True)
class Break(Line):
    """One change to one file: what a mistake would look like."""

    wrong: str


def run(
    program: str, cases: int, *more: str, tree: Path = ROOT, under: tuple[str, ...] = (), package: str = "log_faults"
) -> str | None:
    """The fault that was found, or None; shows what was done. `under`: a command that runs the program."""
    command = [*under, sys.executable, "-m", f"tests.campaigns.{package}.{program}", str(cases), str(SEED), *more]
    ended = subprocess.run(
        command, cwd=tree, env=os.environ | {"PYTHONPATH": str(tree)}, capture_output=True, text=True, timeout=LIMIT_S
    )
    print(ended.stdout, ended.stderr)
    assert ended.returncode in (0, FAULT_EXIT), ended.stderr
    return ended.stdout if ended.returncode else None


def fails(test: str, tree: Path) -> bool:
    """Whether this test (a node id of pytest) fails in this tree; of several cases the first that does is enough."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test]
    ended = subprocess.run(
        command, cwd=tree, env=os.environ | {"PYTHONPATH": str(tree)}, capture_output=True, text=True, timeout=LIMIT_S
    )
    print(ended.stdout, ended.stderr)
    assert ended.returncode in (0, 1), ended.stdout
    return ended.returncode == 1


def broken_tree(folder: Path, *breaks: Break) -> Path:
    """A copy of what the programs need, with the mistakes in it; what was compiled of files that stay as they are is
    taken along, as numba's kernels take a minute, but for what somebody is writing."""
    for part in ("schemas", "matcher", "services", "tests"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("*.pyc.*", "*.tmp.*"))
    for each in breaks:
        assert each.stands_in(folder), f"{each.file} no longer says {each.right!r} once: say how it can be broken now"
        (folder / each.file).write_text((folder / each.file).read_text().replace(each.right, each.wrong))
    return folder
