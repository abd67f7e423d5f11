"""The events behind each feature of a pair: which lines of the log it was read from, the most telling first.

What is counted of everybody (how rare a subject is, how often it is asked for) is not listed: it is nobody's event. Nor
is anything confidential: it counts in nothing between members.
"""

from collections.abc import Callable, Iterator
from typing import Any

from matcher.behind_conduct import OfConduct
from matcher.evidence import related_to
from matcher.features import FEATURES
from matcher.index import ATTENDED_AMOUNT, ENDORSED_AMOUNT, LEVEL_AMOUNTS, TALKED_AMOUNT, USUAL_LEVEL
from matcher.introductions import suggestion
from matcher.needs import INTEREST_HALF_LIFE_DAYS, withdrawn
from matcher.presence import ACTIVE_HALF_LIFE_DAYS, STEADY_HALF_LIFE_DAYS
from matcher.reading import EXPERTISE_HALF_LIFE_DAYS, STANDING_PART, Reading
from matcher.tables import ONE, fade_one
from matcher.text import subject_key, words
from matcher.told import Behind, Told, Weighed, conversations_of, profile_event
from matcher.world import Register
from schemas.instants import day_of, parse_canonical


class Sources:
    """Where what is measured of `other_id` for `member_id` was read from."""

    def __init__(self, reading: Reading, member_id: str, other_id: str) -> None:
        self._reading, self._world, self._tables = reading, reading.index.world, reading.index.world.tables
        self._member_id, self._other_id = member_id, other_id
        self.conduct = OfConduct(self._world, other_id, reading.today)

    def of(self, feature: str) -> Behind:
        """The events behind a feature, named as in FEATURES."""
        return Behind.of(_READ_FROM.get(feature, BY_CODE[_CODES[feature]])(self))

    def _age(self, time: int) -> int:
        return self._reading.today - day_of(time)

    # --- what one looks for and the other gives -----------------------------------------------------------------------

    def subjects_given(self) -> Iterator[Weighed]:
        return self._serving(self._member_id, self._other_id, is_word=False)

    def words_given(self) -> Iterator[Weighed]:
        return self._serving(self._member_id, self._other_id, is_word=True)

    def subjects_sought(self) -> Iterator[Weighed]:
        return self._serving(self._other_id, self._member_id, is_word=False)

    def words_sought(self) -> Iterator[Weighed]:
        return self._serving(self._other_id, self._member_id, is_word=True)

    def all_given(self) -> Iterator[Weighed]:
        """What serves the need, and all else that they showed: by it they know this among much."""
        yield from self.subjects_given()
        for register in self._tables["expertise"].get(self._other_id, {}).values():
            yield 0, Told.by(register, "expertise.declared")

    def related_given(self) -> Iterator[Weighed]:
        need = self._reading.need(self._reading.index.roster.slots[self._member_id])
        related = related_to(self._reading.index.history().needs, need)
        for weight, told, _ in self._given(self._other_id, related, is_word=False):
            yield weight, told

    def _serving(self, seeker_id: str, giver_id: str, *, is_word: bool) -> Iterator[Weighed]:
        """What one gives of what the other looks for, each by how much of it counts; and each interest, just below the
        best that it finds, and less the older it is."""
        need = self._reading.need(self._reading.index.roster.slots[seeker_id])
        terms = need.words if is_word else need.subjects
        found: dict[str, int] = {}
        for weight, told, touched in self._given(giver_id, terms, is_word=is_word):
            found |= {term: max(weight, found.get(term, 0)) for term in touched}
            yield weight, told
        for register in self._tables["interests"].get(seeker_id, {}).values():
            said = register[4]
            touched = _touched(terms, said, is_word)
            stands = not withdrawn(self._world, "interests", seeker_id, said["subject"], register)
            if touched and stands and not said.get("confidential"):
                best = max(found.get(term, 0) for term in touched)
                faded = best * fade_one(self._age(register[0]), INTEREST_HALF_LIFE_DAYS) // ONE
                yield max(0, faded - 1), Told.by(register, "interest.declared")

    def _given(self, giver_id: str, terms: dict[str, int], *, is_word: bool) -> Iterator[tuple[int, Told, set[str]]]:
        """The evidence of a member in these terms (each with how much it counts), by how much of it is left."""
        for register in self._tables["expertise"].get(giver_id, {}).values():
            said = register[4]
            touched = _touched(terms, said, is_word)
            if touched and self._stands(giver_id, said["subject"], register):
                left = self._left(LEVEL_AMOUNTS[said.get("level") or USUAL_LEVEL], register)
                yield left * _most(terms, touched), Told.by(register, "expertise.declared"), touched
        for register in () if is_word else self._tables["endorsements"].get(giver_id, {}).values():
            touched = {subject_key(register[4])} & terms.keys()
            if touched and self._stands(giver_id, register[4], register):
                left = self._left(ENDORSED_AMOUNT, register)
                yield left * _most(terms, touched), Told.by(register, "expertise.endorsed"), touched
        for field in ("profession", "about") if is_word else ():
            told = profile_event(self._world, giver_id, field)
            touched = words(self._world.value("members", giver_id, field) or "").keys() & terms.keys()
            if told and touched:  # what stands in a profile does not fade
                yield LEVEL_AMOUNTS[USUAL_LEVEL] * ONE * _most(terms, touched), told, touched

    def _stands(self, giver_id: str, subject: str, register: Register) -> bool:
        return not withdrawn(self._world, "expertise", giver_id, subject, register)

    def _left(self, amount: int, register: Register) -> int:
        faded = fade_one(self._age(register[0]), EXPERTISE_HALF_LIFE_DAYS)
        return amount * max(faded, ONE // STANDING_PART)

    # --- what came of needs -------------------------------------------------------------------------------------------

    def answers(self) -> Iterator[Weighed]:
        """What says that they answered somebody's need, and that it was useful; the youngest first."""
        for asker_id, asker in self._reading.index.history().by_asker.items():
            for answered in asker.answers:
                if answered.member_id == self._other_id:
                    for told in self._answer(asker_id, answered.time):
                        yield told.time, told

    def _answer(self, asker_id: str, time: int) -> Iterator[Told]:
        for register in conversations_of(self._world, asker_id, self._other_id):
            if register[0] == time:
                yield Told.by(register, "conversation.held")
        for key, register in self._tables["endorsements"].get(self._other_id, {}).items():
            if register[0] == time and key.split(" ")[1] == asker_id:
                yield Told.by(register, "expertise.endorsed")
        for introduction_id in self._world.suggested.get(asker_id, ()):
            rating = self._tables["introductions"][introduction_id].get(f"rated {asker_id}")
            one = suggestion(self._world, introduction_id)
            if rating and rating[0] == time and one and one.other(asker_id) == self._other_id:
                yield Told.by(rating, "introduction.rated")

    # --- who is there -------------------------------------------------------------------------------------------------

    def there(self) -> Iterator[Weighed]:
        return self._there(STEADY_HALF_LIFE_DAYS)

    def there_now(self) -> Iterator[Weighed]:
        return self._there(ACTIVE_HALF_LIFE_DAYS)

    def _there(self, half_life_days: int) -> Iterator[Weighed]:
        """Conversations in which they gave, and meetings: each by how much of it still counts after so many days."""
        for register in self._gave():
            counts = self._presence(TALKED_AMOUNT, register[4].get("held_at"), register, half_life_days)
            yield counts, Told.by(register, "conversation.held")
        for table, owner in self._world.named.get(self._other_id, ()):
            cells = self._tables[table].get(owner, {})
            if table == "meetings" and "held" in cells and "attendee_ids" in cells:
                held_at = self._world.value(table, owner, "held_at")
                counts = self._presence(ATTENDED_AMOUNT, held_at, cells["held"], half_life_days)
                yield counts, Told.by(cells["attendee_ids"], "meeting.held")

    def _presence(self, amount: int, held_at: str | None, register: Register, half_life_days: int) -> int:
        return amount * fade_one(self._age(parse_canonical(held_at) if held_at else register[0]), half_life_days)

    def _gave(self) -> Iterator[Register]:
        """Their conversations, but those in which only the other showed what they know (history.py)."""
        mine = self._shown_at(self._other_id)
        for friend_id in self._world.talked.get(self._other_id, ()):
            theirs = self._shown_at(friend_id)
            for register in conversations_of(self._world, self._other_id, friend_id):
                if register[0] in mine or register[0] not in theirs:
                    yield register

    def _shown_at(self, member_id: str) -> set[int]:
        return {register[0] for register in self._tables["expertise"].get(member_id, {}).values()}

    def conversations(self) -> Iterator[Weighed]:
        for register in self._gave():
            yield register[0], Told.by(register, "conversation.held")

    def asks(self) -> Iterator[Weighed]:
        for register in self._tables["interests"].get(self._other_id, {}).values():
            if not register[4].get("confidential"):
                yield register[0], Told.by(register, "interest.declared")

    def signs(self) -> Iterator[Weighed]:
        """Whatever was heard of them, the youngest first."""
        yield from self.asks()
        yield from ((told.time, told) for _, told in self.there())
        for register in self._tables["memberships"].get(self._other_id, {}).values():
            yield register[0], Told.by(register, "member.joined" if register[4][1] else "member.left")

    # --- what two have together ---------------------------------------------------------------------------------------

    def in_common(self) -> Iterator[Weighed]:
        talked = self._world.talked
        for friend_id in talked.get(self._member_id, set()) & talked.get(self._other_id, set()):
            for member_id in (self._member_id, self._other_id):
                for register in conversations_of(self._world, member_id, friend_id):
                    yield register[0], Told.by(register, "conversation.held")

    def professions(self) -> Iterator[Weighed]:
        return self._both("profession")

    def stages(self) -> Iterator[Weighed]:
        return self._both("stage")

    def _both(self, field: str) -> Iterator[Weighed]:
        for member_id in (self._member_id, self._other_id):
            told = profile_event(self._world, member_id, field)
            if told:
                yield told.time, told


def _touched(terms: dict[str, int], said: dict[str, Any], is_word: bool) -> set[str]:
    """Those of the terms that a declaration names."""
    if is_word:
        return words(f"{said['subject']} {said.get('note') or ''}").keys() & terms.keys()
    return {subject_key(said["subject"])} & terms.keys()


def _most(terms: dict[str, int], touched: set[str]) -> int:
    return max(terms[term] for term in touched)


_Read = Callable[[Sources], Iterator[Weighed]]
_CODES = {feature.name: feature.code for feature in FEATURES}
BY_CODE: dict[str, _Read] = {
    "gives_what_you_seek": Sources.subjects_given,
    "gives_what_goes_with_it": Sources.related_given,
    "speaks_of_what_you_seek": Sources.words_given,
    "answered_the_like": Sources.answers,
    "seeks_what_you_give": Sources.subjects_sought,
    "speaks_of_what_you_give": Sources.words_sought,
    "active": Sources.there,
    "answers_introductions": lambda sources: sources.conduct.replies(),
    "introduced_of_late": lambda sources: sources.conduct.suggestions_of_late(),
    "helps_well": Sources.answers,
    "common_acquaintances": Sources.in_common,
    "same_profession": Sources.professions,
    "stages_apart": Sources.stages,
}
_READ_FROM: dict[str, _Read] = {  # where a feature is read from other events than its code's others
    "lift240": Sources.all_given,
    "proplift": Sources.all_given,
    "wordlift": Sources.answers,
    "act7": Sources.there_now,
    "trend": Sources.there_now,
    "since_act": Sources.signs,
    "since_ask": Sources.asks,
    "since_gave": Sources.conversations,
    "came14": lambda sources: sources.conduct.meetings(),
    "accepts60": lambda sources: sources.conduct.answers(),
    "rated": lambda sources: sources.conduct.ratings(),
    "minutes": Sources.conversations,
}
