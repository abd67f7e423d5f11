"""What intake has refused, in `weft.unreadable`: read, and given to intake again once what was wrong is put right.

The topic only grows. What was given again is marked by a record that names it: it is shown no more, and if it is
refused once more it stands there anew, by the place in intake that it has then.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import NamedTuple

import orjson
from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from schemas.codec import Event, decode
from schemas.errors import Undecodable
from schemas.topics import INTAKE, UNREADABLE
from services.admission import name_of
from services.kafka import topics
from services.kafka.admitting import key_of
from services.kafka.brokers import Brokers, partition_of
from services.kafka.intake import FORGOTTEN, KEPT_KEY_BYTES
from services.kafka.loop import Loop
from services.kafka.place import Place
from services.kafka.sending import Producing, ToSend
from services.kafka.signing import signed, signer
from services.log.sealing import ERASED
from services.unreadable import names_any

REDRIVEN = "redriven"  # header of a mark: the id of what was given to intake again
POLL_MS = 1_000
AT_ONCE = 500  # records given to intake before they are marked


class Unreadable(NamedTuple):
    """A refused record: its place in intake, when the brokers took it in (µs), why it was refused, its bytes in clear,
    its key, and for whom the gateway signed it. `is_forgotten`: it names somebody who was erased, and nothing of it is
    kept."""

    partition: int
    offset: int
    at: int
    error: str
    raw: bytes
    key: bytes
    sender: str | None
    is_forgotten: bool

    @property
    def id(self) -> str:
        """What it is called by."""
        return f"{self.partition}/{self.offset}"

    @property
    def source(self) -> str | None:
        """Who published it, where that can be read."""
        return name_of(self.raw)[0]


class UnreadableTopic:
    """The refused records of one network. LogAway; Trouble: a topic is missing."""

    def __init__(self, place: Place) -> None:
        self._brokers, self._sealing = place.brokers, place.sealing
        self._secret = place.sealing.secret(b"senders")
        counts = topics.partitions_of(place.brokers)
        self._intake, self._count = counts[INTAKE], counts[UNREADABLE]

    def read(self, source: str | None = None) -> list[Unreadable]:
        """What was refused and not given again, each once, the youngest last; of one source, or of all."""
        self._sealing.keys.refresh()
        found: dict[str, Unreadable] = {}
        redriven: set[str] = set()
        for record in _records(self._brokers, self._brokers.named(UNREADABLE), self._count):
            headers = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
            if REDRIVEN in headers:
                redriven.add(headers[REDRIVEN])
            elif one := self._opened(record, headers):
                found.setdefault(one.id, one)
        left = [one for one in found.values() if one.id not in redriven and source in (None, one.source)]
        return sorted(left, key=lambda one: (one.at, one.partition, one.offset))

    def redrive(self, chosen: Sequence[Unreadable]) -> int:
        """Gives these to intake again and marks them; returns how many. A kill in between gives some of them twice,
        which changes nothing. Nothing is left of what names the erased: that is only marked."""
        with closing(Loop("redrive")) as loop, closing(Producing(self._brokers, loop)) as producing:
            for start in range(0, len(chosen), AT_ONCE):
                some = chosen[start : start + AT_ONCE]
                producing.send([self._again(one) for one in some if not one.is_forgotten])
                producing.send([self._mark(one) for one in some])
        return sum(not one.is_forgotten for one in chosen)

    def _opened(self, record: ConsumerRecord, said: dict[str, str]) -> Unreadable | None:
        """None: intake did not write this."""
        raw = self._sealing.open_unreadable(record.value or b"")
        try:
            place = int(said["partition"]), int(said["offset"]), int(said["at"])
        except (KeyError, ValueError):
            return None
        if raw is None:
            return None
        told = orjson.dumps({"event": raw.decode(errors="replace")})
        is_forgotten = FORGOTTEN in said or names_any(told, self._sealing.keys.erased)
        kept = b"" if is_forgotten else raw
        sender = signer(self._secret, record.value, record.headers)
        return Unreadable(*place, said.get("error", ""), kept, record.key or b"", sender, is_forgotten)

    def _again(self, one: Unreadable) -> ToSend:
        """As whoever published it, or as the gateway for whom it speaks; by the key that is its own, if it has one."""
        source, id = name_of(one.raw)
        key = key_of(source, id) if source and id and len(source) + len(id) < KEPT_KEY_BYTES else one.key
        value = one.raw if one.sender is None else self._sealed(one.raw)
        headers = [] if one.sender is None else signed(self._secret, value, one.sender)
        return ToSend(self._brokers.named(INTAKE), value, key, partition_of(key, self._intake), headers)

    def _sealed(self, raw: bytes) -> bytes:
        """As the gateway seals it; what could not be opened is as it was."""
        event = _event(raw)
        return raw if event is None or event.type == ERASED else self._sealing.seal([event])[0]

    def _mark(self, one: Unreadable) -> ToSend:
        return ToSend(self._brokers.named(UNREADABLE), b"", one.key, one.partition, [(REDRIVEN, one.id.encode())])


def _event(raw: bytes) -> Event | None:
    try:
        return decode(raw)
    except Undecodable:
        return None


def _records(brokers: Brokers, topic: str, count: int) -> Iterator[ConsumerRecord]:
    """All that a topic holds now."""
    partitions = [TopicPartition(topic, number) for number in range(count)]
    with brokers.asked() as client:
        client.assign(partitions)
        client.seek_to_beginning(*partitions)
        ends = client.end_offsets(partitions)
        while any(client.position(each) < ends[each] for each in partitions):
            for records in client.poll(timeout_ms=POLL_MS).values():
                yield from records
