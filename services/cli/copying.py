"""Commands about a log as a whole: log copy."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.opening import on_brokers
from services.cli.output import Json, at_work, counted, err, out, say_json
from services.folder import Folder
from services.trouble import Trouble

if TYPE_CHECKING:  # what a command needs is imported when it runs
    from services.log import EventLog, ReadableLog
    from services.settings import Settings

KAFKA = "kafka"


def add_to(app: typer.Typer) -> None:
    """Adds this family to the command line."""
    family = typer.Typer(help="The log as a whole.", no_args_is_help=True)
    family.command()(copy)
    family.callback()(lambda: None)  # so that `log` alone is a family, though it has one command
    app.add_typer(family, name="log")


def copy(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="A data folder, or kafka: the brokers of the settings.")
    ],
    target: Annotated[str, typer.Argument(metavar="TO", help="The same; empty, or a copy that was cut short.")],
    json: Json = False,
) -> None:
    """Copy a log into another one, event by event, and compare the worlds of both; exit code 1 if they differ.

    Everything is sealed anew with the target's keys; whoever was erased stays so. Run again, it goes on where it was.

    Settings for kafka: WEFT_BROKERS, WEFT_NAMESPACE, WEFT_KEYS_URL, WEFT_NETWORK_KEY.

    Example: [bold]weft log copy weft-data kafka[/bold]
    """
    if source == target or (KAFKA not in (source, target) and Path(source).resolve() == Path(target).resolve()):
        raise typer.BadParameter("FROM and TO are the same log")
    from services.copying import copy as copy_log
    from services.settings import load
    from services.verifying import verify_rounds

    settings = load(context.obj.folder.settings)
    with _source(source, settings) as reading, _target(target, settings) as writing:
        copied = copy_log(reading, writing, counted)
        with at_work("recomputing every round"):
            rounds = verify_rounds(writing)
    for line in (*rounds.checked, *rounds.wrong):
        err().print(f"weft: {line}", soft_wrap=True)
    result = copied._asdict() | {"equal": copied.is_equal, "recomputed": rounds.recomputed}
    result |= {"checked": len(rounds.checked), "verified": not rounds.wrong}
    if json:
        say_json(result)
    else:
        _show(result)
    raise typer.Exit(0 if result["equal"] and result["verified"] else 1)


def _show(result: dict[str, Any]) -> None:
    out().print(f"[bold]{result['copied']:,}[/bold] events copied, {result['there']:,} were there")
    told = "[green]verified[/green]" if result["verified"] else "[red]not what the log says[/red]"
    out().print(
        f"{result['recomputed']:,} rounds recomputed, {result['checked']:,} checked by count and digest: {told}"
    )
    out().print(f"world of the source  {result['source']}")
    equal = "[green]equal[/green]" if result["equal"] else "[red]not equal: copy again once nobody writes FROM[/red]"
    out().print(f"world of the target  {result['target']}  {equal}", soft_wrap=True)


@contextmanager
def _source(name: str, settings: "Settings") -> Iterator["ReadableLog"]:
    from services.log.reader import LogReader

    if name == KAFKA:
        with on_brokers(settings) as log:
            yield log
        return
    with closing(LogReader(Folder(Path(name)).existing().log)) as log:
        yield log


@contextmanager
def _target(name: str, settings: "Settings") -> Iterator["EventLog"]:
    from services.log.sqlite import SqliteLog

    if name == KAFKA:
        from services.kafka.lag import who_works

        with on_brokers(settings) as log:
            if workers := who_works(log.brokers):
                raise Trouble(f"workers are at work there ({', '.join(workers)}): stop them first")
            yield log
        return
    folder = Folder(Path(name)).create()
    with folder.held(), closing(SqliteLog(folder.log)) as log:
        yield log
