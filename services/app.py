"""The HTTP side of one network, put together."""

from fastapi import FastAPI

from services import gateway, health, inbox, openapi, organising, problems
from services.guard import Guard
from services.network import Network


def app_of(network: Network) -> FastAPI:
    """The app that serves one network."""
    app = FastAPI(title="Weft", summary="Introductions across groups", version="1", docs_url=None, redoc_url=None)
    app.add_middleware(Guard)
    problems.install(app)
    for router in (
        gateway.router,
        inbox.reading,
        inbox.saying,
        organising.rounds,
        organising.forgetting,
        organising.keeping,
        health.router,
    ):
        app.include_router(router(network))
    openapi.install(app)
    return app
