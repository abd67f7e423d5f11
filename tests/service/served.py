"""A network served in this process over real HTTP on a free port, with a clock that a test sets."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import orjson
import uvicorn

from schemas.codec import Event, envelope
from services.app import app_of
from services.folder import Folder
from services.log.reader import Connect, open_database
from services.log.sqlite import SqliteLog
from services.network import Network
from services.routine import Routine
from services.run import listening
from services.settings import Settings
from tests.builders import day, held, joined, opened, suggested

CLOUDEVENT = {"Content-Type": "application/cloudevents+json"}
PATIENCE_S = 5


class Clock:
    """Says what it is told to, until a test moves it."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class Served(NamedTuple):
    """A served network, and the client that speaks to it."""

    http: httpx.Client
    network: Network
    clock: Clock

    def post_event(self, event: Event, sender: str = "publisher", **query: str) -> httpx.Response:
        headers = {**CLOUDEVENT, "Weft-Sender": sender}
        return self.http.post("/events", content=orjson.dumps(envelope(event)), headers=headers, params=query)

    def introductions(self, member_id: str, **query: str) -> list[dict[str, Any]]:
        return self.http.get(f"/members/{member_id}/introductions", params=query).json()["introductions"]

    def say(self, member_id: str, introduction_id: str, what: str, **said: Any) -> httpx.Response:
        return self.http.post(f"/members/{member_id}/introductions/{introduction_id}/{what}", json=said or None)


@contextmanager
def served(folder: Path, now: int = day(8), connect: Connect = open_database) -> Iterator[Served]:
    """Serves the network in this folder while in it."""
    clock = Clock(now)
    with closing(SqliteLog(folder / "log", connect=connect)) as log, listening("127.0.0.1", 0) as (listener, url):
        (folder / "snapshots").mkdir(exist_ok=True)
        network = Network(log, Folder(folder), Settings(), clock)
        routine = Routine(network, on_failure=print)
        server = uvicorn.Server(uvicorn.Config(app_of(network), log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        routine.start()
        thread.start()
        try:
            with httpx.Client(base_url=url, trust_env=False) as http:
                eventually(lambda: server.started and network.why_not_ready is None)
                yield Served(http, network, clock)
        finally:
            server.should_exit = True
            thread.join()
            routine.stop()


def eventually(holds: Callable[[], Any]) -> Any:
    """What `holds` returns once it is true; fails if that takes too long."""
    give_up = time.monotonic() + PATIENCE_S
    while not (found := holds()):
        assert time.monotonic() < give_up, "it never came true"
        time.sleep(0.01)
    return found


def one_suggestion(a: str = "m-1", b: str = "m-2", introduction_id: str = "i-1") -> list[Event]:
    """The members of two groups, and a held round of day 7 that suggests them to each other."""
    return [
        joined(a, "g-1", name="Ada", email="ada@example.org", profession="Notarin"),
        joined(b, "g-2", name="Bo", email="bo@example.org", profession="Gießer"),
        opened(),
        suggested(introduction_id, a, b, at=day(7)),
        held(),
    ]
