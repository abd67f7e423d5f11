"""The brokers of one network: how its topics are named there, and clients with the settings that lose nothing.

A cluster may carry several networks, each in a namespace: `weft.interests` of the namespace "ruhr" is the topic
`ruhr.interests`. Positions, cuts and messages always say the names of EVENTS.md.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka import errors as of_clients
from kafka import KafkaAdminClient, KafkaConsumer, errors
from kafka.partitioner.default import murmur2

from services.addresses import BROKERS_FORM
from services.log import LogAway
from services.settings import Settings
from services.trouble import WrongSetting

NAMESPACE = "weft"  # of the names of EVENTS.md, and of a network that does not say another
SESSION_MS = 6_000  # the brokers' minimum: who takes over from a killed worker waits so long
HEARTBEAT_MS = 1_000
METADATA_MS = 5_000  # how long a topic that is made later stays unseen; the default is five minutes
REQUEST_MS = 40_000  # longer than an outage that is to be ridden out
TRANSACTION_MS = 10_000  # a leader that is killed in a transaction hides later commits for so long
LINGER_MS = 5
KNOWN_KEYS = 100_000  # whose partition is remembered: in Python, to compute it takes as long as to open an event

SILENCE = (  # what clients call it when nobody answers
    ConnectionError,
    TimeoutError,
    errors.KafkaConnectionError,
    errors.KafkaTimeoutError,
    of_clients.KafkaConnectionError,
    of_clients.KafkaTimeoutError,
)


@dataclass(frozen=True)
class Brokers:
    """Where the brokers are (`host:port,host:port`), and the namespace of this network."""

    bootstrap: str
    namespace: str = NAMESPACE

    def named(self, topic: str) -> str:
        """The name on the brokers of a topic of EVENTS.md."""
        return self.namespace + topic.removeprefix(NAMESPACE)

    def topic(self, named: str) -> str:
        """The topic of EVENTS.md that is named so on the brokers."""
        return NAMESPACE + named.removeprefix(self.namespace)

    def group(self, name: str) -> str:
        """The name of a consumer group."""
        return f"{self.namespace}.{name}"

    # --- clients ------------------------------------------------------------------------------------------------------

    @contextmanager
    def admin(self, patience_s: int = 10) -> Iterator[KafkaAdminClient]:
        """A client that makes and describes topics. LogAway."""
        with self.explained():
            client = KafkaAdminClient(bootstrap_servers=self._servers, bootstrap_timeout_ms=1_000 * patience_s)
            try:
                yield client
            finally:
                client.close()

    @contextmanager
    def asked(self) -> Iterator[KafkaConsumer]:
        """A client that asks where partitions end and what groups have read, from outside. LogAway."""
        with self.explained():
            client = KafkaConsumer(bootstrap_servers=self._servers, group_id=None, bootstrap_timeout_ms=10_000)
            try:
                yield client
            finally:
                client.close()

    def consumer(
        self, *, group: str | None = None, static_id: str | None = None, committed: bool = True, **more: Any
    ) -> AIOKafkaConsumer:
        """A consumer that is not started yet, of what is committed, or of all that was written; with a group, it
        commits by itself never."""
        return AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            group_id=group,
            group_instance_id=static_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed" if committed else "read_uncommitted",
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            metadata_max_age_ms=METADATA_MS,
            request_timeout_ms=REQUEST_MS,
            **more,
        )

    def producer(self, *, transactional_id: str | None = None) -> AIOKafkaProducer:
        """A producer that is not started yet; each of its events is acknowledged by all replicas, once and in order."""
        of_a_transaction = {"transactional_id": transactional_id, "transaction_timeout_ms": TRANSACTION_MS}
        return AIOKafkaProducer(
            bootstrap_servers=self.bootstrap,
            enable_idempotence=True,
            acks="all",
            linger_ms=LINGER_MS,
            metadata_max_age_ms=METADATA_MS,
            request_timeout_ms=REQUEST_MS,
            max_request_size=2**21,
            **(of_a_transaction if transactional_id else {}),
        )

    @contextmanager
    def explained(self) -> Iterator[None]:
        """What a client could not do, said for people. LogAway."""
        try:
            yield
        except (errors.KafkaError, of_clients.KafkaError, TimeoutError, OSError) as wrong:
            raise LogAway(self._said(wrong)) from None

    def _said(self, wrong: Exception) -> str:
        if isinstance(wrong, SILENCE):
            return f"nobody answers at {self.bootstrap}: do the brokers run, and is WEFT_BROKERS right?"
        return f"the brokers at {self.bootstrap} cannot be used: {str(wrong).strip() or type(wrong).__name__}"

    @property
    def _servers(self) -> list[str]:
        return self.bootstrap.split(",")


def brokers_of(settings: Settings) -> Brokers:
    """The brokers that the settings name. WrongSetting: they name none."""
    if not settings.brokers:
        raise WrongSetting(f"no brokers are named: set WEFT_BROKERS to {BROKERS_FORM}")
    return Brokers(settings.brokers, settings.namespace)


def partition_of(key: bytes, count: int) -> int:
    """The partition of a key, of so many: as every Kafka client's default computes it.

    >>> partition_of(b"m-17", 16)
    9
    """
    return int(murmur2(key) & 0x7FFFFFFF) % count


@lru_cache(KNOWN_KEYS)
def home_of(key: bytes, count: int) -> int:
    """As `partition_of`, of keys that come again and again, as members' do."""
    return partition_of(key, count)
