"""What a running network does unasked: follows its log, writes what it owes, holds its rounds, saves snapshots."""

import gc
import threading
import time
from collections.abc import Callable

import structlog

from matcher import candidates
from schemas.instants import MINUTE_US
from services.log import LogAway, LogFull, NotLeading
from services.network import Network
from services.timetable import Slot, last_slot, still_due
from services.trouble import Trouble

PATIENCE_S = 0.1  # how long a quiet log is waited for before the clock is looked at again
PAUSE_S = 0.02  # between two looks at a busy one: whoever reads catches up by themselves
EXPIRY_EVERY_US = 60 * MINUTE_US  # an introduction expires on a day; within the hour is soon enough
RETRY_US = MINUTE_US  # after a full disk
AWAY_RETRY_US = 1_000_000  # while brokers or keys are away: that they do not answer has taken its time already
FORGET_EVERY_S = 0.2  # while somebody is not forgotten everywhere
LEARN_EVERY_US = 7 * 24 * 60 * MINUTE_US  # as often as there is a round
LEARN_AFTER_US = 30 * MINUTE_US  # not while others wait for the start, nor each time that one is started again

lines = structlog.get_logger()


class Routine:
    """A thread beside the server. `on_failure` is called when it cannot go on: the log is damaged, or the mistake is
    ours. `leads` says whether this is the process that writes what is owed: of several on one log, one does."""

    def __init__(
        self, network: Network, on_failure: Callable[[Exception], None], leads: Callable[[], bool] = lambda: True
    ) -> None:
        self._network, self._on_failure, self._leads = network, on_failure, leads
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="routine")
        self._expire_at = self._retry_at = self._learned_at = 0
        self._forgot_at = 0.0  # by a clock that is never set
        self._began_at = network.clock()
        self._learning: threading.Thread | None = None
        self._compiling: threading.Thread | None = None
        self._seen_slot: Slot | None = None

    def start(self) -> None:
        """Starts reading the log, and goes on from there."""
        self._network.follower.make_lists(by_arrays=True)  # until the kernels are there
        self._thread.start()

    def stop(self) -> None:
        """Returns when what was under way is finished and a snapshot is saved."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._start()
            while not self._stopping.is_set():
                self._look()
                self._stopping.wait(PAUSE_S)
            self._save(lambda: self._network.follower.save(with_index=True))
        except Exception as failure:  # without this thread a network only seems to live: better that it ends
            self._network.why_not_ready = str(failure) if isinstance(failure, Trouble) else "this is a mistake of Weft"
            self._on_failure(failure)

    def _start(self) -> None:
        gc.disable()  # as services/collecting.py says; so it may be since the process began (cli/process.py)
        try:
            doubt = self._network.start()
            if doubt:
                lines.warning("snapshot thrown away", why=doubt)
            lines.info("ready", events=self._network.follower.read_count)
            with self._network.standing() as standing:
                standing.index.history()  # both so that the first who asks need not wait for it
                standing.index.seeking()
            if self._network.follower.index_doubt:
                lines.warning("index thrown away", why=self._network.follower.index_doubt)
            gc.freeze()  # never look through world and index again: everybody would have to wait for it
        finally:
            gc.enable()

    def _look(self) -> None:
        """One look at the log and the clock."""
        self._compile_if_large()
        now = self._network.clock()
        if now < self._retry_at:
            return
        try:
            if self._leads():
                self._lead(now)
            else:
                self._network.follower.catch_up()
                self._forget()
            self._network.log.wait(self._network.follower.positions, PATIENCE_S)
        except NotLeading as other:
            lines.warning("not leading", why=str(other))
        except LogAway as away:
            lines.warning("waits", why=str(away))
            self._retry_at = now + AWAY_RETRY_US
        except LogFull as full:
            lines.error("disk full", what=str(full))
            self._retry_at = now + RETRY_US
        self._save(self._network.follower.save_if_worth_it)

    def _lead(self, now: int) -> None:
        """Writes what is owed, and does what is due."""
        self._network.settle()
        self._hold_due_round(now)
        if now >= self._expire_at:
            self._network.close_expired()
            self._network.unreadable.expire(now, self._network.settings.unreadable_days)
            self._expire_at = now + EXPIRY_EVERY_US
            self._learn_if_due(now)
        if self._forget() and self._network.weights_wait():
            self._learn(now)

    def _forget(self) -> bool:
        """Has forget whoever was erased, if it is time to look for them again; each process its own parts."""
        if time.monotonic() < self._forgot_at + FORGET_EVERY_S:
            return False
        self._save(self._network.confirm_erasures)
        self._forgot_at = time.monotonic()
        return True

    def _hold_due_round(self, now: int) -> None:
        """Holds the round of a slot that has come since the last look; at start, of the last one if it was missed."""
        slot = last_slot(now, self._network.settings)
        if slot == self._seen_slot:
            return
        held = self._network.hold_slot(slot) if still_due(slot, now) else None
        if held:
            lines.info("round held", round_id=held["round_id"], introductions=len(held["introductions"]))
        self._seen_slot = slot

    def _learn_if_due(self, now: int) -> None:
        as_of = self._network.learned_as_of()
        rested = now >= self._began_at + LEARN_AFTER_US
        if rested and as_of is not None and now >= max(as_of, self._learned_at) + LEARN_EVERY_US:
            self._learn(now)

    def _learn(self, now: int) -> None:
        """Beside all else: it takes a process of its own some minutes in a large network."""
        if self._learning is None or not self._learning.is_alive():
            self._learned_at = now
            self._learning = threading.Thread(target=self._relearn, name="learning", daemon=True)
            self._learning.start()

    def _relearn(self) -> None:
        try:
            for each in self._network.learn():
                lines.info("learned", **each)
        except (Trouble, OSError) as wrong:
            lines.error("not learned", why=str(wrong))

    def _compile_if_large(self) -> None:
        """Beside all else, once there are so many members: it takes half a minute where nothing compiled is kept."""
        if self._compiling is None and self._network.follower.members >= candidates.LARGE:
            self._compiling = threading.Thread(target=self._compile, name="compiling", daemon=True)
            self._compiling.start()

    def _compile(self) -> None:
        from matcher import workspace  # loads numba

        begun = time.monotonic()
        try:
            workspace.warm_up()
        except OSError as wrong:  # what was compiled could not be kept: a full disk
            lines.warning("lists by arrays", why=f"the kernels were not compiled: {wrong}")
            return
        self._network.follower.make_lists(by_arrays=False)
        lines.info("lists by kernels", compiled_in_s=round(time.monotonic() - begun, 1))

    def _save(self, save: Callable[[], None]) -> None:
        """What cannot be saved is tried again; without a snapshot the next start takes longer, and that is all."""
        try:
            save()
        except OSError as wrong:
            lines.warning("not written", what=wrong.filename, why=wrong.strerror)
        except LogAway as away:
            lines.warning("not written", why=str(away))
