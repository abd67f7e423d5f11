"""The read model of the judgement: who gives and who seeks what, and who was there when, as arrays.

It follows the world change by change and holds evidence only as rows, so that every sum is the same in any order, and
equal to that of an index built anew. What fades is faded when it is read (reading.py). Exact and short: the oracle of
anything faster.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from matcher.company import Company
from matcher.history import History
from matcher.needs import Line, lines_of, wishes_of, withdrawn
from matcher.roster import Roster
from matcher.rows import Owned, Postings, Rows
from matcher.sayings import Sayings
from matcher.tables import Ints
from matcher.text import subject_key, words
from matcher.world import ERASED, Change, Register, World
from schemas.instants import day_of, parse_canonical

LEVEL_AMOUNTS = {1: 400, 2: 700, 3: 1_000, 4: 1_300, 5: 1_600}  # thousandths of a declaration at the usual level
USUAL_LEVEL = 3
ENDORSED_AMOUNT = 500  # half a declaration, by somebody who has talked with them
PRAISED_AMOUNT = 125  # by anybody else: it costs nothing to say, and a service can say it a thousand times
TALKED_AMOUNT = 1_000
ATTENDED_AMOUNT = 500  # to have been in a room says less than to have talked
_PROFILE_TEXT = ("profession", "about")
# What is read as it stands, and in nothing that is kept of a day: one who puts their profile right changes no past.
_OF_NO_DAY = frozenset({"about", "company", "email", "name", "profession"})
_COUNTED = ("memberships", "expertise", "endorsements", "interests", "conversations")  # one register an event

Kept = TypeVar("Kept")


class Asked:
    """How many interests named a term, and how many there were at all, by the day they were told."""

    def __init__(self) -> None:
        self._by_term: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self._all: Counter[int] = Counter()

    def add(self, terms: Iterable[str], day: int) -> None:
        self._all[day] += 1
        for term in terms:
            self._by_term[term][day] += 1

    def take_out(self, terms: Iterable[str], day: int) -> None:
        self._all[day] -= 1
        for term in terms:
            self._by_term[term][day] -= 1

    def before(self, day: int) -> int:
        """Interests told before that day. (Those since are few: the day is today, or nearly.)"""
        return self._all.total() - sum(count for told, count in self._all.items() if told >= day)

    def of(self, term: str, day: int) -> int:
        """Interests that named the term, told before that day."""
        told = self._by_term.get(term)
        return told.total() - sum(count for when, count in told.items() if when >= day) if told else 0


class Both(NamedTuple, Generic[Kept]):
    """The same for subjects, and for the stems of words."""

    subjects: Kept
    words: Kept


def _terms_in(said: dict[str, Any]) -> Both[list[str]]:
    """What a statement of an interest or an expertise names."""
    return Both([subject_key(said["subject"])], list(words(f"{said['subject']} {said.get('note') or ''}")))


class Index:
    """What the judgement reads: who is there (`roster`), and the evidence about them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.by_arrays = False  # lists, however many members there are: kernels are still being compiled
        self._rebuild()

    @property
    def can_be_kept(self) -> bool:
        """Whether it stands as it is, and was built since the last erasure: what forgets a member goes on without their
        evidence, but the names of subjects and words that only they said are left in it."""
        return not (self._is_void or self._has_forgotten)

    @property
    def has_history(self) -> bool:
        """Whether somebody has asked for the history yet."""
        return self._history is not None

    @property
    def roster(self) -> Roster:
        """Who is there. Whoever reads the index begins here."""
        if self._is_void:
            self._rebuild()
        return self._roster

    def _rebuild(self) -> None:
        self._is_void = self._has_forgotten = False
        self._roster = Roster(self.world)
        self.company = Company(self.world, self._roster)
        self.gives = Both(Postings(3), Postings(3))  # slot, day, amount in thousandths
        self.profiles = Postings(1, self.gives.words.derived)  # slot: the words of a profile, which do not fade
        self.seeks = Both(Postings(4), Postings(4))  # slot, day, weight in thousandths, until in µs
        self.asked = Both(Asked(), Asked())
        self.sayings = Sayings()
        self.signs = Rows(2)  # slot, day it was told: something was heard of this member
        self.asks = Rows(2)  # slot, day it was told: they said what they look for
        self._signed: set[tuple[int, int]] = set()
        # Slot -> slots, once read; void when they talk to another, or when somebody is erased.
        self._acquaintances: dict[int, Ints] = {}
        self.attended = Owned(4)  # slot, day, amount, day it was told; by meeting, since a meeting is put right
        self._meetings: dict[str, int] = {}  # their numbers
        self._seekers_to_read: set[str] = set()
        self._history: History | None = None  # made when first asked for
        self.claims: defaultdict[str, set[str]] = defaultdict(set)  # member -> subjects (normalised) they ever declared
        # Member -> what they were endorsed for without claiming it -> by whom.
        self._unclaimed: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(partial(defaultdict, set))
        # Member and whoever praised them and had not talked with them -> for what.
        self._praised: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        # Member and subject of praise to be read again, since the two have talked, or they claim it.
        self._praise_to_read: set[tuple[str, str]] = set()
        self.of_day: dict[int, Any] = {}  # what others derived of a UTC day; void once something is told late
        self.of_week: dict[int, Any] = {}  # the same of all that was told before a Monday (a day)
        self.of_now: dict[Any, Any] = {}  # what others derived of all that is known; void once anything is told
        self.of_late: dict[Any, Any] = {}  # the same as of the last time that anything was; some of it may still hold
        self.spaces: list[Any] = []  # what the kernels of lists write to (workspace.py)
        for owner in self.world.tables["members"]:
            self._read_profile(owner)
        for table in _COUNTED:
            take = self._takers()[table]
            for owner, cells in self.world.tables[table].items():
                for key, register in cells.items():
                    take(owner, key, register)
        for owner in self.world.tables["meetings"]:
            self._read_meeting(owner)

    def _takers(self) -> dict[str, Callable[[str, str, Register], None]]:
        return {
            "memberships": self._take_membership,
            "members": self._take_profile,
            "expertise": self._take_expertise,
            "endorsements": self._take_endorsement,
            "interests": self._take_interest,
            "conversations": self._take_conversation,
            "meetings": self._take_meeting,
        }

    # --- following the world ----------------------------------------------------------------------------------------

    def follow(self, change: Change) -> None:
        """Takes in what an `apply` changed."""
        if change and self.of_now:
            self.of_late, self.of_now = self.of_now, {}
        if len(change) == 1 and change[0][0] == ERASED and not self._is_void:
            self._erase(change[0][1], change[0][3] or [])
            return
        if any(table == ERASED or (before and table in _COUNTED) for table, _, _, before in change):
            self._is_void = True  # what was counted is gone: erasures among others, or a conflict of merged logs
            self._void()
        if self._is_void:
            return  # it is built anew when somebody reads it
        self.roster.follow(change)
        takers = self._takers()
        for table, owner, key, before in change:
            told = day_of(self.world.tables[table][owner][key][0])
            if not (table == "members" and key in _OF_NO_DAY):
                self._mind_the_day(told if before is None else min(told, day_of(before[0])))
            if self._history:
                self._history.touch(table, owner, key, self.world.tables[table][owner][key])
            if table == "groups" and key.startswith("exists "):
                self.company.forget(owner)
            if table == "rounds" or key.startswith("suggested "):
                self._void()  # what was said of its introductions counts from now on, whenever it was told
            if table == "meetings" and before:
                self._void()  # put right, and so not told before this day
            if table == "interests_withdrawn":
                self.roster.slot(owner)
                self._seekers_to_read.add(owner)
            elif table in takers:
                register = self.world.tables[table][owner][key]
                takers[table](owner, key, register)
        # Last, and anew: where a change is that of many events, the evidence that came with it is in the world already.
        withdrawn_ones = {(owner, subject) for table, owner, subject, _ in change if table == "expertise_withdrawn"}
        self._read_again(withdrawn_ones | self._praise_to_read)
        self._praise_to_read.clear()

    def _erase(self, member_id: str, taken_out: list[list[Any]]) -> None:
        """Takes out what was counted of a member, and of others with them: what the world has just taken out. Numbers
        that are left in rows of nobody's slot count for nobody."""
        self._void()
        self._has_forgotten = True
        self._acquaintances.clear()
        by_table: defaultdict[str, list[tuple[str, str, Register]]] = defaultdict(list)
        for table, owner, key, register in taken_out:
            by_table[table].append((owner, key, register))
        self._forget_interests([register for _, _, register in by_table["interests"]])
        slot = self._roster.slots.get(member_id)
        self._roster.erase(member_id, [(owner, key) for owner, key, _ in by_table["introductions"]])
        if self._history:
            for table, owner, key, register in taken_out:
                self._history.touch(table, owner, key, register)
            self._history.erase(member_id, slot)
        if slot is not None:
            for group_id in {register[4][0] for _, _, register in by_table["memberships"]}:
                self.company.read_again(group_id, member_id, slot)
            for kept in (*self.gives, self.profiles, *self.seeks, self.sayings):
                kept.drop(slot)
        self.claims.pop(member_id, None)
        self._unclaimed.pop(member_id, None)
        for owner, key, register in by_table["endorsements"]:
            if owner in self._unclaimed:
                self._unclaimed[owner][subject_key(register[4])].discard(key.split(" ")[1])
        self._seekers_to_read.discard(member_id)
        praised = ((owner, subject_key(register[4])) for owner, _, register in by_table["endorsements"])
        self._read_again((owner, subject) for owner, subject in praised if owner != member_id)

    def _forget_interests(self, registers: list[Register]) -> None:
        for said, day in ((register[4], day_of(register[0])) for register in registers):
            if not said.get("confidential"):
                for asked, terms in zip(self.asked, _terms_in(said), strict=True):
                    asked.take_out(terms, day)

    def _mind_the_day(self, told: int) -> None:
        if any(told < day for day in self.of_day):
            self.of_day.clear()
        if any(told < day for day in self.of_week):
            self.of_week.clear()

    def _void(self) -> None:
        """Throws away what was derived of the past: it is not what it was."""
        for derived in (self.of_day, self.of_week, self.of_late):
            derived.clear()

    def _sign(self, slot: int, day: int) -> None:
        if (slot, day) not in self._signed:
            self._signed.add((slot, day))
            self.signs.add(slot, day)

    def _take_membership(self, owner: str, key: str, register: Register) -> None:
        self.company.read_again(register[4][0], owner, self.roster.slot(owner))
        self._sign(self.roster.slot(owner), day_of(register[0]))

    def _take_profile(self, owner: str, key: str, register: Register) -> None:
        if key in _PROFILE_TEXT:
            self.profiles.drop(self.roster.slot(owner))
            self._read_profile(owner)

    def _read_profile(self, owner: str) -> None:
        slot = self.roster.slot(owner)
        for stem in words(" ".join(self.world.value("members", owner, field) or "" for field in _PROFILE_TEXT)):
            self.profiles.add(stem, slot)

    def _take_expertise(self, owner: str, key: str, register: Register) -> None:
        slot, day, said = self.roster.slot(owner), day_of(register[0]), register[4]
        self.sayings.add(slot, said["subject"], said.get("note") or "", day)
        self._give(owner, register)
        self._claim(owner, subject_key(said["subject"]))

    def _claim(self, owner: str, subject: str) -> None:
        self.claims[owner].add(subject)
        praised_by = self._unclaimed[owner].pop(subject, None) if owner in self._unclaimed else None
        if praised_by:
            self._praise_to_read.add((owner, subject))
            if self._history:
                self._history.praise_counts(praised_by)

    def _give(self, owner: str, register: Register, only: Both[set[str]] | None = None) -> None:
        """Takes in what somebody said that they give; `only`: of these subjects and words."""
        slot, day, said = self.roster.slot(owner), day_of(register[0]), register[4]
        if not withdrawn(self.world, "expertise", owner, said["subject"], register):
            amount = LEVEL_AMOUNTS[said.get("level") or USUAL_LEVEL]
            for postings, terms, wanted in zip(self.gives, _terms_in(said), only or (None, None), strict=True):
                for term in terms:
                    if wanted is None or term in wanted:
                        postings.add(term, slot, day, amount)

    def _take_endorsement(self, owner: str, key: str, register: Register) -> None:
        """Praise confirms what somebody claims; of all else it says nothing that a service could not make up."""
        subject, day, by = register[4], day_of(register[0]), key.split(" ")[1]
        if subject_key(subject) not in self.claims.get(owner, ()):
            self._unclaimed[owner][subject_key(subject)].add(by)
            return
        have_talked = by in self.world.talked.get(owner, ())
        if not have_talked:
            self._praised[owner, by].add(subject_key(subject))
        if not withdrawn(self.world, "expertise", owner, subject, register):
            amount = ENDORSED_AMOUNT if have_talked else PRAISED_AMOUNT
            self.gives.subjects.add(subject_key(subject), self.roster.slot(owner), day, amount)

    def _read_again(self, given: Iterable[tuple[str, str]]) -> None:
        """Reads anew what members gave of some subjects (member, subject), and of what else they give the words that
        they said with these."""
        by_member: defaultdict[str, set[str]] = defaultdict(set)
        for member_id, subject in given:
            by_member[member_id].add(subject)
        for member_id, subjects in by_member.items():
            self._read_giver(member_id, subjects)

    def _read_giver(self, member_id: str, subjects: set[str]) -> None:
        told = self.world.tables["expertise"].get(member_id, {}).values()
        of_these = [register[4] for register in told if subject_key(register[4]["subject"]) in subjects]
        terms = Both(subjects, {stem for said in of_these for stem in _terms_in(said).words})
        for postings, dropped in zip(self.gives, terms, strict=True):
            postings.drop(self.roster.slot(member_id), dropped)
        for register in told:
            self._give(member_id, register, only=terms)
        for key, register in self.world.tables["endorsements"].get(member_id, {}).items():
            if subject_key(register[4]) in subjects:
                self._take_endorsement(member_id, key, register)

    def _take_interest(self, owner: str, key: str, register: Register) -> None:
        said, day = register[4], day_of(register[0])
        if said.get("confidential"):
            return  # not even a sign of life: nobody else's view may change by it
        self._sign(self.roster.slot(owner), day)
        self.asks.add(self.roster.slot(owner), day)
        self.sayings.add(self.roster.slot(owner), said["subject"], said.get("note") or "", day)
        for asked, terms in zip(self.asked, _terms_in(said), strict=True):
            asked.add(terms, day)
        self._seekers_to_read.add(owner)

    def _take_conversation(self, owner: str, key: str, register: Register) -> None:
        """What was said of it is for the history; but now each knows what the other's praise is worth."""
        one, other = owner.split()
        for member_id, by in ((one, other), (other, one)):
            self._acquaintances.pop(self.roster.slot(member_id), None)
            self._praise_to_read.update((member_id, subject) for subject in self._praised.pop((member_id, by), ()))

    def _take_meeting(self, owner: str, key: str, register: Register) -> None:
        self._read_meeting(owner)

    def _read_meeting(self, owner: str) -> None:
        cells = self.world.tables["meetings"][owner]
        if "held" not in cells or "attendee_ids" not in cells:
            return
        told, held_at = day_of(cells["attendee_ids"][0]), self.world.value("meetings", owner, "held_at")
        day = day_of(parse_canonical(held_at)) if held_at else day_of(cells["held"][0])
        slots = map(self.roster.slot, cells["attendee_ids"][4])
        number = self._meetings.setdefault(owner, len(self._meetings))
        if self.attended.put(number, ((slot, day, ATTENDED_AMOUNT, told) for slot in slots)):
            self._void()  # put right: what stood there before may have counted

    # --- reading ----------------------------------------------------------------------------------------------------

    def seeking(self) -> Both:
        """Who seeks what, with every change taken in."""
        for member_id in self._seekers_to_read:
            lines = self.sought_by(member_id)
            for is_word, postings in enumerate(self.seeks):
                wishes = ((line.term, line.wish) for line in lines if line.is_word == is_word)
                rows = ((term, wish.day, wish.weight, wish.until) for term, wish in wishes)
                postings.put(self.roster.slot(member_id), rows)
        self._seekers_to_read.clear()
        return self.seeks

    def history(self) -> History:
        """The needs of the past and who answered them, with every change taken in."""
        roster = self.roster  # first: it may have to be built anew, and the history with it
        if self._history is None:
            self._history = History(self.world, roster, self.claims)
        self._history.settle()
        return self._history

    def acquaintances(self, slot: int) -> Ints:
        """Whom a member has talked to, as slots."""
        found = self._acquaintances.get(slot)
        if found is None:
            others = self.world.talked.get(self.roster.ids[slot], ())
            found = np.array([self.roster.slots[other] for other in others], dtype=np.int64)
            self._acquaintances[slot] = found
        return found

    def sought_by(self, member_id: str) -> list[Line]:
        """What one member looks for, line by line, as everybody may know it."""
        return lines_of(wishes_of(self.world, member_id))

    def have_told(self) -> NDArray[np.bool_]:
        """Per slot, whether the member has said anything, that is not confidential, of what they look for or give."""
        told = np.zeros(len(self.roster), dtype=bool)
        for postings in (self.gives.subjects, self.seeking().subjects):
            told[postings.slots()] = True
        return told
