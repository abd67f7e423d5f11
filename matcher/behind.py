"""The events behind each feature of a pair: which lines of the log it was read from, the most telling first.

With what was taken back and would count, and what decides how much of something counts; those tell least. What is
counted of everybody (how rare a subject is, how often it is asked for) is not listed: it is nobody's event. Nor is what
was put right: a register keeps nothing of what it held before. Nor anything confidential: it counts in nothing between
members.
"""

from collections.abc import Callable, Iterator
from functools import cached_property

from matcher.behind_answers import OfAnswers
from matcher.behind_conduct import OfConduct
from matcher.behind_needs import OfNeeds
from matcher.features import FEATURES
from matcher.index import ATTENDED_AMOUNT, TALKED_AMOUNT
from matcher.presence import ACTIVE_HALF_LIFE_DAYS, STEADY_HALF_LIFE_DAYS
from matcher.reading import Reading
from matcher.tables import fade_one
from matcher.told import Behind, Told, Weighed, conversations_of, meeting_events, profile_event, shown_by
from matcher.world import Register
from schemas.instants import day_of, parse_canonical


class Sources:
    """Where what is measured of `other_id` for `member_id` was read from."""

    def __init__(self, reading: Reading, member_id: str, other_id: str) -> None:
        self._reading, self._world, self._tables = reading, reading.index.world, reading.index.world.tables
        self._member_id, self._other_id = member_id, other_id
        self.given = OfNeeds(reading, member_id, other_id)
        self.sought = OfNeeds(reading, other_id, member_id)
        self.helped = OfAnswers(reading, other_id)
        self.conduct = OfConduct(self._world, other_id, reading.today)

    def of(self, feature: str) -> Behind:
        """The events behind a feature, named as in FEATURES."""
        return Behind.of(_READ_FROM.get(feature, BY_CODE[_CODES[feature]])(self))

    # --- what is looked for, beside all that there is -----------------------------------------------------------------

    def among_much(self) -> Iterator[Weighed]:
        """What serves the need, all that is looked for, and all else that they showed: they know this rather than
        everything."""
        yield from self.given.subjects()
        yield from self.given.told()
        yield from self.given.claims()

    def among_asked(self) -> Iterator[Weighed]:
        """And since when they could be asked."""
        yield from self.among_much()
        yield from ((0, told) for told in self._memberships() if told.kind == "member.joined")

    def alike(self) -> Iterator[Weighed]:
        """The needs that they answered, and the one that those are like."""
        answers = self.helped.answers
        yield from answers
        if answers:
            yield from self.given.told()

    def alike_among_all(self) -> Iterator[Weighed]:
        """And all that they showed."""
        answers = list(self.alike())
        yield from answers
        if answers:
            yield from self.given.claims()

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
        for meeting_id in self._attended():
            held_at = self._world.value("meetings", meeting_id, "held_at")
            held = self._tables["meetings"][meeting_id]["held"]
            counts = self._presence(ATTENDED_AMOUNT, held_at, held, half_life_days)
            yield from ((counts, told) for told in meeting_events(self._world, meeting_id))
        yield from self._who_gave()

    def _presence(self, amount: int, held_at: str | None, register: Register, half_life_days: int) -> int:
        day = day_of(parse_canonical(held_at) if held_at else register[0])
        return amount * fade_one(self._reading.today - day, half_life_days)

    def _attended(self) -> Iterator[str]:
        for table, owner in self._world.named.get(self._other_id, ()):
            cells = self._tables[table].get(owner, {})
            if table == "meetings" and "held" in cells and self._other_id in cells["attendee_ids"][4]:
                yield owner

    def _gave(self) -> Iterator[Register]:
        """Their conversations, but those in which only the other showed what they know (history.py)."""
        return (register for register, mine, theirs in self._talks if mine or not theirs)

    def _who_gave(self) -> Iterator[Weighed]:
        """What says whose a conversation was: what both of them, or only the other, showed in it."""
        for _, mine, theirs in self._talks:
            if theirs:
                yield from ((0, told) for told in mine or theirs)

    @cached_property
    def _talks(self) -> list[tuple[Register, list[Told], list[Told]]]:
        """Each of their conversations, and what they, and the other, showed in it."""
        return list(self._read_talks())

    def _read_talks(self) -> Iterator[tuple[Register, list[Told], list[Told]]]:
        mine = shown_by(self._world, self._other_id)
        for friend_id in self._world.talked.get(self._other_id, ()):
            theirs = shown_by(self._world, friend_id)
            for register in conversations_of(self._world, self._other_id, friend_id):
                yield register, mine.get(register[0], []), theirs.get(register[0], [])

    def conversations(self) -> Iterator[Weighed]:
        for register in self._gave():
            yield register[0], Told.by(register, "conversation.held")
        yield from self._who_gave()

    def asks(self) -> Iterator[Weighed]:
        for register in self._tables["interests"].get(self._other_id, {}).values():
            if not register[4].get("confidential"):
                yield register[0], Told.by(register, "interest.declared")

    def signs(self) -> Iterator[Weighed]:
        """Whatever was heard of them, the youngest first."""
        yield from self.asks()
        yield from self.conversations()
        for meeting_id in self._attended():
            yield from ((told.time, told) for told in meeting_events(self._world, meeting_id))
        yield from ((told.time, told) for told in self._memberships())

    def _memberships(self) -> Iterator[Told]:
        for register in self._tables["memberships"].get(self._other_id, {}).values():
            yield Told.by(register, "member.joined" if register[4][1] else "member.left")

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


_Read = Callable[[Sources], Iterator[Weighed]]
_CODES = {feature.name: feature.code for feature in FEATURES}
BY_CODE: dict[str, _Read] = {
    "gives_what_you_seek": lambda sources: sources.given.subjects(),
    "gives_what_goes_with_it": lambda sources: sources.given.related(),
    "speaks_of_what_you_seek": lambda sources: sources.given.words(),
    "answered_the_like": Sources.alike,
    "seeks_what_you_give": lambda sources: sources.sought.subjects(),
    "speaks_of_what_you_give": lambda sources: sources.sought.words(),
    "active": Sources.there,
    "answers_introductions": lambda sources: sources.conduct.replies(),
    "introduced_of_late": lambda sources: sources.conduct.suggestions_of_late(),
    "helps_well": lambda sources: iter(sources.helped.answers),
    "common_acquaintances": Sources.in_common,
    "same_profession": Sources.professions,
    "stages_apart": Sources.stages,
}
_READ_FROM: dict[str, _Read] = {  # where a feature is read from other events than its code's others
    "lift240": Sources.among_much,
    "proplift": Sources.among_asked,
    "wordlift": Sources.alike,
    "ktn": Sources.alike_among_all,
    "act7": Sources.there_now,
    "trend": Sources.there_now,
    "since_act": Sources.signs,
    "since_ask": Sources.asks,
    "since_gave": Sources.conversations,
    "firsts": lambda sources: sources.helped.answers_and_before(),
    "came14": lambda sources: sources.conduct.meetings(),
    "accepts60": lambda sources: sources.conduct.answers(),
    "rated": lambda sources: sources.conduct.ratings(),
    "minutes": Sources.conversations,
}
