"""Commands for whoever operates a distributed Weft: lag, unreadable."""

from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.markup import escape
from rich.table import Table

from services.cli.output import Json, at_work, out, say_json
from services.trouble import Trouble

if TYPE_CHECKING:  # what a command needs is imported when it runs
    from services.kafka.lag import Lag
    from services.kafka.unreadable import Unreadable, UnreadableTopic

TOO_FAR_BEHIND = 1
Source = Annotated[str | None, typer.Option(metavar="SOURCE", help="Only what this source published.")]


def add_to(app: typer.Typer) -> None:
    """Adds this family to the command line."""
    app.command()(lag)
    family = typer.Typer(
        help="What intake has refused: look at it, and give it to intake again (WEFT_BROKERS).", no_args_is_help=True
    )
    family.command("list")(list_)
    for command in (show, redrive):
        family.command()(command)
    app.add_typer(family, name="unreadable")


# --- lag --------------------------------------------------------------------------------------------------------------


def lag(
    context: typer.Context,
    most: Annotated[
        int | None, typer.Option("--max", min=0, metavar="N", help="Exit code 1 if more than N events wait.")
    ] = None,
    json: Json = False,
) -> None:
    """Show how many events wait in weft.intake for the workers, and which worker owns which partition.

    Settings: WEFT_BROKERS, WEFT_NAMESPACE.

    Example: [bold]weft lag --max 10000[/bold]
    """
    from services.kafka.brokers import brokers_of
    from services.kafka.lag import lag_of
    from services.settings import load

    with at_work("asking the brokers"):
        found = lag_of(brokers_of(load(context.obj.folder.settings)))
    if json:
        partitions = [each._asdict() for each in found.partitions]
        say_json(found._asdict() | {"behind": found.behind, "partitions": partitions})
    else:
        _show_lag(found)
    raise typer.Exit(TOO_FAR_BEHIND if most is not None and found.behind > most else 0)


def _show_lag(found: "Lag") -> None:
    if not found.exists:
        out().print(f"No worker has ever begun (there is no group {found.group}): {found.behind:,} events wait")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("partition")
    for column in ("end", "taken", "behind"):
        table.add_column(column, justify="right")
    table.add_column("worker")
    for each in found.partitions:
        taken = "-" if each.taken is None else f"{each.taken:,}"
        behind = f"[yellow]{each.behind:,}[/yellow]" if each.behind else "0"
        owner = escape(each.owner) if each.owner else "[yellow]nobody[/yellow]"
        table.add_row(f"{each.topic}/{each.partition}", f"{each.end:,}", taken, behind, owner)
    out().print(table)
    workers = "1 worker" if found.workers == 1 else f"{found.workers} workers"
    out().print(f"[bold]{found.behind:,}[/bold] events behind, {workers}")


# --- unreadable -------------------------------------------------------------------------------------------------------


def list_(context: typer.Context, source: Source = None, json: Json = False) -> None:
    """List what was refused and not given again, a line each, the youngest last.

    Settings: WEFT_BROKERS, WEFT_NAMESPACE; WEFT_KEYS_URL, WEFT_NETWORK_KEY.

    Example: [bold]weft unreadable list --source /crm[/bold]
    """
    with at_work("reading what was refused"):
        found = _topic(context).read(source)
    if json:
        say_json({"unreadable": [_listed(one) for one in found]})
        return
    if not found:
        out().print("nothing is unreadable" + (f" of {escape(source)}" if source else ""))
        return
    rows = [("id", "when", "source", "why")]
    rows += [(one.id, _when(one), _plain(one.source or "-"), _plain(_why(one))) for one in found]
    widths = [max(len(row[number]) for row in rows) for number in range(3)]
    for row in rows:  # as much of each as fits into a line; `show` has it whole
        line = "  ".join([*(said.ljust(width) for said, width in zip(row, widths, strict=False)), row[-1]])
        out().print(line, no_wrap=True, overflow="ellipsis")


def show(
    context: typer.Context,
    id: Annotated[str, typer.Argument(metavar="ID", help="As the list says it: partition/offset in intake.")],
    json: Json = False,
) -> None:
    """Show one refused record: where it came from, why it was refused, and its bytes as they came.

    It may say what somebody would not have everybody read.

    Example: [bold]weft unreadable show 3/1207[/bold]
    """
    with at_work("reading what was refused"):
        [one] = _chosen(_topic(context).read(), [id])
    if json:
        say_json(_listed(one) | {"sender": one.sender, "raw": one.raw.decode(errors="backslashreplace")})
        return
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for name, said in (
        ("id", one.id),
        ("when", _when(one)),
        ("source", one.source or "-"),
        ("sender", one.sender or "publisher (nobody has signed it)"),
        ("why", _why(one)),
        ("key", one.key.decode(errors="backslashreplace") or "-"),
        ("bytes", f"{len(one.raw):,}"),
    ):
        table.add_row(name, _plain(said))
    out().print(table)
    out().print(_plain(_pretty(one.raw)), soft_wrap=True)


def redrive(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID…", help="As the list says them.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Everything that the list shows.")] = False,
    source: Source = None,
    json: Json = False,
) -> None:
    """Give refused records to intake again, once what was wrong is put right; the list shows them no more.

    What is refused again is listed anew. Twice changes nothing.

    Example: [bold]weft unreadable redrive --source /crm[/bold]
    """
    if bool(ids) + every + (source is not None) != 1:
        raise typer.BadParameter("say either which (ID…), --source or --all")
    topic = _topic(context)
    with at_work("giving to intake again"):
        found = topic.read(source)
        chosen = _chosen(found, ids) if ids else found
        given = topic.redrive(chosen)
    gone = len(chosen) - given
    if json:
        say_json({"redriven": given, "gone": gone})
        return
    out().print(f"[bold]{given:,}[/bold] given to intake again; what is refused again: weft unreadable list")
    if gone:
        out().print(f"{gone:,} name somebody who was erased: nothing is left of them to give")


def _topic(context: typer.Context) -> "UnreadableTopic":
    from services.kafka.place import opened
    from services.kafka.unreadable import UnreadableTopic
    from services.settings import load

    return UnreadableTopic(opened(load(context.obj.folder.settings)))


def _chosen(found: list["Unreadable"], ids: list[str]) -> list["Unreadable"]:
    by_id = {one.id: one for one in found}
    if missing := [id for id in ids if id not in by_id]:
        raise Trouble(f"nothing unreadable is called {missing[0]}: `weft unreadable list` shows what there is")
    return [by_id[id] for id in dict.fromkeys(ids)]


def _listed(one: "Unreadable") -> dict[str, Any]:
    return {"id": one.id, "at": _when(one), "source": one.source, "error": one.error, "is_kept": not one.is_forgotten}


def _when(one: "Unreadable") -> str:
    from schemas.instants import SECOND_US, format_instant

    return format_instant(one.at // SECOND_US * SECOND_US)


def _why(one: "Unreadable") -> str:
    return "names somebody who was erased: nothing of it is kept" if one.is_forgotten else one.error


def _plain(said: str) -> str:
    """Whoever wrote it, it does nothing to a terminal."""
    return escape("".join(each if each.isprintable() or each == "\n" else f"\\x{ord(each):02x}" for each in said))


def _pretty(raw: bytes) -> str:
    try:
        return orjson.dumps(orjson.loads(raw), option=orjson.OPT_INDENT_2).decode()
    except ValueError:
        return raw.decode(errors="backslashreplace")
