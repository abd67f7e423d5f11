"""Reasons in words: a sentence for every code, in both languages and for both sides, whatever a card makes of it."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.features import CODES
from matcher.presence import LONG_AGO_DAYS
from matcher.wording import LANGUAGES, LATELY_DAYS, LONGEST_DAYS, THEM, YOU, Reason, say, shares, speaks_against

SUBJECTS = ("gives_what_you_seek", "seeks_what_you_give")
WORDS = ("speaks_of_what_you_seek", "speaks_of_what_you_give")
ARGUMENTS: dict[str, list[Reason]] = {  # all that reasons_of gives a code, and the edges between sentences
    **{
        code: [{}, {"subject": "A"}, {"subject": "A", "subjects": ["A", "B", "C"]}, {"subject": "A", "given": "D"}]
        for code in SUBJECTS
    },
    **{code: [{"words": []}, {"words": ["Notar"]}, {"words": ["Notar", "Erbe"]}] for code in WORDS},
    "gives_what_goes_with_it": [{}, {"subject": "A"}, {"subject": "A", "subjects": ["A", "B", "C"]}],
    "answered_the_like": [{"alike": 0}, {"alike": 1}],
    "helps_well": [{"well": 0}, {"well": 1}],
    "answers_introductions": [{"well": 0}, {"well": 1}],
    "introduced_of_late": [{"count": count} for count in (0, 1, 2, 30)],
    "active": [{"days": days} for days in (0, 1, 2, LATELY_DAYS, LATELY_DAYS + 1, LONGEST_DAYS - 1, LONGEST_DAYS)],
    "common_acquaintances": [{"count": count} for count in (0, 1, 2, 30)],
    "same_profession": [{}, {"same": 0}, {"same": 1}],
    "stages_apart": [{}, {"steps": 0}, {"steps": 3}],
}
NEGATIVE = re.compile(r"(?i)\b(not|nothing|no|never|little|unanswered|nicht|nichts|nie|wenig|länger|unbeantwortet)\b")
ALL = [
    ({"code": code, **arguments}, language, whose)
    for code in CODES
    for arguments, language, whose in product(ARGUMENTS[code], LANGUAGES, (YOU, THEM))
]


@pytest.mark.parametrize(("reason", "language", "whose"), ALL)
def test_there_is_one_sentence(reason: Reason, language: str, whose: str):
    sentence = say(reason, language, whose)
    assert sentence[0].isupper() and sentence == sentence.strip() and not sentence.endswith(".")
    assert "{" not in sentence and "  " not in sentence and "None" not in sentence


def test_no_two_arguments_nor_languages_nor_sides_are_told_alike():
    about_both = {"common_acquaintances", "same_profession", "stages_apart"}  # the same for either side
    told = [say(*each) for each in ALL if each[2] == YOU or each[0]["code"] not in about_both]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize(
    ("reason", "german", "english"),
    [
        (
            {"code": "gives_what_you_seek", "subject": "Nachfolge", "subjects": ["Nachfolge", "Steuern", "Erbe"]},
            "Kann bei „Nachfolge“, „Steuern“ und „Erbe“ helfen – das suchen Sie",
            "Can help with “Nachfolge”, “Steuern” and “Erbe”, which you are looking for",
        ),
        (
            {"code": "gives_what_you_seek", "subject": "Nachfolge", "given": "Unternehmensnachfolge"},
            "Kann bei „Unternehmensnachfolge“ helfen – das kommt dem nahe, was Sie suchen: „Nachfolge“",
            "Can help with “Unternehmensnachfolge”, which is close to the “Nachfolge” you are looking for",
        ),
        (
            {"code": "seeks_what_you_give", "subject": "Nachfolge", "given": "Unternehmensnachfolge"},
            "Sucht „Nachfolge“ – Sie kennen sich mit „Unternehmensnachfolge“ aus, das kommt dem nahe",
            "Is looking for “Nachfolge”; you know about “Unternehmensnachfolge”, which is close to it",
        ),
        (
            {"code": "speaks_of_what_you_seek", "words": ["Notarin", "Übergabe"]},
            "Spricht an, was Sie beschäftigt: Notarin und Übergabe",
            "Touches on what is on your mind: Notarin and Übergabe",
        ),
        ({"code": "active", "days": 5}, "Ist aktiv, zuletzt vor 5 Tagen", "Is around, last seen 5 days ago"),
        (
            {"code": "common_acquaintances", "count": 1},
            "Sie haben einen gemeinsamen Bekannten",
            "You have one acquaintance in common",
        ),
    ],
)
def test_it_reads_as_people_speak(reason: Reason, german: str, english: str):
    assert (say(reason, "de"), say(reason, "en")) == (german, english)


@pytest.mark.parametrize(("reason", "language", "whose"), [each for each in ALL if speaks_against(each[0])])
def test_what_speaks_for_somebody_is_never_told_as_something_that_is_missing(reason: Reason, language: str, whose: str):
    against, unsure = (say({**reason, **points}, language, whose) for points in ({"points": -4}, {}))
    for_it = say({**reason, "points": 4}, language, whose)
    assert against == unsure != for_it
    assert not NEGATIVE.search(for_it), for_it
    assert for_it[0].isupper() and "{" not in for_it and not for_it.endswith(".")


def test_every_sentence_that_denies_something_is_known_to_do_so():
    denying = {reason["code"] for reason, language, whose in ALL if NEGATIVE.search(say(reason, language, whose))}
    plain_facts = {"common_acquaintances", "introduced_of_late", "stages_apart", "same_profession"}
    assert denying - plain_facts == {reason["code"] for reason, *_ in ALL if speaks_against(reason)} - plain_facts
    for reason, language, whose in ALL:
        if reason["code"] not in plain_facts:
            assert speaks_against(reason) == bool(NEGATIVE.search(say(reason, language, whose))), reason


def test_needs_answered_in_such_words_are_told_where_no_word_can_be_named():
    reason = {"code": "speaks_of_what_you_seek", "words": [], "points": 16}
    assert say(reason, "en") == "Has answered needs that were put in words like yours"
    assert say(reason, "de") == "Hat schon bei Anliegen geholfen, die in ähnlichen Worten beschrieben waren"


def test_braces_and_names_of_arguments_in_a_subject_are_only_text():
    assert "{what}" in say({"code": "gives_what_you_seek", "subject": "{what} {points}"}, "en")


def test_a_reason_of_a_later_version_is_a_sentence_too():
    assert say({"code": "sings_in_tune", "points": 3}, "de") != say({"code": "sings_in_tune"}, "en")


def test_the_longest_silence_that_is_counted_is_told_as_such():
    assert LONGEST_DAYS == LONG_AGO_DAYS


# --- percentages ----------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(-500, 500), max_size=8))
def test_shares_of_what_speaks_for_it_add_up_to_a_hundred(points: list[int]):
    percents = shares([{"points": each} for each in points])
    positive = sum(each for each in points if each > 0)
    assert sum(percents) == (100 if positive else 0)
    for each, percent in zip(points, percents, strict=True):
        assert abs(percent - 100 * max(0, each) / (positive or 1)) < 1
        assert each > 0 or percent == 0
