"""From records of `weft.intake` to the log: each through the one door, once, and in the order of its partition.

Effects come first, then what remembers them: whoever is killed in between does the same again, and the same again
changes nothing.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from schemas.codec import Event, encode
from schemas.door import PUBLISHER, admit, sender_named
from schemas.errors import Refusal, Undecodable
from services.admission import CONFLICT
from services.kafka.brokers import partition_of
from services.kafka.identities import Identities, Identity
from services.kafka.signing import signer
from services.log import Verdict
from services.log.sealing import Sealing


class Brought(NamedTuple):
    """A record as intake brought it: from where, its bytes and headers, and when the brokers took it in (µs)."""

    partition: str
    offset: int
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]
    at: int


class Refused(NamedTuple):
    """A record that does not enter the log, and why."""

    brought: Brought
    raw: bytes  # what was refused, in clear
    refusal: Refusal
    sender: str | None  # for whom the gateway has signed it


class Decided(NamedTuple):
    """What becomes of a batch: the events that are new, in order; what is refused; what came by another key than its
    own, and is passed on to where it belongs; and what is to be remembered once all are there."""

    events: list[Event]
    refused: list[Refused]
    elsewhere: list[tuple[Brought, bytes]]  # with the key that is its own
    fresh: list[Identity]
    duplicates: int


def decide(
    batch: Sequence[Brought], identities: Identities, place: "Place", sealing: Sealing, secret: bytes
) -> Decided:
    """What becomes of a batch of one partition; nothing is done yet."""
    admitted: list[tuple[Refused, Event]] = []  # each with what it is if it is a conflict
    refused: list[Refused] = []
    elsewhere: list[tuple[Brought, bytes]] = []
    for brought in batch:
        sender = signer(secret, brought.value, brought.headers)
        raw, answer = _admitted(brought, sender, sealing)
        if isinstance(answer, Refusal):
            refused.append(Refused(brought, raw, answer, sender))
        elif answer is not None and not place.is_of(answer):
            elsewhere.append((brought, intake_key(answer)))
        elif answer is not None:
            admitted.append((Refused(brought, raw, CONFLICT, sender), answer))
    events = [event for _, event in admitted]
    names = [identities.of(*each) for each in zip(events, sealing.owners_secrets(events), strict=True)]
    verdicts = identities.verdicts(names)
    judged = list(zip(admitted, names, verdicts, strict=True))
    refused += [conflict for (conflict, _), _, verdict in judged if verdict is Verdict.CONFLICT]
    new = [(event, name) for (_, event), name, verdict in judged if verdict is Verdict.ACCEPTED]
    return Decided(
        [event for event, _ in new], refused, elsewhere, [name for _, name in new], verdicts.count(Verdict.DUPLICATE)
    )


class Place(NamedTuple):
    """A partition of `weft.intake`, and how many there are."""

    number: int
    of: int

    def is_of(self, event: Event) -> bool:
        """Whether this is where the event belongs: all of one source and id come by one partition, in order."""
        return partition_of(intake_key(event), self.of) == self.number


def intake_key(event: Event) -> bytes:
    """The key by which an event goes to `weft.intake`: its source, a space and its id."""
    return key_of(event.source, event.id)


def key_of(source: str, id: str) -> bytes:
    """As `intake_key`, of what is no event yet."""
    return f"{source} {id}".encode()


def _admitted(brought: Brought, sender: str | None, sealing: Sealing) -> tuple[bytes, Event | Refusal | None]:
    """The bytes in clear, and what the door says of them; None: nobody can read them any more, as somebody whom they
    name was erased since the gateway took them in."""
    if sender is None:
        return brought.value, admit(brought.value, brought.at, PUBLISHER)
    try:
        opened = sealing.open(brought.value)
    except Undecodable:
        return brought.value, Refusal("", "was signed by the gateway and cannot be opened", "the network's own keys")
    if not isinstance(opened, Event):
        return b"", None
    raw = encode(opened)
    return raw, admit(raw, brought.at, sender_named(sender))


def said_of(refused: Refused) -> dict[str, Any]:
    """What is kept beside a refused record, in clear: where it came from and why it was refused."""
    return {
        "error": str(refused.refusal),
        "topic": refused.brought.partition.rpartition("/")[0],
        "partition": refused.brought.partition.rpartition("/")[2],
        "offset": str(refused.brought.offset),
        "at": str(refused.brought.at),
    }
