"""The world: what is known once a set of events has been folded, whatever the order and repetition of their arrival.

It is a map of registers (see facts.py) and a few lookups that are derived from it. `apply` changes it in place and says
what changed, so that whoever keeps something derived can follow.
"""

from collections import defaultdict
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import orjson

from matcher.facts import FACTS, named_in, understood
from schemas.codec import Event
from schemas.instants import parse_canonical

Register = list[Any]  # [time, source, id, content, value]: the greatest event that wrote it, and what it wrote
Table = dict[str, dict[str, Register]]
Changed = tuple[str, str, str, Register | None]  # table, owner, key, and what the register held before
Change = list[Changed]  # empty: the event changed nothing

TABLES = (
    "groups", "members", "memberships", "blocks", "organisers", "interests", "interests_withdrawn", "expertise",
    "expertise_withdrawn", "endorsements", "meetings", "conversations", "introductions", "vetoes", "referrals",
    "rounds", "weights",
)  # fmt: skip
_OF_ONE_MEMBER = (
    "members", "memberships", "blocks", "organisers", "interests", "interests_withdrawn", "expertise",
    "expertise_withdrawn", "endorsements",
)  # fmt: skip
ERASED = "erased"


class World:
    """The fold of a set of events.

    >>> from schemas.codec import event_of
    >>> world = World()
    >>> founded = event_of(0, "/crm", "1", "group.founded", {"group_id": "g-1", "name": "Elbe"})
    >>> world.apply(founded)
    [('groups', 'g-1', 'open', None), ('groups', 'g-1', 'name', None)]
    >>> world.apply(founded)
    []
    """

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {name: {} for name in TABLES}
        self.erased: set[str] = set()
        self._derive()

    # --- folding ----------------------------------------------------------------------------------------------------

    def apply(self, event: Event) -> Change:
        """Folds one event in. Total: a kind or field that this version does not know changes nothing."""
        known = understood(event)
        if known is None or (self.erased and not self.erased.isdisjoint(named_in(known))):
            return []
        if known.type == "member.erased":
            return self._erase(known.data["member_id"])
        change: Change = []
        for table, owner, key, value in FACTS[known.type](known):
            if key == "attendee_ids" and self.erased:
                value = [member for member in value if member not in self.erased]
            register = [event.time, event.source, event.id, event.content, value]
            cells = self.tables[table].setdefault(owner, {})
            held = cells.get(key)
            if held is None or register[:4] > held[:4]:
                cells[key] = register
                self._look_up(table, owner, key, register)
                change.append((table, owner, key, held))
        return change

    def _erase(self, member_id: str) -> Change:
        self.erased.add(member_id)
        for name in _OF_ONE_MEMBER:
            self.tables[name].pop(member_id, None)
        for name in ("conversations", "vetoes"):
            self._drop_owners(name, lambda pair: member_id in pair.split())
        self._drop_keys("blocks", member_id, named=lambda key: [key])
        for name in ("endorsements", "introductions", "referrals"):
            self._drop_keys(name, member_id, named=lambda key: key.split(" ")[1:])
        for cells in self.tables["meetings"].values():
            attendees = cells.get("attendee_ids")
            if attendees and member_id in attendees[4]:
                attendees[4] = [other for other in attendees[4] if other != member_id]
        self._derive()
        return [(ERASED, member_id, "", None)]

    def _drop_owners(self, name: str, goes: Callable[[str], bool]) -> None:
        self.tables[name] = {owner: cells for owner, cells in self.tables[name].items() if not goes(owner)}

    def _drop_keys(self, name: str, member_id: str, named: Callable[[str], list[str]]) -> None:
        """Drops the registers whose key names the member, and the owners that are left with none."""
        table = self.tables[name]
        for owner in list(table):
            kept = {key: register for key, register in table[owner].items() if member_id not in named(key)}
            if kept:
                table[owner] = kept
            else:
                del table[owner]

    # --- lookups: derived from the registers, never part of the state -------------------------------------------------

    def _derive(self) -> None:
        self.ever_in: defaultdict[str, set[str]] = defaultdict(set)  # group -> all who ever joined or left it
        self.talked: defaultdict[str, set[str]] = defaultdict(set)  # member -> whom they had a conversation with
        self.blocked_by: defaultdict[str, set[str]] = defaultdict(set)  # member -> who (un)blocked them
        self.vetoed: defaultdict[str, set[str]] = defaultdict(set)  # member -> with whom there is a veto
        self.suggested: defaultdict[str, set[str]] = defaultdict(set)  # member -> introductions that name them
        self.suggested_in: defaultdict[str, set[str]] = defaultdict(set)  # round -> introductions
        self.spells: dict[str, list[Any]] = {}  # member -> times in groups, once read (standing.py)
        self._held: dict[str, Any] | None = None  # see held_rounds
        for table in self.tables:
            for owner, cells in self.tables[table].items():
                for key, register in cells.items():
                    self._look_up(table, owner, key, register)

    def _look_up(self, table: str, owner: str, key: str, register: Register) -> None:
        if table == "memberships":
            self.ever_in[register[4][0]].add(owner)
            self.spells.pop(owner, None)
        elif table == "groups":
            for member_id in self.ever_in.get(owner, ()):
                self.spells.pop(member_id, None)
        elif table == "conversations":
            a, b = owner.split()
            self.talked[a].add(b)
            self.talked[b].add(a)
        elif table == "blocks":
            self.blocked_by[key].add(owner)
        elif table == "vetoes":
            a, b = owner.split()
            self.vetoed[a].add(b)
            self.vetoed[b].add(a)
        elif table == "introductions" and key.startswith("suggested "):
            for member_id in register[4]["member_ids"]:
                self.suggested[member_id].add(owner)
            self.suggested_in[register[4]["round_id"]].add(owner)
        elif table == "rounds":
            self._held = None

    # --- reading ------------------------------------------------------------------------------------------------------

    def value(self, table: str, owner: str, key: str) -> Any:
        """What a register holds; None where nobody wrote it, or where `null` cleared it."""
        register = self.tables[table].get(owner, {}).get(key)
        return None if register is None else register[4]

    def held_rounds(self) -> dict[str, Any]:
        """What `round.opened` said of every round that counts. There is one a slot: should merged logs have two that
        were held, the one with the least (as_of, round_id)."""
        if self._held is None:
            first: dict[str, tuple[int, str]] = {}
            for round_id, cells in self.tables["rounds"].items():
                if "held" in cells and "opened" in cells:
                    opened = cells["opened"][4]
                    rank = (parse_canonical(opened["as_of"]), round_id)
                    first[opened["slot"]] = min(rank, first.get(opened["slot"], rank))
            self._held = {round_id: self.value("rounds", round_id, "opened") for _, round_id in first.values()}
        return self._held

    def digest(self) -> str:
        """Equal for equal sets of events; after an erasure, that of a world in which the member never spoke. The
        content hashes of meetings are left out: by them, one that lost an attendee is not one they never attended."""
        meetings = {
            meeting_id: {key: [time, source, id, value] for key, (time, source, id, _, value) in cells.items()}
            for meeting_id, cells in self.tables["meetings"].items()
        }
        return sha256(orjson.dumps(self.tables | {"meetings": meetings}, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def dump(self) -> bytes:
        """The whole state as JSON, for a snapshot."""
        return orjson.dumps({"tables": self.tables, "erased": sorted(self.erased)}, option=orjson.OPT_SORT_KEYS)

    @classmethod
    def load(cls, dumped: bytes) -> "World":
        """The world of a `dump`."""
        state = orjson.loads(dumped)
        world = cls()
        world.tables = {name: state["tables"].get(name, {}) for name in TABLES}
        world.erased = set(state["erased"])
        world._derive()
        return world
