"""`weft worker`: one of several processes that keep a network's streams going, beside its brokers.

Each follows the whole log into a world of its own, owns some partitions of intake and of scores, answers what it is
asked, and one leads: whoever the group gave partition 0 of `weft.rounds`.
"""

import asyncio
import os
import signal
import socket
import sys
import threading
import time
from functools import partial
from typing import Any
from uuid import uuid4

import faust
import orjson
import uvicorn
from faust.types import TP
from structlog import get_logger

from schemas.codec import Event
from schemas.topics import INTAKE, SCORES
from services import lines
from services.erasing import SCORES as OF_SCORES
from services.erasing import WORKER
from services.folder import Folder, place_of
from services.follower import Standing
from services.kafka import topics
from services.kafka.answers import app_of
from services.kafka.brokers import HEARTBEAT_MS, METADATA_MS, SESSION_MS, Brokers, home_of
from services.kafka.intake import Intake
from services.kafka.leaving import leave, let_go
from services.kafka.live_scores import LiveScores
from services.kafka.loop import LAST_ANSWER_S
from services.kafka.marks import Marks
from services.kafka.measures import Measures
from services.kafka.place import Place
from services.kafka.sending import ToSend
from services.kafka.streams import RETRY_S, WRITER, Streams
from services.kafka.watchdog import Watchdog
from services.log import LogAway
from services.log.kafka import LeadersLog
from services.log.keyring import Keeper
from services.log.sealing import Sealing
from services.network import Network
from services.relearning import ON_BROKERS, Source
from services.routine import Routine
from services.run import LAST_REQUESTS_S, SWITCH_S, check_loopback, listening
from services.settings import Settings
from services.trouble import Trouble

ROUNDS = "weft.rounds"
WORKERS = "workers"  # the group by which it is known who leads
SCORED_AT_ONCE = 20  # seekers
SCORING_S = 0.1  # so long at most, as things stand: what is told anew makes the next one dearer, and who asks waits
SCORES_EVERY_S = 0.05
OF_ITS_OWN = "each worker needs a folder of its own: name another with --data"
PAUSE_S = 0.005  # while there is more to do: enough for whoever waits for the world

log_lines = get_logger()


class Worker:
    """What one worker consists of."""

    def __init__(self, brokers: Brokers, folder: Folder, sealing: Sealing, settings: Settings) -> None:
        self.brokers, self.folder, self.measures = brokers, folder, Measures()
        self.id = static_id(folder)
        self.leads = False
        self.log = LeadersLog(brokers, sealing, lambda: self.leads)
        lessons = Source(ON_BROKERS, folder.settings)
        self.network = Network(self.log, folder, settings, lessons=lessons, keeper=self._keeper())
        counts = topics.partitions_of(brokers)
        self.seekers = counts[SCORES]
        self.intake = Intake(self.log, folder.path / "intake", counts[INTAKE], self._ended_by)
        self.scores = LiveScores(self.seekers, settings.policy())
        self.marks = Marks(self.log, self.scores)
        self.network.follower.told.append(self.scores.note)
        self._publishing = threading.Lock()
        scores = (Keeper(f"scores-{number}", OF_SCORES, f"{SCORES}/{number}") for number in range(self.seekers))
        self.network.erasing.add({each: [partial(self._forgot, number)] for number, each in enumerate(scores)})

    def _keeper(self) -> Keeper:
        return Keeper(f"worker-{self.id}", WORKER, place_of(self.folder.path))

    def _ended_by(self, erased: Event) -> list[Event]:
        """As `Network.ended_by`; what others have shown is to be known first. LogAway."""
        if why_not := self.network.why_not_ready:
            raise LogAway(f"an erasure waits: {why_not}")
        return self.network.ended_by(erased)

    def _forgot(self, number: int, who: set[str]) -> bool:
        """Whether this worker owns a partition of scores, and no record that stands there is of them or names them."""
        with self._publishing:
            return self.network.erasing.in_the_world(who) and self.scores.forgot(number, who)

    def publish_scores(self) -> None:
        """Publishes what is to be published of the next few seekers. LogAway: it is tried again."""
        with self._publishing:  # what is under way stands nowhere yet
            records = self._next_scores()
            try:
                self.log.put(records)
            except LogAway:
                self.scores.doubt([record.key.decode() for record in records])
                raise
        self.measures.scores.inc(len(records))

    def _next_scores(self) -> list[ToSend]:
        follower = self.network.follower
        with self.network.standing() as standing, self.measures.scoring.time():
            found = self._scored(standing, follower.read_count)
            positions = dict(follower.positions)
        self.measures.read.set(follower.read_count)
        self.measures.swept.set(self.scores.is_swept)
        return [self._score(member_id, body, positions) for member_id, body in found]

    def _scored(self, standing: Standing, read: int) -> list[tuple[str, bytes | None]]:
        found, give_up = self.scores.next(standing, read, SCORED_AT_ONCE), time.monotonic() + SCORING_S
        while self.scores.has_waiting and time.monotonic() < give_up:
            found += self.scores.next(standing, read, SCORED_AT_ONCE)
        return found

    def _score(self, member_id: str, body: bytes | None, positions: dict[str, int]) -> ToSend:
        key = member_id.encode()
        said = None if body is None else {"member_id": member_id, **orjson.loads(body), "positions": positions}
        value = None if said is None else orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
        partition = home_of(key, self.seekers)
        return ToSend(self.brokers.named(SCORES), value, key, partition, [(WRITER, self.id.encode())])


class Scoring(faust.Service):
    """Publishes the live scores of the owned seekers."""

    def __init__(self, worker: Worker) -> None:
        super().__init__()
        self._worker = worker

    @faust.Service.task
    async def score(self) -> None:
        """A few seekers after the other, as long as this worker runs."""
        while not self.should_stop:
            try:
                if self._worker.network.why_not_ready is None:
                    await asyncio.to_thread(self._worker.publish_scores)
            except LogAway as away:
                log_lines.warning("waits", why=str(away))
                await self.sleep(RETRY_S)
            await self.sleep(SCORES_EVERY_S if self._worker.scores.is_swept else PAUSE_S)

    @faust.Service.task
    async def mark(self) -> None:
        """Sees to it that what was published before can be compacted, as long as this worker runs."""
        while not self.should_stop:
            try:
                await asyncio.to_thread(self._worker.marks.put)
            except LogAway as away:
                log_lines.warning("waits", why=str(away))
            await self.sleep(RETRY_S)


class Answers(faust.Service):
    """Answers over HTTP."""

    def __init__(self, worker: Worker, listener: socket.socket) -> None:
        super().__init__()
        self._listener = listener
        app = app_of(worker.network, worker.measures.registry)
        self._server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, server_header=False, timeout_graceful_shutdown=LAST_REQUESTS_S)
        )
        self._serving: asyncio.Task[None] | None = None

    async def on_start(self) -> None:
        """Begins to listen; signals are the worker's."""
        self._serving = asyncio.create_task(self._server._serve([self._listener]))

    async def on_stop(self) -> None:
        """Returns when the requests under way are finished."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving


class Process(faust.Worker):
    """A Faust worker whose lines are Weft's own, and whose end waits for no brokers that are away."""

    def __init__(self, worker: Worker, app: faust.App, *services: faust.Service) -> None:
        super().__init__(app, *services, quiet=True, redirect_stdouts=False)
        self._worker_log, self._app = worker.log, app

    def _setup_logging(self) -> None:
        self.spinner = None

    async def on_stop(self) -> None:
        """Before anything of it is stopped."""
        self._worker_log.hurry(LAST_ANSWER_S)
        consumer: Any = self._app.consumer
        thread = consumer._thread

        async def leave() -> None:
            """As Faust's own, which is lost where its client says that it was cancelled."""
            await thread.method_queue.stop()
            if thread._consumer is not None:
                await let_go(thread._consumer)

        thread.on_thread_stop = leave


def app_for(worker: Worker) -> faust.App:
    """The Faust app of one worker: by its group it is known who leads."""
    brokers = worker.brokers
    app = faust.App(
        brokers.group(WORKERS),
        broker=[f"kafka://{one}" for one in brokers.bootstrap.split(",")],
        datadir=worker.folder.path / "faust",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        agent_supervisor="mode.CrashingSupervisor",
        stream_wait_empty=False,
        consumer_group_instance_id=worker.id,
        consumer_metadata_max_age_ms=METADATA_MS,
        broker_session_timeout=SESSION_MS / 1_000,
        broker_heartbeat_interval=HEARTBEAT_MS / 1_000,
    )
    rounds = app.topic(
        brokers.named(ROUNDS), key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
    )

    @app.agent(rounds)
    async def on_round(stream: Any) -> None:
        """Who has this partition leads; what it brings is told to ops."""
        async for event in stream.noack().events():
            worker.measures.rounds.inc()
            await stream.ack(event)

    @app.on_partitions_assigned.connect  # type: ignore[arg-type]  # its type forgets that a handler may wait
    async def on_assigned(sender: Any, *told: Any, **more: Any) -> None:
        worker.leads = any(TP(brokers.named(ROUNDS), 0) in partitions for partitions in told)
        worker.measures.leads.set(worker.leads)
        log_lines.info("leads rounds" if worker.leads else "follows", worker=worker.id)

    @app.on_partitions_revoked.connect  # type: ignore[arg-type]
    async def on_revoked(sender: Any, *told: Any, **more: Any) -> None:
        worker.leads = False
        worker.measures.leads.set(False)

    return app


def run(place: Place, folder: Folder, settings: Settings) -> None:
    """Works until SIGTERM or SIGINT. Raises what keeps it from going on: Trouble, or a mistake of ours."""
    check_loopback(settings.host)
    lines.configure()
    sys.setswitchinterval(SWITCH_S)
    with folder.create().held(OF_ITS_OWN), listening(settings.host, settings.port) as (listener, url):
        worker = Worker(place.brokers, folder, place.sealing, settings)
        failures: list[Exception] = []

        def stop_for(failure: Exception) -> None:
            failures.append(failure)
            os.kill(os.getpid(), signal.SIGTERM)

        routine = Routine(worker.network, stop_for, leads=lambda: worker.leads)
        try:
            with folder.announced(url):
                log_lines.info("listening", url=url, worker=worker.id)
                routine.start()
                _run_services(worker, listener)
        finally:
            routine.stop()
            worker.log.close()
            leave(place.brokers, WORKERS, worker.id)
        if failures:
            raise failures[0]


def _run_services(worker: Worker, listener: socket.socket) -> None:
    """Returns when a signal has asked for it, and all has stopped."""
    streams = Streams(worker.log, worker.id, worker.intake, worker.scores, worker.measures)
    app = app_for(worker)
    faust_consumer: Any = app.consumer  # that its group has ended, Faust says nowhere
    watchdog = Watchdog(lambda: [streams.consumer, faust_consumer._thread._consumer], lambda: streams.is_alive)
    process = Process(worker, app, streams, Scoring(worker), Answers(worker, listener), watchdog)
    try:
        process.execute_from_commandline()
    except SystemExit as ended:
        if streams.crash_reason:
            raise streams.crash_reason from None
        if ended.code:
            raise Trouble(f"the streams ended with {ended.code}: start the worker again") from None


def static_id(folder: Folder) -> str:
    """The name of the worker whose data folder this is: the same after a restart, so that its group waits for it. The
    folder's lock keeps two processes from having one name."""
    file = folder.path / "worker"
    if not file.exists():
        file.write_text(uuid4().hex[:12])
    return file.read_text().strip()
