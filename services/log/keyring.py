"""What the rest of Weft knows of a key store: one key for each member, and who was erased, which is to destroy theirs.

`services.log.keys` keeps them in a folder beside the log of this machine, `services.log.shared_keys` in Postgres for
many processes on many machines.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = 1  # of a member's key: it is never made again, and so never another
# Keys in memory, 1.4 KB each, beside the 24 KB of world and index that a member takes. Past it all are let go: a replay
# of more members than that reads keys again and again, 2 ms of CPU a miss.
MOST_KNOWN = 1_000_000
OWN = OF_SNAPSHOTS, OF_UNREADABLE = " snapshots", " unreadable"  # keys of Weft's own; no id has a space


class Erasure(NamedTuple):
    """A member who was erased: the event that says so, as it is stored, and how many events named them since."""

    member_id: str
    event: bytes
    late: int = 0


class Keeper(NamedTuple):
    """A place that keeps something of members, and that is waited for after an erasure: its name; what keeps it, a role
    of `services.erasing`; and where it lies, for people."""

    name: str
    role: str
    place: str


WRITER = Keeper("", "run", "")  # the one process that writes the log of a folder


def by_member(rows: Iterable[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    """What `Keys.confirmed` tells, of rows that say member, part and instant."""
    found: dict[str, dict[str, int]] = {}
    for member_id, part, at in rows:
        found.setdefault(member_id, {})[part] = at
    return found


class Keys(Protocol):
    """The keys of one log; safe to use from many threads. LogDamaged: they are missing, or not those of this log;
    Trouble: whatever else is in the way, and it is to be tried again."""

    log_id: str
    """The log that is sealed with them."""
    generation: int
    """Rises with every key that is made or destroyed, and with every rotation."""
    erased: set[str]
    """Who was erased, as far as this process has been told: by its own `prepare`, or by `refresh`."""

    def find(self, name: str) -> AESGCM | None:
        """The key of this member; None for somebody who was erased. A key once found is kept in memory: one that
        another process destroyed is found until `forget`, `refresh` or `prepare`. LogDamaged: it is missing."""

    def prepare(self, names: set[str], erasures: Sequence[Erasure], late: Sequence[str] = ()) -> None:
        """To be called before anything is sealed for these members. In one transaction: makes the keys that are
        missing, destroys those of the erased and records that they were, and counts the events that named an erased
        member and came late. Nobody's key is made again, and from here on `find` knows of every erasure before."""

    def forget(self, member_ids: Collection[str]) -> None:
        """Lets go of these members' keys in memory: the log says that they were erased, perhaps by another process.
        The next `find` asks the store."""

    def refresh(self) -> None:
        """Learns who was erased by other processes."""

    def erasures(self) -> list[Erasure]:
        """Everybody who was ever erased."""

    def confirm(self, part: str, member_ids: Iterable[str], at: int) -> None:
        """A part of Weft says that nothing of these members is left in it."""

    def confirmed(self) -> dict[str, dict[str, int]]:
        """Of each erased member, which parts have confirmed that, and when (µs)."""

    def wait_for(self, keepers: Iterable[Keeper]) -> None:
        """From here on an erasure is not whole before these have confirmed it, also one of before. To be called before
        anything is kept there; again, it changes nothing but where they lie."""

    def keepers(self) -> list[Keeper]:
        """Who is waited for."""

    def let_go(self, name: str) -> bool:
        """What this keeper kept is destroyed: it is waited for no more, and what it confirmed is forgotten. False:
        nobody of this name is waited for."""

    def rotate(self) -> int:
        """Wraps every key with a new network key and destroys the old one; returns how many members have one."""

    def close(self) -> None:
        """Lets go of the store."""
