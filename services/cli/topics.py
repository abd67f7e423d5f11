"""Commands about a network's topics on its brokers: create, show, check."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from services.cli.output import Json, at_work, out, say_json

if TYPE_CHECKING:  # what a command needs is imported when it runs
    from services.kafka.topics import TopicSpec
    from services.settings import Settings

DIFFERS = 1
Settings_ = Annotated[bool, typer.Option("--settings", help="Each topic's settings as well.")]


def add_to(app: typer.Typer) -> None:
    """Adds this family to the command line."""
    family = typer.Typer(help="Make, show and check the topics of a network (WEFT_BROKERS).", no_args_is_help=True)
    for command in (create, show, check):
        family.command()(command)
    app.add_typer(family, name="topics")


def create(context: typer.Context, json: Json = False) -> None:
    """Make the topics that are missing; what is there is left as it is. Where WEFT_KEYS_URL is set, the keys as well.

    Settings: WEFT_BROKERS, WEFT_PARTITIONS, WEFT_REPLICAS, WEFT_NAMESPACE; WEFT_KEYS_URL, WEFT_NETWORK_KEY.

    Example: [bold]WEFT_BROKERS=127.0.0.1:9092 weft topics create[/bold]
    """
    from services.kafka import place, topics
    from services.kafka.brokers import brokers_of

    settings = _settings(context)
    with at_work("Making topics …"):
        made = place.create(settings)
        differences = topics.check(brokers_of(settings), settings.partitions, settings.replicas)
    if json:
        say_json({"made": made, "differences": [each._asdict() for each in differences]})
    else:
        out().print(f"{len(made)} topics made" + (f": {', '.join(made)}" if made else "; all were there"))
        for each in differences:
            out().print(f"[yellow]![/yellow] {each}")
    raise typer.Exit(DIFFERS if differences else 0)


def show(context: typer.Context, settings: Settings_ = False, json: Json = False) -> None:
    """Show the topics as the brokers have them.

    Example: [bold]weft topics show --settings[/bold]
    """
    from services.kafka import topics
    from services.kafka.brokers import brokers_of

    turned = _settings(context)
    found = topics.found(brokers_of(turned), turned.partitions, turned.replicas)
    if json:
        say_json({"topics": [spec._asdict() for spec in found]})
    elif not found:
        out().print(f"there are no topics of {turned.namespace} on {turned.brokers}: `weft topics create` makes them")
    else:
        out().print(_table(found, settings))


def check(context: typer.Context, json: Json = False) -> None:
    """Say what differs from what Weft needs; exit code 1 if anything does. Nothing is changed.

    Example: [bold]weft topics check[/bold]
    """
    from services.kafka import topics
    from services.kafka.brokers import brokers_of

    settings = _settings(context)
    differences = topics.check(brokers_of(settings), settings.partitions, settings.replicas)
    if json:
        say_json({"ok": not differences, "differences": [each._asdict() for each in differences]})
    elif differences:
        for each in differences:
            out().print(f"[red]✗[/red] {each}")
    else:
        out().print("[green]✓[/green] all topics are as they should be")
    raise typer.Exit(DIFFERS if differences else 0)


def _settings(context: typer.Context) -> "Settings":
    from services.settings import load

    return load(context.obj.folder.settings)


def _table(found: list["TopicSpec"], with_settings: bool) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("topic")
    for column in ("partitions", "replicas"):
        table.add_column(column, justify="right")
    table.add_column("kept")
    if with_settings:
        table.add_column("settings")
    for spec in found:
        said = "\n".join(f"{name}={value}" for name, value in sorted(spec.settings.items()))
        row = [spec.name, str(spec.partitions), str(spec.replicas), _kept(spec.settings)]
        table.add_row(*row, *([said] if with_settings else []))
    return table


def _kept(settings: dict[str, str]) -> str:
    if settings["cleanup.policy"] == "compact":
        return "the last of each member"
    days = int(settings["retention.ms"]) // 86_400_000
    return "for ever" if days < 0 else f"{days} days"
