"""What organisers and operators do by hand: rounds, the state of erasures, the network's key."""

from typing import Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict

from schemas.fields import Instant
from schemas.instants import parse_canonical
from services.inbox import Erased
from services.network import Network


class Planned(BaseModel):
    """Which round: as of an instant (absent: now), for its date in the network's timezone; whether only to say what it
    would be; and whether with the bound of a linear program, which a million pairs take half a minute and 1.2 GB for.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    at: Instant | None = None
    dry_run: bool = False
    bound: bool = False


class Refit(BaseModel):
    """Whether only to say what would be learned."""

    model_config = ConfigDict(extra="forbid", strict=True)

    dry_run: bool = False


class Round(BaseModel):
    """What a round comes to: its introductions, best first, who got none and why, whether its scores are held against
    outcomes yet, and its certificate; where it was asked for, what no choice of pairs exceeds, by a linear program, or
    why that is not said."""

    round_id: str
    introductions: list[dict[str, Any]]
    unmatched: list[dict[str, str]]
    score_is_provisional: bool
    certificate: dict[str, int]
    lp_upper_bound: int | None = None
    why_no_bound: str | None = None


class Erasures(BaseModel):
    """All erasures of this network."""

    erasures: list[Erased]


class Rotated(BaseModel):
    """Of how many members the keys were wrapped anew."""

    keys: int


class Learnt(BaseModel):
    """What was learned for one purpose: from how many needs or introductions, how many of them are new to the card in
    force, and how many that takes; by how much it tells the most recent ones better than the card in force, in
    millionths of a nat, and between which bounds (null: too few); and the card that was put in force (null: the one of
    before stays)."""

    purpose: str
    outcomes: int
    new: int
    needed: int
    gain: int | None
    gain_low: int | None
    gain_high: int | None
    weights_id: str | None


class Weights(BaseModel):
    """What was learned, for questions and for rounds."""

    learned: list[Learnt]


def rounds(network: Network) -> APIRouter:
    """Rounds by hand, of one network."""
    routes = APIRouter()

    @routes.post("/rounds", summary="Hold a round, or preview it", response_model_exclude_unset=True)
    async def hold(planned: Planned | None = None) -> Round:
        """There is one a date: what was held already is refused with 409."""
        asked = planned or Planned()
        at = None if asked.at is None else parse_canonical(asked.at)
        held = await run_in_threadpool(network.hold_round, at, dry_run=asked.dry_run, bound=asked.bound)
        return Round(**held)

    return routes


def forgetting(network: Network) -> APIRouter:
    """How far the erasures of one network have come."""
    routes = APIRouter()

    @routes.get("/erasures", summary="Who was erased, and which parts of Weft have confirmed it")
    async def erasures() -> Erasures:
        """Of all processes, whichever is asked."""
        return Erasures(erasures=[Erased(**each) for each in await run_in_threadpool(network.erasures)])

    return routes


def keeping(network: Network) -> APIRouter:
    """What operators do with what is kept of one network's members."""
    routes = APIRouter()

    @routes.post("/keys/rotate", summary="Wrap all keys with a new network key, and destroy the old one")
    async def rotate() -> Rotated:
        """After it, no older copy of the keys can be opened."""
        return Rotated(keys=await run_in_threadpool(network.rotate_keys))

    @routes.post("/weights", summary="Fit the cards anew on what came of things")
    async def learn(asked: Refit | None = None) -> Weights:
        """A card that is no worse than the one in force takes its place."""
        lessons = await run_in_threadpool(network.learn, dry_run=(asked or Refit()).dry_run)
        return Weights(learned=[Learnt(**each) for each in lessons])

    return routes
