"""How far erasures have come, for people: whoever has confirmed, who has not, and where that lies."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from services.cli.output import out

if TYPE_CHECKING:  # what a command needs is imported when it runs
    from services.log.keyring import Keeper


def show_erasures(erasures: list[dict[str, Any]], keepers: "Sequence[Keeper]") -> None:
    """A row a member; below, where those lie that have not confirmed."""
    if not erasures:
        out().print("Nobody was erased.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("member", "erased", "confirmed", "not yet", "came late"):
        table.add_column(heading, overflow="fold")  # half a name is none that can be looked for
    for each in erasures:
        waiting = f"[red]{', '.join(each['waiting'])}[/red]" if each["waiting"] else "[green]–[/green]"
        confirmed = ", ".join(_in_short(each["confirmed"], each["waiting"]))
        table.add_row(each["member_id"], each["erased_at"][:10], confirmed, waiting, f"{each['late']:,}")
    out().print(table)
    late = {_keeper(part) for each in erasures for part in each["waiting"]}
    for keeper in keepers:
        if keeper.name in late:
            gone = f"if that is destroyed, weft erase --gone {keeper.name}"
            out().print(f"{keeper.name} keeps {escape(keeper.place)}: start it; {gone}", soft_wrap=True)


def _in_short(confirmed: Sequence[str], waiting: Sequence[str]) -> list[str]:
    """The parts of a keeper, all of which have confirmed, by its name alone."""
    behind = {_keeper(part) for part in waiting}
    return list(dict.fromkeys(part if _keeper(part) in behind else _keeper(part) for part in confirmed))


def _keeper(part: str) -> str:
    return part.partition("/")[0]
