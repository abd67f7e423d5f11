"""Commands about the process and its folder: run, doctor."""

import gc
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Table

from services.cli.opening import check_embedded, settings_of
from services.cli.output import Json, out, say_json
from services.folder import Folder

if TYPE_CHECKING:  # what a command needs is imported when it runs
    from services.doctor import Finding


def add_to(app: typer.Typer) -> None:
    """Adds this family to the command line."""
    for command in (run, doctor):
        app.command()(command)


def run(context: typer.Context) -> None:
    """Run Weft: the gateway, the members' endpoints and the weekly rounds, in one process on one port.

    Listens on this machine only. Settings: WEFT_PORT and others, or weft.toml in the data folder (`weft doctor`).

    Example: [bold]weft --data weft-data run[/bold]
    """
    gc.disable()  # what is loaded stays, and a start is mostly loading; the routine collects again once the log is read
    from services.run import run

    folder: Folder = context.obj.folder
    check_embedded(folder, "start `weft gateway` and `weft worker`, or unset WEFT_BROKERS")
    run(folder, settings_of(folder))


def doctor(context: typer.Context, json: Json = False) -> None:
    """Check the installation and the data folder, and say what to do about what is wrong.

    Example: [bold]weft doctor[/bold]
    """
    from services.doctor import examine

    findings = list(examine(context.obj.folder))
    ok = all(finding.is_fine for finding in findings)
    if json:
        say_json({"ok": ok, "findings": [finding._asdict() for finding in findings]})
    else:
        out().print(_table(findings))
    raise typer.Exit(0 if ok else 1)


def _table(findings: list["Finding"]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for finding in findings:
        mark = "[green]✓[/green]" if finding.is_fine else "[red]✗[/red]"
        table.add_row(mark, finding.what, escape(finding.found), escape(finding.advice and f"→ {finding.advice}"))
    return table
