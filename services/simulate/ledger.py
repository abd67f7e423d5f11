"""What anybody who reads the published events could know before a round: who is here, has room, knows whom, says what.

Kept beside Weft, from the same events, so that other ways of pairing get the same people and the same room.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

ROOM = 2  # introductions a round for who has not said how many (EVENTS.md)
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """Who may be introduced before a round; everything else is about these members, by their place in `ids`."""

    ids: list[str]
    room: list[int]
    groups: list[frozenset[str]]
    seeks: list[dict[str, float]]  # subject -> weight
    gives: list[dict[str, float]]  # subject -> level
    barred: frozenset[Pair]  # pairs that know each other or had better not meet, smaller id first


@dataclass(slots=True)
class Ledger:
    """The events followed so far, in the order of time."""

    groups: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    room: dict[str, int] = field(default_factory=dict)
    paused_until: dict[str, str] = field(default_factory=dict)
    seeks: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    gives: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    known: set[Pair] = field(default_factory=set)
    blocked: set[Pair] = field(default_factory=set)  # who blocks first

    def follow(self, event: dict[str, Any]) -> None:
        """One event, as its envelope; kinds that change nothing here are passed over."""
        follow = _FOLLOW.get(event["type"])
        if follow:
            follow(self, event["data"])

    def standing(self, at: str) -> Standing:
        """As it stands at an instant (RFC 3339, UTC), for all who can be introduced then."""
        ids = [
            member
            for member, groups in self.groups.items()
            if groups and self.room.get(member, ROOM) and self.paused_until.get(member, "") <= at
        ]
        return Standing(
            ids=ids,
            room=[self.room.get(member, ROOM) for member in ids],
            groups=[frozenset(self.groups[member]) for member in ids],
            seeks=[self.seeks[member] for member in ids],
            gives=[self.gives[member] for member in ids],
            barred=frozenset(self.known | {ordered(*pair) for pair in self.blocked}),
        )

    def know(self, pairs: Iterable[Pair]) -> None:
        """These two have been introduced, or have talked."""
        self.known.update(ordered(*pair) for pair in pairs)


def ordered(one: str, other: str) -> Pair:
    """The smaller id first."""
    return (one, other) if one < other else (other, one)


def _joined(ledger: Ledger, data: dict[str, Any]) -> None:
    ledger.groups[data["member_id"]].add(data["group_id"])


def _left(ledger: Ledger, data: dict[str, Any]) -> None:
    ledger.groups[data["member_id"]].discard(data["group_id"])


def _closed(ledger: Ledger, data: dict[str, Any]) -> None:
    for groups in ledger.groups.values():
        groups.discard(data["group_id"])


def _prefers(ledger: Ledger, data: dict[str, Any]) -> None:
    if "introductions_per_round" in data:
        ledger.room[data["member_id"]] = data["introductions_per_round"]
    if "paused_until" in data:
        ledger.paused_until[data["member_id"]] = data["paused_until"]


def _seeks(ledger: Ledger, data: dict[str, Any]) -> None:
    if not data.get("confidential"):
        ledger.seeks[data["member_id"]][data["subject"]] = data.get("weight", 1.0)


def _seeks_no_more(ledger: Ledger, data: dict[str, Any]) -> None:
    ledger.seeks[data["member_id"]].pop(data["subject"], None)


def _gives(ledger: Ledger, data: dict[str, Any]) -> None:
    ledger.gives[data["member_id"]][data["subject"]] = data.get("level", 3)


def _gives_no_more(ledger: Ledger, data: dict[str, Any]) -> None:
    ledger.gives[data["member_id"]].pop(data["subject"], None)


def _pair(ledger: Ledger, data: dict[str, Any]) -> None:
    ledger.know([tuple(data["member_ids"])])


def _blocks(ledger: Ledger, data: dict[str, Any]) -> None:
    ledger.blocked.add((data["member_id"], data["other_id"]))


def _unblocks(ledger: Ledger, data: dict[str, Any]) -> None:
    ledger.blocked.discard((data["member_id"], data["other_id"]))


_FOLLOW = {
    "member.joined": _joined,
    "member.left": _left,
    "group.closed": _closed,
    "member.preferences_set": _prefers,
    "interest.declared": _seeks,
    "interest.withdrawn": _seeks_no_more,
    "expertise.declared": _gives,
    "expertise.withdrawn": _gives_no_more,
    "conversation.held": _pair,
    "pair.vetoed": _pair,
    "member.blocked": _blocks,
    "member.unblocked": _unblocks,
}
