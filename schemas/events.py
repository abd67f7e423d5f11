"""Every kind of event as a frozen model of its `data`: the contract that the documents are generated from.

An optional field that is absent says nothing; `null` clears it. Fields and kinds may be added, never renamed.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.fields import (
    Attendees,
    Id,
    Instant,
    Languages,
    Minutes,
    Name,
    Pair,
    PastInstant,
    Subject,
    Text,
)


class Data(BaseModel):
    """What one event says. Strict: an unknown field, or a number given as text, is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


# --- groups ---------------------------------------------------------------------------------------------------------


class Meets(Data):
    """When a group meets every week, by the clock on its wall."""

    weekday: Annotated[int, Field(ge=1, le=7, description="1 is Monday")]
    time: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="HH:MM")]
    timezone: Annotated[str, Field(pattern=r"^[A-Za-z0-9_+/-]{1,64}$", description="IANA name, such as Europe/Berlin")]


class GroupFounded(Data):
    """A group exists from now on."""

    group_id: Id
    name: Name
    place: Name | None = None
    meets: Meets | None = None


class GroupClosed(Data):
    """A group no longer exists; its members are in it no more."""

    group_id: Id


# --- members --------------------------------------------------------------------------------------------------------

Email = Annotated[str, Field(pattern=r"^[^@\s]{1,64}@[^@\s]{1,185}$", description="an address with one @")]
Stage = Literal["founding", "growing", "established", "succession"]


class MemberJoined(Data):
    """A member joined a group. A second group: the same kind again."""

    member_id: Id
    group_id: Id
    name: Name
    email: Email | None = None
    company: Name | None = None
    profession: Name | None = None
    stage: Stage | None = None
    languages: Languages | None = None
    about: Text | None = None


class MemberDescribed(Data):
    """A member's profile was put right: any of the optional fields of `member.joined`."""

    member_id: Id
    email: Email | None = None
    company: Name | None = None
    profession: Name | None = None
    stage: Stage | None = None
    languages: Languages | None = None
    about: Text | None = None


class MemberLeft(Data):
    """A member left a group; a later `member.joined` joins again."""

    member_id: Id
    group_id: Id


class MemberPreferencesSet(Data):
    """How many introductions a member wants, and when none."""

    member_id: Id
    introductions_per_round: Annotated[int, Field(ge=0, le=5)] | None = None
    paused_until: Instant | None = None
    languages: Languages | None = None
    digest: Literal["weekly", "daily", "none"] | None = None


class MemberBlocked(Data):
    """Never introduce these two to each other; the other is never told."""

    member_id: Id
    other_id: Id


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
    subject: Subject
    weight: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    until: Instant | None = None
    note: Text | None = None
    confidential: bool | None = None


class InterestWithdrawn(Data):
    """A member no longer looks for this."""

    member_id: Id
    subject: Subject


class ExpertiseDeclared(Data):
    """What a member can give; repeated, it is fresh evidence."""

    member_id: Id
    subject: Subject
    level: Annotated[int, Field(ge=1, le=5)] | None = None
    note: Text | None = None


class ExpertiseWithdrawn(Data):
    """A member no longer gives this."""

    member_id: Id
    subject: Subject


class ExpertiseEndorsed(Data):
    """Another member confirms that this one can give it."""

    member_id: Id
    subject: Subject
    by_id: Id


# --- meetings and conversations -------------------------------------------------------------------------------------

MeetingType = Literal["group", "open", "cross_group"]


class MeetingPlanned(Data):
    """A gathering is planned."""

    meeting_id: Id
    type_of: MeetingType
    starts_at: Instant
    group_id: Id | None = None
    seats: Annotated[int, Field(ge=1, le=100_000)] | None = None
    seats_per_table: Annotated[int, Field(ge=1, le=1_000)] | None = None
    place: Name | None = None


class MeetingHeld(Data):
    """A gathering took place, with who was there. A correction: the same meeting, a later time."""

    meeting_id: Id
    type_of: MeetingType
    attendee_ids: Attendees
    held_at: PastInstant | None = None
    minutes: Minutes | None = None
    group_id: Id | None = None


class ConversationHeld(Data):
    """Two members talked. We keep that, never what."""

    member_ids: Pair
    held_at: PastInstant | None = None
    minutes: Minutes | None = None
    meeting_id: Id | None = None


# --- introductions --------------------------------------------------------------------------------------------------


class Sides(Data):
    """The points of each side: `a` is the first of `member_ids`."""

    a: int
    b: int


class Reason(BaseModel):
    """A named part of why, with its points and the arguments that a page needs to say it in a reader's language."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    code: str
    points: int


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
    value: int
    score: Annotated[int, Field(ge=0, le=1_000_000)]
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
    minutes: Minutes | None = None


class IntroductionRated(Data):
    """A member tells whether it was worth their time."""

    introduction_id: Id
    member_id: Id
    rating: Annotated[int, Field(ge=1, le=5)]


class PairVetoed(Data):
    """Two members are not to be suggested to each other."""

    member_ids: Pair
    until: Instant | None = None


class ReferralPassed(Data):
    """One member passed business to another."""

    referral_id: Id
    from_id: Id
    to_id: Id
    introduction_id: Id | None = None


class DealClosed(Data):
    """A referral became a deal."""

    referral_id: Id
    amount: Annotated[str, Field(pattern=r"^\d{1,15}(\.\d{1,4})?$", description="a decimal number as text")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")]


# --- rounds and weights ---------------------------------------------------------------------------------------------


class Cut(Data):
    """The part of a log that a round was computed from: per partition the next position, and the world's digest."""

    log_id: str
    positions: dict[str, int]
    world: str


class RoundOpened(Data):
    """An attempt at a round, with everything it is computed from."""

    round_id: Id
    slot: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$", description="the date it is for")]
    as_of: Instant
    seed: int
    cut: Cut
    weights_id: Id
    policy: dict[str, int]
    judgement: str


class RoundHeld(Data):
    """The commit point of a round: only now do its suggestions count."""

    round_id: Id
    slot: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$", description="the date it is for")]
    introduction_count: Annotated[int, Field(ge=0)]
    digest: str
    unmatched: dict[str, int]
    certificate: dict[str, int]


class Table(Data):
    """Points by bin: a value v falls into the bin numbered by how many edges are <= v. One point more than edges."""

    edges: list[int]
    points: list[int]


class FittedOn(Data):
    """What a card was learned from."""

    cut: Cut
    outcomes: int
    figures: dict[str, Any]


class WeightsFitted(Data):
    """A scorecard: per feature its table of points. A network's first start writes the default card."""

    weights_id: Id
    weights: dict[str, Table]
    calibration: Table
    fitted_on: FittedOn | None
    as_of: Instant
