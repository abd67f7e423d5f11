"""One asker: their needs, who answered them, and which answers they called useful, read off the world in the order of
time."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import NamedTuple

from matcher.facts import pair_key
from matcher.introductions import suggestion
from matcher.needs import MOST_SUBJECTS
from matcher.text import subject_key
from matcher.world import World
from schemas.instants import day_of

WELL_RATED = 4
NO_NEED = -1
Endorsed = tuple[int, str, str]  # when (µs), whom, and the subject (normalised)
ShownAt = Callable[[str, int], set[str]]  # the subjects (normalised) in which a member showed expertise at an instant


class Need(NamedTuple):
    """What was declared on one day with one note: when it was told in full (µs), and its subjects as written."""

    day: int
    note: str
    told: int
    subjects: tuple[str, ...]

    @property
    def keys(self) -> list[str]:
        return [subject_key(subject) for subject in self.subjects]


class Answered(NamedTuple):
    """A need (its place among the asker's) was answered, or the asker said that an answer was useful: when (µs).
    `is_shown`: by expertise that was shown in a talk, and not only by what the asker said of it since: only then is it
    known how long it took."""

    time: int
    need: int
    member_id: str
    is_useful: bool
    is_shown: bool = False


class Past(NamedTuple):
    """What came of the needs of one asker: those needs, and the answers in the order of time."""

    needs: list[Need]
    answers: list[Answered]


class _Told(NamedTuple):
    """What happened, in the order in which it is taken in; at one instant needs come last: they are answered later."""

    time: int
    turn: int
    other_id: str
    text: str
    subjects: tuple[str, ...]  # sorted


_ANSWER, _USEFUL, _NEED = range(3)


class Asker:
    """What the world tells of one asker, with what they endorsed, and when whom they talked with showed expertise."""

    def __init__(self, world: World, member_id: str, shown_at: ShownAt, endorsed: Iterable[Endorsed]) -> None:
        self.needs: list[Need] = []
        self.answers: list[Answered] = []
        self._keys: list[set[str]] = []  # of each need
        self._places: dict[tuple[int, str], int] = {}
        self._by_helper: dict[str, list[Answered]] = {}
        self._useful: set[tuple[int, str]] = set()
        self._talks = {
            other_id: sorted(told[0] for told in world.tables["conversations"][pair_key(member_id, other_id)].values())
            for other_id in world.talked.get(member_id, ())
        }
        for told in sorted(_told_by(world, member_id, shown_at, endorsed)):
            if told.turn == _NEED:
                self._need(told)
            elif told.turn == _ANSWER:
                self._answer(told.time, self._youngest(told.subjects), told.other_id, is_shown=True)
            else:
                self._mark(told)
        self.answers.sort(key=lambda answer: answer.time)

    def _need(self, told: _Told) -> None:
        [subject] = told.subjects
        key = day_of(told.time), told.text
        place = self._places.setdefault(key, len(self.needs))
        if place == len(self.needs):
            self.needs.append(Need(*key, told.time, (subject,)))
            self._keys.append({subject_key(subject)})
            return
        need = self.needs[place]
        # More is not a need but a profile, and the work grows with the square of it.
        is_new = subject_key(subject) not in self._keys[place] and len(need.subjects) < MOST_SUBJECTS
        new = (subject,) if is_new else ()
        self._keys[place].update(map(subject_key, new))
        self.needs[place] = need._replace(told=told.time, subjects=need.subjects + new)

    def _youngest(self, subjects: tuple[str, ...]) -> int:
        """The youngest need that names one of these subjects; without any: whatever it names."""
        for place in range(len(self.needs) - 1, -1, -1):
            if self._names(place, subjects):
                return place
        return NO_NEED

    def _names(self, place: int, subjects: tuple[str, ...]) -> bool:
        return not subjects or not self._keys[place].isdisjoint(subjects)

    def _answer(self, time: int, need: int, member_id: str, *, is_shown: bool) -> None:
        if need != NO_NEED:
            self.answers.append(Answered(time, need, member_id, is_useful=False, is_shown=is_shown))
            self._by_helper.setdefault(member_id, []).append(self.answers[-1])

    def _mark(self, told: _Told) -> None:
        """The youngest answer of this helper to a need that names the subject was useful. Where there is none, the
        first talk of the two since the asker's youngest need that names it was: whoever never talked can be made to
        praise anybody. After an introduction, it was that."""
        theirs = reversed(self._by_helper.get(told.other_id, ()))
        named = next((one for one in theirs if self._names(one.need, told.subjects)), None)
        if named:
            need, answered = named.need, named.time
        else:
            need = self._youngest(told.subjects)
            talked = self._talked_since(told.other_id, need) if told.subjects else told.time
            if talked is None:
                return
            answered = talked
            self._answer(answered, need, told.other_id, is_shown=False)
        if need != NO_NEED and (answered, told.other_id) not in self._useful:
            self._useful.add((answered, told.other_id))
            self.answers.append(Answered(max(told.time, answered), need, told.other_id, is_useful=True))

    def _talked_since(self, other_id: str, need: int) -> int | None:
        """When the two first talked after a need was told; None if they have not, or it is none."""
        talks = self._talks.get(other_id, [])
        place = bisect_left(talks, self.needs[need].told) if need != NO_NEED else len(talks)
        return talks[place] if place < len(talks) else None


def _told_by(world: World, member_id: str, shown_at: ShownAt, endorsed: Iterable[Endorsed]) -> list[_Told]:
    told = [
        _Told(register[0], _NEED, "", register[4].get("note") or "", (register[4]["subject"],))
        for register in world.tables["interests"].get(member_id, {}).values()
        if not register[4].get("confidential")
    ]
    if not told:
        return []
    for other_id in world.talked.get(member_id, ()):
        for register in world.tables["conversations"].get(pair_key(member_id, other_id), {}).values():
            subjects = shown_at(other_id, register[0])
            if subjects:
                told.append(_Told(register[0], _ANSWER, other_id, "", tuple(sorted(subjects))))
    told += [_Told(time, _USEFUL, other_id, "", (subject,)) for time, other_id, subject in endorsed]
    for introduction_id in world.suggested.get(member_id, ()):
        told += _rated(world, member_id, introduction_id)
    return told


def _rated(world: World, member_id: str, introduction_id: str) -> list[_Told]:
    rating = world.tables["introductions"][introduction_id].get(f"rated {member_id}")
    if rating is None or (rating[4] or 0) < WELL_RATED:
        return []
    one = suggestion(world, introduction_id)
    return [_Told(rating[0], _USEFUL, one.other(member_id), "", ())] if one else []
