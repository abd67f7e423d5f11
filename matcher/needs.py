"""What a member looks for: the wishes that stand in the world, and the need that is asked for now."""

from dataclasses import dataclass, field
from typing import NamedTuple

from matcher.tables import ONE, fade_one
from matcher.text import subject_key, words
from matcher.world import Register, World
from schemas.instants import day_of, parse_canonical

MOST_SUBJECTS = MOST_WORDS = 16  # 32 in all (DESIGN.md section 4): more is not a need but a profile
MOST_WISHES = 32
FULL = 1_000  # the strength of a wish of weight 1 on the day it was declared
INTEREST_HALF_LIFE_DAYS = 120  # what somebody looked for a year ago counts an eighth; chosen by hand
NO_END = 0


class Wish(NamedTuple):
    """One open interest, as told: the day, the weight in thousandths, and when it ends (µs; 0: it fades instead)."""

    subject: str
    note: str
    day: int
    weight: int
    until: int


@dataclass(frozen=True)
class Need:
    """Subjects (normalised) and words (stems) looked for, each with a strength in thousandths and as it was written."""

    subjects: dict[str, int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)

    def take(self, line: "Line", strength: int) -> None:
        """Adds one line; the same subject twice is not more than looking for it in full."""
        terms = self.words if line.is_word else self.subjects
        terms[line.term] = min(FULL, terms.get(line.term, 0) + strength)
        self.written.setdefault(line.term, line.written)


def wishes_of(world: World, member_id: str, *, confidential: bool = False) -> list[Wish]:
    """The member's interests that are not withdrawn, youngest first. Confidential ones only on request:
    they count in nothing but what their owner asks."""
    told = world.tables["interests"].get(member_id, {}).values()
    open_ones = [
        register
        for register in told
        if (confidential or not register[4].get("confidential"))
        and not withdrawn(world, "interests", member_id, register[4]["subject"], register)
    ]
    open_ones.sort(key=lambda register: register[:4], reverse=True)
    return [_wish(register) for register in open_ones[:MOST_WISHES]]


def withdrawn(world: World, table: str, member_id: str, subject: str, register: Register) -> bool:
    """Whether this evidence about a subject was withdrawn after it was given."""
    mark = world.tables[f"{table}_withdrawn"].get(member_id, {}).get(subject_key(subject))
    return mark is not None and mark[:4] > register[:4]


def _wish(register: Register) -> Wish:
    said = register[4]
    weight, until = said.get("weight"), said.get("until")
    return Wish(
        subject=said["subject"],
        note=said.get("note") or "",
        day=day_of(register[0]),
        weight=FULL if weight is None else max(1, round(weight * FULL)),
        until=NO_END if until is None else parse_canonical(until),
    )


class Line(NamedTuple):
    """One subject or word (`term`: normalised, or the stem) of one wish, and how it was written."""

    is_word: bool
    term: str
    written: str
    wish: Wish


def lines_of(wishes: list[Wish]) -> list[Line]:
    """The subjects and words of these wishes, as many of each as count; which those are does not depend on the day."""
    subjects: dict[str, None] = {}
    stems: dict[str, None] = {}
    lines = []
    for wish in wishes:
        key = subject_key(wish.subject)
        if _counts(subjects, key, MOST_SUBJECTS):
            lines.append(Line(False, key, wish.subject, wish))
        for stem, word in words(f"{wish.subject} {wish.note}").items():
            if _counts(stems, stem, MOST_WORDS):
                lines.append(Line(True, stem, word, wish))
    return lines


def _counts(taken: dict[str, None], term: str, most: int) -> bool:
    if len(taken) < most:
        taken.setdefault(term)
    return term in taken


def strength_at(wish: Wish, at: int) -> int:
    """A wish's strength in thousandths: it fades from its day, or counts in full until its end."""
    if wish.until != NO_END:
        return wish.weight if at < wish.until else 0
    return wish.weight * fade_one(day_of(at) - wish.day, INTEREST_HALF_LIFE_DAYS) // ONE


def standing_need(lines: list[Line], at: int) -> Need:
    """What these wishes, line by line, come to at an instant."""
    need = Need()
    strengths: dict[Wish, int] = {}
    for line in lines:
        strength = strengths.get(line.wish)
        if strength is None:
            strength = strengths[line.wish] = strength_at(line.wish, at)
        if strength:
            need.take(line, strength)
    return need


def stated_need(subjects: list[str], note: str = "") -> Need:
    """A need as somebody states it now.

    >>> stated_need(["Nachfolge"], "Wer kann einen Notar empfehlen?").words
    {'nachfolg': 1000, 'notar': 1000, 'empfehl': 1000}
    """
    wishes = [Wish(subject, "", 0, FULL, NO_END) for subject in subjects] + [Wish("", note, 0, FULL, NO_END)]
    need = Need()
    for line in lines_of(wishes):
        if line.term:
            need.take(line, FULL)
    return need
