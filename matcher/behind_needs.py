"""The events behind what one member looks for and another gives: subjects under every name that is kin to them, words,
what was taken back, and what confirms praise."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from matcher.index import ENDORSED_AMOUNT, LEVEL_AMOUNTS, PRAISED_AMOUNT, USUAL_LEVEL
from matcher.needs import FULL, INTEREST_HALF_LIFE_DAYS, withdrawn
from matcher.reading import EXPERTISE_HALF_LIFE_DAYS, STANDING_PART, Reading
from matcher.tables import ONE, fade_one
from matcher.text import subject_key, words
from matcher.told import Told, Weighed, conversations_of, profile_event, shown_by
from matcher.world import Register
from schemas.instants import day_of

Serves = Callable[[str], dict[str, int]]  # a term that is looked for -> the terms that serve it, each in 1/65,536
_KIND = {"interests": "interest", "expertise": "expertise", "endorsements": "expertise"}


class _Said(NamedTuple):
    """One interest, or one piece of evidence: the terms it names, how much of it is left, and, where it was taken back,
    what did so."""

    told: Told
    terms: set[str]
    left: int
    taken_back: Told | None = None


class OfNeeds:
    """What tells that `giver_id` serves what `seeker_id` looks for, as everybody may know it."""

    def __init__(self, reading: Reading, seeker_id: str, giver_id: str) -> None:
        self._reading, self._world, self._tables = reading, reading.index.world, reading.index.world.tables
        self._seeker_id, self._giver_id = seeker_id, giver_id
        self._need = reading.need(reading.index.roster.slots[seeker_id])

    def subjects(self) -> Iterator[Weighed]:
        return self._serving(lambda term: {term: ONE}, is_word=False)

    def words(self) -> Iterator[Weighed]:
        return self._serving(lambda term: {term: ONE}, is_word=True)

    def related(self) -> Iterator[Weighed]:
        """Subjects that often go with what is looked for."""
        return self._serving(self._reading.index.history().needs.related, is_word=False)

    def told(self) -> Iterator[Weighed]:
        """All that the one looks for, or has taken back, whoever serves it."""
        for is_word in (False, True):
            for sought in self._sought(is_word):
                yield 0, sought.taken_back or sought.told

    def claims(self) -> Iterator[Weighed]:
        """All that the other ever said they can give, and took back."""
        for said in self._declared(is_word=False):
            yield 0, said.told
            if said.taken_back:
                yield 0, said.taken_back

    # --- what serves what ---------------------------------------------------------------------------------------------

    def _serving(self, serves: Serves, *, is_word: bool) -> Iterator[Weighed]:
        """What the other gives of what the one looks for, each by how much of it counts; each interest, just below the
        best that it finds; and what took back any of it, by what would count without."""
        sought, need = list(self._sought(is_word)), self._need.words if is_word else self._need.subjects
        counting = self._names(need, serves, is_word)
        all_terms = {term: FULL for each in sought for term in each.terms} | need
        best: dict[str, int] = {}
        for given, name, weight in self._found(self._names(all_terms, serves, is_word), is_word):
            if given.taken_back:
                yield weight, given.taken_back
                continue
            best[name] = max(weight, best.get(name, 0))
            if name in counting:
                yield weight, given.told
        for each in sought:
            names = self._names(dict.fromkeys(each.terms, FULL), serves, is_word)
            most = max((best.get(name, 0) for name in names), default=0)
            if most or (names and not each.taken_back):
                yield max(0, most * each.left // ONE - 1), each.taken_back or each.told
        yield from self._what_decides(best.keys() & counting.keys(), is_word)

    def _names(self, strengths: dict[str, int], serves: Serves, is_word: bool) -> dict[str, int]:
        """Every name under which something serves these terms, and how much it counts, in thousandths."""
        found: dict[str, int] = {}
        for term, strength in strengths.items():
            for served, share in serves(term).items():
                kin = {} if is_word else self._reading.kin(served)
                for name, likeness in {**kin, served: ONE}.items():
                    found[name] = max(found.get(name, 0), strength * share // ONE * likeness // ONE)
        return found

    def _found(self, names: dict[str, int], is_word: bool) -> Iterator[tuple[_Said, str, int]]:
        """All evidence under these names: what it is, under which, and how much of it counts."""
        for given in self._given(is_word):
            for name in sorted(given.terms & names.keys()):
                yield given, name, given.left * names[name]

    # --- what each of them said ---------------------------------------------------------------------------------------

    def _sought(self, is_word: bool) -> Iterator[_Said]:
        """What the one looks for, with the terms that count; and what they have taken back, with all it named."""
        need = self._need.words if is_word else self._need.subjects
        for register in self._tables["interests"].get(self._seeker_id, {}).values():
            said, terms = register[4], _terms(register[4], is_word)
            taken_back = self._taken_back("interests", self._seeker_id, said["subject"], register)
            counting = terms if taken_back else terms & need.keys()
            if counting and not said.get("confidential"):
                left = fade_one(self._age(register[0]), INTEREST_HALF_LIFE_DAYS)
                yield _Said(Told.by(register, "interest.declared"), counting, left, taken_back)

    def _given(self, is_word: bool) -> Iterator[_Said]:
        yield from self._declared(is_word=is_word)
        yield from self._profile() if is_word else self._praise()

    def _declared(self, *, is_word: bool) -> Iterator[_Said]:
        for register in self._tables["expertise"].get(self._giver_id, {}).values():
            said = register[4]
            left = self._left(LEVEL_AMOUNTS[said.get("level") or USUAL_LEVEL], register)
            taken_back = self._taken_back("expertise", self._giver_id, said["subject"], register)
            yield _Said(Told.by(register, "expertise.declared"), _terms(said, is_word), left, taken_back)

    def _praise(self) -> Iterator[_Said]:
        """What others say of them: it confirms what they say themselves, and counts for nothing else."""
        claimed: set[str] = set()
        for said in self._declared(is_word=False):
            claimed |= set() if said.taken_back else said.terms
        for key, register in self._tables["endorsements"].get(self._giver_id, {}).items():
            if subject_key(register[4]) in claimed:
                have_talked = key.split(" ")[1] in self._world.talked.get(self._giver_id, ())
                left = self._left(ENDORSED_AMOUNT if have_talked else PRAISED_AMOUNT, register)
                taken_back = self._taken_back("expertise", self._giver_id, register[4], register)
                yield _Said(Told.by(register, "expertise.endorsed"), {subject_key(register[4])}, left, taken_back)

    def _profile(self) -> Iterator[_Said]:
        for field in ("profession", "about"):
            told = profile_event(self._world, self._giver_id, field)
            if told:  # what stands in a profile does not fade
                stems = words(self._world.value("members", self._giver_id, field) or "").keys()
                yield _Said(told, set(stems), LEVEL_AMOUNTS[USUAL_LEVEL] * ONE)

    def _left(self, amount: int, register: Register) -> int:
        faded = fade_one(self._age(register[0]), EXPERTISE_HALF_LIFE_DAYS)
        return amount * max(faded, ONE // STANDING_PART)

    def _age(self, time: int) -> int:
        return self._reading.today - day_of(time)

    def _taken_back(self, table: str, member_id: str, subject: str, register: Register) -> Told | None:
        if not withdrawn(self._world, table, member_id, subject, register):
            return None
        mark = self._tables[f"{table}_withdrawn"][member_id][subject_key(subject)]
        return Told.by(mark, f"{_KIND[table]}.withdrawn")

    # --- what decides how much of it counts ---------------------------------------------------------------------------

    def _what_decides(self, names: set[str], is_word: bool) -> Iterator[Weighed]:
        """The conversations that confirm praise, and, where somebody said more than they can say of themselves, those
        in which they showed it, and all that they claim."""
        praised_by = set() if is_word else self._praised_by(names)
        for by_id in sorted(praised_by):
            for register in conversations_of(self._world, self._giver_id, by_id):
                yield 0, Told.by(register, "conversation.held")
        giver = self._reading.index.roster.slots[self._giver_id]
        is_bounded = any(self._reading.is_bounded(name, giver, is_word=is_word) for name in names)
        if is_bounded:
            yield from self.claims()
        if is_bounded or praised_by:
            yield from self._shown_in_conversations()

    def _praised_by(self, names: set[str]) -> set[str]:
        """With whom they have talked that praise them for any of these."""
        told = self._tables["endorsements"].get(self._giver_id, {}).items()
        by = {key.split(" ")[1] for key, register in told if subject_key(register[4]) in names}
        return by & self._world.talked.get(self._giver_id, set())

    def _shown_in_conversations(self) -> Iterator[Weighed]:
        shown = shown_by(self._world, self._giver_id)
        for friend_id in self._world.talked.get(self._giver_id, ()):
            for register in conversations_of(self._world, self._giver_id, friend_id):
                if register[0] in shown:
                    yield 0, Told.by(register, "conversation.held")
                    yield from ((0, told) for told in shown[register[0]])


def _terms(said: dict[str, Any], is_word: bool) -> set[str]:
    """What a declaration names: its subject, or the stems of its words."""
    return set(words(f"{said['subject']} {said.get('note') or ''}")) if is_word else {subject_key(said["subject"])}
