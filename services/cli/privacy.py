"""Commands about what is personal: erase, keys, refused."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.table import Table

from services.cli.members import deciding
from services.cli.output import Json, an_id, at_work, out, say_json
from services.folder import Folder
from services.trouble import Trouble

if TYPE_CHECKING:  # what a command needs is imported when it runs
    from services.client import Client
    from services.network import Network
    from services.unreadable import Unreadable

keys = typer.Typer(help="The keys that the log is sealed with.")


def add_to(app: typer.Typer) -> None:
    """Adds this family to the command line."""
    for command in (erase, refused):
        app.command()(command)
    keys.command()(rotate)
    keys.callback()(lambda: None)  # so that `keys` alone is a family, though it has one command
    app.add_typer(keys, name="keys")


def erase(
    context: typer.Context,
    member: Annotated[str | None, typer.Argument(metavar="MEMBER", help="The member's id.", callback=an_id)] = None,
    status: Annotated[bool, typer.Option("--status", help="Who was erased, and who has not confirmed it.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Forget a member for ever: nobody is shown them, and nobody can read what was said of them.

    This cannot be taken back, not even from a backup of the log.

    Example: [bold]weft erase m-17[/bold]
    """
    if status == (member is not None):
        raise typer.BadParameter("say either whom to erase, or --status")
    if json and member and not yes:
        raise typer.BadParameter("--json asks nothing: add --yes to erase for ever")
    from services.answering import NotYours

    folder: Folder = context.obj.folder
    if member and not yes and not _is_sure(member):
        raise Trouble(f"{member} was not erased")
    try:
        with deciding(folder, started=True) as network, at_work("forgetting"):
            if member:
                network.erase(member)
                _confirm(network, member)
            found = [each for each in network.erasures() if member in (None, each["member_id"])]
    except NotYours:
        raise Trouble(f"there is no member {member} in {folder.path}") from None
    if json:
        say_json({"erasures": found})
    else:
        _show(found)
    raise typer.Exit(1 if any(each["waiting"] for each in found) else 0)


def _is_sure(member: str) -> bool:
    try:
        return typer.confirm(f"Forget {member} for ever? This cannot be taken back.", err=True)
    except typer.Abort:
        raise Trouble(f"{member} was not erased; in scripts, add --yes") from None


def _confirm(network: "Network | Client", member: str) -> None:
    try:
        network.confirm_erasures()
        if any("weights" in each["waiting"] for each in network.erasures()):  # fitted on whoever is erased
            network.learn()
            network.confirm_erasures()
    except OSError as wrong:
        raise Trouble(
            f"{member} is erased, and nobody can read them; but not every part of Weft could clear up "
            f"({wrong.filename}: {wrong.strerror}): put that right, then erase {member} again, or start `weft run`"
        ) from None


def _show(erasures: list[dict[str, Any]]) -> None:
    if not erasures:
        out().print("Nobody was erased.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("member", "erased", "confirmed", "not yet", "came late"):
        table.add_column(heading)
    for each in erasures:
        waiting = f"[red]{', '.join(each['waiting'])}[/red]" if each["waiting"] else "[green]–[/green]"
        table.add_row(
            each["member_id"], each["erased_at"][:10], ", ".join(each["confirmed"]), waiting, f"{each['late']:,}"
        )
    out().print(table)


def rotate(context: typer.Context, json: Json = False) -> None:
    """Wrap all keys with a new network key, and destroy the old one.

    After it no older copy of the keys can be opened: neither a backup, nor what it still held of members erased since.

    Example: [bold]weft keys rotate[/bold]
    """
    with deciding(context.obj.folder) as network, at_work("wrapping the keys"):
        count = network.rotate_keys()
    if json:
        say_json({"keys": count})
    else:
        whose = f"The keys of [bold]{count:,}[/bold] members are" if count != 1 else "The key of one member is"
        out().print(f"{whose} wrapped with a new network key; the old one is destroyed.")


def refused(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="One of them; absent: all.")] = None,
) -> None:
    """Show what was refused and set aside, a line each, with where it stood and why: to put right and publish again.

    Example: [bold]weft refused > refused.jsonl[/bold]
    """
    with _unreadable(context.obj.folder.existing()) as unreadable:
        for each in [file] if file else unreadable.files():
            each = each if each.is_file() else unreadable.folder / each.name  # as `weft publish` named it
            if not each.is_file():
                raise Trouble(f"there is no file {each}: `weft refused` alone shows all that was set aside")
            for line in unreadable.read(each):
                sys.stdout.buffer.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


@contextmanager
def _unreadable(folder: Folder) -> "Iterator[Unreadable]":
    from services.log.reader import LogReader
    from services.unreadable import Unreadable

    with closing(LogReader(folder.log)) as log:
        yield Unreadable(folder.refused, log.sealing)
