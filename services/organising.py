"""POST /rounds: hold a round by hand, or preview it."""

from typing import Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict

from schemas.fields import Instant
from schemas.instants import parse_canonical
from services.network import Network


class Planned(BaseModel):
    """Which round: as of an instant (absent: now), for its date in the network's timezone."""

    model_config = ConfigDict(extra="forbid", strict=True)

    at: Instant | None = None
    dry_run: bool = False


class Round(BaseModel):
    """What a round comes to: its introductions, best first, who got none and why, and its certificate."""

    round_id: str
    introductions: list[dict[str, Any]]
    unmatched: list[dict[str, str]]
    certificate: dict[str, int]


def router(network: Network) -> APIRouter:
    """The organisers' endpoints of one network."""
    routes = APIRouter()

    @routes.post("/rounds", summary="Hold a round, or preview it")
    async def hold(planned: Planned | None = None) -> Round:
        """There is one a date: what was held already is refused with 409."""
        asked = planned or Planned()
        at = None if asked.at is None else parse_canonical(asked.at)
        return Round(**await run_in_threadpool(network.hold_round, at, dry_run=asked.dry_run))

    return routes
