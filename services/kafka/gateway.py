"""`weft gateway`: what is published over HTTP goes to `weft.intake`; who it speaks for is signed.

It admits what comes in, so that a publisher is told at once what is wrong, and seals what is admitted as far as it
names members, so that intake keeps nothing of theirs in clear. A duplicate or a conflict is found behind it, by intake.
"""

from collections.abc import Sequence

import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from prometheus_client import CollectorRegistry, Counter
from structlog import get_logger

from schemas.codec import encode
from schemas.topics import INTAKE
from services import gateway, lines, openapi, problems
from services.admission import Spoken
from services.clock import now_us
from services.guard import Guard
from services.kafka import topics
from services.kafka.admitting import intake_key
from services.kafka.answers import metrics
from services.kafka.brokers import partition_of
from services.kafka.loop import LAST_ANSWER_S, Loop
from services.kafka.place import Place
from services.kafka.readiness import Readiness
from services.kafka.sending import Producing, ToSend
from services.kafka.signing import signed
from services.log import Receipt, Verdict
from services.log.sealing import ERASED
from services.run import LAST_REQUESTS_S, Server, check_loopback, listening
from services.settings import Settings

PATIENCE_S = 10  # a broker that fails over takes five; whoever publishes is told then, and sends the same again

log_lines = get_logger()


class ToIntake:
    """What the gateway's routes publish to, where the log is on brokers; safe to use from many threads."""

    clock = staticmethod(now_us)

    def __init__(self, place: Place) -> None:
        self._brokers, self._sealing = place.brokers, place.sealing
        self._secret = place.sealing.secret(b"senders")
        self._partitions = topics.partitions_of(place.brokers)[INTAKE]
        self._loop = Loop("gateway")
        self._producing = Producing(place.brokers, self._loop, PATIENCE_S)
        self.registry = CollectorRegistry()
        self.readiness = Readiness(place, self._loop)
        self._taken = Counter("weft_gateway_events", "Events handed to the brokers", registry=self.registry)

    def take(self, spoken: Sequence[Spoken]) -> list[Receipt]:
        """As `Publishing.take`: the brokers have them. What became of them, intake finds."""
        if spoken:
            self._producing.send([self._record(*each) for each in zip(spoken, self._values(spoken), strict=True)])
            self._taken.inc(len(spoken))
        return [Receipt(Verdict.ACCEPTED, None)] * len(spoken)

    def _values(self, spoken: Sequence[Spoken]) -> list[bytes]:
        """Sealed; an erasure is not, as it would destroy the keys before it is in any log."""
        sealed = iter(self._sealing.seal([each.event for each in spoken if each.event.type != ERASED]))
        return [encode(each.event) if each.event.type == ERASED else next(sealed) for each in spoken]

    def _record(self, spoken: Spoken, value: bytes) -> ToSend:
        key = intake_key(spoken.event)
        headers = signed(self._secret, value, spoken.sender)
        return ToSend(self._brokers.named(INTAKE), value, key, partition_of(key, self._partitions), headers)

    def hurry(self) -> None:
        """This process is about to end: brokers that do not answer are waited for a little while at most."""
        self._loop.hurry(LAST_ANSWER_S)

    def close(self) -> None:
        """Lets go of the brokers."""
        self._producing.close()
        self.readiness.close()
        self._loop.close()


def run(place: Place, settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT; what was answered with 202 the brokers have. Trouble."""
    check_loopback(settings.host)
    lines.configure()
    with listening(settings.host, settings.port) as (listener, url):
        intake = ToIntake(place)
        config = uvicorn.Config(
            app_of(intake), log_config=None, server_header=False, timeout_graceful_shutdown=LAST_REQUESTS_S
        )
        log_lines.info("listening", url=url)
        Server(config, intake.hurry).run(sockets=[listener])
        intake.close()
        log_lines.info("stopped")


def app_of(intake: ToIntake) -> FastAPI:
    """The app of one gateway."""
    app = FastAPI(title="Weft gateway", summary="Events in", version="1", docs_url=None, redoc_url=None)
    app.add_middleware(Guard)
    problems.install(app)
    for router in (gateway.router(intake), _health(intake.readiness), metrics(intake.registry)):
        app.include_router(router)
    openapi.install(app)
    return app


def _health(readiness: Readiness) -> APIRouter:
    routes = APIRouter()

    @routes.get("/healthz", summary="The process lives")
    async def lives() -> Response:
        return JSONResponse({"status": "alive"})

    @routes.get("/readyz", summary="Events are taken: the brokers and the keys are within reach")
    async def ready() -> Response:
        if why_not := await run_in_threadpool(readiness.why_not):
            return problems.answer(problems.details(503, why_not), problems.RETRY)
        return JSONResponse({"status": "ready"})

    return routes
