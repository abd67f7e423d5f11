"""What each kind of event says, as registers: the only place where a kind of event is given its meaning.

A register is a cell `(table, owner, key)` that keeps the value of the greatest event that wrote it. Whatever is counted
gets a register of its own, named by its event, so that a repeat writes the same cell. With that the laws of order and
repetition (EVENTS.md, law 1) hold by construction: the world is a map of registers, and folding is taking the maximum.

So that an erasure can take out all that names a member, every key carries the members whom its value names.
"""

from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from matcher.text import subject_key
from schemas.codec import Event
from schemas.topics import KINDS

Fact = tuple[str, str, str, Any]  # table, owner, key, value


def pair_key(a: str, b: str) -> str:
    """One name for two members, whoever comes first; ids contain no space."""
    return f"{a} {b}" if a < b else f"{b} {a}"


def event_key(event: Event) -> str:
    """The hash of source and id: what names an event for ever."""
    return blake2b(f"{event.source}\0{event.id}".encode(), digest_size=10).hexdigest()


def _fields(table: str, owner_field: str, *, but: tuple[str, ...] = ()) -> Callable[[Event], list[Fact]]:
    """Every field that is there is a register of its own; an absent one says nothing."""

    def facts(event: Event) -> list[Fact]:
        data = event.data
        owner = data[owner_field]
        return [(table, owner, key, value) for key, value in data.items() if key != owner_field and key not in but]

    return facts


_of_group = _fields("groups", "group_id")
_profile = _fields("members", "member_id", but=("group_id",))
_meeting = _fields("meetings", "meeting_id")


def _group(exists: bool) -> Callable[[Event], list[Fact]]:
    """A mark of its own: whoever was in a group when it closed is not taken back when it is founded again."""

    def facts(event: Event) -> list[Fact]:
        return [("groups", event.data["group_id"], f"exists {event_key(event)}", exists), *_of_group(event)]

    return facts


def _preferred(event: Event) -> list[Fact]:
    """A pause is also a mark of its own: it ended what was open, whether or not it was taken back since."""
    facts = _profile(event)
    if "paused_until" in event.data:
        facts.append(("pauses", event.data["member_id"], event_key(event), event.data["paused_until"]))
    return facts


def _block(value: bool) -> Callable[[Event], list[Fact]]:
    """A mark of its own, for the same reason."""

    def facts(event: Event) -> list[Fact]:
        return [("blocks", event.data["member_id"], f"{event_key(event)} {event.data['other_id']}", value)]

    return facts


def _membership(event: Event, joined: bool) -> Fact:
    group_id = event.data["group_id"]
    return ("memberships", event.data["member_id"], f"{group_id} {event_key(event)}", [group_id, joined])


def _joined(event: Event) -> list[Fact]:
    return [_membership(event, True), *_profile(event)]


def _left(event: Event) -> list[Fact]:
    return [_membership(event, False)]


def _flag(table: str, field: str, value: bool) -> Callable[[Event], list[Fact]]:
    return lambda event: [(table, event.data["member_id"], event.data.get(field) or "", value)]


def _counted(table: str) -> Callable[[Event], list[Fact]]:
    return lambda event: [(table, event.data["member_id"], event_key(event), event.data)]


def _withdrawn(table: str) -> Callable[[Event], list[Fact]]:
    return lambda event: [(table, event.data["member_id"], subject_key(event.data["subject"]), True)]


def _endorsed(event: Event) -> list[Fact]:
    key = f"{event_key(event)} {event.data['by_id']}"
    return [("endorsements", event.data["member_id"], key, event.data["subject"])]


def _meeting_held(event: Event) -> list[Fact]:
    return [("meetings", event.data["meeting_id"], "held", True), *_meeting(event)]


def _talked(event: Event) -> list[Fact]:
    return [("conversations", pair_key(*event.data["member_ids"]), event_key(event), event.data)]


def _suggested(event: Event) -> list[Fact]:
    a, b = event.data["member_ids"]
    return [("introductions", event.data["introduction_id"], f"suggested {a} {b}", event.data)]


def _answered(answer: str) -> Callable[[Event], list[Fact]]:
    def facts(event: Event) -> list[Fact]:
        value = [answer, event.data.get("reason")]
        key = f"answer:{event_key(event)} {event.data['member_id']}"
        return [("introductions", event.data["introduction_id"], key, value)]

    return facts


def _of_introduction(key: str) -> Callable[[Event], list[Fact]]:
    return lambda event: [("introductions", event.data["introduction_id"], key, True)]


def _told(key: str, field: str) -> Callable[[Event], list[Fact]]:
    def facts(event: Event) -> list[Fact]:
        data = event.data
        return [("introductions", data["introduction_id"], f"{key} {data['member_id']}", data.get(field))]

    return facts


def _vetoed(event: Event) -> list[Fact]:
    return [("vetoes", pair_key(*event.data["member_ids"]), "until", event.data.get("until"))]


def _passed(event: Event) -> list[Fact]:
    key = f"passed {event.data['from_id']} {event.data['to_id']}"
    return [("referrals", event.data["referral_id"], key, event.data.get("introduction_id"))]


def _whole(table: str, owner_field: str, key: str) -> Callable[[Event], list[Fact]]:
    return lambda event: [(table, event.data[owner_field], key, event.data)]


FACTS: dict[str, Callable[[Event], list[Fact]]] = {
    "group.founded": _group(True),
    "group.closed": _group(False),
    "member.joined": _joined,
    "member.described": _profile,
    "member.left": _left,
    "member.preferences_set": _preferred,
    "member.blocked": _block(True),
    "member.unblocked": _block(False),
    "organiser.appointed": _flag("organisers", "group_id", True),
    "organiser.dismissed": _flag("organisers", "group_id", False),
    "interest.declared": _counted("interests"),
    "interest.withdrawn": _withdrawn("interests_withdrawn"),
    "expertise.declared": _counted("expertise"),
    "expertise.withdrawn": _withdrawn("expertise_withdrawn"),
    "expertise.endorsed": _endorsed,
    "meeting.planned": _meeting,
    "meeting.held": _meeting_held,
    "conversation.held": _talked,
    "introduction.suggested": _suggested,
    "introduction.accepted": _answered("accepted"),
    "introduction.declined": _answered("declined"),
    "introduction.made": _of_introduction("made"),
    "introduction.closed": _of_introduction("closed"),
    "introduction.met": _told("met", "minutes"),
    "introduction.rated": _told("rated", "rating"),
    "pair.vetoed": _vetoed,
    "referral.passed": _passed,
    "deal.closed": _whole("referrals", "referral_id", "deal"),
    "round.opened": _whole("rounds", "round_id", "opened"),
    "round.held": _whole("rounds", "round_id", "held"),
    "weights.fitted": _whole("weights", "weights_id", "fitted"),
}

_FIELDS = {type_: frozenset(kind.model.model_fields) for type_, kind in KINDS.items()}
_ONE_MEMBER = ("member_id", "other_id", "by_id", "from_id", "to_id")


def understood(event: Event) -> Event | None:
    """The event as far as this version knows its fields, None where it does not know its kind: a newer writer may know
    more (EVENTS.md), and only it could say whom such a field names."""
    known = _FIELDS.get(event.type)
    if known is None or known.issuperset(event.data):
        return event if known else None
    return event._replace(data={field: value for field, value in event.data.items() if field in known})


def named_in(event: Event) -> list[str]:
    """The members without whom the event says nothing; attendees are not among them: a meeting can lose one."""
    data = event.data
    return [data[field] for field in _ONE_MEMBER if field in data] + data.get("member_ids", [])
