"""Weft and its peers on the same queries: everybody's rankings, and what measure.py says of them."""

import json
import re
import resource
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from benchmarks import real
from benchmarks.figure import cpu_s
from services import backtest

WHOLE_POOL = 1_000_000  # as --top: more than any pool holds, so that the ranking is all of it
PEERS = ("random", "activity", "neighbours", "subject", real.BEST_RULE, "bm25", "als")
_FIGURES = re.compile(r"^(?P<name>\S+) +queries \d+ (?P<figures>.*)$", re.MULTILINE)
_FIGURE = re.compile(r"(\S+@10) (\S+)")
_DIFFERENCE = re.compile(r"^ +(\S+@10) minus \S+: (\S+) … (\S+)$", re.MULTILINE)


class Ranking(NamedTuple):
    """Rankings of all queries, and the CPU seconds that they took."""

    file: Path
    cpu_s: float


class Measured(NamedTuple):
    """What measure.py says of rankings; `against` has the interval of the paired difference to the first of them."""

    figures: dict[str, float]
    against: dict[str, tuple[float, float]]


def weft(data: real.Data, card: str = "default", load: float | None = None) -> Ranking:
    """Weft's rankings, of the whole pool."""
    file = data.events.parent / f"Weft-{card}-{load}.jsonl"
    run = backtest.run
    return Ranking(file, cpu_s(lambda: run(data.events, data.queries, file, top=WHOLE_POOL, card=card, load=load)))


def peer(data: real.Data, name: str) -> Ranking:
    """A peer's rankings."""
    folder, before = data.events.parent / "peers", _childrens_cpu_s()
    real.run_script("peers", "--events", data.events, "--queries", data.queries, "--out", folder, "--peer", name)
    return Ranking(folder / f"{name}.jsonl", _childrens_cpu_s() - before)


def peers_here() -> list[str]:
    """The peers that this environment can run."""
    return [name for name in PEERS if name not in real.NEEDED_BY or find_spec(real.NEEDED_BY[name])]


def measured(data: real.Data, rankings: list[Path]) -> list[Measured]:
    """What measure.py says of each, in their order."""
    said = real.run_script("measure", "--queries", data.queries, *_options(rankings))
    found = list(_FIGURES.finditer(said))
    ends = [one.start() for one in found[1:]] + [len(said)]
    return [
        Measured(
            {name: float(value) for name, value in _FIGURE.findall(one["figures"])},
            {name: (float(low), float(high)) for name, low, high in _DIFFERENCE.findall(said, one.end(), end)},
        )
        for one, end in zip(found, ends, strict=True)
    ]


def _options(rankings: list[Path]) -> Iterator[str | Path]:
    for file in rankings:
        yield from ("--rankings", file)


def lines(file: Path) -> list[dict]:
    """A JSON object a line."""
    return [json.loads(line) for line in file.read_text().splitlines()]


def _childrens_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
