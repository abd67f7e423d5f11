"""The command that learns from what came of things."""

from typing import Annotated, Any

import typer
from rich.table import Table

from services.cli.members import deciding
from services.cli.output import Json, at_work, out, say_json

_WHAT = {"questions": "needs", "rounds": "introductions"}
_MILLIONTHS = 1_000_000


def add_to(app: typer.Typer) -> None:
    """Adds this family to the command line."""
    app.command()(learn)


def learn(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be learned.")] = False,
    json: Json = False,
) -> None:
    """Learn from what came of needs and introductions: fit the card for questions and that for rounds anew.

    A card takes the place of the one in force only if a fit of some time ago would have told the most recent outcomes
    no worse. A running Weft learns by itself once a week.

    Example: [bold]weft learn --dry-run[/bold]
    """
    with deciding(context.obj.folder, started=True) as network, at_work("learning"):
        learned = network.learn(dry_run=dry_run)
    if json:
        say_json({"learned": learned, "dry_run": dry_run})
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("card for", "learned from", "better by", "95 of 100", ""):
        table.add_column(heading)
    for each in learned:
        table.add_row(each["purpose"], f"{each['outcomes']:,} {_WHAT[each['purpose']]}", *_cells(each, dry_run))
    out().print(table)
    out().print(
        "[dim]Better: how much likelier it makes each of the most recent quarter, in hundredths of a nat.[/dim]"
    )


def _cells(learned: dict[str, Any], dry_run: bool) -> list[str]:
    if learned["gain"] is None:
        return ["–", "–", "too few are new"]
    gain, low, high = (100 * (learned[name] or 0) / _MILLIONTHS for name in ("gain", "gain_low", "gain_high"))
    if learned["weights_id"] is None:
        came_of_it = "[yellow]worse: kept as it was[/yellow]" if gain < 0 else "kept as it was"
    else:
        came_of_it = "[green]would be put in force[/green]" if dry_run else "[green]put in force[/green]"
    return [f"{gain:+.2f}", f"{low:+.2f} … {high:+.2f}", came_of_it]
