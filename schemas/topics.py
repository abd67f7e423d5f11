"""The topic table: for every kind its model, its topic, its key, and who may publish it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from schemas import events as e


class Role(StrEnum):
    """Who speaks: publishers (services), the member concerned, organisers, and Weft itself."""

    PUBLISHER = "publisher"
    MEMBER = "member"
    ORGANISER = "organiser"
    WEFT = "weft"


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table. `key` is the Kafka key that `data` gives: all that must stay in order shares one."""

    type: str
    topic: str
    who: frozenset[Role]
    key: Callable[[dict[str, Any]], str]
    model: type[e.Data]


def _field(name: str) -> Callable[[dict[str, Any]], str]:
    return lambda data: data[name]


def _smaller_member(data: dict[str, Any]) -> str:
    return min(data["member_ids"])


_LETTERS = {"P": Role.PUBLISHER, "M": Role.MEMBER, "O": Role.ORGANISER, "W": Role.WEFT}
_MEMBER, _GROUP, _MEETING = _field("member_id"), _field("group_id"), _field("meeting_id")
_INTRODUCTION, _REFERRAL = _field("introduction_id"), _field("referral_id")
_ROUND, _WEIGHTS = _field("round_id"), _field("weights_id")

_ROWS: list[tuple[str, str, str, Callable[[dict[str, Any]], str], type[e.Data]]] = [
    ("weft.groups", "group.founded", "P O", _GROUP, e.GroupFounded),
    ("weft.groups", "group.closed", "P O", _GROUP, e.GroupClosed),
    ("weft.members", "member.joined", "P", _MEMBER, e.MemberJoined),
    ("weft.members", "member.described", "P M", _MEMBER, e.MemberDescribed),
    ("weft.members", "member.left", "P M", _MEMBER, e.MemberLeft),
    ("weft.members", "member.preferences_set", "P M", _MEMBER, e.MemberPreferencesSet),
    ("weft.members", "member.blocked", "M", _MEMBER, e.MemberBlocked),
    ("weft.members", "member.unblocked", "M", _MEMBER, e.MemberUnblocked),
    ("weft.members", "member.erased", "P M", _MEMBER, e.MemberErased),
    ("weft.members", "organiser.appointed", "O", _MEMBER, e.OrganiserAppointed),
    ("weft.members", "organiser.dismissed", "O", _MEMBER, e.OrganiserDismissed),
    ("weft.interests", "interest.declared", "P M", _MEMBER, e.InterestDeclared),
    ("weft.interests", "interest.withdrawn", "P M", _MEMBER, e.InterestWithdrawn),
    ("weft.expertise", "expertise.declared", "P M", _MEMBER, e.ExpertiseDeclared),
    ("weft.expertise", "expertise.withdrawn", "P M", _MEMBER, e.ExpertiseWithdrawn),
    ("weft.expertise", "expertise.endorsed", "P M", _MEMBER, e.ExpertiseEndorsed),
    ("weft.meetings", "meeting.planned", "P O", _MEETING, e.MeetingPlanned),
    ("weft.meetings", "meeting.held", "P O", _MEETING, e.MeetingHeld),
    ("weft.meetings", "conversation.held", "P M", _smaller_member, e.ConversationHeld),
    ("weft.introductions", "introduction.suggested", "W", _INTRODUCTION, e.IntroductionSuggested),
    ("weft.introductions", "introduction.accepted", "M", _INTRODUCTION, e.IntroductionAccepted),
    ("weft.introductions", "introduction.declined", "M", _INTRODUCTION, e.IntroductionDeclined),
    ("weft.introductions", "introduction.made", "W", _INTRODUCTION, e.IntroductionMade),
    ("weft.introductions", "introduction.closed", "W", _INTRODUCTION, e.IntroductionClosed),
    ("weft.introductions", "introduction.met", "P M", _INTRODUCTION, e.IntroductionMet),
    ("weft.introductions", "introduction.rated", "M", _INTRODUCTION, e.IntroductionRated),
    ("weft.introductions", "pair.vetoed", "O", _smaller_member, e.PairVetoed),
    ("weft.introductions", "referral.passed", "P M", _REFERRAL, e.ReferralPassed),
    ("weft.introductions", "deal.closed", "P M", _REFERRAL, e.DealClosed),
    ("weft.rounds", "round.opened", "W", _ROUND, e.RoundOpened),
    ("weft.rounds", "round.held", "W", _ROUND, e.RoundHeld),
    ("weft.rounds", "weights.fitted", "W", _WEIGHTS, e.WeightsFitted),
]

KINDS: dict[str, Kind] = {
    type_: Kind(type_, topic, frozenset(_LETTERS[letter] for letter in who.split()), key, model)
    for topic, type_, who, key, model in _ROWS
}
TOPICS: list[str] = list(dict.fromkeys(kind.topic for kind in KINDS.values()))
INTAKE, UNREADABLE, SCORES = "weft.intake", "weft.unreadable", "weft.scores"
