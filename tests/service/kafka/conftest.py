"""Namespaces of their own on one real broker, and what tests open on them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from services.kafka import topics
from services.kafka.brokers import Brokers
from services.log.kafka import KafkaLog, LeadersLog
from services.log.keys import KeyStore, create, folder_of
from services.log.reader import open_database
from services.log.sealing import Sealing
from tests.service.kafka.processes import Distributed

PARTITIONS = 3


@pytest.fixture
def network(broker: str) -> Callable[..., Brokers]:
    """Makes the topics of a network that nobody else has."""

    def made(partitions: int = PARTITIONS) -> Brokers:
        brokers = Brokers(broker, f"n-{uuid4().hex[:8]}")
        topics.create(brokers, partitions, replicas=1)
        return brokers

    return made


@pytest.fixture
def open_log(network: Callable[..., Brokers], tmp_path: Path) -> Iterator[Callable[..., KafkaLog]]:
    """Opens the Kafka log of a name, with its keys in `tmp_path`."""
    opened: list[KafkaLog] = []
    networks: dict[str, Brokers] = {}

    def open_one(name: str, kind: type[KafkaLog] = KafkaLog) -> KafkaLog:
        brokers = networks.get(name) or networks.setdefault(name, network())
        folder = tmp_path / name
        if not folder_of(folder).exists():
            create(folder_of(folder), name, connect=open_database)
        opened.append(kind(brokers, Sealing(KeyStore(folder_of(folder), connect=open_database))))
        return opened[-1]

    yield open_one
    for log in opened:
        log.close()


@pytest.fixture
def open_leaders_log(open_log: Callable[..., KafkaLog]) -> Callable[[str], LeadersLog]:
    return lambda name: open_log(name, LeadersLog)  # type: ignore[return-value]


@pytest.fixture
def distributed(broker: str, postgres_url: str, tmp_path: Path) -> Iterator[Callable[..., Distributed]]:
    """Makes the topics and keys of a network for processes; what was started is ended."""
    made: list[Distributed] = []

    def one(partitions: int = PARTITIONS, **more: str) -> Distributed:
        brokers = Brokers(broker, f"n-{uuid4().hex[:8]}")
        network = Distributed(brokers, postgres_url, tmp_path / "weft", WEFT_PARTITIONS=str(partitions), **more)
        created = network.weft("topics", "create")
        assert created.code == 0, created.err
        made.append(network)
        return network

    yield one
    for network in made:
        network.stop()
