"""Commands about the log: publish, replay, export."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from services.cli.opening import answering, check_embedded, reading, settings_of
from services.cli.output import Json, an_id, at_work, counted, err, out, progress, say_json
from services.folder import Folder, only_mine

if TYPE_CHECKING:  # what a command needs is imported when it runs
    from schemas.codec import Event
    from services.log import ReadableLog, Receipt
    from services.log.sqlite import SqliteLog
    from services.network import Network
    from services.publishing import Line, Published, Sink

STDIN = "-"
MOST_REASONS = 5  # shown; all are in the file


def add_to(app: typer.Typer) -> None:
    """Adds this family to the command line."""
    for command in (publish, replay, export):
        app.command()(command)


def publish(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Files of events, one a line; - is stdin.")],
    to: Annotated[str | None, typer.Option(metavar="URL", help="A running Weft, instead of the data folder.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be refused.")] = False,
    restore: Annotated[bool, typer.Option("--restore", help="Take a whole export, with Weft's own events.")] = False,
    json: Json = False,
) -> None:
    """Publish events from files.

    Goes on after a bad line: what is refused is written to a file, with the reasons. Published again, nothing changes.

    Example: [bold]weft publish events.jsonl[/bold]
    """
    from services.publishing import publish, refused_path

    folder: Folder = context.obj.folder
    for file in files:
        if file != STDIN and not Path(file).is_file():
            raise typer.BadParameter(f"there is no file {file}")
    if to is None and not dry_run:
        port = settings_of(folder).port
        copy = "to restore an export, publish it into a folder and `weft log copy FOLDER kafka`"
        check_embedded(folder, copy if restore else f"name a gateway, such as --to http://127.0.0.1:{port}")
    running = folder.running() if to is None else None
    url = to or (running.url if running else None)
    if restore and url:
        raise typer.BadParameter("--restore goes into a folder that no `weft run` holds, and not to a URL")
    with _sink(folder, url, dry_run, restore) as sink:
        if to or dry_run:  # the lines are the publisher's own
            published = publish(_lines(files), sink, refused_path(Path(), datetime.now(UTC)))
        else:
            published = _publish_here(folder, files, sink)
    if json:
        say_json({name: value for name, value in published._asdict().items() if name != "reasons"})
    else:
        _show(published, dry_run, sealed=not (to or dry_run))
    raise typer.Exit(1 if published.refused else 0)


def _publish_here(folder: Folder, files: list[str], sink: "Sink") -> "Published":
    """What is refused goes to the network's folder, sealed: it may be anybody's."""
    from services.clock import now_us
    from services.log.keys import KeyStore, folder_of
    from services.log.reader import open_database
    from services.log.sealing import Sealing
    from services.publishing import publish
    from services.settings import load
    from services.unreadable import Unreadable

    with closing(Sealing(KeyStore(folder_of(folder.log), connect=open_database))) as sealing:
        unreadable = Unreadable(folder.refused, sealing)
        unreadable.expire(now_us(), load(folder.settings).unreadable_days)
        return publish(_lines(files), sink, unreadable.new_file(datetime.now(UTC)), unreadable.record)


@contextmanager
def _sink(folder: Folder, url: str | None, dry_run: bool, restore: bool) -> Iterator["Sink"]:
    from schemas.door import OPERATOR, WEFT
    from services import admission
    from services.clock import now_us

    if url:
        from services.client import Client

        client = Client(url)
        yield lambda raws: client.publish(raws, dry_run=dry_run)
        return
    sender = WEFT if restore else OPERATOR
    if dry_run:
        yield lambda raws: admission.check(raws, now_us(), sender)
        return
    from services.log.sqlite import SqliteLog

    with folder.create().held(), closing(SqliteLog(folder.log)) as log:
        appending = _Appending(folder, log, restore)
        yield lambda raws: admission.take(appending, raws, now_us(), sender)
        appending.finish()


class _Appending:
    """To the log as it is; from the first erasure on through the network, which closes what was open with the member.
    (An export that is restored has that already.)"""

    def __init__(self, folder: Folder, log: "SqliteLog", restore: bool) -> None:
        self._folder, self._log, self._restore = folder, log, restore
        self._erased = set(log.sealing.keys.erased)
        self._network: Network | None = None

    def __call__(self, events: "Sequence[Event]") -> "Sequence[Receipt]":
        if self._network is None and not self._restore and any(event.type == "member.erased" for event in events):
            self._network = self._started()
        return (self._network or self._log).append(events)

    def finish(self) -> None:
        """Has every part of Weft forget whom the files erased."""
        if self._erased != self._log.sealing.keys.erased:
            with at_work("forgetting"):
                (self._network or self._started()).confirm_erasures()

    def _started(self) -> "Network":
        from services.network import Network
        from services.settings import load

        network = Network(self._log, self._folder, load(self._folder.settings))
        network.start()
        return network


def _lines(files: list[str]) -> Iterator["Line"]:
    """The lines of all files; on a terminal with how much of them is read."""
    from services.publishing import lines_of

    size = None if STDIN in files else sum(Path(file).stat().st_size for file in files)
    with progress("publishing", size) as advance:
        for name in files:
            with sys.stdin.buffer if name == STDIN else open(name, "rb") as file:
                for line in lines_of(name, file):
                    yield line
                    advance(len(line.raw) + 1)


def _show(published: "Published", dry_run: bool, *, sealed: bool) -> None:
    accepted = "would be accepted" if dry_run else "accepted"
    out().print(
        f"[bold]{published.accepted:,}[/bold] {accepted}, [bold]{published.duplicate:,}[/bold] duplicate, "
        f"[bold]{published.refused:,}[/bold] refused"
    )
    if published.refused_file:
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        for reason, count in published.reasons.most_common(MOST_REASONS):
            table.add_row(f"{count:,} ×", escape(reason))
        if (others := len(published.reasons) - MOST_REASONS) > 0:
            table.add_row("", f"and {others:,} other reasons")
        out().print(table)
        where = f"weft refused {Path(published.refused_file).name}" if sealed else published.refused_file
        out().print(f"Each refused line, with its reason: {where}", soft_wrap=True)
        out().print("Put right what is wrong and publish the whole file again: nothing counts twice.")


def replay(
    context: typer.Context,
    verify: Annotated[bool, typer.Option("--verify", help="Check every record, and recompute every round.")] = False,
    json: Json = False,
) -> None:
    """Fold the whole log again, from its first event.

    The digest is equal for equal sets of events, whatever their order.

    Example: [bold]weft replay --verify[/bold]
    """
    from matcher.world import World
    from services.log.reader import LogReader

    with reading(context.obj.folder) as log:
        if verify and isinstance(log, LogReader):  # what brokers have, they check whenever it is read
            with at_work("checking every record"):
                log.verify()
        world, events = World(), 0
        for record in counted(log.read(), "folding", sum(log.end().values())):
            world.apply(record.event)
            events += 1
        result = {"events": events, "digest": world.digest(), "rounds": len(world.held_rounds())}
        gone = sum(log.end().values()) - events if isinstance(log, LogReader) else 0  # brokers count other things, too
        result |= _verified(log) if verify else {"recomputed": 0, "checked": 0, "verified": None}
    if json:
        say_json(result)
    else:
        _show_replayed(result, gone)
    raise typer.Exit(1 if result["verified"] is False else 0)


def _verified(log: "ReadableLog") -> dict[str, Any]:
    from services.verifying import verify_rounds

    with at_work("recomputing every round"):
        found = verify_rounds(log)
    for line in (*found.checked, *found.wrong):
        err().print(f"weft: {line}", soft_wrap=True)
    return {"recomputed": found.recomputed, "checked": len(found.checked), "verified": not found.wrong}


def _show_replayed(result: dict[str, Any], gone: int) -> None:
    rounds = "round" if result["rounds"] == 1 else "rounds"
    out().print(f"[bold]{result['events']:,}[/bold] events, [bold]{result['rounds']:,}[/bold] {rounds} held")
    if gone:
        out().print(f"[dim]and {gone:,} that nobody can read any more, of members who were erased[/dim]")
    if result["verified"] is not None:
        told = "[green]verified[/green]" if result["verified"] else "[red]not what the log says[/red]"
        out().print(f"{result['recomputed']:,} recomputed, {result['checked']:,} checked by count and digest: {told}")
    out().print(f"world  {result['digest']}")


def export(
    context: typer.Context,
    member: Annotated[
        str | None,
        typer.Argument(metavar="MEMBER", help="All that is kept about them; absent: the log.", callback=an_id),
    ] = None,
    to_file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where the log goes; absent: stdout.")
    ] = None,
    first: Annotated[int, typer.Option("--from", min=0, help="The log from this position on.")] = 0,
    to: Annotated[int | None, typer.Option("--to", min=0, help="And up to before this one; absent: the end.")] = None,
    json: Json = False,
) -> None:
    """Write all that is kept about a member; or the log, as events.jsonl, which `weft publish --restore` takes back.

    The log has every member's data in clear: guard the file, and remove it when it has served.

    Example: [bold]weft export m-17[/bold]
    Example: [bold]weft export --out events.jsonl[/bold]
    """
    if member is None:
        if first or to is not None:
            check_embedded(
                context.obj.folder, "leave out --from and --to, as there each partition has its own positions"
            )
        _export_log(context.obj.folder, to_file, first, to)
        return
    if to_file or first or to is not None:
        raise typer.BadParameter("--out, --from and --to are for the log; what is kept about a member goes to stdout")
    from services.cli.shown import show_export

    with answering(context.obj.folder, member) as network, at_work("reading the log"):
        exported = network.export(member)
    if json:
        say_json(exported)
    else:
        show_export(exported)


def _export_log(folder: Folder, file: Path | None, first: int, to: int | None) -> None:
    from schemas.codec import encode
    from services.log.reader import PARTITION

    with reading(folder) as log:
        end = log.end()
        stop = end if to is None else {PARTITION: min(to, end[PARTITION])}
        records = log.read({PARTITION: first}, stop)
        with sys.stdout.buffer if file is None else open(file, "wb", opener=only_mine) as written:
            for record in counted(records, "exporting", max(0, sum(stop.values()) - first)):
                written.write(encode(record.event) + b"\n")
    if file:
        err().print(
            f"{file} has everybody's data in clear: guard it, and remove it when it has served.", soft_wrap=True
        )
