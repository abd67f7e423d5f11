"""A service as it runs on this machine: on the brokers and the Postgres that are given, with folders for volumes."""

import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from services.up.composed import Service

LOOPBACK = "127.0.0.1"
POSTGRES = "postgresql"  # what an address of a database begins with
BROKERS, PORTS, KEY = "WEFT_BROKERS", ("WEFT_PORT", "WEFT_VIEWS_PORT"), "WEFT_NETWORK_KEY"


class Words(NamedTuple):
    """What runs a service, what asks how it is, and with which environment, in which folder."""

    run: list[str]
    ask: list[str]
    environment: dict[str, str]
    folder: Path


@dataclass
class Here:
    """What stands in for what the Compose file names and is not here."""

    data: Path
    brokers: str
    postgres: str
    _ports: dict[str, int] = field(default_factory=dict)  # as written -> as used
    _made: list[Path] = field(default_factory=list)

    def words(self, service: Service) -> Words:
        """Those of the Compose file, with what is here in place of what is in the image."""
        run = [sys.executable, "-m", "services.cli", *service.command]
        ask = [sys.executable if each == "python" else each for each in service.healthcheck.test[1:]]
        own = {name: value for name, value in os.environ.items() if not name.startswith("WEFT_")}
        said = {name: self._value(service, name, value) for name, value in service.environment.items()}
        return Words(run, ask, own | said, self._folder("."))

    def url(self, service: Service) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self._port(service.environment[PORTS[0]])}"

    def network_key(self, service: Service) -> str:
        """The file of what opens the members' keys, which other commands on this network are told."""
        return self._path(service, service.environment[KEY])

    def sweep(self) -> None:
        """Takes away the folders that were made here, and that nobody has put anything into."""
        for folder in reversed(self._made):
            with suppress(OSError):  # there is something in it
                folder.rmdir()

    def _value(self, service: Service, name: str, value: str) -> str:
        if name == BROKERS:
            return self.brokers
        if name in PORTS:
            return str(self._port(value))
        return self.postgres if value.startswith(POSTGRES) else self._path(service, value)

    def _path(self, service: Service, value: str) -> str:
        """In the volume's folder, if it is below where a volume is mounted."""
        for target, volume in service.mounts.items():
            if PurePosixPath(value).is_relative_to(target):
                return str(self._folder(volume) / PurePosixPath(value).relative_to(target))
        return value

    def _folder(self, name: str) -> Path:
        for folder in (self.data, self.data / name):
            if not folder.exists():
                folder.mkdir(parents=True, mode=0o700)  # there are people in it
                self._made.append(folder)
        return self.data / name

    def _port(self, written: str) -> int:
        """The port as it is written, if nobody has it, else any that is free."""
        if written not in self._ports:
            self._ports[written] = _free(int(written)) or _free(0)
        return self._ports[written]


def _free(port: int) -> int:
    """The port, or 0 where somebody has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return 0
        return int(probe.getsockname()[1])
