"""The events behind each feature of a pair: which lines of the log it was read from, the most telling first.

What is counted of everybody (how rare a subject is, how often it is asked for) is not listed: it is nobody's event. Nor
is anything confidential: it counts in nothing between members.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from matcher.evidence import related_to
from matcher.facts import pair_key
from matcher.features import FEATURES
from matcher.index import ATTENDED_AMOUNT, ENDORSED_AMOUNT, LEVEL_AMOUNTS, TALKED_AMOUNT, USUAL_LEVEL
from matcher.introductions import suggestion
from matcher.needs import FULL, INTEREST_HALF_LIFE_DAYS, withdrawn
from matcher.reading import EXPERTISE_HALF_LIFE_DAYS, STEADY_HALF_LIFE_DAYS, Reading
from matcher.tables import fade_one
from matcher.text import subject_key, words
from matcher.world import Register, World
from schemas.instants import day_of, format_instant, parse_canonical

MOST_EVENTS = 5  # of one feature; how many others there are is said
_FAINT = 1  # tells something, but less than what still counts


class Told(NamedTuple):
    """One event, by what names it in the log; `time` in µs."""

    time: int
    source: str
    id: str
    kind: str

    @classmethod
    def by(cls, register: Register, kind: str) -> "Told":
        """The event that wrote a register."""
        return cls(register[0], register[1], register[2], kind)

    def as_json(self) -> dict[str, str]:
        """As it is named in the log."""
        return {"time": format_instant(self.time), "source": self.source, "id": self.id, "kind": self.kind}


Weighed = tuple[int, Told]  # how much an event tells, comparable within one feature


class Behind(NamedTuple):
    """The most telling events, and how many others there are."""

    events: list[Told]
    others: int

    @classmethod
    def of(cls, weighed: Iterable[Weighed]) -> "Behind":
        """Each event once, the most telling first; of those that tell as much the youngest."""
        most: dict[Told, int] = {}
        for weight, told in weighed:
            most[told] = max(weight, most.get(told, weight))
        ranked = sorted(most, key=lambda told: (-most[told], -told.time, told))
        return cls(ranked[:MOST_EVENTS], max(0, len(ranked) - MOST_EVENTS))

    def as_json(self) -> dict[str, Any]:
        return {"events": [told.as_json() for told in self.events], "others": self.others}


def profile_event(world: World, member_id: str, field: str) -> Told | None:
    """Who wrote this field of a profile: the event that made them a member, or one that described them."""
    register = world.tables["members"].get(member_id, {}).get(field)
    if register is None:
        return None
    joined = any(told[1:3] == register[1:3] for told in world.tables["memberships"].get(member_id, {}).values())
    return Told.by(register, "member.joined" if joined else "member.described")


def conversations_of(world: World, member_id: str, other_id: str) -> list[Register]:
    """What was said of the conversations of two members."""
    return list(world.tables["conversations"].get(pair_key(member_id, other_id), {}).values())


class Sources:
    """Where what is measured of `other_id` for `member_id` was read from."""

    def __init__(self, reading: Reading, member_id: str, other_id: str) -> None:
        self._reading, self._world, self._tables = reading, reading.index.world, reading.index.world.tables
        self._member_id, self._other_id = member_id, other_id

    def of(self, feature: str) -> Behind:
        """The events behind a feature, named as in FEATURES."""
        return Behind.of(_READ_FROM.get(feature, _BY_CODE[_CODES[feature]])(self))

    def _need(self, member_id: str, *, is_word: bool) -> dict[str, int]:
        need = self._reading.need(self._reading.index.roster.slots[member_id])
        return need.words if is_word else need.subjects

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
        yield from self._given(self._other_id, related, is_word=False)

    def _serving(self, seeker_id: str, giver_id: str, *, is_word: bool) -> Iterator[Weighed]:
        terms = self._need(seeker_id, is_word=is_word)
        yield from self._given(giver_id, terms, is_word=is_word)
        for register in self._tables["interests"].get(seeker_id, {}).values():
            said = register[4]
            stands = not withdrawn(self._world, "interests", seeker_id, said["subject"], register)
            if stands and not said.get("confidential") and _touches(terms, said, is_word):
                strength = FULL * fade_one(self._age(register[0]), INTEREST_HALF_LIFE_DAYS)
                yield strength, Told.by(register, "interest.declared")

    def _given(self, giver_id: str, terms: dict[str, int], *, is_word: bool) -> Iterator[Weighed]:
        """The evidence of a member in these terms, each by how much of it still counts."""
        for register in self._tables["expertise"].get(giver_id, {}).values():
            said = register[4]
            if _touches(terms, said, is_word) and self._stands(giver_id, said["subject"], register):
                amount = LEVEL_AMOUNTS[said.get("level") or USUAL_LEVEL]
                yield self._left(amount, register), Told.by(register, "expertise.declared")
        if is_word:
            yield from self._profile(giver_id, terms)
            return
        for register in self._tables["endorsements"].get(giver_id, {}).values():
            if subject_key(register[4]) in terms and self._stands(giver_id, register[4], register):
                yield self._left(ENDORSED_AMOUNT, register), Told.by(register, "expertise.endorsed")

    def _stands(self, giver_id: str, subject: str, register: Register) -> bool:
        return not withdrawn(self._world, "expertise", giver_id, subject, register)

    def _left(self, amount: int, register: Register) -> int:
        return max(_FAINT, amount * fade_one(self._age(register[0]), EXPERTISE_HALF_LIFE_DAYS))

    def _profile(self, member_id: str, terms: dict[str, int]) -> Iterator[Weighed]:
        for field in ("profession", "about"):
            text, told = self._world.value("members", member_id, field), profile_event(self._world, member_id, field)
            if told and not terms.keys().isdisjoint(words(text or "")):
                yield _FAINT, told

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
        """Conversations in which they gave, and meetings: each by how much of it still counts after so many days."""
        for register in self._gave():
            yield (
                self._presence(TALKED_AMOUNT, register[4].get("held_at"), register),
                Told.by(register, "conversation.held"),
            )
        for table, owner in sorted(self._world.named.get(self._other_id, ())):
            cells = self._tables[table].get(owner, {})
            if table == "meetings" and "held" in cells and "attendee_ids" in cells:
                held_at = self._world.value(table, owner, "held_at")
                weight = self._presence(ATTENDED_AMOUNT, held_at, cells["held"])
                yield weight, Told.by(cells["attendee_ids"], "meeting.held")

    def _presence(self, amount: int, held_at: str | None, register: Register) -> int:
        age = self._age(parse_canonical(held_at) if held_at else register[0])
        return max(_FAINT, amount * fade_one(age, STEADY_HALF_LIFE_DAYS))

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
        for register in self._tables["expertise"].get(self._other_id, {}).values():
            yield register[0], Told.by(register, "expertise.declared")
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


def _touches(terms: dict[str, int], said: dict[str, Any], is_word: bool) -> bool:
    if not is_word:
        return subject_key(said["subject"]) in terms
    return not terms.keys().isdisjoint(words(f"{said['subject']} {said.get('note') or ''}"))


_Read = Callable[[Sources], Iterator[Weighed]]
_CODES = {feature.name: feature.code for feature in FEATURES}
_BY_CODE: dict[str, _Read] = {
    "gives_what_you_seek": Sources.subjects_given,
    "gives_what_goes_with_it": Sources.related_given,
    "speaks_of_what_you_seek": Sources.words_given,
    "answered_the_like": Sources.answers,
    "seeks_what_you_give": Sources.subjects_sought,
    "speaks_of_what_you_give": Sources.words_sought,
    "active": Sources.there,
    "helps_well": Sources.answers,
    "common_acquaintances": Sources.in_common,
    "same_profession": Sources.professions,
    "stages_apart": Sources.stages,
}
_READ_FROM: dict[str, _Read] = {  # where a feature is read from other events than its code's others
    "lift240": Sources.all_given,
    "proplift": Sources.all_given,
    "wordlift": Sources.answers,
    "since_act": Sources.signs,
    "since_ask": Sources.asks,
    "since_gave": Sources.conversations,
    "minutes": Sources.conversations,
}
