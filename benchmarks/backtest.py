"""Backtest: the 1,491 real queries ranked with what was known then, beside the best hand-made rule of peers.py.

CPU seconds for reading and folding the 117,788 events and ranking every query's whole pool; and how good the rankings
are, by measure.py, with a card that is fitted anew on the first of each month on what was known then. (The default card
was fitted on these very data; its figures here are flattered.) `make backtest` runs this file as a program, for the
whole table: every peer, the price, the pool.
"""

import sys
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from benchmarks import comparison, real
from benchmarks.comparison import Measured, Pool, Ranking
from benchmarks.figure import Figure

FLOOR_S = 60
FLOORS = {"MRR@10": 0.255, "recall@10": 0.470, "nDCG@10": 0.284}
GOALS = {"MRR@10": 0.280, "recall@10": 0.528, "nDCG@10": 0.312}  # 1.3 times the best rule
LOADS = (0.5, 0.25)
METRICS = ("MRR@10", "recall@10", "nDCG@10")
NO_DATA = (
    "No real data here (WEFT_EVAL_DATA names no folder with eval/ and data/): this would have shown Weft beside its "
    "peers on real questions and real contacts, with MRR, recall, nDCG, load and the pool's recall."
)


def measure() -> Iterator[Figure]:
    """Nothing where the data is not."""
    data = real.onstartups()
    if data is None:
        return
    rule, weft = comparison.peer(data, real.BEST_RULE), comparison.weft(data)
    learning = comparison.weft(data, "fitted")
    theirs, ours = comparison.measured(data, [rule.file, learning.file])
    members = data.events.read_text().count('"member.joined"')
    yield Figure("backtest", weft.cpu_s, "s", members, FLOOR_S, None, True, real.BEST_RULE, rule.cpu_s)
    yield Figure("backtest, learning", learning.cpu_s, "s", members, less_is_better=True)
    for name, floor in FLOORS.items():
        value, peer = ours.figures[name], theirs.figures[name]
        yield Figure(f"backtest, {name}", value, "", members, floor, GOALS[name], False, real.BEST_RULE, peer)


# --- the whole table --------------------------------------------------------------------------------------------------


def main() -> None:
    """Prints the tables, or in one line what they would have shown."""
    told = Console(highlight=False, width=None if sys.stdout.isatty() else 130)
    for title, data in (
        ("Questions and answers between entrepreneurs: whom should the asker meet?", real.onstartups()),
        ("Face-to-face contacts in a workplace: whom will they talk to for the first time?", real.contacts()),
    ):
        if data is None:
            print(NO_DATA)
            return
        told.print(_compared(title, data))
    missing = [name for name in comparison.PEERS if name not in comparison.peers_here()]
    left_out = [f"{name} (needs {real.NEEDED_BY[name]})" for name in missing]
    if left_out:
        told.print(f"Left out, as this environment has not what they need: {', '.join(left_out)}.", style="dim")


def _compared(title: str, data: real.Data) -> Table:
    rankings: dict[str, Ranking] = {}
    others = [name for name in comparison.peers_here() if name != real.BEST_RULE]
    for name in (real.BEST_RULE, *others):
        _tell(f"ranking with {name}")
        rankings[name] = comparison.peer(data, name)
    _tell("ranking with Weft, the default card")
    rankings["Weft, default card"] = comparison.weft(data)
    for load in (None, *LOADS):
        option = f" --load {load}" if load else ""
        _tell(f"ranking with Weft --card fitted{option}")
        rankings[f"Weft, --card fitted{option}"] = comparison.weft(data, "fitted", load)
    _tell("measuring")
    measured = comparison.measured(data, [ranking.file for ranking in rankings.values()])
    table = _table(title)
    for (name, ranking), found in zip(rankings.items(), measured, strict=True):
        pool = comparison.pool(data, ranking.file) if name.startswith("Weft") else None
        table.add_row(*_cells(name, ranking, found, pool), end_section=name == others[-1])
    return table


def _table(title: str) -> Table:
    caption = f"below each figure: where its difference to {real.BEST_RULE} lies (95 %, paired bootstrap)"
    table = Table(title=f"\n[bold]{title}[/bold]", caption=caption, box=None, padding=(0, 2, 0, 0))
    table.title_justify = table.caption_justify = "left"
    table.add_column("")
    for column in (*METRICS, "load@10", "pool's recall", "CPU"):
        table.add_column(column, justify="right")
    return table


def _cells(name: str, ranking: Ranking, found: Measured, pool: Pool | None) -> list[str]:
    shown = f"[bold]{name}[/bold]" if pool else name
    return [
        f"{shown}\n",
        *(_cell(metric, found) for metric in METRICS),
        f"{found.figures['load@10']:.2f}",
        f"{pool.recall:.3f}\n[dim]of {pool.mean_size:,.0f}[/dim]" if pool else "",
        f"{ranking.cpu_s:.1f} s",
    ]


def _cell(metric: str, found: Measured) -> str:
    value = found.figures[metric]
    if metric not in found.against:
        return f"{value:.4f}"
    low, high = found.against[metric]
    color = "green" if low > 0 else "red" if high < 0 else "dim"
    return f"{value:.4f}\n[{color}]{low:+.4f} … {high:+.4f}[/{color}]"


def _tell(doing: str) -> None:
    print(f"{doing} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
