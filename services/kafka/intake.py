"""The partitions of `weft.intake` that a worker owns: what they bring goes through the door to the log, in batches.

A batch is decided, its events are produced and acknowledged, their identities kept, and last the group's offset is
committed. Whoever is killed in between does it again. A new owner first folds into its files what the log has beyond
them, so that it knows what the owners before it admitted.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson
from aiokafka import ConsumerRecord

from schemas.codec import Event
from schemas.topics import INTAKE, UNREADABLE
from services.kafka.admitting import Brought, Decided, Place, Refused, decide, intake_key, said_of
from services.kafka.brokers import Brokers, partition_of
from services.kafka.identities import Identities, Identity
from services.kafka.sending import ToSend
from services.kafka.signing import SENDER, SIGNATURE, signed
from services.kafka.topics import BIGGEST_RECORD_BYTES
from services.log import Positions
from services.log.kafka import KafkaLog
from services.log.sealing import ERASED
from services.unreadable import names_any

KEPT_KEY_BYTES = 1024
KEPT_BYTES = BIGGEST_RECORD_BYTES  # longer it comes only when it was compressed
FORGOTTEN = "forgotten"  # header of what was refused and names somebody who was erased: nothing of it is kept
FOLDED_AT_ONCE = 10_000  # identities kept in one transaction while the log is folded in


class Effects(NamedTuple):
    """What a decided batch puts where: records for topics."""

    records: list[ToSend]
    accepted: int
    duplicates: int
    refused: int


class Intake:
    """The files of the owned partitions, and what is done with what they bring; for one thread at a time."""

    def __init__(self, log: KafkaLog, folder: Path, partitions: int, ended_by: Callable[[Event], list[Event]]) -> None:
        """`ended_by`: the endings that are written before somebody's erasure."""
        self._log, self._folder, self._count, self._ended_by = log, folder, partitions, ended_by
        self._identities = log.sealing.secret(b"identities")
        self._senders = log.sealing.secret(b"senders")
        self._open: dict[int, Identities] = {}

    @property
    def owned(self) -> set[int]:
        """The partitions that can be taken from."""
        return set(self._open)

    def own(self, numbers: Sequence[int]) -> None:
        """Opens the files of these partitions and folds in what the log has beyond them. LogAway."""
        opened = {
            number: Identities(self._folder / f"{number}.db", self._log.log_id, self._identities)
            for number in numbers
            if number not in self._open
        }
        try:
            if opened:
                self._fold(opened, self._log.settled_end())
        except BaseException:
            for each in opened.values():
                each.close()
            raise
        self._open |= opened

    def let_go(self, numbers: Sequence[int]) -> None:
        """Closes the files of partitions that another may own now."""
        for number in numbers:
            if number in self._open:
                self._open.pop(number).close()

    def decide(self, batches: Mapping[int, Sequence[Brought]]) -> tuple[Effects, dict[int, list[Identity]]]:
        """What the batches of these partitions put where, and what is to be kept once it is there. What was open with
        somebody who is erased is ended before: once their keys are gone, nobody can say what that was. LogAway."""
        decided = {
            number: decide(batch, self._open[number], self._place(number), self._log.sealing, self._senders)
            for number, batch in batches.items()
        }
        return self._effects(decided), {number: each.fresh for number, each in decided.items()}

    def keep(self, fresh: Mapping[int, list[Identity]]) -> None:
        """Remembers what has been put where it belongs."""
        for number, identities in fresh.items():
            if identities and number in self._open:
                self._open[number].keep(identities)

    def rest(self) -> None:
        """While nothing comes: what the log has is folded in, so that a later start is short. LogAway."""
        if self._open:
            self._fold(self._open, self._log.end())

    # --- effects ------------------------------------------------------------------------------------------------------

    def _effects(self, decided: Mapping[int, Decided]) -> Effects:
        events: list[Event] = []
        for each in decided.values():
            for event in each.events:
                if event.type == ERASED:
                    self._log.put(self._log.records(self._ended_by(event)))
                events.append(event)
        refused = [one for each in decided.values() for one in each.refused]
        return Effects(
            [
                *self._log.records(events),
                *(self._unreadable(one) for one in refused),
                *(self._passed_on(*one) for each in decided.values() for one in each.elsewhere),
            ],
            sum(len(each.events) for each in decided.values()),
            sum(each.duplicates for each in decided.values()),
            len(refused),
        )

    def _place(self, number: int) -> Place:
        return Place(number, self._count)

    def _passed_on(self, record: Brought, key: bytes) -> ToSend:
        topic = self._log.brokers.named(INTAKE)
        return ToSend(topic, record.value, key, partition_of(key, self._count), record.headers)

    def _unreadable(self, refused: Refused) -> ToSend:
        """Sealed: it may be anybody's. Of the erased nothing is kept, and of what is endless the beginning."""
        sealing, said = self._log.sealing, said_of(refused)
        told = {"event": refused.raw.decode(errors="replace")}
        raw = b"" if names_any(orjson.dumps(told), sealing.keys.erased) else refused.raw[:KEPT_BYTES]
        value = sealing.seal_unreadable(raw)
        headers = [(name, text.encode()) for name, text in said.items()]
        headers += [(FORGOTTEN, b"")] if refused.raw and not raw else []
        headers += signed(self._senders, value, refused.sender) if refused.sender is not None else []
        number = int(said["partition"])
        return ToSend(self._log.brokers.named(UNREADABLE), value, refused.brought.key[:KEPT_KEY_BYTES], number, headers)

    # --- the log before -----------------------------------------------------------------------------------------------

    def _fold(self, opened: Mapping[int, Identities], end: Positions) -> None:
        after = _least(list(opened.values()))
        found: defaultdict[int, list[Event]] = defaultdict(list)
        for count, record in enumerate(self._log.read(after, end, remains=True), start=1):
            number = partition_of(intake_key(record.event), self._count)
            if number in opened:
                found[number].append(record.event)
            if count % FOLDED_AT_ONCE == 0:
                for number in list(found):
                    opened[number].keep(self._identities_of(found.pop(number), opened[number]))
        for number, each in opened.items():
            each.keep(self._identities_of(found[number], each), end)

    def _identities_of(self, events: list[Event], known: Identities) -> list[Identity]:
        secrets = self._log.sealing.owners_secrets(events)
        return [known.of(*each) for each in zip(events, secrets, strict=True)]


def brought(record: ConsumerRecord, brokers: Brokers) -> Brought:
    """A consumer's record, with those headers that say who speaks: whoever produced it may have put any there."""
    headers = [(name, value) for name, value in record.headers if name in (SENDER, SIGNATURE) and value is not None]
    partition = f"{brokers.topic(record.topic)}/{record.partition}"
    at = record.timestamp * 1_000
    return Brought(partition, record.offset, record.key or b"", record.value or b"", headers, at)


def _least(files: Sequence[Identities]) -> Positions:
    """The positions that all of these files have behind them."""
    least: Positions = {}
    for name in {name for each in files for name in each.positions}:
        least[name] = min(each.positions.get(name, 0) for each in files)
    return least
