"""How simulated members answer a suggestion, and what they make of the talk: by the hidden truth, with noise."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, NamedTuple

from services.simulate.subjects import SUBJECTS
from services.simulate.truth import WORTH_IT

ACCEPTABLE = 110_000  # what a member must expect of it: less than WORTH_IT, for curiosity counts
UNNAMED_PERCENT = 75  # how much of its worth a member sees in a suggestion whose reasons name nothing of theirs
SHRUGS = 40  # of 100 who are not interested say nothing at all
REFERS, DEALS = 12, 35  # percent: a side to whom it was worth it passes a referral; a referral becomes a deal

NAMED = {name: number for number, about in enumerate(SUBJECTS) for name in (about.name, *about.also, *about.en)}


class Word(StrEnum):
    """What a member says to a suggestion."""

    ACCEPTS = "accepted"
    DECLINES = "declined"
    NOTHING = "nothing"


class Side(NamedTuple):
    """One side of a suggestion: what it would be worth to this member, and what could be known before."""

    worth: int  # millionths
    promise: int  # millionths
    presence: int  # percent
    concerns: frozenset[int]  # subjects that this member truly needs or can give


def answers(side: Side, reasons: Iterable[dict[str, Any]], throw: int) -> tuple[Word, str | None]:
    """What the member says, and the reason given with a no. Who is busy says nothing."""
    if throw % 100 >= side.presence:
        return Word.NOTHING, None
    seen = side.promise if _names_mine(side, reasons) else side.promise * UNNAMED_PERCENT // 100
    expected = seen * (70 + (throw >> 8) % 61) // 100
    if expected >= ACCEPTABLE:
        return Word.ACCEPTS, None
    if (throw >> 16) % 100 < SHRUGS:
        return Word.NOTHING, None
    return Word.DECLINES, "no_time" if (throw >> 24) % 4 == 0 else "not_relevant"


def rating(side: Side, throw: int) -> int:
    """1 to 5; 4 and 5 mean worth it. One in ten is kinder or sterner than meant."""
    meant = 1 + sum(side.worth >= least for least in (40_000, 120_000, WORTH_IT, 2 * WORTH_IT))
    mood = {0: -1, 1: 1}.get(throw % 20, 0)
    return min(5, max(1, meant + mood))


def _names_mine(side: Side, reasons: Iterable[dict[str, Any]]) -> bool:
    for reason in reasons:
        for subject in (reason.get("subject"), *reason.get("subjects", ())):
            if NAMED.get(subject) in side.concerns:
                return True
        if reason.get("words"):
            return True
    return False
