"""Everybody's number, and where each stands, as arrays: there at all, pausing, with room, in which languages."""

from array import array
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matcher.introductions import is_open, suggestions_of
from matcher.policy import Policy
from matcher.rows import Rows
from matcher.standing import first_day, groups_of, languages_of
from matcher.tables import Ints
from matcher.text import subject_key
from matcher.world import Change, World
from schemas.instants import day_of, parse_canonical

STAGES = {"founding": 1, "growing": 2, "established": 3, "succession": 4}  # 0: not told
UNTOLD = 0
ENDED = NEVER = 0
FOR_EVER = 1 << 62
NOBODY = ""  # stands where the id of somebody was who is erased


class _Room(NamedTuple):
    """Per slot, the places that are free from one instant until before another (µs)."""

    since: int
    until: int
    places: Ints


class Roster:
    """Members by *slot*, a number in the order they were first seen: nothing that decides depends on it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ids: list[str] = []
        self.slots: dict[str, int] = {}
        self._mixes = array("Q")  # a hash of each id, for breaking ties
        self._here = array("b")
        self._joined_days = array("q")
        self._paused_until = array("q")
        self._stages = array("b")
        self._professions = array("q")
        self._wanted = array("q")  # one more than the introductions at a time that they want
        self._tongues = array("q")  # the number of the languages they stated
        self._profession_numbers: dict[str, int] = {}
        self._tongue_numbers: dict[frozenset[str], int] = {frozenset(): UNTOLD}
        self._columns = (
            self._here, self._joined_days, self._paused_until, self._stages, self._professions, self._wanted,
            self._tongues,
        )  # fmt: skip
        self._arrays: dict[str, NDArray[Any]] = {}  # columns as they were last read: void once anybody is read again
        self._suggestions = Rows(3)  # slot, UTC day, and until when it takes a place (µs)
        self._room: dict[int, _Room] = {}  # by the usual number of introductions; void like them
        self._to_count: set[str] = set()  # members whose suggestions must be read again
        for member_id in sorted({*world.tables["memberships"], *world.tables["members"], *world.suggested}):
            self._read(member_id)
        self._to_count.update(world.suggested)
        self._held = world.held_rounds()

    def __len__(self) -> int:
        return len(self.ids)

    def slot(self, member_id: str) -> int:
        """The member's number; one is given to whoever has none."""
        if member_id not in self.slots:
            self.slots[member_id] = len(self.ids)
            self.ids.append(member_id)
            self._mixes.append(int.from_bytes(blake2b(member_id.encode(), digest_size=8).digest(), "big"))
            for column in self._columns:
                column.append(0)
            self._void()
        return self.slots[member_id]

    # --- following the world ----------------------------------------------------------------------------------------

    def erase(self, member_id: str, struck: list[tuple[str, str]]) -> None:
        """Forgets a member of whom the world has forgotten everything: their number is nobody's from now on. `struck`:
        owner and key of what named them in introductions."""
        for introduction_id, key in struck:
            self._to_count.update(key.split(" ")[1:])
            self._count_again_both(introduction_id)
        self._to_count.discard(member_id)
        if member_id in self.slots:
            self._read(member_id)
            self.ids[self.slots.pop(member_id)] = NOBODY

    def follow(self, change: Change) -> None:
        """Takes in what an `apply` changed, erasures aside."""
        for table, owner, key, _ in change:
            if table in ("memberships", "members", "pauses"):
                self._read(owner)
            elif table == "groups" and key.startswith("exists "):
                for member_id in sorted(self.world.ever_in.get(owner, ())):
                    self._read(member_id)
            elif table == "blocks":
                self._count_again(owner)
            elif table == "introductions":
                self._count_again_both(owner)
            elif table == "rounds":
                self._count_rounds_again()

    def _count_rounds_again(self) -> None:
        """Also those that no longer count: of two rounds of a slot, the one that comes first puts the other out."""
        before, self._held = self._held, self.world.held_rounds()
        for round_id in before.keys() | self._held.keys():
            if before.get(round_id) != self._held.get(round_id):
                for introduction_id in self.world.suggested_in.get(round_id, ()):
                    self._count_again_both(introduction_id)

    def _count_again(self, member_id: str) -> None:
        for introduction_id in self.world.suggested.get(member_id, ()):
            self._count_again_both(introduction_id)

    def _count_again_both(self, introduction_id: str) -> None:
        for key in self.world.tables["introductions"].get(introduction_id, {}):
            if key.startswith("suggested "):
                for member_id in key.split(" ")[1:]:
                    self.slot(member_id)
                    self._to_count.add(member_id)

    def _void(self) -> None:
        self._arrays.clear()
        self._room.clear()

    def _read(self, member_id: str) -> None:
        slot, value = self.slot(member_id), self.world.value
        self._void()
        self._here[slot] = bool(groups_of(self.world, member_id))
        self._joined_days[slot] = first_day(self.world, member_id)
        until = value("members", member_id, "paused_until")
        self._paused_until[slot] = parse_canonical(until) if until else 0
        self._stages[slot] = STAGES.get(value("members", member_id, "stage") or "", UNTOLD)
        self._professions[slot] = self._profession(value("members", member_id, "profession"))
        wanted = value("members", member_id, "introductions_per_round")
        self._wanted[slot] = UNTOLD if wanted is None else 1 + wanted
        languages = languages_of(self.world, member_id)
        self._tongues[slot] = self._tongue_numbers.setdefault(languages, len(self._tongue_numbers))
        self._count_again(member_id)

    def _profession(self, profession: str | None) -> int:
        if not profession:
            return UNTOLD
        return self._profession_numbers.setdefault(subject_key(profession), len(self._profession_numbers) + 1)

    # --- reading ----------------------------------------------------------------------------------------------------

    def is_here(self, slot: int) -> bool:
        """Whether this member is in a group."""
        return bool(self._here[slot])

    def everybody_here(self) -> set[str]:
        """The ids of all who are in a group."""
        return {self.ids[slot] for slot in np.flatnonzero(self._array("_here", bool)).tolist()}

    def mixes(self) -> NDArray[np.uint64]:
        return self._array("_mixes", np.uint64)

    def joined_days(self) -> Ints:
        """Per slot, the UTC day of the first event that made them a member; `NEVER` for whoever is only named."""
        return self._array("_joined_days")

    def stages(self) -> Ints:
        return self._array("_stages")

    def professions(self) -> Ints:
        return self._array("_professions")

    def room(self, at: int, policy: Policy) -> Ints:
        """Per slot, the places that no open suggestion takes at `at`."""
        slots, _, untils = self.suggestions()
        found = self._room.get(policy.introductions_per_round)
        if found is None or not found.since <= at < found.until:
            is_open, said = untils > at, self._array("_wanted")
            since, until = untils[~is_open].max(initial=ENDED), untils[is_open].min(initial=FOR_EVER)
            taken = np.bincount(slots[is_open], minlength=len(self.ids))
            places = np.where(said == UNTOLD, policy.introductions_per_round, said - 1)
            found = _Room(int(since), int(until), np.maximum(places - taken, 0))
            self._room[policy.introductions_per_round] = found
        return found.places

    def suggestions(self) -> Ints:
        """Every suggestion that ever counted, once for each of the two: slot, UTC day, and until when it takes a place
        (µs; `ENDED`: no longer)."""
        if self._to_count:
            self._suggestions = self._suggestions.without([self.slots[member_id] for member_id in self._to_count])
            for member_id in self._to_count:
                for one in suggestions_of(self.world, member_id):
                    until = one.until if is_open(self.world, one) else ENDED
                    self._suggestions.add(self.slots[member_id], day_of(one.since), until)
            self._to_count.clear()
            self._room.clear()
        return self._suggestions.columns()

    def available(self, at: int, policy: Policy) -> NDArray[np.bool_]:
        """Per slot: in a group, not pausing, and with room."""
        is_here, paused_until = self._array("_here", bool), self._array("_paused_until")
        return is_here & (paused_until <= at) & (self.room(at, policy) > 0)

    def without_common_language(self, member_id: str) -> NDArray[np.bool_]:
        """Per slot, whether this member has no language in common with them, though both told theirs."""
        return self.strange_tongues(member_id)[self.tongues()]

    def tongues(self) -> Ints:
        """Per slot, the number of the languages that the member stated."""
        return self._array("_tongues")

    def strange_tongues(self, member_id: str) -> NDArray[np.bool_]:
        """Per number of languages, whether this member has none in common with them, though both told theirs."""
        mine = languages_of(self.world, member_id)
        return np.array([bool(mine and spoken and not mine & spoken) for spoken in self._tongue_numbers])

    def _array(self, column: str, dtype: type = np.int64) -> NDArray[Any]:
        """By slot; not to be written to."""
        found = self._arrays.get(column)
        if found is None:
            found = self._arrays[column] = np.array(getattr(self, column), dtype=dtype)
        return found
