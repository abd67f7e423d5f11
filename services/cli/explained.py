"""An explanation on a terminal: what keeps two members apart, what they are worth together, and each direction as a
table of reasons and features."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from matcher.tables import MILLION
from matcher.wording import LONGEST_DAYS, say
from services.cli.output import out

MOST_SHOWN = 2  # events behind one thing; more are in --json
SINCE = ("since_act", "since_ask", "since_gave")
WIDE = 120  # characters: from here on the bins are shown, too
Explained = dict[str, Any]


def show_explanation(explained: Explained, *, every: bool = False) -> None:
    """Rules first, then the value of the pair, then why either for the other; `every`: also what is worth nothing."""
    console = out()
    first = explained["sides"][0]
    pair = f"{_who(explained, first['member_id'])} and {_who(explained, first['other_id'])}"
    console.print(f"[bold]{pair}[/bold]", soft_wrap=True)
    console.print(f"[dim]as of {explained['at']}, by the weights {escape(explained['weights_id'])}[/dim]")
    console.print(f"[dim]{escape(explained['known']['says'])}[/dim]")
    if explained["for"] == "questions":
        _show_answers(console, explained, every)
    else:
        _show_obstacles(console, explained["keeps_out"], "nothing keeps them out of a round as of then")
        _show_value(console, explained)
        for side in explained["sides"]:
            _show_side(console, explained, side, every)
    unshown = 0 if every else sum(not line["points"] for side in explained["sides"] for line in side["features"])
    if unshown:
        told = "1 feature is" if unshown == 1 else f"{unshown:,} features are"
        hint = f"{told} worth nothing here: --all shows them; docs/FEATURES.md says what each is"
        console.print(f"\n[dim]{hint}[/dim]")


def _show_answers(console: Console, explained: Explained, every: bool) -> None:
    """Each as an answer to what the other looks for."""
    for side in explained["sides"]:
        member_id, other_id = side["member_id"], side["other_id"]
        _show_obstacles(console, side["keeps_out"], escape(f"{member_id} may be shown {other_id}"))
        table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
        table.add_column(justify="right")
        table.add_column()
        were = "" if side["pool"]["is_in"] else ", if they were a candidate"
        told = f"chance that {other_id} is the one, of all candidates of {member_id}{were}"
        table.add_row(_percent(side["chance"]), escape(told))
        table.add_row(_percent(-side["price"]), escape(f"the price of {other_id}"))
        console.print(table)
        _show_side(console, explained, side, every)


def _who(explained: Explained, member_id: str) -> str:
    name = explained["names"][member_id]
    return escape(f"{name} ({member_id})" if name else member_id)


def _show_obstacles(console: Console, obstacles: list[dict[str, Any]], without: str) -> None:
    console.print()
    if not obstacles:
        console.print(f"[green]✓[/green] {without}")
        return
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
    for obstacle in obstacles:
        table.add_row("[red]✗[/red]", escape(obstacle["says"]))
        if obstacle["events"]:
            table.add_row("", f"[dim]{_read_from(obstacle)}[/dim]")
    console.print(table)


def _read_from(told: dict[str, Any]) -> str:
    """The first of the events behind something, a line each, and how many others there are."""
    shown = [f"{each['time'][:10]} {each['kind']} {each['source']} {each['id']}" for each in told["events"]]
    others = told["others"] + len(shown[MOST_SHOWN:])
    more = f" and {others:,} more" if others else ""
    return escape("\n".join(shown[:MOST_SHOWN]) + more)


def _show_value(console: Console, explained: Explained) -> None:
    """How the pair's value comes about: both chances, their product, what exploring adds and what prices take."""
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
    table.add_column(justify="right")
    table.add_column()
    for side in explained["sides"]:
        were = "" if side["pool"]["is_in"] else ", if they were a candidate"
        told = f"chance of {side['other_id']} for {side['member_id']}{were}"
        table.add_row(_percent(side["chance"]), escape(told))
    one, other = (side["chance"] for side in explained["sides"])
    table.add_row(_percent(one * other // MILLION), "chance that it is worth both their time: the product")
    for member_id, exposure in explained["members"].items():
        table.add_row(_percent(exposure["exploring"]), escape(f"for exploring {member_id}"))
        table.add_row(_percent(-exposure["price"]), escape(f"the price of {member_id}"))
    asked = f"a round asks for {_percent(explained['least_value'])}"
    provisional = " (provisional)" if explained["score_is_provisional"] else ""
    told = f"value of the pair; {asked}; its score is {explained['score'] / 10_000:.0f} %{provisional}"
    table.add_row(f"[bold]{_percent(explained['value'])}[/bold]", f"[bold]{told}[/bold]")
    console.print()
    console.print(table)


def _percent(millionths: int) -> str:
    hundredths = round(millionths / 100)  # first, so that nothing is less than nothing
    return f"{hundredths / 100:,.2f} %".replace("-", "−")


# --- one direction ----------------------------------------------------------------------------------------------------


def _show_side(console: Console, explained: Explained, side: dict[str, Any], every: bool) -> None:
    title = f"Why {_who(explained, side['other_id'])} for {_who(explained, side['member_id'])}"
    console.print(f"\n[bold]{title}: {_points(side['points'])} points[/bold]", soft_wrap=True)
    console.print(f"[dim]{escape(_place(side))}[/dim]\n")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("feature", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    is_wide = console.width >= WIDE
    if is_wide:
        table.add_column("bin", no_wrap=True)
    table.add_column(f"as {escape(side['member_id'])} reads it; what would change it; what says so", overflow="fold")
    said = {reason["code"]: reason for reason in side["reasons"]}
    lines = [line for line in side["features"] if every or line["points"]]
    for code in dict.fromkeys([*said, *(line["code"] for line in lines)]):
        if code in said:
            sentence = f"[bold]{escape(say(said[code], 'en'))}[/bold]"
            table.add_row(f"[bold]{_points(said[code]['points'])}[/bold]", *[""] * (3 if is_wide else 2), sentence)
        _add_features(table, [line for line in lines if line["code"] == code], is_wide)
    console.print(table)
    _show_endorsed(console, side)


def _place(side: dict[str, Any]) -> str:
    pool, other = side["pool"], side["other_id"]
    by = "chance less price" if "price" in side else "points"
    whose = f"candidate{'' if pool['size'] == 1 else 's'} of {side['member_id']}"
    lists = f"\non the list of the {' and the '.join(pool['lists'])}" if pool["lists"] else ""
    if not pool["is_in"]:
        return f"{other} is not among the {pool['size']:,} {whose}{lists}"
    if pool["size"] == 1:
        return f"{other} is the only {whose}{lists}"
    return f"{other} is number {pool['ahead'] + 1:,} by {by} of the {pool['size']:,} {whose}{lists}"


def _add_features(table: Table, lines: list[dict[str, Any]], is_wide: bool) -> None:
    """Each feature with the steps that lie nearest; the events below the first that was read from them."""
    before = ""
    for line in lines:
        steps = [step for step in (line["better"], line["worse"]) if step]
        told = [escape(f"{_points(step['points']):>4}  {step['says']}") for step in steps]
        read_from = _read_from(line)
        if read_from and read_from != before:
            told.append(f"[dim]{read_from}[/dim]")
        before = read_from
        measured = line["feature"], _amount(line), *([line["bin"]["says"]] if is_wide else [])
        table.add_row(_points(line["points"]), *measured, "\n".join(told))


def _amount(line: dict[str, Any]) -> str:
    """Days are counted up to a length that stands for never."""
    return "never" if line["feature"] in SINCE and line["value"] >= LONGEST_DAYS else line["amount"]


def _show_endorsed(console: Console, side: dict[str, Any]) -> None:
    if not side["if_endorsed"]:
        return
    console.print(f"\n   [dim]if somebody who had talked with {escape(side['other_id'])} endorsed them that day[/dim]")
    for each in side["if_endorsed"]:
        by = ", ".join(f"{name} {_points(points)}" for name, points in each["by_feature"].items())
        told = f" [dim]({by})[/dim]" if by else ""
        console.print(f"   in “{escape(each['subject'])}”: {_points(each['points'])}{told}")


def _points(points: int) -> str:
    return f"{points:+,}".replace("-", "−") if points else "0"
