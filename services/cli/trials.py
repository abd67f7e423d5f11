"""Commands for trying Weft out: demo, simulate, backtest."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.output import Json, at_work, out, say_json


def add_to(app: typer.Typer) -> None:
    """Adds this family to the command line."""
    for command in (backtest,):
        app.command()(command)


def backtest(
    events: Annotated[Path, typer.Option(metavar="FILE", help="events.jsonl: what happened.")],
    queries: Annotated[Path, typer.Option(metavar="FILE", help="queries.jsonl: who looked for what, and when.")],
    rankings: Annotated[Path, typer.Option("--out", metavar="FILE", help="rankings.jsonl: whom Weft would have named.")],
    top: Annotated[int, typer.Option(min=1, metavar="K", help="How many a ranking names.")] = 100,
    card: Annotated[str, typer.Option(metavar="CARD", help="default, fitted, or a file of weights.")] = "default",
    load: Annotated[
        float | None, typer.Option(metavar="CAP", help="The share of first tens that a member may have.")
    ] = None,
    json: Json = False,
) -> None:
    """Rank the needs of the past with what was known then, by the code of `ask`.

    Example: [bold]weft backtest --events events.jsonl --queries queries.jsonl --out rankings.jsonl[/bold]
    """
    from services.backtest import run

    with at_work("ranking"):
        ranked = run(events, queries, rankings, top=top, card=card, load=load)
    if json:
        say_json({**ranked._asdict(), "out": str(rankings)})
    else:
        out().print(
            f"[bold]{ranked.queries:,}[/bold] queries ranked, {ranked.without_candidates:,} of them without a candidate "
            f"→ {rankings}"
        )
