"""Commands that run the processes of a distributed Weft: gateway, worker, up."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from services import addresses
from services.folder import Folder


def add_to(app: typer.Typer) -> None:
    """Adds this family to the command line."""
    for command in (gateway, worker, up):
        app.command()(command)


def gateway(context: typer.Context) -> None:
    """Take events over HTTP and hand them to the brokers: 202 once they have them.

    Settings: WEFT_PORT, WEFT_BROKERS, WEFT_KEYS_URL, WEFT_NETWORK_KEY (`weft doctor`).

    Example: [bold]weft gateway[/bold]
    """
    from services.kafka.gateway import run
    from services.kafka.place import opened
    from services.settings import load

    folder: Folder = context.obj.folder
    settings = load(folder.settings)
    run(opened(settings), settings)


def worker(context: typer.Context) -> None:
    """Work on a network's streams beside its brokers; start several, each with a data folder of its own.

    Follows the log, takes from intake, keeps live scores, answers on WEFT_PORT; one of all workers leads rounds.

    Example: [bold]weft --data weft-data worker[/bold]
    """
    from services.kafka.place import opened
    from services.kafka.worker import run
    from services.settings import load

    folder: Folder = context.obj.folder
    settings = load(folder.settings)
    run(opened(settings), folder, settings)


def up(
    context: typer.Context,
    processes: Annotated[bool, typer.Option("--processes", help="As processes of this machine.")] = False,
    file: Annotated[Path, typer.Option(metavar="FILE", help="What is to run.")] = Path("docker-compose.yml"),
    brokers: Annotated[str, typer.Option(metavar="HOST:PORT", help="The Kafka to use.", envvar="WEFT_BROKERS")] = "",
    postgres: Annotated[str, typer.Option(metavar="URL", help="The Postgres to use.", envvar="WEFT_KEYS_URL")] = "",
) -> None:
    """Run what docker-compose.yml says of Weft itself, on a Kafka and a Postgres that are there; volumes in --data.

    A port that somebody has is replaced by a free one: where each listens is said. With Docker: `docker compose up -d`.

    Other commands beside it need WEFT_NETWORK_KEY: network-key/network.key in --data.

    Example: [bold]weft up --processes --brokers 127.0.0.1:9092 --postgres postgresql+psycopg://weft@/weft[/bold]
    """
    if not processes:
        raise typer.BadParameter("containers are Docker's: `docker compose up -d`; without it, say --processes")
    if not (brokers and postgres):
        raise typer.BadParameter(
            "--processes needs a Kafka and a Postgres that run: name them, --brokers and --postgres"
        )
    _check("--brokers", addresses.brokers, brokers)
    _check("--postgres", addresses.postgres, postgres)
    from services.up.composed import services_of
    from services.up.here import Here
    from services.up.together import run

    groups = services_of(file)
    width = max(len(service.name) for group in groups for service in group)

    def say(whose: str, line: str) -> None:
        print(f"{whose:<{width}} | {line}", flush=True)

    folder: Folder = context.obj.folder
    run(groups, Here(folder.path.resolve(), brokers, postgres), say)


def _check(option: str, form: Callable[[str], str], given: str) -> None:
    try:
        form(given)
    except ValueError as wrong:
        raise typer.BadParameter(f"{option} is wrong: {wrong}") from None
