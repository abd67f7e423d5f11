"""The plots of docs/RELEVANCE.md, drawn from the figures that `make backtest` wrote: equal figures give equal bytes.

python -m benchmarks.plots
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.inputs import ROOT
from benchmarks.real import BEST_RULE

FOLDER = ROOT / "docs" / "relevance"
FIGURES = FOLDER / "figures.json"
WEFT, RULE, QUIET = "#0b6e75", "#b5521b", "#777777"
STYLE = {
    "svg.hashsalt": "weft",  # or ids would differ each time
    "svg.fonttype": "none",  # text stays text
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "axes.axisbelow": True,
    "figure.facecolor": "white",  # explicit, for dark viewers
    "savefig.facecolor": "white",
    "legend.frameon": False,
}
Told = dict[str, Any]


def draw(figures: Told, folder: Path) -> None:
    """All plots, into a folder."""
    with matplotlib.rc_context(STYLE):
        for name, plot in PLOTS.items():
            whole = Figure(figsize=(7.6, 4.0), layout="constrained")
            plot(whole, figures)
            whole.savefig(folder / f"{name}.svg", metadata={"Date": None})


def learning_curve(whole: Figure, figures: Told) -> None:
    """Outcomes that a card is learned from, against how well it ranks."""
    rule, hand, *learned = figures["questions"]["curve"]
    for axes, metric in zip(_two(whole), ("MRR@10", "recall@10"), strict=True):
        counts = [int(row["name"]) for row in learned]
        below, above = (
            [row[metric] - rule[metric] - row["against"][metric][0] for row in learned],
            [row["against"][metric][1] - row[metric] + rule[metric] for row in learned],
        )
        axes.errorbar(
            counts,
            [row[metric] for row in learned],
            [below, above],
            fmt="o-",
            color=WEFT,
            capsize=3,
            label="learned from so many outcomes",
        )
        axes.axhline(hand[metric], color=QUIET, linestyle=":", label="card by hand, nothing learned")
        axes.axhline(rule[metric], color=RULE, linestyle="--", label=f"best rule ({BEST_RULE})")
        axes.set(xscale="log", xlabel="outcomes", title=metric)
        axes.set_xticks(counts[:-1], [f"{count:,}" for count in counts[:-1]])
        axes.minorticks_off()
    _explain(whole, axes)


def calibration(whole: Figure, figures: Told) -> None:
    """The score that was shown, against how often it was worth it to both."""
    told = figures["simulated"]["calibration"]
    for axes, (name, title) in zip(_two(whole), (("default", "default cards"), ("learned", "learning")), strict=True):
        bins = told[name]["bins"]
        true = [each["true"] for each in bins]
        spans = [
            [each["true"] - each["interval"][0] for each in bins],
            [each["interval"][1] - each["true"] for each in bins],
        ]
        axes.plot([0, 1], [0, 1], color=QUIET, linestyle=":", label="as it should be")
        axes.errorbar([each["score"] for each in bins], true, spans, fmt="none", ecolor=WEFT, capsize=3)
        axes.scatter(
            [each["score"] for each in bins],
            true,
            [12 + each["count"] / 8 for each in bins],
            color=WEFT,
            label="suggestions, by tenths of the score",
        )
        axes.set(
            xlim=(0, 0.8),
            ylim=(0, 0.8),
            xlabel="score shown",
            ylabel="worth it to both",
            title=f"{title}: error {told[name]['error']:.3f}",
        )
    _explain(whole, axes)


def exposure(whole: Figure, figures: Told) -> None:
    """How often the most shown member is shown, against how well it ranks, for several caps."""
    rows = {row["name"]: row for row in figures["questions"]["rows"]}
    capped = [row for name, row in rows.items() if name.startswith("Weft, learning monthly")]
    rule = rows[BEST_RULE]
    for axes, metric in zip(_two(whole), ("MRR@10", "recall@10"), strict=True):
        axes.plot(
            [row["load@10"] for row in capped],
            [row[metric] for row in capped],
            "o-",
            color=WEFT,
            label="Weft, free and with --load",
        )
        for row in capped:
            cap = row["name"].partition("--load ")[2] or "free"
            axes.annotate(
                cap, (row["load@10"], row[metric]), (0, 7), textcoords="offset points", ha="center", fontsize=8
            )
        axes.plot([rule["load@10"]], [rule[metric]], "s", color=RULE, label=f"best rule ({BEST_RULE}), free")
        axes.axhline(rule[metric], color=RULE, linestyle="--", linewidth=0.8)
        axes.margins(0.12, 0.18)
        axes.set(xlabel="load@10, the share of the most shown member", title=metric)
    _explain(whole, axes)


def _two(whole: Figure) -> list[Axes]:
    return list(whole.subplots(1, 2))


def _explain(whole: Figure, axes: Axes) -> None:
    """What the colours mean, once, below both."""
    lines, labels = axes.get_legend_handles_labels()
    whole.legend(lines, labels, loc="outside lower center", ncols=len(labels), fontsize=8)


PLOTS: dict[str, Callable[[Figure, Told], None]] = {
    "learning-curve": learning_curve,
    "calibration": calibration,
    "exposure": exposure,
}

if __name__ == "__main__":
    draw(json.loads(FIGURES.read_text()), FOLDER)
