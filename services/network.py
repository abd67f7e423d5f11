"""One network: beside what can be asked of it, what can be said to it, and what it owes its members.

Gather, call the judgement, apply: every decision is made in `matcher`.
"""

import threading
from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol
from uuid import uuid4

from matcher.card import Purpose, learned_as_of
from matcher.introductions import due, ended_by_erasure, touching, undecided
from matcher.world import ERASED, Change, World
from schemas.codec import Event, event_of
from schemas.instants import MINUTE_US
from services import admission, rounds
from services.answering import Answering, NotYours, seen
from services.clock import Clock, now_us
from services.draft import Draft
from services.erasing import Erasing, status_of
from services.folder import Folder
from services.follower import Follower, Standing
from services.log import EventLog, Receipt, Verdict
from services.log.keyring import WRITER, Keeper
from services.relearning import IN_FOLDER, Source, relearn
from services.settings import Settings
from services.snapshot import ProvenLog
from services.timetable import Slot, local_date
from services.trouble import Trouble
from services.unreadable import Unreadable

DRAFT_US = 10 * MINUTE_US  # so long a round that was only looked at is kept, and a world and an index with it
INBOX_SOURCE = "/weft/inbox"  # of the events that the member endpoints make
OPEN, MADE = ("suggested", "accepted"), ("made",)
SAID_OF = {  # in which state of an introduction a member can say this of it
    "introduction.accepted": OPEN,
    "introduction.declined": OPEN,
    "introduction.met": MADE,
    "introduction.rated": MADE,
}


class NetworkLog(EventLog, ProvenLog, Protocol):
    """A log to append to, whose history can be named."""


class NotNow(Exception):
    """The introduction is theirs, but in its state this cannot be said of it."""


class Network(Answering[NetworkLog]):
    """One network on the log that it writes. Safe to use from many threads."""

    def __init__(
        self,
        log: NetworkLog,
        folder: Folder,
        settings: Settings,
        clock: Clock = now_us,
        lessons: Source | None = None,
        keeper: Keeper | None = WRITER,
    ) -> None:
        """`lessons`: where the process that learns reads the same log; absent: in the folder. `keeper`: as which this
        process is waited for after an erasure; None: it ends with a command, and keeps nothing."""
        super().__init__(log, folder.snapshot, settings, clock)
        self.log, self._snapshot_file = log, folder.snapshot
        self.unreadable = Unreadable(folder.refused, log.sealing)
        self.erasing = Erasing(log.sealing.keys, self.follower, self.unreadable, clock)
        if keeper:
            self.erasing.keep(keeper)
        self._to_confirm = True  # whether some part may not have forgotten somebody yet
        self._lessons = lessons or Source(IN_FOLDER, folder.log)
        self._touched: set[str] = set()  # introductions of which something may be owed
        self._draft: Draft | None = None  # of the round that was last looked at
        self._drafted_at = self._forgotten = 0  # when that was, µs; how often somebody was erased
        self._settling = threading.Lock()
        self._holding, self._relearning = threading.Lock(), threading.Lock()

    def start(self) -> str | None:
        """As `Answering.start`."""
        doubt = super().start()
        self.follower.told.append(self._note)
        return doubt

    # --- told -------------------------------------------------------------------------------------------------------

    def take(self, spoken: Sequence[admission.Spoken]) -> list[Receipt]:
        """Appends what was admitted; whoever said it."""
        return self.append([each.event for each in spoken])

    def append(self, events: Sequence[Event]) -> list[Receipt]:
        """As `EventLog.append`; what was open with somebody who is erased is closed, like anything that ends."""
        ended = [self.ended_by(event) if event.type == "member.erased" else [] for event in events]
        receipts = self.log.append(events)
        for receipt, closed in zip(receipts, ended, strict=True):
            if closed and receipt.verdict is Verdict.ACCEPTED:
                self.log.append(closed)
        return receipts

    def ended_by(self, erased: Event) -> list[Event]:
        """The endings of what is open with a member who is about to be erased. LogDamaged."""
        if self.why_not_ready:  # nobody has been shown anything yet, and nobody will be
            return []
        with self.standing() as standing:
            return ended_by_erasure(standing.world, erased.data["member_id"], erased.time)

    def erase(self, member_id: str) -> dict[str, Any]:
        """Forgets a member for ever; returns how far that has come. NotYours, NotReady, LogFull."""
        with self.standing() as standing:
            is_erased = member_id in standing.world.erased
            if not (is_erased or standing.world.names(member_id)):
                raise NotYours
        if not is_erased:
            self.append([event_of(self.clock(), INBOX_SOURCE, str(uuid4()), "member.erased", {"member_id": member_id})])
            self.settle()
        self._to_confirm = True
        [status] = [each for each in self.erasures() if each["member_id"] == member_id]
        return status

    def erasures(self) -> list[dict[str, Any]]:
        """Everybody who was ever erased, and which parts of Weft have confirmed it."""
        return status_of(self.log.sealing.keys)

    def confirm_erasures(self) -> None:
        """Has each part that this process sees to forget whom it has not forgotten yet. OSError: a disk is in the
        way."""
        if not self._to_confirm:
            return
        self._to_confirm, done = False, False  # before: whoever is erased meanwhile sets it again
        try:
            done = self.erasing.confirm()
        finally:
            self._to_confirm = self._to_confirm or not done

    def rotate_keys(self) -> int:
        """Wraps the keys of all members with a new network key and destroys the old one; returns of how many."""
        return self.log.sealing.keys.rotate()

    def say(self, member_id: str, introduction_id: str, kind: str, said: dict[str, Any]) -> list[dict[str, Any]]:
        """A member answers an introduction, or tells how it went (`kind`: an event's type); returns what the member
        sees then. To accept again changes nothing. NotYours, NotNow, NotReady, LogFull."""
        with self.standing() as standing:
            state = _state_seen(standing, member_id, introduction_id)
        if kind == "introduction.accepted" and state in ("accepted", "made"):
            return self.suggestions(member_id)
        if state not in SAID_OF[kind]:
            raise NotNow(f"it is {state}; this can be said only of one that is {' or '.join(SAID_OF[kind])}")
        data = {"introduction_id": introduction_id, "member_id": member_id, **said}
        self.log.append([event_of(self.clock(), INBOX_SOURCE, str(uuid4()), kind, data)])
        self.settle()
        return self.suggestions(member_id)

    # --- owed -------------------------------------------------------------------------------------------------------

    def settle(self) -> int:
        """Writes the `introduction.made` and `.closed` that what has been read calls for; returns how many.

        As of the youngest event, not of the clock: where events of past weeks are published one after the other, a
        suggestion has not expired before its members could answer. Expiry itself is `close_expired`.
        """
        with self._settling:  # who comes second finds settled what the first one took on
            with self.standing() as standing:
                touched, self._touched = self._touched, set()
                owed = due(standing.world, self.follower.latest + 1, touched)
            try:
                self.log.append(owed)
            except Trouble:  # a full disk, brokers that are away, another who leads meanwhile: it is still owed
                self._touched |= touched
                raise
        return len(owed)

    def learn(self, *, dry_run: bool = False) -> list[dict[str, Any]]:
        """Fits both cards anew on what came of things, and puts in force what is no worse than the card of before;
        after an erasure, what knows nothing of whoever was erased. LogFull, LogDamaged."""
        with self._relearning:
            forget = self.erasing.weights_wait()
            lessons = relearn(self._lessons, self.clock(), from_the_default=forget)
            if not dry_run:
                self.log.append([each.event for each in lessons if each.event])
        self._to_confirm = self._to_confirm or forget
        return [each.told for each in lessons]

    def learned_as_of(self) -> int | None:
        """As of when the youngest card in force knows what came of things (µs; 0: neither was fitted here); None where
        there was no round yet to learn from."""
        with self.standing() as standing:
            if not standing.world.held_rounds():
                return None
            return max(learned_as_of(standing.world, purpose) for purpose in Purpose)

    def weights_wait(self) -> bool:
        """Whether a card in force was fitted on somebody who was erased since."""
        return self._to_confirm and self.erasing.weights_wait()

    def close_expired(self) -> int:
        """Writes the endings that time alone has brought; returns how many."""
        with self.standing() as standing:
            owed = due(standing.world, standing.at, undecided(standing.world))
        self.log.append(owed)
        return len(owed)

    def hold_round(self, at: int | None = None, *, dry_run: bool = False, bound: bool = False) -> dict[str, Any]:
        """Holds the round of the date at `at` (µs; None: now) in the network's timezone; `dry_run` and `bound` as
        `rounds.hold` has them. NoRound, LogFull."""
        instant = self.clock() if at is None else at
        return self._hold(local_date(instant, self.settings), instant, dry_run, bound)

    def hold_slot(self, slot: Slot) -> dict[str, Any] | None:
        """Holds the weekly round of this slot as of now, unless it was held, or there is nobody yet to hold it for."""
        with self.standing() as standing:
            world = standing.world
            if slot.date.isoformat() in rounds.held_slots(world) or not world.tables["memberships"]:
                return None
        try:
            return self._hold(slot.date, self.clock(), dry_run=False, bound=False)
        except rounds.NoRound:  # somebody has held it by hand this very moment
            return None

    def _hold(self, slot: date, at: int, dry_run: bool, bound: bool) -> dict[str, Any]:
        """Holds a round in a world of its own, so that nobody who reads has to wait for it. That of a round which was
        only looked at is kept for some minutes: who vetoes something in it looks again."""
        with self._holding:  # one leader: two at once would both find that the round was not held yet
            draft, forgotten = self._draft or self._drafting(), self._forgotten
            self._draft = None
            held = rounds.hold(
                draft.follower, self.settings.policy(), slot, at, dry_run=dry_run, bound=bound, draft=draft
            )
            if dry_run:
                self._draft, self._drafted_at = draft, self.clock()
            if forgotten != self._forgotten:  # somebody was erased meanwhile, whom the draft may know
                self._draft = None
            return held

    def _drafting(self) -> Draft:
        """Nothing planned yet, of a state of its own; that of a network that was not started is its snapshot's."""
        if self.why_not_ready is None:
            return Draft(self.follower.copied())
        follower = Follower(self.log, self._snapshot_file, self.clock)
        follower.start()
        return Draft(follower)

    def _note(self, world: World, change: Change) -> None:
        """Notes the introductions that a change may have made or ended; lets go of a draft that nobody came back to."""
        if self.clock() > self._drafted_at + DRAFT_US:
            self._draft = None
        for table, owner, key, *_ in change:
            if table == "introductions":
                self._touched.add(owner)
            elif table in ("blocks", "memberships", "pauses"):
                self._touched |= touching(world, owner)
            elif table == ERASED:
                self._to_confirm = True
                self._forgotten += 1
                self._draft = None  # whatever it knows of them
            elif table == "groups" and key.startswith("exists "):
                self._touched.update(undecided(world))


def _state_seen(standing: Standing, member_id: str, introduction_id: str) -> str:
    for view in seen(standing, member_id):
        if view["introduction_id"] == introduction_id:
            return str(view["state"])
    raise NotYours
