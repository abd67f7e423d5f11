"""Health and metrics of a process that serves nothing else: /healthz, /readyz and /metrics, on loopback.

Where a process answers HTTP anyway, `services.health` says the same.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.guard import is_loopback
from services.trouble import Trouble

HOST = "127.0.0.1"
JSON = "application/json"
RETRY_S = 1

Answer = tuple[int, str, bytes]


@contextmanager
def serve(port: int, why_not_ready: Callable[[], str | None]) -> Iterator[str]:
    """Answers while in it, in threads beside the process; yields the URL (port 0: any that is free). `why_not_ready`
    says what the process waits for, None once it is ready. Trouble: the port is taken."""

    def ready() -> Answer:
        if why := why_not_ready():
            return 503, JSON, orjson.dumps({"status": "not ready", "why": why})
        return 200, JSON, b'{"status":"ready"}'

    answers: dict[str, Callable[[], Answer]] = {
        "/healthz": lambda: (200, JSON, b'{"status":"alive"}'),
        "/readyz": ready,
        "/metrics": lambda: (200, CONTENT_TYPE_LATEST, generate_latest()),
    }
    try:
        server = ThreadingHTTPServer((HOST, port), _answering(answers))
    except OSError as wrong:
        raise Trouble(f"port {port} of {HOST} cannot be used ({wrong.strerror}): set another one") from None
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="monitoring")
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answering(answers: dict[str, Callable[[], Answer]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5  # seconds that a caller may take to ask

        def do_GET(self) -> None:
            status, content_type, body = self._answer()
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            if status == 503:
                self.send_header("Retry-After", str(RETRY_S))
            self.end_headers()
            self.wfile.write(body)

        def _answer(self) -> Answer:
            """A page of some site, open in a browser on this machine, names another host."""
            if not is_loopback(urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""):
                return 421, JSON, b'{"title":"this process answers only as 127.0.0.1 or localhost"}'
            found = answers.get(urlsplit(self.path).path)
            return found() if found else (404, JSON, b'{"title":"there are /healthz, /readyz and /metrics"}')

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing: that somebody looked is no news."""

    return Handler
