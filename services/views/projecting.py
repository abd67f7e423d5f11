"""Keeping the views up with the log: what changed, and the positions that it was read to, in one transaction."""

import threading
from collections.abc import Callable

import structlog
from prometheus_client import Counter, Gauge

from services.log import LogAway
from services.trouble import Trouble
from services.views.building import build, check_whose
from services.views.database import Database, Unavailable
from services.views.forgetting import Forgetting
from services.views.generations import code, current, put_mark
from services.views.projection import Projection

PATIENCE_S = 0.1  # how long a quiet log is waited for before scores and clock are looked at again
PAUSE_S = 0.05  # between two looks at a busy one: its events share a transaction
RETRY_S = 1.0  # while the database, or the log, is away

BATCHES = Counter("weft_views_batches", "Transactions that moved the views on")
LAG = Gauge("weft_views_lag_events", "Events and score records that are not in the views yet")

lines = structlog.get_logger()


class Projector:
    """The process that writes the views; others may do the same, or build them anew, at the same time."""

    def __init__(self, database: Database, projection: Projection) -> None:
        self.why_not_ready: str | None = "the log is being read"
        self._database, self._projection = database, projection
        self._code = code()
        self._forgetting: Forgetting | None = None
        self._to_overwrite = True  # whether SQLite may still have what was deleted
        self._to_confirm = True  # whether somebody may have been erased whom these views have not confirmed

    def start(self) -> None:
        """Reads the log, and builds the views unless those that are there can be moved on. Unavailable, LogDamaged,
        Trouble as `build`."""
        self._database.create()
        self._forgetting = Forgetting(self._database, self._projection)
        with self._database.reading() as connection:
            found = current(connection)
        check_whose(found, self._projection)
        if doubt := self._projection.start(found.mark if found else None):
            lines.warning("snapshot thrown away", why=doubt)
        if found is None or found.code != self._code or not found.mark.reaches(self._projection.since):
            self._build()
        self.project_once()
        self.why_not_ready = None

    def project_once(self) -> None:
        """Reads what is new and writes it. Unavailable: what was read is written the next time. LogDamaged."""
        self._projection.read()
        LAG.set(self._projection.lag())  # what it stays at while the database is away
        if not self._projection.is_written:
            self._commit()
            LAG.set(self._projection.lag())
            self._save(self._projection.follower.save_if_worth_it)
        if self._to_overwrite:
            self._to_overwrite = not self._database.overwrite_deleted()
        if self._to_confirm and self._forgetting:
            self._to_confirm = not self._forgetting.confirm()

    def run(self, stop: threading.Event) -> None:
        """Keeps the views up until `stop`, then saves a snapshot that goes with them. As `start`; a database, or
        brokers, that go away later are waited for, but not at the end."""
        self.start()
        lines.info("ready", **self._projection.mark._asdict())
        while not stop.is_set():
            try:
                self.project_once()
                self.why_not_ready = None
                self._projection.log.wait(self._projection.mark.log, PATIENCE_S)
                stop.wait(PAUSE_S)
            except (Unavailable, LogAway) as away:
                if self.why_not_ready is None:
                    lines.error("away", what=str(away))
                self.why_not_ready = str(away)
                stop.wait(RETRY_S)
        if self.why_not_ready is None:
            self._read_a_last_time()

    def _read_a_last_time(self) -> None:
        try:
            self._projection.read()
            self._commit()  # so that the snapshot is no younger than the views
            self._save(self._projection.follower.save)
        except (Unavailable, LogAway) as away:  # the next start reads it
            lines.warning("ends without a last look", why=str(away))

    def _commit(self) -> None:
        with self._database.writing() as connection:
            found = current(connection)
            if found and found.code != self._code:
                raise Trouble("another version of Weft has made the views anew: stop this one, and start that")
            fits = found is not None and found.mark.reaches(self._projection.since)
            if found and fits:
                check_whose(found, self._projection)
                self._projection.keep_to(found.mark)
                forgot = self._projection.write(connection, found.number)
                self._to_overwrite, self._to_confirm = self._to_overwrite or forgot, self._to_confirm or forgot
                put_mark(connection, self._projection.mark)
        if fits:
            self._projection.written()
            BATCHES.inc()
        else:  # somebody has put back an older copy of the database, or emptied it
            self._build()

    def _build(self) -> None:
        build(self._database, self._projection)
        self._to_overwrite = self._to_confirm = True
        lines.info("views built", **self._projection.mark._asdict())

    def _save(self, save: Callable[[], None]) -> None:
        try:
            save()
        except OSError as wrong:  # it is tried again; without a snapshot the next start takes longer, and that is all
            lines.warning("snapshot not written", what=wrong.filename, why=wrong.strerror)
