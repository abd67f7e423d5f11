"""What is turned away before it is read: other hosts, other sites' pages, bodies too long, more than can be worked on.

Until there is a sign-in, whoever reaches the port may do anything. So only this machine reaches it, and a page of some
site, open in a browser on this machine, must not: what names another host or comes from another origin is refused.
"""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.problems import RETRY, answer, details

LONGEST_BODY_BYTES = 8 * 1024 * 1024
TOO_LONG = f"a body may have {LONGEST_BODY_BYTES:,} bytes; send a long batch in parts"
AS_IT_IS = "identity"  # the content encoding that is none
MOST_AT_ONCE = 256  # requests under way; each may hold a body


class Guard:
    """The middleware around the whole app."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        problem = _foreign(headers) or _encoded(headers) or _too_long(headers)
        if problem is None and self._under_way >= MOST_AT_ONCE:
            problem = details(503, f"{MOST_AT_ONCE} requests are under way already")
        if problem is not None:
            return await answer(problem, RETRY if problem["status"] == 503 else None)(scope, receive, send)
        self._under_way += 1
        try:
            await self.app(scope, _counted(receive), send)
        finally:
            self._under_way -= 1


def is_loopback(host: str) -> bool:
    """Whether this name or address is this machine's own, which no other machine reaches."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _foreign(headers: Headers) -> dict[str, Any] | None:
    host, origin = headers.get("host", ""), headers.get("origin")
    if not is_loopback(urlsplit(f"//{host}").hostname or ""):
        return details(421, "this Weft answers only as 127.0.0.1 or localhost, until there is a sign-in")
    if origin is not None and urlsplit(origin).netloc != host:
        return details(403, "pages of other origins may not use this Weft")
    return None


def _encoded(headers: Headers) -> dict[str, Any] | None:
    encoding = headers.get("content-encoding", "").strip().lower() or AS_IT_IS
    return None if encoding == AS_IT_IS else details(415, f"the body is encoded with {encoding}: send it as it is")


def _too_long(headers: Headers) -> dict[str, Any] | None:
    length = headers.get("content-length", "")
    return details(413, TOO_LONG) if length.isdecimal() and int(length) > LONGEST_BODY_BYTES else None


def _counted(receive: Receive) -> Receive:
    """`receive` for a body that did not say how long it is."""
    left = LONGEST_BODY_BYTES

    async def counted() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413, TOO_LONG)
        return message

    return counted
