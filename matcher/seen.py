"""What a member sees of their introductions: their own points and reasons, the other's reasons in words only, and
contact data only once both have accepted."""

from typing import Any

from matcher.card import was_provisional
from matcher.introductions import Suggestion, answers_to, due, is_open, state_of, suggestions_of
from matcher.standing import FOR_EVER_US
from matcher.world import World
from schemas.instants import DAY_US, format_instant

SHOWN_DAYS = 90  # how long an introduction that was made stays on a member's page
_PROFILE = ("name", "company", "profession", "stage", "about")


def seen_by(world: World, member_id: str, at: int) -> list[dict[str, Any]]:
    """The introductions of a member at `at`, youngest first. What has ended is not shown, whatever ended it."""
    shown = [one for one in suggestions_of(world, member_id) if shown_until(world, one) > at]
    return [view_of(world, one, member_id) for one in reversed(shown)]


def shown_until(world: World, one: Suggestion) -> int:
    """Until when both see it, if nothing more happens (µs); 0: no more."""
    state = state_of(world, one.introduction_id)
    if state == "closed":
        return 0
    if state == "made":
        made: int = world.tables["introductions"][one.introduction_id]["made"][0]
        return made + SHOWN_DAYS * DAY_US
    if is_open(world, one):
        return one.until
    if _is_owed(world, one, "introduction.made", one.until):  # for as long as nobody has written that it is made
        return FOR_EVER_US
    if _is_owed(world, one, "introduction.closed", one.until - 1):  # a block counts before `closed` is written
        return 0
    return one.until


def _is_owed(world: World, one: Suggestion, kind: str, at: int) -> bool:
    return any(event.type == kind for event in due(world, at, [one.introduction_id]))


def view_of(world: World, one: Suggestion, member_id: str) -> dict[str, Any]:
    """What this one of the two sees of it."""
    side, other_side = ("a", "b") if member_id == one.a else ("b", "a")
    made = state_of(world, one.introduction_id) == "made"
    answers = [answer.said for answer in answers_to(world, one) if answer.member_id == member_id]
    return {
        "introduction_id": one.introduction_id,
        "round_id": one.said["round_id"],
        "state": "made" if made else answers[-1] if answers else "suggested",
        "with": profile(world, one.other(member_id), contact=made),
        "points": one.said["points"][side],
        "score": one.said["score"],
        "score_is_provisional": was_provisional(world, one.said["weights_id"]),
        "reasons": one.said["reasons"][side],
        "reasons_for_them": [without_points(reason) for reason in one.said["reasons"][other_side]],
        "suggested_at": format_instant(one.since),
        "answer_until": format_instant(one.until),
    }


def profile(world: World, member_id: str, *, contact: bool = False) -> dict[str, Any]:
    """What another member may read about this one; the address only when contact data is shared."""
    fields = (*_PROFILE, "email") if contact else _PROFILE
    told = {field: world.value("members", member_id, field) for field in fields}
    return {"member_id": member_id, **{field: value for field, value in told.items() if value is not None}}


def without_points(reason: dict[str, Any]) -> dict[str, Any]:
    """A reason as the other side may read it."""
    return {key: value for key, value in reason.items() if key != "points"}
