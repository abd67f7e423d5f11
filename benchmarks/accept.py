"""Accept: single events over HTTP at 500 a second, as a service of the network sends them: milliseconds by the wall
until the answer 202, which says that the event is durable.

A real `weft run` on a network of 100,000 events gets the 5,000 that come next, each in a request of its own, at its
time whether or not those before it were answered (an open loop: a stall is paid by everybody who comes meanwhile). The
peer is GET /healthz at the same rate: what HTTP itself costs, in this server and in the client that measures.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import httpx

from benchmarks.figure import Figure, percentile
from benchmarks.inputs import MEMBERS, copied, network, scratch, simulated
from benchmarks.serving import serving

BEFORE, EVENTS = 100_000, 5_000
PER_SECOND = 500
CONNECTIONS = 64
FLOOR_MS = 50
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
EVENT = (
    b"POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/cloudevents+json\r\n"
    b"Weft-Sender: operator\r\nContent-Length: %d\r\n\r\n%s"
)


def measure() -> Iterator[Figure]:
    """The p99, and the median."""
    events = [EVENT % (len(event), event) for event in simulated(EVENTS, after=BEFORE)]
    folder = network(BEFORE)
    with scratch() as beside, serving(copied(folder, beside / "data")) as served:
        _wait_for_the_index(served.url)
        plain = asyncio.run(_latencies_ms(served.url, [HEALTH] * (EVENTS // 2)))
        taken = asyncio.run(_latencies_ms(served.url, events))
    for percent, floor in ((99, FLOOR_MS), (50, None)):
        value, peer = percentile(taken, percent), percentile(plain, percent)
        yield Figure(
            f"accept at {PER_SECOND}/s, p{percent}", value, "ms", MEMBERS, floor, None, True, "GET /healthz", peer
        )


def _wait_for_the_index(url: str) -> None:
    """The first question is answered once the work that follows a start is done."""
    question = {"subjects": ["Nachfolge"]}
    httpx.post(f"{url}/members/m-1/ask", json=question, timeout=60, trust_env=False).raise_for_status()


# --- the load, written by hand: a whole HTTP client takes longer for a request than the server for its answer ---------


async def _latencies_ms(url: str, requests: list[bytes]) -> list[float]:
    """From when each request was due until its answer was there."""
    clock = asyncio.get_running_loop().time
    idle: asyncio.Queue[_Connection] = asyncio.Queue()
    async with AsyncExitStack() as opened:
        for _ in range(CONNECTIONS):
            idle.put_nowait(await opened.enter_async_context(_Connection(url)))
        begun = clock() + 1

        async def send(place: int, request: bytes) -> float:
            due = begun + place / PER_SECOND
            await asyncio.sleep(due - clock())
            connection = await idle.get()
            await connection.ask(request)
            idle.put_nowait(connection)
            return 1_000 * (clock() - due)

        return await asyncio.gather(*(send(place, request) for place, request in enumerate(requests)))


class _Connection:
    """One that is kept open, for one request after the other."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)

    async def __aenter__(self) -> "_Connection":
        self._reader, self._writer = await asyncio.open_connection(self._url.hostname, self._url.port)
        return self

    async def __aexit__(self, *failure: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def ask(self, request: bytes) -> None:
        """Returns when the answer was read; one that is no success ends the measurement."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        body = await self._reader.readexactly(int(length))
        if not head.startswith(b"HTTP/1.1 2"):
            raise SystemExit(f"weft run answered {head.splitlines()[0].decode()}: {body.decode()}")
