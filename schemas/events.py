"""Every kind of event as a frozen model of its `data`: the contract that the documents are generated from.

An optional field that is absent says nothing; `null` clears it. Fields and kinds may be added, never renamed.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from schemas.fields import (
    NAME_PATTERN,
    Amount,
    Argument,
    Attendees,
    Clock,
    Count,
    Currency,
    Date,
    Email,
    Id,
    Instant,
    Languages,
    Minutes,
    Name,
    Pair,
    PastInstant,
    Subject,
    Text,
    Timezone,
    Title,
    Weight,
    Whole,
    refuse,
)


class Data(BaseModel):
    """What one event says. Strict: an unknown field, or a number given as text, is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _somebody_else(field: str, than: str) -> Any:
    """Checks that `field` names another member than the field `than` before it."""

    def check(cls: type[Data], member_id: str, info: ValidationInfo) -> str:
        if member_id == info.data.get(than):
            raise refuse(f"is the same member as {than}", "another member's id")
        return member_id

    return field_validator(field)(check)


# --- groups ---------------------------------------------------------------------------------------------------------


class Meets(Data):
    """When a group meets every week, by the clock on its wall."""

    weekday: Annotated[int, Field(ge=1, le=7, description="1 is Monday")]
    time: Clock
    timezone: Timezone


class GroupFounded(Data):
    """A group exists from now on."""

    group_id: Id
    name: Title
    place: Title | None = None
    meets: Meets | None = Field(None, description="when it meets, week after week")


class GroupClosed(Data):
    """A group no longer exists; its members are in it no more."""

    group_id: Id


# --- members --------------------------------------------------------------------------------------------------------

Stage = Literal["founding", "growing", "established", "succession"]
Places = Annotated[int, Field(ge=0, le=5)]


class MemberJoined(Data):
    """A member joined a group. A second group: the same kind again."""

    member_id: Id
    group_id: Id
    name: Title
    email: Email | None = None
    company: Title | None = None
    profession: Title | None = None
    stage: Stage | None = None
    languages: Languages | None = None
    about: Text | None = Field(None, description="what the member says of their work")


class MemberDescribed(Data):
    """A member's profile was put right: any of the optional fields of `member.joined`."""

    member_id: Id
    email: Email | None = None
    company: Title | None = None
    profession: Title | None = None
    stage: Stage | None = None
    languages: Languages | None = None
    about: Text | None = Field(None, description="what the member says of their work")


class MemberLeft(Data):
    """A member left a group; a later `member.joined` joins again."""

    member_id: Id
    group_id: Id


class MemberPreferencesSet(Data):
    """How many introductions a member wants, and when none."""

    member_id: Id
    introductions_per_round: Places | None = Field(None, description="2 where nothing is said")
    paused_until: Instant | None = Field(None, description="no introductions before then")
    languages: Languages | None = None
    digest: Literal["weekly", "daily", "none"] | None = Field(None, description="how often to write a mail")


class MemberBlocked(Data):
    """Never introduce these two to each other; the other is never told."""

    member_id: Id
    other_id: Id

    _other = _somebody_else("other_id", than="member_id")


class MemberUnblocked(Data):
    """Takes a block back."""

    member_id: Id
    other_id: Id


class MemberErased(Data):
    """Absorbing: nothing of this member counts or can be read again, before or after."""

    member_id: Id


class OrganiserAppointed(Data):
    """A member organises a group, or without one the network."""

    member_id: Id
    group_id: Id | None = None


class OrganiserDismissed(Data):
    """A member no longer organises a group, or without one the network."""

    member_id: Id
    group_id: Id | None = None


# --- what members look for and can give -----------------------------------------------------------------------------


class InterestDeclared(Data):
    """What a member looks for. Confidential: it counts only in what its owner asks."""

    member_id: Id
    subject: Subject = Field(description="what the member looks for")
    weight: Weight | None = Field(None, description="how much it matters; 1 where nothing is said")
    until: Instant | None = Field(None, description="the need ends then; without it, it fades")
    note: Text | None = Field(None, description="more about it; its words count")
    confidential: bool | None = Field(None, description="true: it counts only in what its owner asks")


class InterestWithdrawn(Data):
    """A member no longer looks for this."""

    member_id: Id
    subject: Subject


Level = Annotated[int, Field(ge=1, le=5)]


class ExpertiseDeclared(Data):
    """What a member can give; repeated, it is fresh evidence."""

    member_id: Id
    subject: Subject = Field(description="what the member can give")
    level: Level | None = Field(None, description="how well; 3 where nothing is said")
    note: Text | None = Field(None, description="more about it; its words count")


class ExpertiseWithdrawn(Data):
    """A member no longer gives this."""

    member_id: Id
    subject: Subject


class ExpertiseEndorsed(Data):
    """Another member confirms that this one can give it."""

    member_id: Id
    subject: Subject
    by_id: Id = Field(description="the member who says so")

    _other = _somebody_else("by_id", than="member_id")


# --- meetings and conversations -------------------------------------------------------------------------------------

MeetingType = Literal["group", "open", "cross_group"]
Seats = Annotated[int, Field(ge=1, le=100_000)]


class MeetingPlanned(Data):
    """A gathering is planned."""

    meeting_id: Id
    type_of: MeetingType
    starts_at: Instant
    group_id: Id | None = None
    seats: Seats | None = None
    seats_per_table: Seats | None = None
    place: Title | None = None


class MeetingHeld(Data):
    """A gathering took place, with who was there. A correction: the same meeting, a later time."""

    meeting_id: Id
    type_of: MeetingType
    attendee_ids: Attendees
    held_at: PastInstant | None = Field(None, description="when it was, if not at the event's time")
    minutes: Minutes | None = Field(None, description="how long it lasted")
    group_id: Id | None = None


class ConversationHeld(Data):
    """Two members talked. We keep that, never what."""

    member_ids: Pair
    held_at: PastInstant | None = Field(None, description="when it was, if not at the event's time")
    minutes: Minutes | None = Field(None, description="how long it lasted")
    meeting_id: Id | None = None


# --- introductions --------------------------------------------------------------------------------------------------


class Sides(Data):
    """The points of each side: `a` is the first of `member_ids`."""

    a: Whole
    b: Whole


class Reason(BaseModel):
    """A named part of why, with its points and the arguments that a page needs to say it in a reader's language."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)
    __pydantic_extra__: dict[str, Argument] = Field(init=False)

    code: Name
    points: Whole

    @model_validator(mode="after")
    def _arguments_have_names(self) -> "Reason":
        if not all(re.fullmatch(NAME_PATTERN, key) for key in self.model_extra or ()):
            raise refuse("has an argument whose name is no name")
        return self


class Reasons(Data):
    """Why b for a (`a`), and why a for b (`b`); each list adds up to the points of its side."""

    a: list[Reason]
    b: list[Reason]


class IntroductionSuggested(Data):
    """Weft suggests that two members meet; it counts only once its round is held."""

    introduction_id: Id
    round_id: Id
    member_ids: Pair
    points: Sides
    value: Whole = Field(description="what rounds order pairs by")
    score: Annotated[int, Field(ge=0, le=1_000_000, description="how the value is shown")]
    reasons: Reasons
    weights_id: Id


class IntroductionAccepted(Data):
    """A member wants this introduction."""

    introduction_id: Id
    member_id: Id


class IntroductionDeclined(Data):
    """A member does not want this introduction; the other is never told."""

    introduction_id: Id
    member_id: Id
    reason: Literal["not_relevant", "known", "no_time", "other"] | None = None


class IntroductionMade(Data):
    """Both accepted: contact data is shared now, and only now."""

    introduction_id: Id


class IntroductionClosed(Data):
    """Nothing comes of it; outwardly, why is not to be told apart."""

    introduction_id: Id


class IntroductionMet(Data):
    """A member tells that the two met."""

    introduction_id: Id
    member_id: Id
    minutes: Minutes | None = Field(None, description="how long it lasted")


class IntroductionRated(Data):
    """A member tells whether it was worth their time."""

    introduction_id: Id
    member_id: Id
    rating: Annotated[int, Field(ge=1, le=5)]


class PairVetoed(Data):
    """Two members are not to be suggested to each other."""

    member_ids: Pair
    until: Instant | None = Field(None, description="the veto ends then; without it, never")


class ReferralPassed(Data):
    """One member passed business to another."""

    referral_id: Id
    from_id: Id
    to_id: Id
    introduction_id: Id | None = None

    _other = _somebody_else("to_id", than="from_id")


class DealClosed(Data):
    """A referral became a deal."""

    referral_id: Id
    amount: Amount
    currency: Currency


# --- rounds and weights ---------------------------------------------------------------------------------------------


class Cut(Data):
    """The part of a log that a round was computed from: per partition the next position, and the world's digest."""

    log_id: Name
    positions: dict[Name, Count]
    world: Name


class RoundOpened(Data):
    """An attempt at a round, with everything it is computed from."""

    round_id: Id
    slot: Date = Field(description="the day it is for")
    as_of: Instant = Field(description="what happened before it is known")
    seed: Whole = Field(description="made from the slot")
    cut: Cut
    weights_id: Id
    policy: dict[Name, Whole]
    judgement: Name = Field(description="version of the rules")


class RoundHeld(Data):
    """The commit point of a round: only now do its suggestions count."""

    round_id: Id
    slot: Date = Field(description="the day it is for")
    introduction_count: Count
    digest: Name = Field(description="of the sorted introduction ids")
    unmatched: dict[Name, Count] = Field(description="how many got nothing, by why")
    certificate: dict[Name, Whole]


class Table(Data):
    """Points by bin: a value v falls into the bin numbered by how many edges are <= v. One point more than edges."""

    edges: list[Whole]
    points: list[Whole]


class FittedOn(Data):
    """What a card was learned from."""

    cut: Cut
    outcomes: Count
    figures: dict[Name, Whole]


class WeightsFitted(Data):
    """A scorecard: per feature its table of points. A network's first start writes the default card."""

    weights_id: Id
    weights: dict[Name, Table] = Field(description="per feature its table")
    calibration: Table
    fitted_on: FittedOn | None = Field(description="null: made by hand")
    as_of: Instant = Field(description="what happened before it is known")
    serves: Literal["questions", "rounds"] | None = Field(default=None, description="what it judges; absent: both")
    even: Whole | None = Field(
        default=None, description="the points from which on an introduction is worth it more often than not"
    )
