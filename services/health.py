"""Whether the process lives, and whether it can answer."""

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from services.network import Network
from services.problems import RETRY, answer, details


def router(network: Network) -> APIRouter:
    """The health of one network."""
    routes = APIRouter()

    @routes.get("/healthz", summary="The process lives")
    async def lives() -> dict[str, str]:
        return {"status": "alive"}

    @routes.get("/readyz", summary="Members can be answered as things stand now")
    async def ready() -> Response:
        if why_not := await run_in_threadpool(network.why_not_of_now):
            return answer(details(503, why_not), RETRY)
        return JSONResponse({"status": "ready", "events": network.follower.read_count})

    return routes
