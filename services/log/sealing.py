"""What the log keeps of an event, and how it is read again: the only place that turns one into the other.

The personal part of an event (the table of kinds says which fields) is sealed with AES-256-GCM under the key of its
member; where two members own it, under both, one around the other, so that it ends with either. What is left in clear
are ids, instants and numbers that route, relate or count. The world, the points and the pages know nothing of this.

What is kept is a line of JSON, the envelope with the clear part of `data`; then, if there is more, the sealed bytes.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import chain, count
from typing import Any, BinaryIO, NamedTuple

import orjson
from cryptography.exceptions import InvalidTag

from matcher.facts import named_in
from schemas.codec import Event, decode, encode, envelope
from schemas.errors import Undecodable
from schemas.instants import parse_canonical
from schemas.topics import KINDS
from services.log.keyring import OF_SNAPSHOTS, OF_UNREADABLE, VERSION, Erasure, Keys
from services.log.network_key import NONCE_BYTES

CONTENT_BYTES = 16  # the content hash of the whole event goes with the sealed part: nobody else could compute it
BLOCK_BYTES = 64  # what is sealed is filled up to a multiple of this, so that its length says little
SECRET_BYTES = 32
LENGTH_BYTES = 4  # before each part of a snapshot
ERASED = "member.erased"
_NOTHING = bytes(1)  # in place of what is not kept


class Remains(NamedTuple):
    """What is left of an event whose personal part nobody can read any more: the event with its clear part alone."""

    event: Event


class _Parts(NamedTuple):
    """An event's data, taken apart: what stays in clear, what is sealed, and with whose keys."""

    clear: dict[str, Any]
    personal: dict[str, Any]
    owners: list[str]

    @classmethod
    def of(cls, event: Event) -> "_Parts":
        kind, data = KINDS.get(event.type), event.data
        personal = {field: data[field] for field in kind.personal if field in data} if kind else {}
        if kind is None or not personal:
            return cls(data, personal, [])
        clear = {field: value for field, value in data.items() if field not in personal}
        return cls(clear, personal, kind.owners(data))


class Sealing:
    """Seals and opens with these keys; safe to use from many threads. LogDamaged, Trouble as `Keys`."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys

    def close(self) -> None:
        """Lets go of the keys."""
        self.keys.close()

    def seal(self, events: Sequence[Event]) -> list[bytes]:
        """What the log keeps of these events. Whoever of them is an erasure destroys the keys of its member first."""
        parts = [_Parts.of(event) for event in events]
        erasures = [Erasure(event.data["member_id"], encode(event)) for event in events if event.type == ERASED]
        gone = self.keys.erased | {erasure.member_id for erasure in erasures}
        late = [who for event in events if gone and event.type != ERASED for who in gone.intersection(_named(event))]
        self.keys.prepare({owner for each in parts for owner in each.owners}, erasures, late)
        return [self._sealed(*each) for each in zip(events, parts, strict=True)]

    def open(self, stored: bytes) -> Event | Remains:
        """The event whose bytes these are. Undecodable: `seal` did not make these bytes, or not with these keys;
        LogDamaged: a key is missing."""
        try:
            line, _, box = stored.partition(b"\n")
            return self._opened(orjson.loads(line), box) if box else decode(line)
        except (KeyError, TypeError, ValueError, AttributeError, InvalidTag):
            raise Undecodable("not an event that Weft stored") from None

    def seal_snapshot(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        """A snapshot as it is kept, part by part (in one call it would keep every other thread waiting); with the next
        erasure, nobody can open it any more. No part may be empty: that is the end."""
        for number, part in enumerate(chain(parts, [b""])):
            sealed = self._seal_whole(OF_SNAPSHOTS, part, number)
            yield len(sealed).to_bytes(LENGTH_BYTES, "big") + sealed

    def open_snapshot(self, sealed: BinaryIO) -> Iterator[bytes]:
        """The parts of a snapshot, each opened when it is asked for. ValueError: from here on it is damaged, or
        somebody was erased since."""
        end = sealed.seek(0, os.SEEK_END)
        sealed.seek(0)
        for number in count():
            length = int.from_bytes(sealed.read(LENGTH_BYTES), "big")
            part = self._open_whole(OF_SNAPSHOTS, sealed.read(length), number) if length <= end else None
            if part is None or (not part and sealed.tell() != end):
                raise ValueError("its bytes are damaged, or somebody has been erased since")
            if not part:
                return
            yield part

    def seal_unreadable(self, raw: bytes) -> bytes:
        """Bytes that were refused, whosever they are."""
        return self._seal_whole(OF_UNREADABLE, raw)

    def open_unreadable(self, sealed: bytes) -> bytes | None:
        """None: they are damaged, or of another network."""
        return self._open_whole(OF_UNREADABLE, sealed)

    def owners_secrets(self, events: Sequence[Event]) -> list[bytes | None]:
        """Of each event, bytes that can be made as long as none of those is erased whose keys it is sealed with, and by
        nobody afterwards (None); empty where nothing of it is sealed."""
        owners = [_Parts.of(event).owners for event in events]
        self.keys.prepare({owner for each in owners for owner in each}, [])
        return [self._joined(each) for each in owners]

    def _joined(self, owners: Sequence[str]) -> bytes | None:
        keys = [self.keys.find(owner) for owner in owners]
        return None if None in keys else b"".join(_derived(key, b"owners") for key in keys)

    def secret(self, purpose: bytes) -> bytes:
        """32 bytes that every process of this network can make, and nobody else; the same for ever."""
        return _derived(self._own(OF_UNREADABLE), purpose)

    # --- one event ----------------------------------------------------------------------------------------------------

    def _sealed(self, event: Event, parts: "_Parts") -> bytes:
        if not parts.owners:
            return encode(event)
        line = envelope(event)
        line["data"], line["keys"] = parts.clear, dict.fromkeys(parts.owners, VERSION)
        return orjson.dumps(line) + b"\n" + self._box(event, parts)

    def _box(self, event: Event, parts: "_Parts") -> bytes:
        """If one of the owners was erased, what they said is not kept."""
        nonce = os.urandom(NONCE_BYTES)
        plain = bytes.fromhex(event.content) + orjson.dumps(parts.personal)
        box = plain.ljust(-(-len(plain) // BLOCK_BYTES) * BLOCK_BYTES)
        for owner in parts.owners:
            key = self.keys.find(owner)
            if key is None:
                return _NOTHING
            box = key.encrypt(nonce, box, bound_to(event.source, event.id, event.type, owner, VERSION))
        return nonce + box

    def _opened(self, line: dict[str, Any], box: bytes) -> Event | Remains:
        source, id, kind, data = line["source"], line["id"], line["type"], line["data"]
        time = parse_canonical(line["time"])
        if box == _NOTHING:
            return Remains(Event(time, source, id, kind, data, ""))
        nonce, box = box[:NONCE_BYTES], box[NONCE_BYTES:]
        for owner, version in reversed(line["keys"].items()):
            key = self.keys.find(owner)
            if key is None:
                return Remains(Event(time, source, id, kind, data, ""))
            box = key.decrypt(nonce, box, bound_to(source, id, kind, owner, version))
        return Event(time, source, id, kind, data | orjson.loads(box[CONTENT_BYTES:]), box[:CONTENT_BYTES].hex())

    # --- whole files --------------------------------------------------------------------------------------------------

    def _seal_whole(self, name: str, plain: bytes, number: int = 0) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._own(name).encrypt(nonce, plain, f"{name} {number}".encode())

    def _open_whole(self, name: str, sealed: bytes, number: int = 0) -> bytes | None:
        try:
            return self._own(name).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], f"{name} {number}".encode())
        except (InvalidTag, ValueError):
            return None

    def _own(self, name: str) -> Any:
        return self.keys.find(name)


def _derived(key: Any, purpose: bytes) -> bytes:
    nonce = sha256(purpose).digest()[:NONCE_BYTES]  # of one purpose, one and the same plain text, and one only
    sealed: bytes = key.encrypt(nonce, bytes(SECRET_BYTES), None)
    return sealed[:SECRET_BYTES]


def _named(event: Event) -> list[str]:
    return [*named_in(event), *event.data.get("attendee_ids", ())]


def bound_to(source: str, id: str, kind: str, owner: str, version: int) -> bytes:
    """What a sealed part cannot be moved away from."""
    return orjson.dumps((source, id, kind, owner, version))
