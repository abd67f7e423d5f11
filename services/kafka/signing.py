"""Who a record of `weft.intake` speaks for: what the gateway has signed with its sender; all else is a publisher's.

What is refused of a signed record is signed again in `weft.unreadable`, so that nobody else can say for whom it speaks.
"""

import hmac
from collections.abc import Sequence
from hashlib import sha256

SENDER, SIGNATURE = "weft-sender", "weft-signature"
Headers = Sequence[tuple[str, bytes]]


def signed(secret: bytes, value: bytes, sender: str) -> list[tuple[str, bytes]]:
    """The headers of a record that the gateway produces."""
    return [(SENDER, sender.encode()), (SIGNATURE, _signature(secret, value, sender.encode()))]


def signer(secret: bytes, value: bytes, headers: Headers) -> str | None:
    """For whom this record was signed (a `Weft-Sender`); None: it was not, whatever the headers say."""
    said = dict(headers)
    sender, signature = said.get(SENDER), said.get(SIGNATURE)
    if sender is None or signature is None:
        return None
    return sender.decode() if hmac.compare_digest(signature, _signature(secret, value, sender)) else None


def _signature(secret: bytes, value: bytes, sender: bytes) -> bytes:
    return hmac.digest(secret, sender + b"\n" + value, sha256)
