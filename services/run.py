"""`weft run`: one process, one port, one data folder."""

import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import structlog
import uvicorn

from services import lines
from services.app import app_of
from services.folder import Folder
from services.guard import is_loopback
from services.log.sqlite import SqliteLog
from services.network import Network
from services.routine import Routine
from services.settings import Settings
from services.trouble import Trouble, WrongSetting

LAST_REQUESTS_S = 10  # how long a stop waits for the requests under way

# Threads that fold or admit give way so often. Measured at 300 single events/s beside an import of 66,000 by batches:
# half of them waited 2.1 and 2.8 s with Python's own 5 ms, 0.9 and 0.1 s with 1 ms.
SWITCH_S = 0.001

log_lines = structlog.get_logger()


def run(folder: Folder, settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT; then finishes what is under way, saves a snapshot and returns. Raises what
    keeps it from going on: Trouble, or a mistake of ours."""
    check_loopback(settings.host)
    lines.configure()
    sys.setswitchinterval(SWITCH_S)
    with folder.create().held(), listening(settings.host, settings.port) as (listener, url):
        log = SqliteLog(folder.log)
        network = Network(log, folder, settings)
        config = uvicorn.Config(
            app_of(network), log_config=None, server_header=False, timeout_graceful_shutdown=LAST_REQUESTS_S
        )
        server = Server(config)
        failures: list[Exception] = []

        def stop_for(failure: Exception) -> None:
            failures.append(failure)
            server.should_exit = True

        routine = Routine(network, on_failure=stop_for)
        with folder.announced(url):
            log_lines.info("listening", url=url)
            routine.start()
            server.run(sockets=[listener])
        routine.stop()
        log.close()
        if failures:
            raise failures[0]
        log_lines.info("stopped", events=network.follower.read_count)


def check_loopback(host: str) -> None:
    """WrongSetting: other machines could reach this address."""
    if not is_loopback(host):
        raise WrongSetting(
            f"weft run listens on this machine only, not on {host}: it has no sign-in yet, so whoever reaches the port "
            "could read and answer for everybody; set host to 127.0.0.1"
        )


@contextmanager
def listening(host: str, port: int) -> Iterator[tuple[socket.socket, str]]:
    """A socket bound to this address, and its URL; port 0 is any that is free. Trouble: the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small answers at once (TCP_NODELAY) only on sockets that name their protocol; the others wait 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as wrong:
            trouble = f"port {port} of {host} cannot be used ({wrong.strerror}): set another one with WEFT_PORT"
            raise Trouble(trouble) from None
        name = f"[{host}]" if ":" in host else host
        yield listener, f"http://{name}:{listener.getsockname()[1]}"


class Server(uvicorn.Server):
    """Ends by returning, also where a signal asked for it: the exit code 0 says that the stop was clean. `on_signal` is
    told first."""

    def __init__(self, config: uvicorn.Config, on_signal: Callable[[], None] = lambda: None) -> None:
        super().__init__(config)
        self._on_signal = on_signal

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Asks it to end."""
        self._on_signal()
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
