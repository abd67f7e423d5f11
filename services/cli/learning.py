"""The command that learns from what came of things."""

from typing import Annotated, Any

import typer
from rich.table import Table

from services.cli.opening import deciding
from services.cli.output import Json, at_work, out, say_json

_WHAT = {"questions": ("need", "needs"), "rounds": ("introduction", "introductions")}
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
    no worse. A running Weft learns by itself once a week. How much better, is in hundredths of a nat: of 1, what came
    true was a hundredth likelier by the new card than by the one in force.

    Example: [bold]weft learn --dry-run[/bold]
    """
    with deciding(context.obj.folder, started=True) as network, at_work("learning"):
        learned = network.learn(dry_run=dry_run)
    if json:
        say_json({"learned": learned, "dry_run": dry_run})
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("card for", "learned from", "came of it", "on the most recent quarter"):
        table.add_column(heading)
    for each in learned:
        table.add_row(each["purpose"], _counted(each["outcomes"], each["purpose"]), *_cells(each, dry_run))
    out().print(table)


def _counted(outcomes: int, purpose: str) -> str:
    one, more = _WHAT[purpose]
    return f"{outcomes:,} {one if outcomes == 1 else more}"


def _cells(learned: dict[str, Any], dry_run: bool) -> tuple[str, str]:
    """What became of the card in force, and how well the new one told what it had not seen."""
    if learned["gain"] is None:
        return "kept as it was", _why_not(learned)
    gain, low, high = (_hundredths(learned[name]) for name in ("gain", "gain_low", "gain_high"))
    is_better = (learned["gain"] or 0) >= 0
    told = f"told {'better' if is_better else 'worse'} by {gain.lstrip('+−')} (95 %: {low} to {high})"
    if learned["weights_id"] is None:
        return "kept as it was", told
    return f"[green]{'would be put in force' if dry_run else 'put in force'}[/green]", told


def _why_not(learned: dict[str, Any]) -> str:
    if learned["new"] < learned["needed"]:
        return f"too few are new: {learned['new']:,} of at least {learned['needed']:,} needed"
    return f"{learned['new']:,} are new, but what came before them is too little to try a card on"


def _hundredths(millionths: int | None) -> str:
    """With a sign, and a real minus; a bound that is not known is open."""
    return "?" if millionths is None else f"{100 * millionths / _MILLIONTHS:+.2f}".replace("-", "−")
