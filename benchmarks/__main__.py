"""Runs the figures, prints one table, and keeps each in results.json as soon as it was run, with the day."""

import json
import sys
import time
from datetime import date
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure

NAMES = (
    "simulate", "log", "replay", "publish", "start", "accept", "backtest", "ask", "rounds", "edits", "lists", "sealing",
    "erasing", "streams",
)  # fmt: skip
RESULTS = Path(__file__).parent / "results.json"


def main(names: list[str]) -> int:
    """Exit code 0: all floors hold; 1: one does not; 2: there is no such figure."""
    if unknown := [name for name in names if name not in NAMES]:
        print(f"there is no figure {unknown[0]}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    figures = []
    for name in names or NAMES:
        measured = _measured(name)
        _keep(name, measured)
        figures += measured
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    console.print(_table(figures))
    console.print("Written to benchmarks/results.json; benchmarks/README.md says how to read it.", style="dim")
    return 1 if any(figure.holds is False for figure in figures) else 0


def _keep(name: str, figures: list[Figure]) -> None:
    """In results.json, instead of what was measured of that name before; what was left out stays as it was."""
    if not figures:
        return
    kept = [row for row in json.loads(RESULTS.read_text()) if row["figure"] != name]
    kept += [{"figure": name, "measured": date.today().isoformat()} | figure.as_json() for figure in figures]
    kept.sort(key=lambda row: NAMES.index(row["figure"]))  # stable: within a figure as they were measured
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n")


def _measured(name: str) -> list[Figure]:
    begun = time.monotonic()
    print(f"{name} …", file=sys.stderr, end=" ", flush=True)
    figures = list(import_module(f"benchmarks.{name}").measure())
    told = f"{time.monotonic() - begun:.0f} s" if figures else "left out: it needs real data, and none is here"
    print(told, file=sys.stderr)
    return figures


def _table(figures: list[Figure]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("figure")
    for column in ("members", "value", "floor", "goal"):
        table.add_column(column, justify="right")
    table.add_column("peer")
    table.add_column("its value", justify="right")
    table.add_column("ratio", justify="right")
    for figure in figures:
        mark = {True: "[green]✓[/green]", False: "[red]✗[/red]", None: " "}[figure.holds]
        sign = "≤" if figure.less_is_better else "≥"
        table.add_row(
            f"{mark} {figure.name}",
            f"{figure.members:,}" if figure.members else "",
            f"[bold]{_told(figure.value)}[/bold] {figure.unit}",
            f"{sign} {_told(figure.floor)}" if figure.floor else "",
            f"{sign} {_told(figure.goal)}" if figure.goal else "",
            f"[dim]{figure.peer or ''}[/dim]",
            _told(figure.peer_value) if figure.peer_value else "",
            f"{figure.ratio:.2f}" if figure.ratio else "",
        )
    return table


def _told(value: float) -> str:
    """With as many digits as mean something: 62,300 or 41.5 or .2241."""
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 100 else f"{value:.3g}" if value >= 1 else f"{value:.4f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
