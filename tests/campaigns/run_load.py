"""A load on a running Weft that knows what it sent, and what of it was acknowledged."""

import threading
from itertools import count
from random import Random

import httpx
import orjson

from schemas.codec import Event, envelope
from tests.builders import day, seeks, talked
from tests.service.served import CLOUDEVENT

THREADS = 4
BATCH_EVENTS = 30


class Load:
    """Threads that publish singly and in batches until they are stopped, or nobody answers any more."""

    def __init__(self, url: str, prefix: str) -> None:
        self.url, self.prefix = url, prefix
        self.sent: list[Event] = []
        self.acknowledged: list[Event] = []
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._publish, args=(f"{prefix}-{each}",)) for each in range(THREADS)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _publish(self, prefix: str) -> None:
        dice = Random(prefix)
        numbers = count()
        with httpx.Client(base_url=self.url, headers=CLOUDEVENT, trust_env=False) as http:
            while not self._stopping.is_set():
                size = dice.choice((1, 1, 1, BATCH_EVENTS))
                events = [an_event(f"{prefix}-{next(numbers)}", dice) for _ in range(size)]
                self.sent += events
                try:
                    self.acknowledged += acknowledged(http, events)
                except httpx.TransportError:
                    return  # it was killed


def an_event(id: str, dice: Random) -> Event:
    """Something that happened among the members m-1 to m-200."""
    one, other = dice.sample(range(1, 201), 2)
    at = day(0) + dice.randrange(1_000_000_000)
    if dice.random() < 0.5:
        return talked(f"m-{one}", f"m-{other}", at=at, id=id)
    return seeks(f"m-{one}", f"Thema {other % 40}", at=at, id=id)


def acknowledged(http: httpx.Client, events: list[Event]) -> list[Event]:
    """Publishes; returns those that were said to be kept."""
    if len(events) == 1:
        answer = http.post("/events", content=orjson.dumps(envelope(events[0])))
        return events if answer.status_code == 202 else []
    answer = http.post("/events", content=orjson.dumps([envelope(event) for event in events]))
    statuses = [receipt["status"] for receipt in answer.json()["receipts"]]
    return [event for event, status in zip(events, statuses, strict=True) if status in ("accepted", "duplicate")]
