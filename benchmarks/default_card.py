"""The default card, fitted on the development data of RELEVANCE.md: writes matcher/default_card.py.

    python -m benchmarks.default_card

All needs of the data whose outcome is known at its end; what the data cannot teach stays as it is by hand.
"""

import json
import sys

from benchmarks import real
from benchmarks.inputs import ROOT
from matcher.card import by_hand
from services.backtest import read_events
from services.collecting import uncollected
from services.learning import Monthly
from services.lessons import Lessons

FILE = ROOT / "matcher" / "default_card.py"
HEAD = '''# ruff: noqa: E501
"""The default card: tables of points for a network that has no outcomes of its own yet to learn from.

Written by `python -m benchmarks.default_card`; not to be changed by hand. Fitted on {needs:,} needs of "Answers on
Startups", the public questions and answers of entrepreneurs (Stack Exchange data dump, CC BY-SA 3.0), and therefore
under that licence itself: see default_card.LICENCE.md. What those data cannot teach is by hand (card.py).
"""

# fmt: off
FITTED: dict[str, dict[str, list[int]]] = {{
'''


def main() -> None:
    """Fits and writes; says in one line where there is no data."""
    data = real.onstartups()
    if data is None:
        sys.exit("no real data here: WEFT_EVAL_DATA names no folder with eval/ and data/")
    events = read_events(data.events)
    with uncollected():
        lessons = Lessons(events)
        end = events[-1].time + 1
        weights = Monthly(lessons, by_hand()).fit_until(end)
        tables = "".join(_lines(name, table) for name, table in (weights or {}).items())
    FILE.write_text(HEAD.format(needs=len(lessons.examples_at(end))) + tables + "}\n")


def _lines(name: str, table: dict[str, list[int]]) -> str:
    edges, points = (json.dumps(table[key]) for key in ("edges", "points"))
    return f'    "{name}": {{\n        "edges": {edges},\n        "points": {points},\n    }},\n'


if __name__ == "__main__":
    main()
