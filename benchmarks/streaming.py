"""Networks of their own on a real Kafka and a real Postgres, for the figures of the streams (`streams_*.py`).

The broker is the one that WEFT_TEST_BROKER names, else one that is started here as the tests start theirs; each network
has a namespace and a database of its own there, which are gone after it.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text

from benchmarks.inputs import CHUNK_EVENTS, scratch
from schemas.door import OPERATOR
from schemas.topics import INTAKE, SCORES, TOPICS, UNREADABLE
from services import admission
from services.clock import now_us
from services.kafka import place
from services.kafka.brokers import Brokers
from services.kafka.place import Place
from services.log.kafka import KafkaLog
from services.settings import Settings
from tests.parts import kafka, postgres

PARTITIONS = 8


class Parts(NamedTuple):
    """The bootstrap servers of a Kafka, and the address of a Postgres."""

    kafka: str
    postgres: str


class Network(NamedTuple):
    """A network that nobody else has: its settings, its brokers and keys, and a folder for what is written."""

    settings: Settings
    place: Place
    folder: Path

    @property
    def brokers(self) -> Brokers:
        return self.place.brokers


@contextmanager
def real_parts() -> Iterator[Parts]:
    """Both, for as long as it takes."""
    with scratch() as folder, kafka(folder / "kafka") as broker, postgres() as url:
        yield Parts(broker, url)


@contextmanager
def network(parts: Parts, partitions: int = PARTITIONS) -> Iterator[Network]:
    """An empty one."""
    with scratch() as folder, _database(parts.postgres) as keys_url:
        settings = Settings(
            brokers=parts.kafka,
            namespace=f"bench-{uuid4().hex[:8]}",
            partitions=partitions,
            replicas=1,
            keys_url=keys_url,
            network_key=folder / "network.key",
        )
        place.create(settings)
        opened = place.opened(settings)
        try:
            yield Network(settings, opened, folder)
        finally:
            opened.sealing.close()
            with opened.brokers.admin() as admin:
                admin.delete_topics([opened.brokers.named(name) for name in (*TOPICS, INTAKE, UNREADABLE, SCORES)])


def tell(network: Network, lines: Iterable[bytes]) -> int:
    """Puts events into the log, as intake does with what it has admitted; returns how many."""
    lines, count = iter(lines), 0
    with closing(KafkaLog(network.brokers, network.place.sealing)) as log:
        while chunk := list(islice(lines, CHUNK_EVENTS)):
            admission.take(log.append, chunk, now_us(), OPERATOR)
            count += len(chunk)
    return count


@contextmanager
def _database(server: str) -> Iterator[str]:
    name = f"bench_{uuid4().hex[:12]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()
