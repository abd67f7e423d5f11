"""Reasons: the points of a candidate, feature by feature, as codes with arguments that add up to the points.

A reason is never rendered text: pages say it in the reader's language (wording.py).
"""

from typing import Any

from matcher.conduct import USUALLY_REPLIES
from matcher.evidence import related_to
from matcher.features import FEATURES
from matcher.judging import Judged
from matcher.needs import Need
from matcher.reading import Reading
from matcher.text import subject_key

MOST_TERMS = 3  # subjects or words that one reason names
USUALLY_USEFUL = 750  # thousandths: of whom nothing is known yet
LITTLE = 3  # a third of the strongest
Reason = dict[str, Any]


def reasons_of(reading: Reading, judged: Judged, place: int, slot: int, need: Need) -> list[Reason]:
    """Why the candidate at `place` for the member `slot`: what weighs most first, features of one code together.

    The points add up to the candidate's total; those below 0 speak against.
    """
    points: dict[str, int] = {}
    for feature in FEATURES:
        points[feature.code] = points.get(feature.code, 0) + int(judged.points[feature.name][place])
    reasons = [
        {"code": code, **_arguments(reading, judged, place, code, slot, need), "points": each}
        for code, each in points.items()
        if each
    ]
    return sorted(reasons, key=lambda reason: (-reason["points"], reason["code"]))


def _arguments(reading: Reading, judged: Judged, place: int, code: str, slot: int, need: Need) -> dict[str, Any]:
    other = int(judged.slots[place])
    if code == "gives_what_you_seek":
        return _of_subjects(reading, need, other)
    if code == "speaks_of_what_you_seek":
        return _named("words", _words_of(reading, need, other))
    if code == "seeks_what_you_give":
        return _of_subjects(reading, reading.need(other), slot)
    if code == "speaks_of_what_you_give":
        return _named("words", _words_of(reading, reading.need(other), slot))
    if code == "gives_what_goes_with_it":
        return _named("subjects", _best_related(reading, need, other))
    if code == "answered_the_like":
        return {"alike": int(judged.values["kt"][place] > 0)}
    if code == "helps_well":
        return {
            "well": int(judged.values["answers"][place] > 0 and judged.values["userate60"][place] >= USUALLY_USEFUL)
        }
    if code == "answers_introductions":
        return {"well": int(judged.values["replies60"][place] >= USUALLY_REPLIES)}
    if code == "introduced_of_late":
        return {"count": int(judged.values["load28"][place])}
    if code == "common_acquaintances":
        return {"count": int(judged.values["common"][place])}
    if code == "active":
        return {"days": int(judged.values["since_act"][place])} if reading.presence.is_told else {}
    if code == "same_profession":
        return _told("same", int(judged.values["profession"][place]))
    return _told("steps", int(judged.values["stage"][place]))


def _told(argument: str, measured: int) -> dict[str, int]:
    """What was compared: steps apart, or 1 for the same; nothing where not both told it (features.py)."""
    return {argument: measured - 1} if measured else {}


def _named(name: str, terms: list[str]) -> dict[str, Any]:
    """The strongest subject by itself, as the contract has it, and all of them where there are several."""
    if name == "subjects":
        return {"subject": terms[0], "subjects": terms} if len(terms) > 1 else {"subject": terms[0]} if terms else {}
    return {"words": terms}


def _of_subjects(reading: Reading, need: Need, giver: int) -> dict[str, Any]:
    """Which subjects of a need somebody serves: by the name that the need has for them, or else the strongest with
    what it is `given` as."""
    best = _best_given(reading, need, giver, is_word=False)
    own = [term for term in best if reading.given_as(term, giver) == term]
    if own or not best:
        return _named("subjects", [need.written[term] for term in own])
    given = reading.given_as(best[0], giver)
    return {"subject": need.written[best[0]], "given": _written(reading, giver, given) if given else best[0]}


def _written(reading: Reading, giver: int, subject: str) -> str:
    """A subject that somebody gives as they wrote it, the last time; else as subjects are compared (endorsed only)."""
    told = reading.index.world.tables["expertise"].get(reading.index.roster.ids[giver], {}).values()
    theirs = [register for register in told if subject_key(register[4]["subject"]) == subject]
    return str(max(theirs, key=lambda register: register[:4])[4]["subject"]) if theirs else subject


def _best_given(reading: Reading, need: Need, other: int, *, is_word: bool) -> list[str]:
    """The terms of the need that the other serves, the strongest first."""
    terms = need.words if is_word else need.subjects
    given = terms.keys() & reading.terms_given(other, is_word) if is_word else terms  # a subject under any kin name
    return _strongest({term: terms[term] * reading.worth_of(term, is_word, other) for term in given})


def _words_of(reading: Reading, need: Need, giver: int) -> list[str]:
    """The words of a need that somebody speaks of, too, as they stand in the need."""
    return [need.written[term] for term in _best_given(reading, need, giver, is_word=True)]


def _best_related(reading: Reading, need: Need, other: int) -> list[str]:
    """What the other gives that often goes with the need, the strongest first; as subjects are compared, for want of
    somebody's own spelling."""
    related = related_to(reading.index.history().needs, need)
    worth = {term: relation * reading.worth_of(term, False, other) for term, relation in related.items()}
    given = (reading.given_as(term, other) for term in _strongest(worth))
    return list(dict.fromkeys(term for term in given if term))


def _strongest(worth: dict[str, int]) -> list[str]:
    """The terms that weigh most; one that weighs little beside the first is not worth a mention."""
    enough = max(1, max(worth.values(), default=0) // LITTLE)
    ranked = sorted((-each, term) for term, each in worth.items() if each >= enough)
    return [term for _, term in ranked[:MOST_TERMS]]
