"""`weft views`: on the log of a data folder, beside its `weft run`, or on the log and the live scores of brokers."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import structlog
from sqlalchemy import URL

from services import lines, monitoring
from services.clock import now_us
from services.folder import Folder
from services.kafka.loop import LAST_ANSWER_S
from services.kafka.place import opened
from services.kafka.score_source import KafkaScores
from services.log.following import FollowedLog
from services.log.kafka import KafkaLog
from services.settings import Settings
from services.snapshot import ProvenLog
from services.views.building import build
from services.views.database import Database
from services.views.forgetting import Forgetting
from services.views.projecting import Projector
from services.views.projection import Projection
from services.views.scores import NoScores, ScoreSource

Hurry = Callable[[float], None]  # as `Loop.hurry`

log_lines = structlog.get_logger()


def run(folder: Folder, settings: Settings) -> None:
    """Keeps the views up until SIGTERM or SIGINT. Trouble: what keeps it from going on."""
    lines.configure()
    stop, to_hurry = threading.Event(), list[Hurry]()

    def end(*_: object) -> None:
        stop.set()
        for hurry in to_hurry:
            hurry(LAST_ANSWER_S)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    with _parts(folder, settings, folder.views_snapshot, to_hurry) as (database, projection):
        projector = Projector(database, projection)
        with monitoring.serve(settings.views_port, lambda: projector.why_not_ready) as url:
            log_lines.info("listening", url=url)
            projector.run(stop)
    log_lines.info("stopped", **projection.mark._asdict())


def rebuild(folder: Folder, settings: Settings) -> int:
    """Builds the views anew from the whole log, beside those that are there; returns of how many events. Trouble."""
    no_snapshot = folder.views_snapshot.with_suffix(".none")
    with _parts(folder, settings, no_snapshot, []) as (database, projection):
        database.create()
        forgetting = Forgetting(database, projection)
        projection.start(None)
        build(database, projection)
        forgetting.confirm()
        return projection.follower.read_count


@contextmanager
def _parts(
    folder: Folder, settings: Settings, snapshot_file: Path, to_hurry: list[Hurry]
) -> Iterator[tuple[Database, Projection]]:
    source = _on_brokers(settings, to_hurry) if settings.brokers else _in_folder(folder.existing())
    folder.create()
    with source as (log, scores), closing(Database(settings.views_url or _own(folder.views))) as database:
        yield database, Projection(log, scores, snapshot_file, now_us)


@contextmanager
def _in_folder(folder: Folder) -> Iterator[tuple[ProvenLog, ScoreSource]]:
    with closing(FollowedLog(folder.log)) as log:
        yield log, NoScores()


@contextmanager
def _on_brokers(settings: Settings, to_hurry: list[Hurry]) -> Iterator[tuple[ProvenLog, ScoreSource]]:
    place = opened(settings)
    with closing(KafkaLog(place.brokers, place.sealing)) as log, closing(KafkaScores(place.brokers)) as scores:
        to_hurry += [log.hurry, scores.hurry]
        yield log, scores


def _own(file: Path) -> URL:
    """The database in the data folder; nobody else may read it: there are people in it."""
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    return URL.create("sqlite", database=str(file))
