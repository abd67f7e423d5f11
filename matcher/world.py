"""The world: what is known once a set of events has been folded, whatever the order and repetition of their arrival.

It is a map of registers (see facts.py) and a few lookups that are derived from it. `apply` changes it in place and says
what changed, so that whoever keeps something derived can follow.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

import orjson

from matcher.facts import FACTS, named_in, pair_key, understood
from schemas.codec import Event
from schemas.instants import parse_canonical

Register = list[Any]  # [time, source, id, content, value]: the greatest event that wrote it, and what it wrote
Table = dict[str, dict[str, Register]]
Changed = tuple[str, str, str, Register | None]  # table, owner, key, and what the register held before
Change = list[Changed]  # empty: the event changed nothing. Of an erasure: (ERASED, member, "", all that was taken out)

TABLES = (
    "groups", "members", "memberships", "pauses", "blocks", "organisers", "interests", "interests_withdrawn",
    "expertise", "expertise_withdrawn", "endorsements", "meetings", "conversations", "introductions", "vetoes",
    "referrals",
    "rounds", "weights",
)  # fmt: skip
_OF_ONE_MEMBER = (
    "members", "memberships", "pauses", "blocks", "organisers", "interests", "interests_withdrawn", "expertise",
    "expertise_withdrawn", "endorsements",
)  # fmt: skip
ERASED = "erased"


class World:
    """The fold of a set of events.

    >>> from schemas.codec import event_of
    >>> world = World()
    >>> described = event_of(0, "/crm", "1", "member.described", {"member_id": "m-1", "company": "Elbe AG"})
    >>> world.apply(described)
    [('members', 'm-1', 'company', None)]
    >>> world.apply(described)
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
                if look_up := _LOOKED_UP.get(table):
                    look_up(self, owner, key, register)
                change.append((table, owner, key, held))
        return change

    def _erase(self, member_id: str) -> Change:
        """Takes out every register that names the member; the work is that of what names them, not of the world."""
        self.erased.add(member_id)
        for group_id in {register[4][0] for register in self.tables["memberships"].get(member_id, {}).values()}:
            _let_go(self.ever_in, group_id, member_id)
        for key in self.tables["blocks"].get(member_id, {}):
            _let_go(self.blocked_by, key.split(" ")[1], member_id)
        taken_out: list[list[Any]] = []  # [table, owner, key, what the register held]
        for name in _OF_ONE_MEMBER:
            cells = self.tables[name].pop(member_id, {})
            taken_out += [[name, member_id, key, register] for key, register in cells.items()]
        for table, owner in self._naming(member_id):
            taken_out += [[table, owner, key, register] for key, register in self._strike(table, owner, member_id)]
        for with_whom in (self.talked, self.vetoed):
            for other_id in with_whom.pop(member_id, ()):
                _let_go(with_whom, other_id, member_id)
        for lookup in (self.named, self.blocked_by, self.suggested, self.spells):
            lookup.pop(member_id, None)
        return [(ERASED, member_id, "", taken_out)]

    def _naming(self, member_id: str) -> list[tuple[str, str]]:
        """(table, owner) of what is not the member's own and names them."""
        return [
            *self.named.get(member_id, ()),
            *(("conversations", pair_key(member_id, other_id)) for other_id in self.talked.get(member_id, ())),
            *(("vetoes", pair_key(member_id, other_id)) for other_id in self.vetoed.get(member_id, ())),
        ]

    def _strike(self, table: str, owner: str, member_id: str) -> list[tuple[str, Register]]:
        """Takes the member out of what somebody or something else owns, and the owner if nothing is left; returns what
        was there."""
        cells = self.tables[table].get(owner, {})
        if table == "meetings":
            *written, attendees = held = cells["attendee_ids"]
            cells["attendee_ids"] = [*written, [other for other in attendees if other != member_id]]
            return [("attendee_ids", held)]
        struck = [(key, cells.pop(key)) for key in [key for key in cells if member_id in _named_by(table, owner, key)]]
        for key, register in struck:
            if key.startswith("suggested "):
                _let_go(self.suggested_in, register[4]["round_id"], owner)
                for other_id in register[4]["member_ids"]:
                    _let_go(self.suggested, other_id, owner)
        if not cells:
            self.tables[table].pop(owner, None)
        for key, register in cells.items():
            _LOOKED_UP[table](self, owner, key, register)
        return struck

    # --- lookups: derived from the registers, never part of the state -------------------------------------------------

    def _derive(self) -> None:
        self.ever_in: defaultdict[str, set[str]] = defaultdict(set)  # group -> all who ever joined or left it
        self.talked: defaultdict[str, set[str]] = defaultdict(set)  # member -> whom they had a conversation with
        self.blocked_by: defaultdict[str, set[str]] = defaultdict(set)  # member -> who (un)blocked them
        self.vetoed: defaultdict[str, set[str]] = defaultdict(set)  # member -> with whom there is a veto
        self.suggested: defaultdict[str, set[str]] = defaultdict(set)  # member -> introductions that name them
        self.suggested_in: defaultdict[str, set[str]] = defaultdict(set)  # round -> introductions
        # member -> (table, owner) of what is not their own and names them, what is of a pair aside
        self.named: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        self.spells: dict[str, list[Any]] = {}  # member -> times in groups, once read (standing.py)
        self._held: dict[str, Any] | None = None  # see held_rounds
        for table, look_up in _LOOKED_UP.items():
            for owner, cells in self.tables[table].items():
                for key, register in cells.items():
                    look_up(self, owner, key, register)

    def _membership(self, member_id: str, _key: str, register: Register) -> None:
        self.ever_in[register[4][0]].add(member_id)
        self.spells.pop(member_id, None)

    def _group(self, group_id: str, _key: str, _register: Register) -> None:
        for member_id in self.ever_in.get(group_id, ()):
            self.spells.pop(member_id, None)

    def _conversation(self, pair: str, _key: str, _register: Register) -> None:
        a, b = pair.split(" ")
        self.talked[a].add(b)
        self.talked[b].add(a)

    def _block(self, member_id: str, key: str, _register: Register) -> None:
        blocked = key.split(" ")[1]
        self.blocked_by[blocked].add(member_id)
        self._name((blocked,), "blocks", member_id)

    def _veto(self, pair: str, _key: str, _register: Register) -> None:
        a, b = pair.split(" ")
        self.vetoed[a].add(b)
        self.vetoed[b].add(a)

    def _introduction(self, introduction_id: str, key: str, register: Register) -> None:
        if key.startswith("suggested "):
            for member_id in register[4]["member_ids"]:
                self.suggested[member_id].add(introduction_id)
            self.suggested_in[register[4]["round_id"]].add(introduction_id)
        self._name(key.split(" ")[1:], "introductions", introduction_id)

    def _round(self, _round_id: str, _key: str, _register: Register) -> None:
        self._held = None

    def _meeting(self, meeting_id: str, key: str, register: Register) -> None:
        if key == "attendee_ids":
            self._name(register[4], "meetings", meeting_id)

    def _endorsement(self, member_id: str, key: str, _register: Register) -> None:
        self._name(key.split(" ")[1:], "endorsements", member_id)

    def _referral(self, referral_id: str, key: str, _register: Register) -> None:
        self._name(key.split(" ")[1:], "referrals", referral_id)

    def _name(self, member_ids: Iterable[str], table: str, owner: str) -> None:
        for member_id in member_ids:
            self.named[member_id].add((table, owner))

    # --- reading ------------------------------------------------------------------------------------------------------

    def value(self, table: str, owner: str, key: str) -> Any:
        """What a register holds; None where nobody wrote it, or where `null` cleared it."""
        register = self.tables[table].get(owner, {}).get(key)
        return None if register is None else register[4]

    def names(self, member_id: str) -> bool:
        """Whether anything is known of this member, be it only that somebody named them."""
        is_named = member_id in self.named or member_id in self.talked or member_id in self.vetoed
        return is_named or any(member_id in self.tables[name] for name in _OF_ONE_MEMBER)

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
        """Equal for equal sets of events, in whatever log they stand; after an erasure, that of a world in which the
        member never spoke. So where a log stood in a cut is left out (EVENTS.md, law 3), and the content hash of what
        says it; and the content hashes of meetings: by them, one that lost an attendee is not one they never attended.
        """
        told = {
            table: {
                owner: {key: [*register[:3], _of_any_log(register[4])] for key, register in cells.items()}
                for owner, cells in self.tables[table].items()
            }
            for table in ("meetings", "rounds", "weights")
        }
        return sha256(orjson.dumps(self.tables | told, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def dump(self) -> bytes:
        """The whole state as JSON, for a snapshot."""
        return orjson.dumps({"tables": self.tables, "erased": sorted(self.erased)}, option=orjson.OPT_SORT_KEYS)

    def copy(self) -> "World":
        """A world of its own. Registers are shared: they are replaced, never changed."""
        world = World()
        world.tables = {
            name: {owner: dict(cells) for owner, cells in table.items()} for name, table in self.tables.items()
        }
        world.erased = set(self.erased)
        world._derive()
        return world

    @classmethod
    def load(cls, dumped: bytes) -> "World":
        """The world of a `dump`."""
        state = orjson.loads(dumped)
        world = cls()
        world.tables = {name: state["tables"].get(name, {}) for name in TABLES}
        world.erased = set(state["erased"])
        world._derive()
        return world


# What the lookups are derived from, groups after memberships.
_LOOKED_UP: dict[str, Callable[[World, str, str, Register], None]] = {
    "memberships": World._membership,
    "groups": World._group,
    "conversations": World._conversation,
    "blocks": World._block,
    "vetoes": World._veto,
    "introductions": World._introduction,
    "rounds": World._round,
    "meetings": World._meeting,
    "endorsements": World._endorsement,
    "referrals": World._referral,
}


def _named_by(table: str, owner: str, key: str) -> list[str]:
    """The members whom a register names by its owner or its key, the one whose own it is aside."""
    return owner.split(" ") if table in ("conversations", "vetoes") else key.split(" ")[1:]


def _of_any_log(said: Any) -> Any:
    """What a round or a card says; of its cut only the world, and not which log that stood in, and where."""
    if not isinstance(said, dict):
        return said
    return {key: {"world": value["world"]} if key == "cut" else _of_any_log(value) for key, value in said.items()}


def _let_go(lookup: dict[str, set[str]], key: str, value: str) -> None:
    """Takes a value out of a lookup, and the key if nothing is left."""
    left = lookup.get(key, set())
    left.discard(value)
    if not left:
        lookup.pop(key, None)
