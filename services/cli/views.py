"""Commands about the views: views, views rebuild."""

import typer

from services.cli.output import Json, at_work, out, say_json
from services.folder import Folder
from services.trouble import Trouble

group = typer.Typer(invoke_without_command=True)


def add_to(app: typer.Typer) -> None:
    """Adds this family to the command line."""
    app.add_typer(group, name="views")


@group.callback()
def views(context: typer.Context) -> None:
    """Keep the views up with the log, until stopped: what members see, rounds and scores, as tables in a database.

    Runs beside `weft run`; where WEFT_BROKERS is set, on the log and the live scores that workers keep there.
    Settings: WEFT_VIEWS_URL (absent: views.db in the data folder), WEFT_VIEWS_PORT (health).

    Example: [bold]weft views[/bold]
    """
    if context.invoked_subcommand is None:
        _check_installed()
        from services.settings import load
        from services.views.process import run

        folder: Folder = context.obj.folder
        run(folder, load(folder.settings))


@group.command()
def rebuild(context: typer.Context, json: Json = False) -> None:
    """Build the views anew from the whole log, beside those that are there.

    They are read until the new ones are whole. A `weft views` that runs then goes on with the new ones.

    Example: [bold]weft views rebuild[/bold]
    """
    _check_installed()
    from services.settings import load
    from services.views.process import rebuild

    folder: Folder = context.obj.folder
    with at_work("building the views"):
        events = rebuild(folder, load(folder.settings))
    if json:
        say_json({"events": events})
    else:
        out().print(f"the views are built of [bold]{events:,}[/bold] events")


def _check_installed() -> None:
    from importlib.util import find_spec

    if not (find_spec("sqlalchemy") and find_spec("prometheus_client")):
        raise Trouble("weft views needs more than is installed here: pip install 'weft[distributed]'")
