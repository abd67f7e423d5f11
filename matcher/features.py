"""The features: what is measured of a candidate for a member, each a whole number in a stated unit.

Named as in RELEVANCE.md where it measured them. A feature says what is; what it is worth stands in the card.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from matcher.conduct import USUAL_RATING, USUALLY_ACCEPTS, USUALLY_CAME, USUALLY_REPLIES, Conduct
from matcher.needs import Need
from matcher.presence import LONG_AGO_DAYS, Presence
from matcher.reading import Reading
from matcher.roster import UNTOLD
from matcher.tables import Ints

HELP = "subjects' rarity · ln(1 + evidence), in 1/10,000"
LOG = "hundredths of a nat"
TALKS = "conversations in which they gave, faded to today (a meeting attended is half of one), in 1/65,536"


class More(Enum):
    """What more of a feature may be worth, whatever outcomes teach: nobody should read that they are suggested less for
    knowing more. Points of a learned table never go the other way."""

    BETTER = "better"
    WORSE = "worse"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class Feature:
    """One named measure: its unit, the reason code it speaks through, what it is, and what more of it may be worth."""

    name: str
    code: str
    unit: str
    about: str
    more: More = More.BETTER


FEATURES = (
    Feature("subj240", "gives_what_you_seek", HELP, "their expertise serves what is looked for; half-life 240 days"),
    Feature("lift240", "gives_what_you_seek", LOG, "they know this rather than everything"),
    Feature("proplift", "gives_what_you_seek", LOG, "they showed it more often than it was asked for"),
    Feature("expand", "gives_what_goes_with_it", HELP, "their expertise in subjects that often go with it"),
    Feature("words240", "speaks_of_what_you_seek", HELP, "subj240 for the words of notes, subjects and profiles"),
    Feature("wordlift", "speaks_of_what_you_seek", LOG, "the words of needs that they answered, beside what is usual"),
    Feature(
        "kt", "answered_the_like", "answers to needs alike, similarity² · fading, in 1/65,536", "half-life 240 days"
    ),
    Feature("ktn", "answered_the_like", "kt per answer, in 1/65,536", "they answer such needs rather than all"),
    Feature("seeks120", "seeks_what_you_give", HELP, "your expertise serves what they look for; half-life 120 days"),
    Feature("seekwords120", "speaks_of_what_you_give", HELP, "the same for words"),
    Feature("act7", "active", TALKS, "who is there at present; half-life 7 days"),
    Feature("act60", "active", TALKS, "who was there of late; half-life 60 days"),
    Feature("days90", "active", "days", "on how many of the last 90 days they were there"),
    Feature("trend", "active", LOG, "more there than usual, or less; half-lives 7 and 60 days"),
    Feature("since_act", "active", "days", "since they last came, talked, or said what they look for", More.WORSE),
    Feature("since_ask", "active", "days", "since they last said what they look for", More.EITHER),
    Feature("since_gave", "active", "days", "since they last gave in a conversation", More.WORSE),
    Feature("came14", "active", "thousandths", "their own group's meetings that they came to; half-life 14 days"),
    Feature("replies60", "answers_introductions", "thousandths", "suggestions that they answered; half-life 60 days"),
    Feature("accepts60", "answers_introductions", "thousandths", "of these, accepted; half-life 60 days"),
    Feature(
        "load28", "introduced_of_late", "members", "to how many they were suggested in the last 28 days", More.EITHER
    ),
    Feature("rated", "helps_well", "hundredths of a star", "what whoever met them gave"),
    Feature("userate60", "helps_well", "thousandths", "how much of what they answered was useful; half-life 60 days"),
    Feature("answers", "helps_well", "needs", "how many they ever answered", More.EITHER),
    Feature("firsts", "helps_well", "thousandths", "how often theirs is the first answer"),
    Feature("delay", "helps_well", "hundredths of a day", "how long their answers take", More.WORSE),
    Feature("minutes", "helps_well", "tenths of a minute", "how long they talk when they help, or at all", More.EITHER),
    Feature("common", "common_acquaintances", "members", "whom both have talked to", More.EITHER),
    Feature(
        "profession",
        "same_profession",
        "0 not told, 1 different, 2 the same",
        "colleagues help each other less",
        More.EITHER,
    ),
    Feature(
        "stage",
        "stages_apart",
        "0 not told, 1 + steps apart",
        "old hands and the young learn from each other",
        More.EITHER,
    ),
)
CODES = tuple(dict.fromkeys(feature.code for feature in FEATURES))
OF_TEXT = ("subj240", "words240", "seeks120", "seekwords120")
OF_NEED = ("lift240", "proplift", "expand", "wordlift", "kt", "ktn")  # evidence.py
OF_MEMBER = (
    "act7", "act60", "days90", "trend", "since_act", "since_ask", "since_gave", "userate60",
    "answers", "firsts", "delay", "minutes",
)  # fmt: skip
OF_CONDUCT = ("came14", "replies60", "accepts60", "load28", "rated")
OF_PAIR = ("common", "profession", "stage")
# What a feature of OF_MEMBER or OF_CONDUCT is of somebody of whom nothing is known.
NOTHING = dict.fromkeys((*OF_MEMBER, *OF_CONDUCT), 0) | {
    "since_act": LONG_AGO_DAYS, "since_ask": LONG_AGO_DAYS, "since_gave": LONG_AGO_DAYS, 
    "userate60": 750, "firsts": 333, "delay": 150,
    "came14": USUALLY_CAME, "replies60": USUALLY_REPLIES, "accepts60": USUALLY_ACCEPTS, "rated": USUAL_RATING,
}  # fmt: skip
_TURNED = {"subj240": "seeks120", "words240": "seekwords120", "seeks120": "subj240", "seekwords120": "words240"}


def of_text(reading: Reading, slot: int, need: Need) -> dict[str, Ints]:
    """The features of OF_TEXT for one member against everybody, by slot."""
    return {
        "subj240": reading.helps(need, is_word=False),
        "words240": reading.helps(need, is_word=True),
        "seeks120": reading.helped(slot, is_word=False),
        "seekwords120": reading.helped(slot, is_word=True),
    }


def of_text_of_pairs(reading: Reading, slots: Ints, others: Ints) -> dict[str, Ints]:
    """The features of OF_TEXT for a few pairs, for what all look for as they stand."""
    two = list(zip(slots.tolist(), others.tolist(), strict=True))
    return {
        name: np.array([reading.serves(reading.need(a), b, is_word=is_word) for a, b in pairs], dtype=np.int64)
        for (name, is_word), pairs in zip(
            zip(OF_TEXT, (False, True, False, True), strict=True),
            (two, two, [(b, a) for a, b in two], [(b, a) for a, b in two]),
            strict=True,
        )
    }


def of_members(presence: Presence) -> dict[str, Ints]:
    """The features of OF_MEMBER for everybody, by slot."""
    return {
        "act7": presence.active,
        "act60": presence.steady,
        "days90": presence.days90,
        "trend": presence.trend,
        "since_act": presence.since,
        "since_ask": presence.since_asked,
        "since_gave": presence.since_gave,
        "userate60": presence.found_useful,
        "answers": presence.answers,
        "firsts": presence.firsts,
        "delay": presence.delay,
        "minutes": presence.minutes,
    }


def of_conduct(conduct: Conduct, others: Ints) -> dict[str, Ints]:
    """The features of OF_CONDUCT for these others (slots); whoever came today is a stranger to the day."""
    known = {
        "came14": conduct.came,
        "replies60": conduct.replies,
        "accepts60": conduct.accepts,
        "load28": conduct.load,
        "rated": conduct.rated,
    }
    measured = {name: np.full(len(others), NOTHING[name], dtype=np.int64) for name in known}
    for name, values in known.items():
        was_here = others < len(values)
        measured[name][was_here] = values[others[was_here]]
    return measured


def turned(between: dict[str, Ints]) -> dict[str, Ints]:
    """The text and pair features as the other side sees them: what one gives is what the other seeks."""
    return {name: between[_TURNED.get(name, name)] for name in (*OF_TEXT, *OF_PAIR)}


def of_pair(reading: Reading, slot: int, others: Ints) -> dict[str, Ints]:
    """The features that two members have together, for some others."""
    return {
        "common": reading.common_acquaintances(slot, others),
        **_of_two(reading, slot, others),
    }


def of_pairs(reading: Reading, slots: Ints, others: Ints) -> dict[str, Ints]:
    """The same for many pairs, those of one slot behind each other."""
    begins = np.flatnonzero(np.diff(slots, prepend=-1)).tolist()
    common = [
        reading.common_acquaintances(int(slots[begin]), others[begin:end])
        for begin, end in zip(begins, (*begins[1:], len(slots)), strict=False)
    ]
    return {"common": np.concatenate([np.zeros(0, dtype=np.int64), *common]), **_of_two(reading, slots, others)}


def _of_two(reading: Reading, slots: Ints | int, others: Ints) -> dict[str, Ints]:
    professions, stages = reading.professions, reading.stages
    same, steps = professions[others] == professions[slots], np.abs(stages[others] - stages[slots])
    return {
        "profession": np.where(_both_told(professions, slots, others), np.where(same, 2, 1), 0),
        "stage": np.where(_both_told(stages, slots, others), 1 + steps, 0),
    }


def _both_told(values: Ints, slots: Ints | int, others: Ints) -> NDArray[np.bool_]:
    return np.asarray((values[others] != UNTOLD) & (values[slots] != UNTOLD))
