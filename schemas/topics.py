"""The topic table: for every kind its model, its topic, its key, and who may publish it."""

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


Model = type[e.Data]
LETTERS = {"P": Role.PUBLISHER, "M": Role.MEMBER, "O": Role.ORGANISER, "W": Role.WEFT}
SMALLER_MEMBER = "smaller member id"


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table. `keyed_by` names the field whose value is the Kafka key: all that must stay in order shares
    one. `spoken_by` names the fields of which one must be the member who says it, where a member may. `personal` names
    the fields that the log keeps sealed; the others are ids, instants and numbers that route, relate or count."""

    type: str
    topic: str
    who: frozenset[Role]
    keyed_by: str
    model: Model
    spoken_by: tuple[str, ...]
    personal: tuple[str, ...]

    def key(self, data: dict[str, Any]) -> str:
        """The Kafka key of an event of this kind."""
        return min(data["member_ids"]) if self.keyed_by == SMALLER_MEMBER else data[self.keyed_by]

    def owners(self, data: dict[str, Any]) -> list[str]:
        """The members without each of whose keys the personal fields of an event of this kind cannot be read."""
        if "member_ids" in data:
            return sorted(data["member_ids"])
        return sorted({data[field] for field in ("member_id", "by_id") if field in data})

    def speakers(self, data: dict[str, Any]) -> list[str]:
        """The members who may say this about themselves; empty where the event names none (a deal)."""
        named: list[str] = []
        for field in self.spoken_by:
            named += data[field] if field == "member_ids" else [data[field]]
        return named


_ROWS: list[tuple[str, str, str, str, Model]] = [
    ("weft.groups", "group.founded", "P O", "group_id", e.GroupFounded),
    ("weft.groups", "group.closed", "P O", "group_id", e.GroupClosed),
    ("weft.members", "member.joined", "P", "member_id", e.MemberJoined),
    ("weft.members", "member.described", "P M", "member_id", e.MemberDescribed),
    ("weft.members", "member.left", "P M", "member_id", e.MemberLeft),
    ("weft.members", "member.preferences_set", "P M", "member_id", e.MemberPreferencesSet),
    ("weft.members", "member.blocked", "M", "member_id", e.MemberBlocked),
    ("weft.members", "member.unblocked", "M", "member_id", e.MemberUnblocked),
    ("weft.members", "member.erased", "P M", "member_id", e.MemberErased),
    ("weft.members", "organiser.appointed", "O", "member_id", e.OrganiserAppointed),
    ("weft.members", "organiser.dismissed", "O", "member_id", e.OrganiserDismissed),
    ("weft.interests", "interest.declared", "P M", "member_id", e.InterestDeclared),
    ("weft.interests", "interest.withdrawn", "P M", "member_id", e.InterestWithdrawn),
    ("weft.expertise", "expertise.declared", "P M", "member_id", e.ExpertiseDeclared),
    ("weft.expertise", "expertise.withdrawn", "P M", "member_id", e.ExpertiseWithdrawn),
    ("weft.expertise", "expertise.endorsed", "P M", "member_id", e.ExpertiseEndorsed),
    ("weft.meetings", "meeting.planned", "P O", "meeting_id", e.MeetingPlanned),
    ("weft.meetings", "meeting.held", "P O", "meeting_id", e.MeetingHeld),
    ("weft.meetings", "conversation.held", "P M", SMALLER_MEMBER, e.ConversationHeld),
    ("weft.introductions", "introduction.suggested", "W", "introduction_id", e.IntroductionSuggested),
    ("weft.introductions", "introduction.accepted", "M", "introduction_id", e.IntroductionAccepted),
    ("weft.introductions", "introduction.declined", "M", "introduction_id", e.IntroductionDeclined),
    ("weft.introductions", "introduction.made", "W", "introduction_id", e.IntroductionMade),
    ("weft.introductions", "introduction.closed", "W", "introduction_id", e.IntroductionClosed),
    ("weft.introductions", "introduction.met", "P M", "introduction_id", e.IntroductionMet),
    ("weft.introductions", "introduction.rated", "M", "introduction_id", e.IntroductionRated),
    ("weft.introductions", "pair.vetoed", "O", SMALLER_MEMBER, e.PairVetoed),
    ("weft.introductions", "referral.passed", "P M", "referral_id", e.ReferralPassed),
    ("weft.introductions", "deal.closed", "P M", "referral_id", e.DealClosed),
    ("weft.rounds", "round.opened", "W", "round_id", e.RoundOpened),
    ("weft.rounds", "round.held", "W", "round_id", e.RoundHeld),
    ("weft.rounds", "weights.fitted", "W", "weights_id", e.WeightsFitted),
]

# Where the member who speaks is not the one in `member_id`. A deal names none: the door cannot tell whose it is.
_SPOKEN_BY: dict[str, tuple[str, ...]] = {
    "expertise.endorsed": ("by_id",),
    "conversation.held": ("member_ids",),
    "referral.passed": ("from_id", "to_id"),
    "deal.closed": (),
}

_PROFILE = ("email", "company", "profession", "stage", "languages", "about")
_PERSONAL: dict[str, tuple[str, ...]] = {
    "member.joined": ("name", *_PROFILE),
    "member.described": _PROFILE,
    "member.preferences_set": ("languages", "digest"),
    "interest.declared": ("subject", "note", "confidential"),
    "interest.withdrawn": ("subject",),
    "expertise.declared": ("subject", "note"),
    "expertise.withdrawn": ("subject",),
    "expertise.endorsed": ("subject",),
    "introduction.suggested": ("reasons",),
    "introduction.declined": ("reason",),
    "introduction.rated": ("rating",),
}

KINDS: dict[str, Kind] = {
    type_: Kind(
        type_,
        topic,
        frozenset(LETTERS[letter] for letter in who.split()),
        keyed_by,
        model,
        _SPOKEN_BY.get(type_, ("member_id",)),
        _PERSONAL.get(type_, ()),
    )
    for topic, type_, who, keyed_by, model in _ROWS
}
TOPICS: list[str] = list(dict.fromkeys(kind.topic for kind in KINDS.values()))
INTAKE, UNREADABLE, SCORES = "weft.intake", "weft.unreadable", "weft.scores"
