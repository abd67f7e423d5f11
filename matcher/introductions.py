"""An introduction's life: suggested, then made or closed; what is owed at an instant, and what a member sees of it."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from matcher.policy import Policy
from matcher.standing import first_block, first_pause, gone_from
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
    cells = world.tables["introductions"].get(introduction_id, {})
    told = [register for key, register in cells.items() if key.startswith("suggested ")]
    if not told:
        return None
    said = max(told, key=lambda register: register[:4])[4]
    opened = world.held_rounds().get(said["round_id"])
    if opened is None:
        return None
    since = parse_canonical(opened["as_of"])
    until = since + Policy.of(opened["policy"]).close_after_days * DAY_US
    a, b = said["member_ids"]
    return Suggestion(introduction_id, a, b, said, since, until)


def state_of(world: World, introduction_id: str) -> str:
    """The greatest of suggested < closed < made."""
    cells = world.tables["introductions"].get(introduction_id, {})
    return "made" if "made" in cells else "closed" if "closed" in cells else "suggested"


def suggestions_of(world: World, member_id: str) -> list[Suggestion]:
    """Every suggestion that ever counted for this member, oldest first; those of one round by the members: ids follow
    from all that was in its cut, somebody's confidential interests too. They decide only between two suggestions of
    the same two in one round, which no round makes but merged logs may hold."""
    found = [suggestion(world, introduction_id) for introduction_id in world.suggested.get(member_id, ())]
    theirs = [one for one in found if one and member_id in (one.a, one.b)]  # merged logs may say two pairs of one id
    return sorted(theirs, key=lambda one: (one.since, one.a, one.b, one.introduction_id))


def is_open(world: World, one: Suggestion) -> bool:
    """Whether only time can end it now, so that it takes a place of both until its `until`; whether or not anybody has
    written down yet what became of it."""
    undone = state_of(world, one.introduction_id) == "suggested"
    return undone and _made_at(world, one) is None and not _endings(world, one)


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


def ended_by_erasure(world: World, member_id: str, time: int) -> list[Event]:
    """The `introduction.closed` of all that is open with a member who is erased at this instant (µs): written before
    the erasure, as nobody could name them after it."""
    return [_event(one, "closed", time) for one in suggestions_of(world, member_id) if is_open(world, one)]


def undecided(world: World) -> list[str]:
    """The introductions for which time alone can make something due."""
    return [each for each in world.tables["introductions"] if state_of(world, each) == "suggested"]


def touching(world: World, member_id: str) -> set[str]:
    """The introductions for which something that this member did can make something due."""
    return {each for each in world.suggested.get(member_id, ()) if state_of(world, each) != "made"}


def _event(one: Suggestion, state: str, time: int) -> Event:
    id = str(uuid5(NAMESPACE, f"introduction {one.introduction_id} {state}"))
    return event_of(time, WEFT_SOURCE, id, f"introduction.{state}", {"introduction_id": one.introduction_id})


# --- what decides it -------------------------------------------------------------------------------------------------


class Answer(NamedTuple):
    """What one of the two answered, and when (µs)."""

    time: int
    member_id: str
    said: str  # 'accepted' or 'declined'


def answers_to(world: World, one: Suggestion) -> list[Answer]:
    """All answers of the two, oldest first: what was made in between stays made, whatever a member says later."""
    told = [
        (register[:4], key.split(" ")[1], register[4][0])
        for key, register in world.tables["introductions"][one.introduction_id].items()
        if key.startswith("answer:")
    ]
    return [Answer(stamp[0], member_id, said) for stamp, member_id, said in sorted(told) if member_id in (one.a, one.b)]


def _made_at(world: World, one: Suggestion) -> int | None:
    """The first instant at which both had accepted."""
    accepted: set[str] = set()
    for answer in answers_to(world, one):
        accepted = accepted | {answer.member_id} if answer.said == "accepted" else accepted - {answer.member_id}
        if len(accepted) == 2:
            return max(answer.time, one.since)
    return None


def _closed_at(world: World, one: Suggestion, now: int) -> int | None:
    """When the first thing happened that ends it, None while nothing has."""
    endings = _endings(world, one) + ([one.until] if one.until <= now else [])
    return max(min(endings), one.since) if endings else None


def _endings(world: World, one: Suggestion) -> list[int]:
    """The first instant of each thing that ends it, its expiry aside. An ending is one whether or not somebody had the
    time to write it down before it was taken back: how events arrive decides nothing."""
    written = world.tables["introductions"][one.introduction_id].get("closed")
    declined = [answer.time for answer in answers_to(world, one) if answer.said == "declined"]
    ended = [
        *(first_block(world, member_id, one.other(member_id), one.since) for member_id in (one.a, one.b)),
        *(first_pause(world, member_id, one.since) for member_id in (one.a, one.b)),
        *(gone_from(world, member_id, one.since) for member_id in (one.a, one.b)),
    ]
    return [*([written[0]] if written else []), *declined[:1], *(time for time in ended if time is not None)]
