"""A round as events: opened with all it is computed from, its suggestions, and `round.held`, the only commit point.

Ids are made of what they stand for (uuid5), so that the same round has the same ids whoever computes it, and a log of
the same events in another order, or in another place, has the same round.
"""

from collections import Counter
from hashlib import sha256
from typing import Any
from uuid import uuid5

from matcher.introductions import NAMESPACE
from matcher.policy import Policy
from matcher.rounds import Introduction, Plan, seed_of
from schemas.codec import Event, canonical, event_of
from schemas.door import WEFT_SOURCE
from schemas.instants import format_instant

JUDGEMENT = "6"  # the version of the rules: any change that can change a round makes it another


def opened(slot: str, as_of: int, cut: dict[str, Any], weights_id: str, policy: Policy) -> Event:
    """The attempt at a round for a date (`slot`) at an instant (µs), from a cut of the log."""
    what = [slot, format_instant(as_of), cut["world"], policy.as_dict(), weights_id]
    round_id = _id("round", canonical(what).decode())
    data = {
        "round_id": round_id,
        "slot": slot,
        "as_of": format_instant(as_of),
        "seed": seed_of(slot),
        "cut": cut,
        "weights_id": weights_id,
        "policy": policy.as_dict(),
        "judgement": JUDGEMENT,
    }
    return event_of(as_of, WEFT_SOURCE, _id("opened", round_id), "round.opened", data)


def suggested(round_opened: Event, plan: Plan) -> list[Event]:
    """The suggestions of a round, best first."""
    return [_suggestion(round_opened, introduction) for introduction in plan.introductions]


def held(round_opened: Event, plan: Plan) -> Event:
    """What makes the round count."""
    said = round_opened.data
    ids = [introduction_id(said["round_id"], introduction.member_ids) for introduction in plan.introductions]
    data = {
        "round_id": said["round_id"],
        "slot": said["slot"],
        "introduction_count": len(ids),
        "digest": digest_of(ids),
        "unmatched": dict(sorted(Counter(str(why) for why in plan.unmatched.values()).items())),
        "certificate": plan.certificate,
    }
    return event_of(round_opened.time, WEFT_SOURCE, _id("held", said["round_id"]), "round.held", data)


def digest_of(introduction_ids: list[str]) -> str:
    """What `round.held` keeps of its suggestions: it still holds when an erasure has taken what they said."""
    return sha256("\n".join(sorted(introduction_ids)).encode()).hexdigest()


def introduction_id(round_id: str, member_ids: tuple[str, str]) -> str:
    """The id of a pair's introduction in a round."""
    return _id("introduction", f"{round_id} {' '.join(member_ids)}")


def _suggestion(round_opened: Event, introduction: Introduction) -> Event:
    said = round_opened.data
    name = introduction_id(said["round_id"], introduction.member_ids)
    data = {
        "introduction_id": name,
        "round_id": said["round_id"],
        **introduction.as_json(),
        "weights_id": said["weights_id"],
    }
    return event_of(round_opened.time, WEFT_SOURCE, _id("suggested", name), "introduction.suggested", data)


def _id(what: str, of: str) -> str:
    return str(uuid5(NAMESPACE, f"{what} {of}"))
