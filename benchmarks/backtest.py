"""Backtest: the 1,491 real queries ranked with what was known then, beside the best hand-made rule of peers.py.

CPU seconds for reading and folding the 117,788 events and ranking every query's whole pool; and how good the rankings
are, by measure.py, with a card that is fitted anew on the first of each month on what was known then. (The default card
was fitted on these very data; its figures here are flattered.) `make backtest` runs this file as a program, for all
that there is to say on relevance: the tables, and the figures from which docs/RELEVANCE.md has its tables and plots.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from rich.console import Console

from benchmarks import comparison, plots, questions, real, simulated, told
from benchmarks.figure import Figure

FLOOR_S = 60
FLOORS = {"MRR@10": 0.255, "recall@10": 0.470, "nDCG@10": 0.284}
GOALS = {"MRR@10": 0.280, "recall@10": 0.528, "nDCG@10": 0.312}  # 1.3 times the best rule
DOCUMENT = plots.FOLDER.parent / "RELEVANCE.md"
NO_DATA = (
    "No real data here (WEFT_EVAL_DATA names no folder with eval/ and data/): this would have shown Weft beside its "
    "peers on real questions and real contacts, with MRR, recall, nDCG, load and the pool's recall. What follows is "
    "the simulator alone."
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


# --- all that there is to say ---------------------------------------------------------------------------------------


def main() -> None:
    """Prints the tables; with the real data also writes the figures, and the document's tables and plots."""
    out = Console(highlight=False, width=None if sys.stdout.isatty() else 150)
    asked, contacts = real.onstartups(), real.contacts()
    figures: dict[str, Any] = {"simulated": simulated.simulated()}
    if asked and contacts:
        figures = {"questions": questions.questions(asked), "contacts": questions.contacts(contacts), **figures}
        write(figures)
    else:
        out.print(NO_DATA)
    for table in told.tables(figures):
        out.print(told.as_rich(table))
    _tell_left_out(out)


def write(figures: dict[str, Any]) -> None:
    """The figures, the plots, and the tables of docs/RELEVANCE.md."""
    plots.FOLDER.mkdir(parents=True, exist_ok=True)
    plots.FIGURES.write_text(json.dumps(_rounded(figures), indent=1, ensure_ascii=False) + "\n")
    kept = json.loads(plots.FIGURES.read_text())
    plots.draw(kept, plots.FOLDER)
    DOCUMENT.write_text(with_tables(DOCUMENT.read_text(), kept))


def with_tables(text: str, figures: dict[str, Any]) -> str:
    """A document whose tables, each between two marks with its key, are those of the figures."""
    for table in told.tables(figures):
        begin, end = f"<!-- table {table.key} -->\n", f"<!-- end of table {table.key} -->"
        before, found, rest = text.partition(begin)
        if found:
            text = f"{before}{begin}{told.as_markdown(table)}\n{end}{rest.partition(end)[2]}"
    return text


def _rounded(figures: Any) -> Any:
    """To four decimals: what is finer is noise."""
    if isinstance(figures, dict):
        return {name: _rounded(each) for name, each in figures.items()}
    if isinstance(figures, list | tuple):
        return [_rounded(each) for each in figures]
    return round(figures, 4) if isinstance(figures, float) else figures


def _tell_left_out(out: Console) -> None:
    missing = [name for name in comparison.PEERS if name not in comparison.peers_here()]
    left_out = [f"{name} (needs {real.NEEDED_BY[name]})" for name in missing]
    if left_out:
        out.print(f"Left out, as this environment has not what they need: {', '.join(left_out)}.", style="dim")


if __name__ == "__main__":
    main()
