"""Commands about what is personal: erase, keys, refused."""

import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from services.cli.erasures import show_erasures
from services.cli.opening import check_embedded, deciding, name_of, reading, settings_of
from services.cli.output import Json, an_id, at_work, out, say_json
from services.folder import Folder
from services.trouble import Trouble

if TYPE_CHECKING:  # what a command needs is imported when it runs
    from services.client import Client
    from services.network import Network
    from services.unreadable import Unreadable

OTHERS_S, LOOK_S = 20, 0.1  # how long other processes are waited for: each looks several times a second

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
    gone: Annotated[
        str | None, typer.Option(metavar="NAME", help="What keeps this name's part is destroyed: wait for it no more.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Forget a member for ever: nobody is shown them, and nobody can read what was said of them.

    This cannot be taken back, not even from a backup of the log. Exit code 1 while something that keeps members has not
    confirmed that it forgot. One that will never start again (its folder, or its database, is destroyed): --gone NAME.

    Example: [bold]weft erase m-17[/bold]
    """
    if status + (member is not None) + (gone is not None) != 1:
        raise typer.BadParameter("say either whom to erase, or --status, or --gone")
    if json and not (yes or status):
        raise typer.BadParameter("--json asks nothing: add --yes to erase for ever")
    from services.erasing import status_of

    folder: Folder = context.obj.folder
    if gone:
        _let_go(folder, gone, yes)
    if member:
        _erase(folder, member, yes)
    with reading(folder) as log:
        keys = log.sealing.keys
        found = [each for each in status_of(keys) if member in (None, each["member_id"])]
        keepers = [each for each in keys.keepers() if each.name]
    if json:
        say_json({"erasures": found, "keepers": [each._asdict() for each in keepers]})
    else:
        show_erasures(found, keepers)
    raise typer.Exit(1 if any(each["waiting"] for each in found) else 0)


def _erase(folder: Folder, member: str, yes: bool) -> None:
    """Returns once everything has confirmed it, or after a while."""
    from services.answering import NotYours

    if not yes and not _is_sure(f"Forget {member} for ever? This cannot be taken back.", f"{member} was not erased"):
        raise Trouble(f"{member} was not erased")
    try:
        with deciding(folder, started=True) as network, at_work("forgetting"):
            network.erase(member)
            _confirm(network, member)
    except NotYours:
        raise Trouble(f"there is no member {member} in {name_of(folder)}") from None


def _let_go(folder: Folder, name: str, yes: bool) -> None:
    with reading(folder) as log:
        keys = log.sealing.keys
        kept = {each.name: each for each in keys.keepers() if each.name}
        if name not in kept:
            there = f"there are {', '.join(kept)}" if kept else "there is nobody"
            raise Trouble(f"nobody of the name {name} is waited for: {there}")
        still = f"{name} is waited for"
        if not yes and not _is_sure(f"Is {kept[name].place} destroyed, and will it never start again?", still):
            raise Trouble(f"{still} still")
        keys.let_go(name)


def _is_sure(question: str, otherwise: str) -> bool:
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        raise Trouble(f"{otherwise}; in scripts, add --yes") from None


def _confirm(network: "Network | Client", member: str) -> None:
    give_up = time.monotonic() + OTHERS_S
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
    while any(each["waiting"] for each in network.erasures() if each["member_id"] == member):
        if time.monotonic() > give_up:
            return
        time.sleep(LOOK_S)


def rotate(context: typer.Context, json: Json = False) -> None:
    """Wrap all keys with a new network key, and destroy the old one.

    After it no older copy of the keys can be opened: neither a backup, nor what it still held of members erased since.
    Beside a broker the new key goes into the file WEFT_NETWORK_KEY here; copy it over the old one on every machine.

    Example: [bold]weft keys rotate[/bold]
    """
    with deciding(context.obj.folder) as network, at_work("wrapping the keys"):
        count = network.rotate_keys()
    if json:
        say_json({"keys": count})
    else:
        whose = f"The keys of [bold]{count:,}[/bold] members are" if count != 1 else "The key of one member is"
        out().print(f"{whose} wrapped with a new network key; the old one is destroyed.")
        settings = settings_of(context.obj.folder)
        if settings.brokers:
            out().print(f"Put {settings.network_key} over the old one on every machine.", soft_wrap=True)


def refused(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="One of them; absent: all.")] = None,
) -> None:
    """Show what was refused and set aside, a line each, with where it stood and why: to put right and publish again.

    Example: [bold]weft refused > refused.jsonl[/bold]
    """
    check_embedded(context.obj.folder, "what intake has refused is in `weft unreadable list`")
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
