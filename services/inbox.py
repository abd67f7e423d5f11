"""The member endpoints: what a member sees, asks, and says of an introduction."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from schemas.fields import Instant, Minutes, Subject, Text
from schemas.instants import format_instant, parse_canonical
from services.network import Network

_ID = Path(pattern=r"^[A-Za-z0-9._:-]{1,64}$")
MemberId = Annotated[str, _ID]
IntroductionId = Annotated[str, _ID]
At = Annotated[Instant | None, Query(description="as things stood at this instant; absent: now")]


OF_MEMBER = "/members/{member_id}"
AS_OF = "Weft-As-Of"  # header of an answer that is not of now: the instant that it is of
_WHEN = {
    "description": "the log is away, and this is by what it had until then; absent: by all that it has",
    "schema": {"type": "string", "format": "date-time"},
}
_OLDER: dict[int | str, dict[str, Any]] = {200: {"headers": {AS_OF: _WHEN}}}


def _as_json_counts(value: Any) -> Any:
    """To JSON 4 and 4.0 are one number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_WHOLE = BeforeValidator(_as_json_counts)


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Need(_Said):
    """A need, as a member states it."""

    subjects: Annotated[list[Subject], Field(max_length=32)] = []
    note: Text = ""
    top: Annotated[int, Field(ge=1, le=1_000), _WHOLE] = 10
    at: Instant | None = None


class Declined(_Said):
    """Why not; the other is not told, not even that."""

    reason: Literal["not_relevant", "known", "no_time", "other"] | None = None


class Met(_Said):
    """How long the two talked."""

    minutes: Annotated[Minutes, _WHOLE] | None = None


class Rated(_Said):
    """Whether it was worth the member's time: 5 is very much."""

    rating: Annotated[int, Field(ge=1, le=5), _WHOLE]


class Introductions(BaseModel):
    """What a member sees."""

    member_id: str
    introductions: list[dict[str, Any]]


class Candidate(BaseModel):
    """Somebody who could help: their points, the chance that of all candidates it is they, what is taken off it because
    they were suggested of late (both in millionths), why, and who it is."""

    model_config = ConfigDict(serialize_by_alias=True)

    member_id: str
    points: int
    chance: int
    price: int
    reasons: list[dict[str, Any]]
    who: dict[str, Any] = Field(alias="with")


class Ranked(BaseModel):
    """Who could help, best first: by chance less price."""

    ranked: list[Candidate]


class Erased(BaseModel):
    """How far an erasure has come: when which part of Weft confirmed it, and which has not yet."""

    member_id: str
    erased_at: str
    late: int
    confirmed: dict[str, str]
    waiting: list[str]


class Exported(BaseModel):
    """All that is kept about a member."""

    member_id: str
    as_of: str
    profile: dict[str, Any]
    groups: list[str]
    introductions: list[dict[str, Any]]
    weights: dict[str, Any]
    events: list[dict[str, Any]]


def reading(network: Network) -> APIRouter:
    """What a member sees and asks, of one network."""
    routes = APIRouter(prefix=OF_MEMBER)

    @routes.get("/introductions", summary="What the member sees", responses=_OLDER)
    async def introductions(member_id: MemberId, response: Response, at: At = None) -> Introductions:
        found = await run_in_threadpool(network.suggestions, member_id, _instant(at), _saying_so(response))
        return _seen(member_id, found)

    @routes.post("/ask", summary="Who could help with this need", responses=_OLDER)
    async def ask(member_id: MemberId, need: Need, response: Response) -> Ranked:
        """Under the same rules as a suggestion: whoever is shown has room, and may be introduced to this member."""
        asked = need.subjects, need.note, need.top, _instant(need.at)
        found = await run_in_threadpool(network.ask, member_id, *asked, _saying_so(response))
        return Ranked(ranked=[Candidate(**each) for each in found])

    return routes


def saying(network: Network) -> APIRouter:
    """What a member says, and has done with what is kept about them, of one network."""
    routes = APIRouter(prefix=OF_MEMBER)

    async def say(member_id: str, introduction_id: str, kind: str, said: _Said | None = None) -> Introductions:
        told = said.model_dump(exclude_none=True) if said else {}
        return _seen(member_id, await run_in_threadpool(network.say, member_id, introduction_id, kind, told))

    @routes.post("/introductions/{introduction_id}/accept", summary="The member wants this introduction")
    async def accept(member_id: MemberId, introduction_id: IntroductionId) -> Introductions:
        """Once both have accepted it is made, and shows contact data."""
        return await say(member_id, introduction_id, "introduction.accepted")

    @routes.post("/introductions/{introduction_id}/decline", summary="The member does not want it")
    async def decline(
        member_id: MemberId, introduction_id: IntroductionId, said: Declined | None = None
    ) -> Introductions:
        return await say(member_id, introduction_id, "introduction.declined", said)

    @routes.post("/introductions/{introduction_id}/met", summary="The two have met")
    async def met(member_id: MemberId, introduction_id: IntroductionId, said: Met | None = None) -> Introductions:
        return await say(member_id, introduction_id, "introduction.met", said)

    @routes.post("/introductions/{introduction_id}/rate", summary="Whether it was worth the member's time")
    async def rate(member_id: MemberId, introduction_id: IntroductionId, said: Rated) -> Introductions:
        return await say(member_id, introduction_id, "introduction.rated", said)

    @routes.post("/erase", status_code=202, summary="Forget this member, for ever")
    async def erase(member_id: MemberId) -> Erased:
        """From now on nobody is shown them, and what was said of them can be read by nobody. `waiting` are the parts of
        Weft that have not confirmed yet."""
        return Erased(**await run_in_threadpool(network.erase, member_id))

    @routes.get("/export", summary="All that is kept about the member")
    async def export(member_id: MemberId) -> Exported:
        """Everything, as it was said and as it stands, without the names of others."""
        return Exported(**await run_in_threadpool(network.export, member_id))

    return routes


def _seen(member_id: str, introductions: list[dict[str, Any]]) -> Introductions:
    return Introductions(member_id=member_id, introductions=introductions)


def _saying_so(response: Response) -> Callable[[int], None]:
    """Says in this response as of when its answer is."""

    def say(as_of: int) -> None:
        response.headers[AS_OF] = format_instant(as_of)

    return say


def _instant(at: str | None) -> int | None:
    return None if at is None else parse_canonical(at)
