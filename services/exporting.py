"""All that is kept about one member, for them to read: what was said, as it stands, and what came of it.

Of others it has nothing but that they were there: no names, no ids, and none of what is not the member's to know (who
blocked them, who declined).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from matcher.facts import named_in
from matcher.introductions import Suggestion, due, state_of, suggestions_of
from matcher.seen import profile
from matcher.standing import groups_of
from matcher.world import World
from schemas.codec import Event, envelope
from schemas.instants import format_instant

_SOMEBODY = "another member"
_OWN = ("languages", "introductions_per_round", "paused_until", "digest")
_ONE_MEMBER = ("member_id", "other_id", "by_id", "from_id", "to_id")
_OF_THE_OTHER = ("member.blocked", "member.unblocked")  # their own affair, even where it names this member


def export_of(world: World, events: Iterable[Event], member_id: str, at: int) -> dict[str, Any]:
    """What is kept about a member as of an instant (µs), of a world and the log that it was folded from."""
    suggestions = suggestions_of(world, member_id)
    cards = {one.said["weights_id"]: world.value("weights", one.said["weights_id"], "fitted") for one in suggestions}
    return {
        "member_id": member_id,
        "as_of": format_instant(at),
        "profile": profile(world, member_id, contact=True) | _told(world, member_id),
        "groups": groups_of(world, member_id),
        "introductions": [_introduction(world, one, member_id, at) for one in suggestions],
        "weights": {weights_id: card["weights"] for weights_id, card in sorted(cards.items()) if card},
        "events": list(_events(events, member_id, {one.introduction_id for one in suggestions})),
    }


def _told(world: World, member_id: str) -> dict[str, Any]:
    """What the member told that nobody else is shown."""
    told = {field: world.value("members", member_id, field) for field in _OWN}
    return {field: value for field, value in told.items() if value is not None}


def _introduction(world: World, one: Suggestion, member_id: str, at: int) -> dict[str, Any]:
    side = "a" if member_id == one.a else "b"
    owed = [event.type.removeprefix("introduction.") for event in due(world, at, [one.introduction_id])]
    return {
        "introduction_id": one.introduction_id,
        "suggested_at": format_instant(one.since),
        "state": (owed or [state_of(world, one.introduction_id)])[0],
        "points": one.said["points"][side],
        "reasons": one.said["reasons"][side],
        "weights_id": one.said["weights_id"],
    }


def _events(events: Iterable[Event], member_id: str, introduction_ids: set[str]) -> Iterator[dict[str, Any]]:
    """What names the member (but no attempt at a round, which nobody ever saw), and the deals of their referrals."""
    referral_ids: set[str] = set()
    for event in sorted(events, key=lambda event: (event.time, event.type == "deal.closed")):
        introduction_id = event.data.get("introduction_id")
        names = [*named_in(event), *event.data.get("attendee_ids", ())]
        theirs = member_id in names and not (event.type in _OF_THE_OTHER and event.data["member_id"] != member_id)
        if theirs and event.type == "referral.passed":
            referral_ids.add(event.data["referral_id"])
        is_deal = event.type == "deal.closed" and event.data["referral_id"] in referral_ids
        if (theirs and introduction_id in {None, *introduction_ids}) or is_deal:
            yield envelope(event) | {"data": _without_others(event, member_id)}


def _without_others(event: Event, member_id: str) -> dict[str, Any]:
    data = dict(event.data)
    for field in _ONE_MEMBER:
        if data.get(field) not in (None, member_id):
            data[field] = _SOMEBODY
    for field in ("member_ids", "attendee_ids"):
        if field in data:
            data[field] = [each if each == member_id else _SOMEBODY for each in data[field]]
    if event.type == "introduction.suggested":
        side = "a" if event.data["member_ids"][0] == member_id else "b"
        data["reasons"], data["points"] = event.data["reasons"][side], event.data["points"][side]
    return data
