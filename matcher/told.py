"""Events of the log by name, the most telling first: what everything that is explained points to."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from matcher.facts import pair_key
from matcher.world import Register, World
from schemas.instants import format_instant

MOST_EVENTS = 5  # of one feature; how many others there are is said


class Told(NamedTuple):
    """One event, by what names it in the log; `time` in µs."""

    time: int
    source: str
    id: str
    kind: str

    @classmethod
    def by(cls, register: Register, kind: str) -> "Told":
        """The event that wrote a register."""
        return cls(register[0], register[1], register[2], kind)

    def as_json(self) -> dict[str, str]:
        """As it is named in the log."""
        return {"time": format_instant(self.time), "source": self.source, "id": self.id, "kind": self.kind}


Weighed = tuple[int, Told]  # how much an event tells, comparable within one feature


class Behind(NamedTuple):
    """The most telling events, and how many others there are."""

    events: list[Told]
    others: int

    @classmethod
    def of(cls, weighed: Iterable[Weighed]) -> "Behind":
        """Each event once, the most telling first; of those that tell as much the youngest."""
        most: dict[Told, int] = {}
        for weight, told in weighed:
            most[told] = max(weight, most.get(told, weight))
        ranked = sorted(most, key=lambda told: (-most[told], -told.time, told))
        return cls(ranked[:MOST_EVENTS], max(0, len(ranked) - MOST_EVENTS))

    def as_json(self) -> dict[str, Any]:
        """The events as they are named in the log."""
        return {"events": [told.as_json() for told in self.events], "others": self.others}


def profile_event(world: World, member_id: str, field: str) -> Told | None:
    """Who wrote this field of a profile: the event that made them a member, or one that described them."""
    register = world.tables["members"].get(member_id, {}).get(field)
    if register is None:
        return None
    joined = any(told[1:3] == register[1:3] for told in world.tables["memberships"].get(member_id, {}).values())
    return Told.by(register, "member.joined" if joined else "member.described")


def conversations_of(world: World, member_id: str, other_id: str) -> list[Register]:
    """What was said of the conversations of two members."""
    return list(world.tables["conversations"].get(pair_key(member_id, other_id), {}).values())


def shown_by(world: World, member_id: str) -> dict[int, list[Told]]:
    """When (µs) this member showed what they know, and what says so."""
    shown: dict[int, list[Told]] = {}
    for register in world.tables["expertise"].get(member_id, {}).values():
        shown.setdefault(register[0], []).append(Told.by(register, "expertise.declared"))
    return shown


def meeting_events(world: World, meeting_id: str) -> list[Told]:
    """Who told who came to a meeting that was held, and when; and of which group it is."""
    cells = world.tables["meetings"][meeting_id]
    held = {Told.by(cells[field], "meeting.held") for field in ("held", "attendee_ids", "held_at") if field in cells}
    group = cells.get("group_id")
    if group and not any(told[:3] == tuple(group[:3]) for told in held):
        held.add(Told.by(group, "meeting.planned or .held"))
    return sorted(held)


def suggestion_events(world: World, introduction_id: str) -> list[Told]:
    """Who suggested an introduction."""
    cells = world.tables["introductions"][introduction_id].items()
    return [Told.by(register, "introduction.suggested") for key, register in cells if key.startswith("suggested ")]
