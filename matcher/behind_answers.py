"""The events behind what came of needs (history.py): whose needs a member answered, and what says so."""

from collections.abc import Iterator
from functools import cached_property

from matcher.asker import Answered, Need, Past
from matcher.introductions import suggestion
from matcher.reading import Reading
from matcher.text import subject_key
from matcher.told import Told, Weighed, conversations_of, shown_by, suggestion_events
from schemas.instants import day_of


class OfAnswers:
    """What tells that a member answered needs, and that it was useful."""

    def __init__(self, reading: Reading, member_id: str) -> None:
        self._world, self._tables = reading.index.world, reading.index.world.tables
        self._by_asker, self._member_id = reading.index.history().by_asker, member_id
        self._shown: dict[str, dict[int, list[Told]]] = {}

    @cached_property
    def answers(self) -> list[Weighed]:
        """What says that they answered somebody's need, and that it was useful, and the need; the youngest first."""
        return list(self._answers())

    def _answers(self) -> Iterator[Weighed]:
        for asker_id, asker in self._by_asker.items():
            for one in asker.answers:
                if one.member_id == self._member_id:
                    yield from ((one.time, told) for told in self._answer(asker_id, asker, one))

    def answers_and_before(self) -> Iterator[Weighed]:
        """And what others answered to the same needs before them, or would have without a younger need."""
        yield from self.answers
        for asker_id, asker in self._by_asker.items():
            last: dict[int, int] = {}  # need -> when they answered it
            for one in asker.answers:
                if one.member_id == self._member_id and not one.is_useful:
                    last[one.need] = max(one.time, last.get(one.need, 0))
            for one in asker.answers:
                if one.member_id != self._member_id and one.time <= last.get(one.need, -1):
                    yield from ((0, told) for told in self._answer(asker_id, asker, one))
                elif one.member_id != self._member_id and any(
                    one.time <= time and _draws_from(asker, one, need) for need, time in last.items()
                ):
                    yield from ((0, told) for told in self._asked(asker_id, asker.needs[one.need]))

    def _answer(self, asker_id: str, asker: Past, one: Answered) -> Iterator[Told]:
        need, helper_id = asker.needs[one.need], one.member_id
        yield from self._asked(asker_id, need)
        for register in conversations_of(self._world, asker_id, helper_id):
            if register[0] == one.time:
                yield Told.by(register, "conversation.held")
        if one.is_shown:
            yield from self._shown_by(helper_id).get(one.time, ())
        yield from self._praised(asker_id, helper_id, need)
        for introduction_id in self._world.suggested.get(asker_id, ()):
            yield from self._rated(introduction_id, asker_id, one)

    def _rated(self, introduction_id: str, asker_id: str, one: Answered) -> Iterator[Told]:
        rating = self._tables["introductions"][introduction_id].get(f"rated {asker_id}")
        suggested = suggestion(self._world, introduction_id)
        if rating and rating[0] <= one.time and suggested and suggested.other(asker_id) == one.member_id:
            yield Told.by(rating, "introduction.rated")
            yield from suggestion_events(self._world, introduction_id)

    def _shown_by(self, member_id: str) -> dict[int, list[Told]]:
        if member_id not in self._shown:
            self._shown[member_id] = shown_by(self._world, member_id)
        return self._shown[member_id]

    def _asked(self, asker_id: str, need: Need) -> Iterator[Told]:
        for register in self._tables["interests"].get(asker_id, {}).values():
            said = register[4]
            if (day_of(register[0]), said.get("note") or "") == (need.day, need.note) and not said.get("confidential"):
                yield Told.by(register, "interest.declared")

    def _praised(self, asker_id: str, helper_id: str, need: Need) -> Iterator[Told]:
        """The asker's praise in what they asked for, and where the other claims it."""
        named = set()
        claims = self._tables["expertise"].get(helper_id, {}).values()
        claimed = {subject_key(register[4]["subject"]) for register in claims} & set(need.keys)
        for key, register in self._tables["endorsements"].get(helper_id, {}).items():
            if key.split(" ")[1] == asker_id and subject_key(register[4]) in claimed:
                named.add(subject_key(register[4]))
                yield Told.by(register, "expertise.endorsed")
        for register in claims:
            if subject_key(register[4]["subject"]) in named:
                yield Told.by(register, "expertise.declared")


def _draws_from(asker: Past, one: Answered, need: int) -> bool:
    """Whether this answer would be one to an older need, if the need that it answered had not been told."""
    keys = asker.needs[need].keys, asker.needs[one.need].keys
    return need < one.need and (not one.is_shown or not set(keys[0]).isdisjoint(keys[1]))
