"""Events for tests, one small function a kind: what a test does not care about has a default.

Instants are microseconds (`day(3, hour=8)`) or RFC 3339 text. The id is made from what is said, so that the same call
gives the same event, and another call another one; `id=` names it. Optional fields of a kind are keyword arguments.
"""

from hashlib import sha256
from typing import Any

from schemas.codec import Event, canonical, event_of
from schemas.door import WEFT_SOURCE
from schemas.instants import DAY_US, MINUTE_US, format_instant, parse_instant

MONDAY = parse_instant("2026-01-05T00:00:00Z")  # the first day of every test
NEXT_MONDAY = MONDAY + 7 * DAY_US
HOUR_US = 60 * MINUTE_US
SOURCE = "/crm"
_INSTANTS = ("until", "paused_until", "held_at", "starts_at", "as_of")

Instant = int | str


def day(number: int, hour: int = 0, minute: int = 0) -> int:
    """The instant (µs) so many days after MONDAY."""
    return MONDAY + number * DAY_US + hour * HOUR_US + minute * MINUTE_US


def said(kind: str, at: Instant, data: dict[str, Any], *, id: str | None = None, source: str = SOURCE) -> Event:
    """An event of any kind."""
    time = at if isinstance(at, int) else parse_instant(at)
    data = {key: _text(value) if key in _INSTANTS else value for key, value in data.items()}
    if id is None:
        id = sha256(canonical([kind, time, data])).hexdigest()[:16]
    return event_of(time, source, id, kind, data)


def _text(moment: Instant | None) -> str | None:
    return format_instant(moment) if isinstance(moment, int) else moment


def _say(kind: str, at: Instant, data: dict[str, Any], more: dict[str, Any]) -> Event:
    naming = {key: more.pop(key) for key in ("id", "source") if key in more}
    return said(kind, at, data | more, **naming)


# --- groups and members ---------------------------------------------------------------------------------------------


def founded(group_id: str = "g-1", *, at: Instant = MONDAY, name: str = "Elbe", **more: Any) -> Event:
    return _say("group.founded", at, {"group_id": group_id, "name": name}, more)


def group_closed(group_id: str = "g-1", *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("group.closed", at, {"group_id": group_id}, more)


def joined(member_id: str, group: str = "g-1", *, at: Instant = MONDAY, name: str = "Ada", **more: Any) -> Event:
    return _say("member.joined", at, {"member_id": member_id, "group_id": group, "name": name}, more)


def described(member_id: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("member.described", at, {"member_id": member_id}, more)


def left(member_id: str, group: str = "g-1", *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("member.left", at, {"member_id": member_id, "group_id": group}, more)


def prefers(member_id: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("member.preferences_set", at, {"member_id": member_id}, more)


def blocked(member_id: str, other_id: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("member.blocked", at, {"member_id": member_id, "other_id": other_id}, more)


def unblocked(member_id: str, other_id: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("member.unblocked", at, {"member_id": member_id, "other_id": other_id}, more)


def erased(member_id: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("member.erased", at, {"member_id": member_id}, more)


def appointed(member_id: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("organiser.appointed", at, {"member_id": member_id}, more)


def dismissed(member_id: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("organiser.dismissed", at, {"member_id": member_id}, more)


# --- what members look for and can give -----------------------------------------------------------------------------


def seeks(member_id: str, subject: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("interest.declared", at, {"member_id": member_id, "subject": subject}, more)


def seeks_no_more(member_id: str, subject: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("interest.withdrawn", at, {"member_id": member_id, "subject": subject}, more)


def gives(member_id: str, subject: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("expertise.declared", at, {"member_id": member_id, "subject": subject}, more)


def gives_no_more(member_id: str, subject: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("expertise.withdrawn", at, {"member_id": member_id, "subject": subject}, more)


def endorsed(member_id: str, subject: str, by_id: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("expertise.endorsed", at, {"member_id": member_id, "subject": subject, "by_id": by_id}, more)


# --- meetings and conversations -------------------------------------------------------------------------------------


def planned(meeting_id: str, *, at: Instant = MONDAY, type_of: str = "group", **more: Any) -> Event:
    data = {"meeting_id": meeting_id, "type_of": type_of, "starts_at": NEXT_MONDAY}
    return _say("meeting.planned", at, data, more)


def met_up(meeting_id: str, *attendee_ids: str, at: Instant = MONDAY, type_of: str = "group", **more: Any) -> Event:
    """meeting.held"""
    data = {"meeting_id": meeting_id, "type_of": type_of, "attendee_ids": list(attendee_ids)}
    return _say("meeting.held", at, data, more)


def talked(a: str, b: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    """conversation.held"""
    return _say("conversation.held", at, {"member_ids": [a, b]}, more)


# --- introductions --------------------------------------------------------------------------------------------------


def suggested(
    introduction_id: str, a: str, b: str, round_id: str = "r-1", *, at: Instant = MONDAY, points: int = 100, **more: Any
) -> Event:
    reason = {"code": "gives_what_you_seek", "subject": "Nachfolge", "points": points}
    data = {
        "introduction_id": introduction_id,
        "round_id": round_id,
        "member_ids": [a, b],
        "points": {"a": points, "b": points},
        "value": 20_000,
        "score": 500_000,
        "reasons": {"a": [reason], "b": [reason]},
        "weights_id": "w-1",
    }
    return _say("introduction.suggested", at, data, {"source": WEFT_SOURCE} | more)


def accepted(introduction_id: str, member_id: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("introduction.accepted", at, {"introduction_id": introduction_id, "member_id": member_id}, more)


def declined(introduction_id: str, member_id: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("introduction.declined", at, {"introduction_id": introduction_id, "member_id": member_id}, more)


def made(introduction_id: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("introduction.made", at, {"introduction_id": introduction_id}, {"source": WEFT_SOURCE} | more)


def closed(introduction_id: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("introduction.closed", at, {"introduction_id": introduction_id}, {"source": WEFT_SOURCE} | more)


def met(introduction_id: str, member_id: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("introduction.met", at, {"introduction_id": introduction_id, "member_id": member_id}, more)


def rated(introduction_id: str, member_id: str, rating: int = 5, *, at: Instant = MONDAY, **more: Any) -> Event:
    data = {"introduction_id": introduction_id, "member_id": member_id, "rating": rating}
    return _say("introduction.rated", at, data, more)


def vetoed(a: str, b: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("pair.vetoed", at, {"member_ids": [a, b]}, more)


def passed(referral_id: str, from_id: str, to_id: str, *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("referral.passed", at, {"referral_id": referral_id, "from_id": from_id, "to_id": to_id}, more)


def deal(referral_id: str, amount: str = "1200.00", *, at: Instant = MONDAY, **more: Any) -> Event:
    return _say("deal.closed", at, {"referral_id": referral_id, "amount": amount, "currency": "EUR"}, more)


# --- rounds and weights ---------------------------------------------------------------------------------------------

CUT = {"log_id": "l-1", "positions": {"log/0": 17}, "world": "0" * 64}


def opened(round_id: str = "r-1", slot: str = "2026-01-12", *, at: Instant = NEXT_MONDAY, **more: Any) -> Event:
    data = {
        "round_id": round_id,
        "slot": slot,
        "as_of": at,
        "seed": 7,
        "cut": CUT,
        "weights_id": "w-1",
        "policy": {},
        "judgement": "1",
    }
    return _say("round.opened", at, data, {"source": WEFT_SOURCE} | more)


def held(round_id: str = "r-1", slot: str = "2026-01-12", *, at: Instant = NEXT_MONDAY, **more: Any) -> Event:
    data = {
        "round_id": round_id,
        "slot": slot,
        "introduction_count": 1,
        "digest": "0" * 64,
        "unmatched": {},
        "certificate": {"blocking_pairs": 0},
    }
    return _say("round.held", at, data, {"source": WEFT_SOURCE} | more)


def fitted(weights_id: str = "w-1", *, at: Instant = MONDAY, **more: Any) -> Event:
    data = {
        "weights_id": weights_id,
        "weights": {"fit": {"edges": [1], "points": [0, 100]}},
        "calibration": {"edges": [0], "points": [0, 500_000]},
        "fitted_on": None,
        "as_of": at,
    }
    return _say("weights.fitted", at, data, {"source": WEFT_SOURCE} | more)
