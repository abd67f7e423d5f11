"""Kafka nodes as processes of this machine, on loopback: started, stopped, killed, frozen.

The jars come from Maven Central (pom.xml) into `build/kafka` of this checkout, once. What the properties set beyond
names and ports shortens what takes a cluster of machines longer than a test should wait.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path
from uuid import uuid4

HERE = Path(__file__).parent
JARS = HERE.parents[1] / "build" / "kafka"
START_S = 60
STOP_S = 10
_JVM = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=WARN")
_PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={copies}
transaction.state.log.num.partitions=4
transaction.state.log.min.isr={copies_in_sync}
default.replication.factor={copies}
min.insync.replicas={copies_in_sync}
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=2097152
log.cleaner.backoff.ms=500
log.retention.check.interval.ms=1000
log.segment.delete.delay.ms=500
"""


class NoBroker(Exception):
    """A broker cannot be had here; the message says why."""


def fetch_jars() -> Path:
    """Kafka's jars, fetched by Maven where they are not here yet, once however many ask. NoBroker."""
    JARS.mkdir(parents=True, exist_ok=True)
    with open(JARS / "lock", "wb") as lock:
        flock(lock, LOCK_EX)
        _fetch_jars()
    return JARS


def _fetch_jars() -> None:
    if not (JARS / "complete").exists():
        for tool in ("java", "mvn"):
            if shutil.which(tool) is None:
                raise NoBroker(f"there is no `{tool}`: Debian has it in default-jre-headless and maven")
        command = ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={JARS}"]
        fetched = subprocess.run(command, cwd=HERE, capture_output=True, text=True)
        if fetched.returncode:
            raise NoBroker(f"Maven could not fetch Kafka: {(fetched.stdout + fetched.stderr).strip()[-200:]}")
        (JARS / "complete").touch()


class Node:
    """One broker, which is a controller as well."""

    def __init__(self, folder: Path, number: int, ports: list[tuple[int, int]]) -> None:
        self.port, controller_port = ports[number]
        self.data = folder / f"node-{number + 1}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._properties = _properties_of(folder, number)
        copies = min(3, len(ports))
        self._properties.write_text(
            _PROPERTIES.format(
                node=number + 1,
                voters=",".join(f"{other + 1}@127.0.0.1:{controller}" for other, (_, controller) in enumerate(ports)),
                port=self.port,
                controller_port=controller_port,
                data=self.data,
                copies=copies,
                copies_in_sync=max(1, copies - 1),
            )
        )

    def format(self, cluster_id: str) -> None:
        """Makes an empty data folder."""
        command = _java("kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(self._properties))
        subprocess.run(command, check=True, capture_output=True)

    def start(self) -> None:
        """Starts it; `wait` says when it listens. NoBroker: somebody else does."""
        if _listens(self.port):
            raise NoBroker(f"somebody listens on port {self.port}, which {self._folder} has: does its broker run?")
        with open(self._folder / "broker.log", "ab") as log:
            command = _java("kafka.Kafka", str(self._properties))
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def wait(self) -> None:
        """Returns once it listens. NoBroker: it ended."""
        give_up = time.monotonic() + START_S
        while not _listens(self.port):
            if self._process is None or self._process.poll() is not None or time.monotonic() > give_up:
                said = (self._folder / "broker.log").read_text(errors="replace")[-300:]
                raise NoBroker(f"Kafka did not start: {said}")
            time.sleep(0.05)

    def check(self) -> None:
        """NoBroker: it has ended, and nobody here has asked it to."""
        code = None if self._process is None else self._process.poll()
        if code is not None:
            raise NoBroker(f"{self.data.name} ended by itself with {code}: {self._folder / 'broker.log'} may say why")

    def kill(self) -> None:
        """As a power cut would end it, the operating system's buffers aside."""
        self.send(signal.SIGKILL)
        self._ended()

    def send(self, number: int) -> None:
        """Sends a signal: SIGSTOP freezes it, SIGCONT wakes it."""
        assert self._process is not None
        self._process.send_signal(number)

    def terminate(self) -> None:
        """Asks it to end."""
        if self._process is not None:
            self._process.terminate()

    def _ended(self) -> None:
        if self._process is not None:
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def stop(self) -> None:
        """Returns when it has ended."""
        self.terminate()
        self._ended()


class Cluster:
    """So many nodes, in a folder of their own, which keeps their data and their ports; a context that stops them."""

    def __init__(self, folder: Path, nodes: int = 1) -> None:
        fetch_jars()
        folder.mkdir(parents=True, exist_ok=True)
        ports = [_kept_ports(folder, number) or _free_ports() for number in range(nodes)]
        self.nodes = [Node(folder, number, ports) for number in range(nodes)]
        self.bootstrap = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        cluster_id = urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
        for node in self.nodes:
            if not node.data.exists():
                node.format(cluster_id)

    def start(self) -> "Cluster":
        """Returns when all listen. NoBroker."""
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait()
        return self

    def check(self) -> None:
        """NoBroker: one has ended, and nobody here has asked it to."""
        for node in self.nodes:
            node.check()

    def stop(self) -> None:
        """Stops all at once: the last of three would wait for a quorum that is gone."""
        for node in self.nodes:
            node.terminate()
        for node in self.nodes:
            node.stop()

    @contextmanager
    def running(self) -> Iterator["Cluster"]:
        """Started, and stopped at the end."""
        try:
            yield self.start()
        finally:
            self.stop()


def _java(*arguments: str) -> list[str]:
    return ["java", *_JVM, "-cp", f"{JARS}{os.sep}*", *arguments]


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True


def _properties_of(folder: Path, number: int) -> Path:
    return folder / f"node-{number + 1}.properties"


def _kept_ports(folder: Path, number: int) -> tuple[int, int] | None:
    """Those that this node had before: who knows its address finds it again, and its quorum as well."""
    try:
        said = _properties_of(folder, number).read_text()
    except FileNotFoundError:
        return None
    port, controller_port = re.findall(r"^listeners=PLAINTEXT://.*:(\d+),CONTROLLER://.*:(\d+)$", said, re.MULTILINE)[0]
    return int(port), int(controller_port)


def _free_ports() -> tuple[int, int]:
    """Two ports of loopback that nobody has."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]
