"""Why somebody is shown: codes with arguments, what weighs most first."""

from itertools import product
from random import Random
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from matcher.asking import ask
from matcher.card import Purpose, card_of
from matcher.features import CODES, FEATURES
from matcher.index import Index
from matcher.needs import stated_need
from matcher.reasons import MOST_TERMS
from matcher.wording import LANGUAGES, THEM, YOU, say
from schemas.codec import Event
from tests import builders as b
from tests.unit.matcher.networks import AT as NETWORK_AT
from tests.unit.matcher.networks import MEMBERS, small_network
from tests.unit.matcher.test_wording import NEGATIVE
from tests.unit.matcher.worlds import plan_of, world_of

AT = b.day(9)
TWO = [b.joined("m-1", "g-1"), b.joined("m-2", "g-2")]
GENEROUS = [b.gives("m-2", subject, level=level) for level, subject in enumerate(("A", "B", "C", "D"), 2)]


def _reasons(subjects: list[str], *events: Event, note: str = "") -> dict[str, dict[str, Any]]:
    """What is said of m-2 to m-1, by code."""
    index = Index(world_of([*TWO, *events]))
    (answer,) = ask(index, card_of(index.world, Purpose.QUESTIONS), "m-1", stated_need(subjects, note), AT, top=1)
    return {reason["code"]: reason for reason in answer.reasons}


def test_the_strongest_subject_is_named_first_and_no_more_than_a_reader_takes_in():
    said = _reasons(["a", "b", "c", "d"], *GENEROUS)["gives_what_you_seek"]
    assert said["subject"] == "d"
    assert said["subjects"] == ["d", "c", "b"] and len(said["subjects"]) == MOST_TERMS


def test_one_subject_is_told_alone_and_as_the_seeker_wrote_it():
    said = _reasons(["Übergabe "], b.gives("m-2", "übergabe"))["gives_what_you_seek"]
    assert said["subject"] == "Übergabe " and "subjects" not in said


def test_what_weighs_little_beside_the_first_is_not_worth_a_mention():
    rare = [b.seeks("m-9", "A", id=str(number)) for number in range(60)]
    said = _reasons(["A", "B"], *rare, b.gives("m-2", "A", level=1), b.gives("m-2", "B", level=5))
    assert said["gives_what_you_seek"]["subject"] == "B"
    assert "subjects" not in said["gives_what_you_seek"]


def test_words_are_told_as_written():
    said = _reasons([], b.gives("m-2", "Erbe", note="Wir begleiten Notare"), note="Welche NOTARE kennt ihr?")
    assert said["speaks_of_what_you_seek"]["words"] == ["NOTARE"]


def test_the_other_sides_wish_is_told_as_the_other_wrote_it():
    said = _reasons([], b.gives("m-1", "export"), b.seeks("m-2", "EXPORT"))
    assert said["seeks_what_you_give"]["subject"] == "EXPORT"


def test_presence_is_one_reason_of_several_features():
    said = _reasons([], b.talked("m-2", "m-9", at=b.day(6)))
    assert list(said) == ["active"] and said["active"]["days"] == 3


def test_two_of_one_trade_are_told_so_and_it_speaks_against():
    said = _reasons([], *(b.described(member_id, profession="Notarin") for member_id in ("m-1", "m-2")))
    assert said["same_profession"]["same"] == 1 and said["same_profession"]["points"] < 0


def test_what_speaks_against_comes_last_and_what_is_worth_nothing_is_not_said():
    same = [b.described(member_id, profession="Notarin", stage="growing") for member_id in ("m-1", "m-2")]
    points = [reason["points"] for reason in _reasons(["A"], *GENEROUS, *same).values()]
    assert points == sorted(points, reverse=True) and 0 not in points


def _answered(helper: str, *subjects: str, note: str, of: range) -> list[Event]:
    """Needs of others, from another group, which this member answered."""
    return [
        event
        for number in of
        for event in (
            b.joined(f"m-{number}", "g-3", id=f"j-{number}"),
            *(b.seeks(f"m-{number}", subject, note=note, at=b.day(number % 5)) for subject in subjects),
            b.gives(helper, subjects[0], at=b.day(number % 5, hour=20)),
            b.talked(helper, f"m-{number}", at=b.day(number % 5, hour=20)),
        )
    ]


def test_whoever_answered_such_needs_before_is_told_so():
    said = _reasons(["Nachfolge"], *_answered("m-2", "Nachfolge", note="Notarin", of=range(10, 14)))
    assert said["answered_the_like"]["alike"] == 1 and "helps_well" in said


def test_each_code_can_arise_and_be_said():
    events = [
        *TWO,
        b.seeks("m-1", "A", note="Notarin"), b.gives("m-2", "A", note="Notarin"),
        b.seeks("m-2", "B", note="Lagerhalle, Stapler"), b.gives("m-1", "B", note="Lagerhalle, Stapler"),
        b.talked("m-1", "m-3"), b.talked("m-2", "m-3"),
        b.described("m-1", profession="Notarin", stage="founding"),
        b.described("m-2", profession="notarin", stage="succession"),
        *_answered("m-2", "A", "A and more", note="Notarin", of=range(10, 14)), b.gives("m-2", "A and more"),
        *_answered("m-1", "B", "B and more", note="Lagerhalle", of=range(20, 24)), b.gives("m-1", "B and more"),
    ]  # fmt: skip
    events.append(b.fitted(weights={feature.name: {"edges": [], "points": [100]} for feature in FEATURES}))
    (introduction,) = [each for each in plan_of(events).introductions if each.member_ids == ("m-1", "m-2")]
    for reasons in introduction.reasons:
        assert {reason["code"] for reason in reasons} == set(CODES)
        assert all(say(reason, language) for reason in reasons for language in LANGUAGES)


PLAIN_FACTS = {"common_acquaintances", "introduced_of_late", "stages_apart", "same_profession"}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_no_sentence_denies_anything_where_it_speaks_for_somebody(seed: int, is_odd: bool):
    """`is_odd`: by a card that gives points to anything, whatever it is."""
    dice = Random(seed)
    events = small_network(dice)
    if is_odd:
        tables = {one.name: {"edges": [1, 500], "points": dice.choices((-60, 0, 60), k=3)} for one in FEATURES}
        events.append(b.fitted(weights=tables))
    index = Index(world_of(event for event in events if event.time < NETWORK_AT))
    card = card_of(index.world, Purpose.QUESTIONS)
    need = stated_need(["Nachfolge", "Export"], "Wer kennt Notare und Verträge?")
    asked = [one.reasons for id in MEMBERS for one in ask(index, card, id, need, NETWORK_AT, top=9)]
    suggested = [reasons for one in plan_of(events, NETWORK_AT).introductions for reasons in one.reasons]
    assume(asked)
    for reason in (reason for reasons in (*asked, *suggested) for reason in reasons):
        for language, whose in product(LANGUAGES, (YOU, THEM)):
            said = say(reason, language, whose)
            assert reason["points"] < 0 or reason["code"] in PLAIN_FACTS or not NEGATIVE.search(said), said


def test_whoever_answered_needs_in_such_words_but_names_none_is_told_so():
    others = _answered("m-3", "Steuern", note="Bescheid und Einspruch", of=range(50, 150))
    theirs = _answered("m-2", "Holz", note="Lagerhalle und Stapler", of=range(10, 40))
    card = b.fitted(weights={"wordlift": {"edges": [1], "points": [0, 10]}})
    said = _reasons([], card, b.joined("m-3", "g-1"), *others, *theirs, note="Lagerhalle")["speaks_of_what_you_seek"]
    assert said["points"] > 0 and said["words"] == []
    assert say(said, "en") == "Has answered needs that were put in words like yours"
