"""Who a record of `weft.intake` speaks for: what the gateway has signed with its sender; all else is a publisher's."""

import hmac
from collections.abc import Sequence
from hashlib import sha256

from schemas.door import Sender, sender_named

SENDER, SIGNATURE = "weft-sender", "weft-signature"
Headers = Sequence[tuple[str, bytes]]


def signed(secret: bytes, value: bytes, sender: str) -> list[tuple[str, bytes]]:
    """The headers of a record that the gateway produces."""
    return [(SENDER, sender.encode()), (SIGNATURE, _signature(secret, value, sender.encode()))]


def signer(secret: bytes, value: bytes, headers: Headers) -> Sender | None:
    """For whom the gateway has signed this record; None: it has not, whatever the headers say."""
    said = dict(headers)
    sender, signature = said.get(SENDER), said.get(SIGNATURE)
    if sender is None or signature is None:
        return None
    is_right = hmac.compare_digest(signature, _signature(secret, value, sender))
    return sender_named(sender.decode()) if is_right else None


def _signature(secret: bytes, value: bytes, sender: bytes) -> bytes:
    return hmac.digest(secret, sender + b"\n" + value, sha256)
