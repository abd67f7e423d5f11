"""What any worker answers over HTTP, on loopback: what members see and ask, rounds by hand, erasures, health."""

from fastapi import APIRouter, FastAPI
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from services import health, inbox, openapi, organising, problems
from services.guard import Guard
from services.network import Network


def app_of(network: Network, registry: CollectorRegistry) -> FastAPI:
    """The app of one worker."""
    app = FastAPI(
        title="Weft worker", summary="Introductions across groups", version="1", docs_url=None, redoc_url=None
    )
    app.add_middleware(Guard)
    problems.install(app)
    for router in (inbox.reading, organising.rounds, organising.forgetting, health.router):
        app.include_router(router(network))
    app.include_router(metrics(registry))
    openapi.install(app)
    return app


def metrics(registry: CollectorRegistry) -> APIRouter:
    """The figures of this process, as Prometheus reads them."""
    routes = APIRouter()

    @routes.get("/metrics", summary="The figures of this process", response_class=Response)
    async def figures() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return routes
