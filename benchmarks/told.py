"""The figures on relevance as tables, for a terminal and for docs/RELEVANCE.md: one text for both."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from rich.markup import escape
from rich.table import Table

from benchmarks.real import BEST_RULE

METRICS = ("MRR@10", "recall@10", "nDCG@10")
Row = dict[str, Any]


class Shown(NamedTuple):
    """A table; `key` names it in the document, `note` stands below it."""

    key: str
    title: str
    columns: Sequence[str]
    rows: list[list[str]]
    note: str


def tables(figures: dict[str, Any]) -> Iterator[Shown]:
    """All that there are figures for."""
    if "questions" in figures:
        yield from _of_questions(figures["questions"])
    if "contacts" in figures:
        yield _of_contacts(figures["contacts"])
    if "simulated" in figures:
        yield from _of_rounds(figures["simulated"])


def as_rich(shown: Shown) -> Table:
    """For a terminal."""
    table = Table(title=f"\n[bold]{shown.title}[/bold]", caption=shown.note, box=None, padding=(0, 2, 0, 0))
    table.title_justify = table.caption_justify = "left"
    for place, column in enumerate(shown.columns):
        table.add_column(column, justify="right" if place else "left")
    for row in shown.rows:
        table.add_row(*(f"[bold]{escape(cell)}[/bold]" if row[0].startswith("Weft") else escape(cell) for cell in row))
    return table


def as_markdown(shown: Shown) -> str:
    """For a document."""
    lines = [list(shown.columns), ["---", *["---:"] * (len(shown.columns) - 1)], *shown.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + f"\n\n*{shown.note}*"


# --- what is asked ----------------------------------------------------------------------------------------------------


def _of_questions(told: Row) -> Iterator[Shown]:
    against = f"In brackets, where the difference to {BEST_RULE} lies (95 %, paired bootstrap over the queries)."
    columns = ("", *METRICS, "load@10")
    yield Shown(
        "questions",
        f"Questions between entrepreneurs: whom should the asker meet? ({told['queries']:,} queries)",
        columns,
        [_ranked(row) for row in told["rows"]],
        f"{against} * was fitted on these very questions and their answers: flattered.",
    )
    yield Shown(
        "without",
        "What it rests on: learned once before the queries, with one thing left out",
        columns,
        [_ranked(row) for row in told["without"]],
        "In brackets, where the difference to the first line lies.",
    )
    yield Shown(
        "few",
        "Relevant members by how many answers they had given before",
        ("", "relevant", "in the pool", "rule, first 10", "Weft, first 10", "difference", "rule, first 50", "Weft, 50"),
        [_few(row) for row in told["few"]],
        "Share of all of them, in the pool or not. Weft learning monthly; intervals by bootstrap over the queries.",
    )
    yield Shown(
        "pools",
        "How many of the relevant members are candidates at all, and how they are ranked",
        ("", "candidates", "recall of the pool", "recall@10 at most", *METRICS),
        [_pool(row) for row in told["pools"]],
        "Weft learning monthly, the same card for both. At most: with the best order of the pool. In brackets, where "
        "the recall lies, and where the difference to a question's pool does (95 %, bootstrap over the queries).",
    )
    yield Shown(
        "curve",
        "How much is to be learned: a card learned once, from the last outcomes before the queries",
        ("outcomes", *METRICS, "load@10"),
        [_ranked(row) for row in told["curve"]],
        f"{against} 0 outcomes: the card by hand, from which the others start.",
    )


def _of_contacts(told: Row) -> Shown:
    return Shown(
        "contacts",
        f"Contacts in a workplace: whom will they talk to for the first time? ({told['queries']:,} queries)",
        ("", *METRICS, "load@10"),
        [_ranked(row) for row in told["rows"]],
        "In brackets, where the difference of a peer to Weft lies: above 0 it would be better.",
    )


def _ranked(row: Row) -> list[str]:
    cells = [
        f"{row[metric]:.4f}" + (f" {_span(row['against'][metric], signed=True)}" if row["against"] else "")
        for metric in METRICS
    ]
    return [row["name"], *cells, f"{row['load@10']:.2f}"]


def _pool(row: Row) -> list[str]:
    recall, metrics = f"{row['recall']:.3f} {_span(row['interval'])}", _ranked(row)[1:-1]
    return [f"pool {row['name']}", f"{row['size']:.0f}", recall, f"{row['most']:.4f}", *metrics]


def _few(row: Row) -> list[str]:
    name = f"{row['least']}–{row['most']}" if row["most"] < 1_000 else f"{row['least']} and more"
    first, deep = (f"{row['weft'][0]:.3f} {_span(row['interval'])}", f"{row['weft'][1]:.3f}")
    return [
        f"{name} answers", f"{row['relevant']:,}", f"{row['in_pool']:,}", f"{row['rule'][0]:.3f}", first,
        _span(row["against"], signed=True), f"{row['rule'][1]:.3f}", deep,
    ]  # fmt: skip


# --- what is suggested ------------------------------------------------------------------------------------------------


def _of_rounds(told: Row) -> Iterator[Shown]:
    seeds = ", ".join(map(str, told["seeds"]))
    about = f"{told['members']} members, {told['weeks']} weekly rounds, seeds {seeds}."
    yield Shown(
        "rounds",
        "Simulated rounds: the hidden worth of an introduction, 0 to 1, both sides",
        ("", "pairs a round", "mean worth", "of subjects only", "of the possible best"),
        [_round(row) for row in told["rounds"]],
        f"{about} Each round alike; intervals by bootstrap over the rounds. “As many”: only their best pairs, as "
        "many as Weft suggests in that week.",
    )
    yield Shown(
        "valuing",
        "Ways to value a pair, in the same rounds",
        ("", "mean worth", "difference to the first"),
        [
            [row["name"], f"{row['worth']:.3f}", _span(row["against"], signed=True) if row["against"] else ""]
            for row in told["valuing"]
        ],
        f"{about} As many introductions as the round had; intervals by bootstrap over the rounds.",
    )
    new, calibration = told["newcomers"], told["calibration"]
    rows = [
        [
            "newcomers with something to give, introduced within two rounds",
            f"{new['soon'] / new['of']:.2f}",
            _span(new["interval"]),
            f"{new['of']:,}",
        ]
    ]
    for name, words in (("default", "default cards"), ("learned", "learning")):
        error = calibration[name]
        rows.append(
            [f"calibration error of the score, {words}", f"{error['error']:.3f}", "", f"{error['suggestions']:,}"]
        )
    yield Shown(
        "newcomers",
        "Newcomers, and what the score is worth",
        ("", "value", "95 %", "of"),
        rows,
        f"{about} The error: between the score and how often it was worth it to both, by tenths of the score, weighed, "
        f"of suggestions from week {told['learned_from'] + 1} on. Learned cards put in force: {told['cards_learned']}.",
    )


def _round(row: Row) -> list[str]:
    count = f"{row['introductions']:.0f}"
    worth = f"{row['worth']:.3f} {_span(row['interval'])}"
    return [
        row["name"],
        count,
        worth,
        *(f"{one:.2f} {_span((low, high))}" for one, low, high in (row["to_subjects"], row["to_best"])),
    ]


def _span(interval: Sequence[float], *, signed: bool = False) -> str:
    return "({})".format(" … ".join(f"{bound:+.3f}" if signed else f"{bound:.3f}" for bound in interval))
