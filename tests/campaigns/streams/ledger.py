"""A publisher that keeps a ledger of what was acknowledged; it sends again what was not, some twice, some wrong."""

import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import count
from random import Random
from types import TracebackType

import httpx
import orjson

from schemas.codec import Event, encode, envelope
from schemas.topics import INTAKE
from services.kafka.brokers import Brokers
from services.kafka.loop import Loop
from services.kafka.sending import Producing, ToSend
from tests import builders as b
from tests.campaigns.builds import SEED

MEMBERS = 60
GROUPS = 6
SUBJECTS = ("Nachfolge", "Export", "Buchhaltung", "Werbung", "Patente", "Fördermittel", "Logistik", "Personal")
EVERY_S = 0.1
NEW_EVENTS = 5  # each time
BATCH_EVENTS = 200  # at most, where many wait
SECOND_US = 1_000_000
TWICE, CONFLICTS = 0.05, 0.01
BATCH = {"Content-Type": "application/cloudevents-batch+json"}


def beginnings() -> list[Event]:
    """The members, and what each looks for and can give."""
    members = range(MEMBERS)
    return [
        *(b.joined(f"m-{n}", f"g-{n % GROUPS}", name=f"Mitglied {n}") for n in members),
        *(b.seeks(f"m-{n}", SUBJECTS[n % 8], at=b.day(6)) for n in members),
        *(b.gives(f"m-{n}", SUBJECTS[(n + 3) % 8], at=b.day(6)) for n in members),
    ]


class Ledger:
    """Publishes while in it, from a thread; at the end all that it has sent was acknowledged."""

    def __init__(self, brokers: Brokers, url: Callable[[], str], events: list[Event]) -> None:
        self.acknowledged: list[Event] = []
        self.refused: set[bytes] = set()  # what belongs into weft.unreadable
        self._url, self._brokers = url, brokers
        self._dice = Random(SEED)
        self._waiting = deque((event, True) for event in events)  # and whether it is right
        self._stopping = threading.Event()
        self._gives_up = False
        self._numbers = count()
        self._loop = Loop("ledger")
        self._producing = Producing(brokers, self._loop)
        self._thread = threading.Thread(target=self._run, name="ledger")

    def __enter__(self) -> "Ledger":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, wrong: BaseException | None, at: TracebackType | None) -> None:
        self._gives_up = kind is not None
        self._stopping.set()
        self._thread.join()
        self.close()

    def close(self) -> None:
        """Lets go of the brokers."""
        self._producing.close()
        self._loop.close()

    def poison(self, raw: bytes, key: bytes = b"poison", partition: int = 0) -> None:
        """Produces bytes past the gateway; they are refused by intake."""
        self._producing.send([ToSend(self._brokers.named(INTAKE), raw, key, partition)])
        self.refused.add(raw)

    def _run(self) -> None:
        with httpx.Client(trust_env=False, timeout=70) as http:
            while not self._stopping.is_set():
                self._waiting += [(self._new(), True) for _ in range(NEW_EVENTS)]
                self._publish(http)
                self._stopping.wait(EVERY_S)
            while self._waiting and not self._gives_up:
                self._publish(http)

    def _publish(self, http: httpx.Client) -> None:
        """A batch; what is not acknowledged goes on waiting."""
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH_EVENTS))]
        body = orjson.dumps([envelope(event) for event, _ in batch])
        try:
            is_kept = http.post(f"{self._url()}/events", content=body, headers=BATCH).status_code == 202
        except httpx.TransportError:
            is_kept = False
        if is_kept:
            for each in batch:
                self._acknowledge(*each)
        else:
            self._waiting.extendleft(reversed(batch))
            time.sleep(EVERY_S)

    def _acknowledge(self, event: Event, is_right: bool) -> None:
        if not is_right:
            self.refused.add(encode(event))
            return
        self.acknowledged.append(event)
        lot = self._dice.random()
        if self._stopping.is_set() or lot > TWICE + CONFLICTS:
            return
        if lot < TWICE:
            self._waiting.append((event, True))
        else:
            other = b.seeks("m-0", f"Widerspruch {len(self.refused)}", at=b.day(8), id=event.id, source=event.source)
            self._waiting.append((other, False))

    def _new(self) -> Event:
        number = next(self._numbers)
        one, other = self._dice.sample(range(MEMBERS), 2)
        subject, at = self._dice.choice(SUBJECTS), b.day(7) + number * SECOND_US
        if number % 3 == 0:
            return b.talked(f"m-{one}", f"m-{other}", at=at, id=f"e-{number}")
        return (b.seeks, b.gives)[number % 2](f"m-{one}", subject, at=at, id=f"e-{number}")
