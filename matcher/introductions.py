"""An introduction's life: suggested, then made or closed; what is owed at an instant, and what a member sees of it."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from matcher.policy import Policy
from matcher.standing import groups_of, paused, spells
from matcher.world import World
from schemas.codec import Event, event_of
from schemas.door import WEFT_SOURCE
from schemas.instants import DAY_US, parse_canonical

NAMESPACE = uuid5(NAMESPACE_URL, "weft")  # of every id that Weft makes from other ids


class Suggestion(NamedTuple):
    """A suggestion of a held round: what was said, and until when it can be answered (µs)."""

    introduction_id: str
    a: str
    b: str
    said: dict[str, Any]
    since: int
    until: int

    def other(self, member_id: str) -> str:
        return self.b if member_id == self.a else self.a


# --- which suggestions count -----------------------------------------------------------------------------------------


def suggestion(world: World, introduction_id: str) -> Suggestion | None:
    """The suggestion, if its round was held; None for an attempt, and for what an erasure took."""
    for key, register in world.tables["introductions"].get(introduction_id, {}).items():
        if key.startswith("suggested "):
            said = register[4]
            opened = world.held_rounds().get(said["round_id"])
            if opened is None:
                return None
            since = parse_canonical(opened["as_of"])
            until = since + Policy.of(opened["policy"]).close_after_days * DAY_US
            a, b = said["member_ids"]
            return Suggestion(introduction_id, a, b, said, since, until)
    return None


def state_of(world: World, introduction_id: str) -> str:
    """The greatest of suggested < closed < made."""
    cells = world.tables["introductions"].get(introduction_id, {})
    return "made" if "made" in cells else "closed" if "closed" in cells else "suggested"


def suggestions_of(world: World, member_id: str) -> list[Suggestion]:
    """Every suggestion that ever counted for this member, oldest first."""
    found = [suggestion(world, introduction_id) for introduction_id in world.suggested.get(member_id, ())]
    return sorted((one for one in found if one), key=lambda one: (one.since, one.introduction_id))


def open_introductions(world: World, member_id: str) -> list[Suggestion]:
    """The suggestions that take one of this member's places: neither made nor closed yet."""
    return [one for one in suggestions_of(world, member_id) if state_of(world, one.introduction_id) == "suggested"]


# --- what is owed ----------------------------------------------------------------------------------------------------


def due(world: World, now: int, introduction_ids: Iterable[str]) -> list[Event]:
    """The `introduction.made` and `introduction.closed` that these introductions call for at `now`, each with the time
    of its cause and an id that is the same whoever writes it."""
    events = []
    for introduction_id in sorted(introduction_ids):
        one = suggestion(world, introduction_id)
        if one is None or state_of(world, introduction_id) == "made":
            continue
        made, closed = _made_at(world, one), _closed_at(world, one, now)
        if made is not None and (closed is None or made <= closed):
            events.append(_event(one, "made", made))
        elif closed is not None and state_of(world, introduction_id) != "closed":
            events.append(_event(one, "closed", closed))
    return events


def undecided(world: World) -> list[str]:
    """The introductions for which time alone can make something due."""
    return [each for each in world.tables["introductions"] if state_of(world, each) == "suggested"]


def touching(world: World, member_id: str) -> set[str]:
    """The introductions for which something that this member did can make something due."""
    return {each for each in world.suggested.get(member_id, ()) if state_of(world, each) != "made"}


def _event(one: Suggestion, state: str, time: int) -> Event:
    id = str(uuid5(NAMESPACE, f"introduction {one.introduction_id} {state}"))
    return event_of(time, WEFT_SOURCE, id, f"introduction.{state}", {"introduction_id": one.introduction_id})


def answer_of(world: World, introduction_id: str, member_id: str) -> tuple[str, int] | None:
    """A member's last word ('accepted' or 'declined') and when it was said."""
    register = world.tables["introductions"].get(introduction_id, {}).get(f"answer {member_id}")
    return (register[4][0], register[0]) if register else None


def _made_at(world: World, one: Suggestion) -> int | None:
    answers = [answer_of(world, one.introduction_id, member_id) for member_id in (one.a, one.b)]
    times = [answer[1] for answer in answers if answer and answer[0] == "accepted"]
    return max(*times, one.since) if len(times) == 2 else None


def _closed_at(world: World, one: Suggestion, now: int) -> int | None:
    """When the first thing happened that ends it, None while nothing has."""
    causes = [one.until] if one.until <= now else []
    for member_id, other_id in ((one.a, one.b), (one.b, one.a)):
        answer = answer_of(world, one.introduction_id, member_id)
        if answer and answer[0] == "declined":
            causes.append(answer[1])
        causes += _ended_by(world, member_id, other_id, now)
    return max(min(causes), one.since) if causes else None


def _ended_by(world: World, member_id: str, other_id: str, now: int) -> list[int]:
    """The instants at which this member's blocking, pausing or leaving ended what was open with the other."""
    found = []
    block = world.tables["blocks"].get(member_id, {}).get(other_id)
    if block and block[4]:
        found.append(block[0])
    if paused(world, member_id, now):
        found.append(world.tables["members"][member_id]["paused_until"][0])
    if not groups_of(world, member_id):
        found.append(max((spell.end for spell in spells(world, member_id)), default=0))
    return found
