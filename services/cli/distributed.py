"""Commands that run the processes of a distributed Weft: gateway, worker."""

import typer

from services.folder import Folder


def add_to(app: typer.Typer) -> None:
    """Adds this family to the command line."""
    for command in (gateway, worker):
        app.command()(command)


def gateway(context: typer.Context) -> None:
    """Take events over HTTP and hand them to the brokers: 202 once they have them.

    Settings: WEFT_PORT, WEFT_BROKERS, WEFT_KEYS_URL, WEFT_NETWORK_KEY (`weft doctor`).

    Example: [bold]WEFT_BROKERS=127.0.0.1:9092 weft gateway[/bold]
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

    Example: [bold]WEFT_BROKERS=127.0.0.1:9092 weft --data worker-1 worker[/bold]
    """
    from services.kafka.place import opened
    from services.kafka.worker import run
    from services.settings import load

    folder: Folder = context.obj.folder
    settings = load(folder.settings)
    run(opened(settings), folder, settings)
