"""Nobody who reads the views is taken back, whatever becomes of those who write them."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

from schemas.codec import Event
from services.log.sqlite import SqliteLog
from services.views.database import Database, Unavailable
from services.views.reading import Views
from tests.builders import day, described, joined
from tests.service.processes import weft
from tests.service.views.parts import Kept, started

EVENTS = 120
PATIENCE_S = 30


class Watcher(threading.Thread):
    """Reads one member all the time: their `about` counts the events of the log, so that a row that does not go with
    the positions, or one that was seen before, tells."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.seen: list[tuple[int, int]] = []  # of one log: the position, and what the row says
        self.generations: set[int] = set()
        self._database, self._done = Database(address), threading.Event()

    def run(self) -> None:
        views = Views(self._database)
        while not self._done.is_set():
            try:
                with views.standing() as standing:
                    told = int(standing.member("m-1")["about"])
                    self.generations.add(standing._generation)
                    self.seen.append((standing.positions["log/0"], told))
            except Unavailable:
                assert not self.seen, "once there are views, they can be read"
            time.sleep(0.001)

    def stop(self) -> None:
        self._done.set()
        self.join()
        self._database.close()

    def has_seen(self, position: int) -> bool:
        return bool(self.seen) and self.seen[-1][0] >= position

    def check(self, end: int) -> None:
        assert self.seen == sorted(self.seen), "nobody is taken back"
        assert {told - position for position, told in self.seen} == {0}, "rows and positions are one"
        assert self.seen[-1][0] == end
        assert len(set(self.seen)) > 5


@contextmanager
def watching(address: str) -> Iterator[Watcher]:
    watcher = Watcher(address)
    watcher.start()
    try:
        yield watcher
    finally:
        watcher.stop()


def the_next(position: int) -> list[Event]:
    """The event that goes to this position, and says so."""
    said = str(position + 1)
    at = day(1) + position
    return [joined("m-1", about=said, at=at) if position == 0 else described("m-1", about=said, at=at)]


def until(holds: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < give_up, what
        time.sleep(0.01)


def test_a_reader_goes_forward_while_views_are_built_anew_beside_those_that_are_kept_up(
    address: str, log: SqliteLog, tmp_path: Path
) -> None:
    log.append(the_next(0))
    with closing(Database(address)) as database:
        kept, stop = Kept(database, log, tmp_path), threading.Event()
        projector = kept.started()
        keeping = threading.Thread(target=projector.run, args=(stop,))
        with watching(address) as watcher:
            keeping.start()
            for position in range(1, EVENTS):
                log.append(the_next(position))
                time.sleep(0.01)
                if position % 30 == 0:
                    kept.rebuild()
            until(lambda: watcher.has_seen(EVENTS), "the views came to the end of the log")
            stop.set()
            keeping.join()
    assert projector.why_not_ready is None
    watcher.check(EVENTS)
    assert len(watcher.generations) >= 3


def test_a_reader_goes_forward_while_writers_are_killed_and_start_again(address: str, tmp_path: Path) -> None:
    dice, data = Random(7), tmp_path / "data"
    (data / "snapshots").mkdir(parents=True)
    with closing(SqliteLog(data / "log")) as log, watching(address) as watcher:
        appended = 0
        for _ in range(2):
            with started(data, address) as views:
                before = appended
                while not watcher.has_seen(before + 1) or dice.random() < 0.95:
                    assert views.poll() is None
                    log.append(the_next(appended))
                    appended += 1
                    time.sleep(0.02)
                views.kill()  # -9, in whatever it is doing
        with started(data, address) as views:
            ended = weft(data, "views", "rebuild", "--json", views_url=address)
            assert ended.code == 0 and ended.json["events"] == appended, ended.err
            log.append(the_next(appended))
            appended += 1
            until(lambda: watcher.has_seen(appended), "the one that runs goes on with what was built anew")
            views.terminate()
            assert views.wait(timeout=PATIENCE_S) == 0
    watcher.check(appended)
    assert len(watcher.generations) >= 2
