"""Which subjects mean the same, as the members of a network write them."""

from random import Random

import pytest
from hypothesis import given, settings

from matcher.asking import ask
from matcher.card import Purpose, card_of
from matcher.index import Index
from matcher.kin import MOST_KIN, Kinship
from matcher.needs import stated_need
from matcher.reading import Reading, day_at
from matcher.sayings import Sayings
from matcher.tables import ONE
from matcher.wording import say
from matcher.world import World
from schemas.codec import Event
from tests import builders as b
from tests.dice import THROWN
from tests.unit.matcher.worlds import world_of

AT = b.day(9)
BOTH_NAMES = [  # who writes in German lets the English name drop, and the other way round
    b.gives("m-1", "Nachfolge", note="Andere sagen dazu business succession."),
    b.seeks("m-2", "Business Succession", note="In German: Nachfolge"),
]
SAME_WORDS = [
    b.gives("m-1", "Zuschüsse", note="Wir begleiten den Antrag bis zum Bescheid der Förderbank"),
    b.seeks("m-2", "Fördermittel", note="Wer begleitet einen Antrag bei der Förderbank?"),
    b.seeks("m-3", "Verschiedenes", note="Wer kennt einen Notar?"),
]


def _kin(*events: Event, of: str, at: int = AT) -> dict[str, int]:
    return day_at(Index(world_of(list(events))), at).kinship.of(of)


def test_subjects_are_kin_that_members_name_together():
    assert (
        set(_kin(*BOTH_NAMES, of="nachfolge"))
        == set(_kin(*BOTH_NAMES[::-1], of="nachfolge"))
        == {"business succession"}
    )


def test_one_member_alone_makes_no_kin():
    assert _kin(BOTH_NAMES[0], b.seeks("m-2", "Business Succession"), of="nachfolge") == {}
    assert _kin(BOTH_NAMES[0], b.gives("m-1", "Business Succession", note="Nachfolge"), of="nachfolge") == {}


def test_subjects_are_kin_with_which_the_same_words_are_said():
    assert set(_kin(*SAME_WORDS, of="zuschüsse")) == {"fördermittel"}
    assert _kin(*SAME_WORDS, of="verschiedenes") == {}


def test_a_subject_that_goes_with_everything_is_kin_to_nothing():
    vague = [b.seeks(f"m-{number}", "Verschiedenes", note=f"Es geht um {name}.") for number, name in _many()]
    named = [b.gives(f"n-{number}", name) for number, name in _many()]
    assert _kin(*vague, *named, of="verschiedenes") == {}


def _many() -> list[tuple[int, str]]:
    syllables = "ba", "ke", "lu", "mi", "no"
    names = [f"{one}{two}r{three}" for one in syllables for two in syllables for three in ("bel", "tik")]
    return [(number, names[number // 2].title()) for number in range(2 * len(names))]


def test_what_is_told_this_week_counts_from_monday_on():
    of_the_week = [b.gives("m-1", "Nachfolge", at=b.day(9, hour=1)), b.gives("m-2", "Firmennachfolge", at=b.day(1))]
    assert _kin(*of_the_week, of="firmennachfolge", at=b.day(9, hour=20)) == {}
    assert _kin(*of_the_week, of="firmennachfolge", at=b.day(13, hour=20)) == {}
    assert set(_kin(*of_the_week, of="firmennachfolge", at=b.day(14))) == {"nachfolge"}


def test_a_name_that_nobody_wrote_before_has_kin_by_its_spelling():
    assert set(_kin(b.gives("m-1", "E-Commerce"), of="ecommerce")) == {"e-commerce"}


def test_what_is_confidential_makes_no_kin():
    secret = b.seeks("m-2", "Business Succession", note="In German: Nachfolge", confidential=True)
    assert _kin(BOTH_NAMES[0], secret, b.gives("m-3", "Business Succession"), of="nachfolge") == {}


def test_no_subject_has_more_kin_than_count():
    sayings = Sayings()
    for number in range(3 * MOST_KIN):
        sayings.add(number, f"Thema {chr(97 + number // 26)}{chr(97 + number % 26)}", "Notar Bescheid Antrag", 0)
    kinship = Kinship(sayings, 1)
    names = [f"thema {chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(3 * MOST_KIN)]
    assert 0 < max(len(kinship.of(name)) for name in names) <= MOST_KIN
    assert all(kinship.of(other)[name] == like for name in names for other, like in kinship.of(name).items())


# --- laws ------------------------------------------------------------------------------------------------------------

NAMES = ["Nachfolge", "Unternehmensnachfolge", "Übergabe", "business succession", "Förderung", "Foerderungen", "Notar"]


def _chatter(dice: Random) -> list[Event]:
    """Members who declare subjects by several names, and drop others in their notes."""
    return [
        dice.choice((b.seeks, b.gives))(
            f"m-{dice.randrange(6)}",
            dice.choice(NAMES),
            note=" ".join(["Antrag", "Bescheid", "Förderbank", *dice.sample(NAMES, 2)][dice.randrange(5) :]),
            at=b.day(dice.randrange(9), hour=number % 20),
            id=str(number),
        )
        for number in range(25)
    ]


def _all_kin(index: Index, at: int = AT) -> dict[str, dict[str, int]]:
    kinship = day_at(index, at).kinship
    return {name.casefold(): dict(sorted(kinship.of(name.casefold()).items())) for name in [*NAMES, "Firmennachfolge"]}


@settings(max_examples=40)
@given(THROWN)
def test_the_order_in_which_it_was_told_is_irrelevant(dice: Random):
    events = _chatter(dice)
    expected = _all_kin(Index(world_of(events)))
    dice.shuffle(events)
    followed = Index(World())
    for event in events:
        followed.follow(followed.world.apply(event))
        if dice.random() < 0.1:
            _all_kin(followed, b.day(dice.randrange(9)))
    assert _all_kin(followed) == expected


@settings(max_examples=40)
@given(THROWN)
def test_whoever_is_erased_leaves_no_kin_behind(dice: Random):
    events = _chatter(dice)
    index = Index(world_of(events))
    _all_kin(index)
    for number in dice.sample(range(6), 2):
        index.follow(index.world.apply(b.erased(f"m-{number}", at=AT - 1)))
        events = [event for event in events if event.data["member_id"] != f"m-{number}"]
    assert _all_kin(index) == _all_kin(Index(world_of(events)))


@settings(max_examples=40)
@given(THROWN)
def test_what_one_gives_is_what_the_other_seeks_by_whatever_name(dice: Random):
    events = [*(b.joined(f"m-{number}", f"g-{number}") for number in range(6)), *_chatter(dice)]
    reading = Reading(Index(world_of(events)), b.day(8, hour=23))
    for seeker in range(reading.members):
        helps = reading.helps(reading.need(seeker), is_word=False)
        assert helps.tolist() == [int(reading.helped(giver, is_word=False)[seeker]) for giver in range(reading.members)]


# --- what it is for --------------------------------------------------------------------------------------------------

TWO = [b.joined("m-1", "g-1"), b.joined("m-2", "g-2")]


def _said(subject: str, *events: Event) -> list[dict[str, object]]:
    index = Index(world_of([*TWO, *events]))
    (answer,) = ask(index, card_of(index.world, Purpose.QUESTIONS), "m-1", stated_need([subject]), AT, top=1)
    return [reason for reason in answer.reasons if reason["code"] in ("gives_what_you_seek", "seeks_what_you_give")]


def test_a_member_reads_what_the_other_calls_it():
    (reason,) = _said("Nachfolge ", b.gives("m-2", "UnternehmensNachfolge"))
    assert (reason["subject"], reason["given"]) == ("Nachfolge ", "UnternehmensNachfolge")
    assert say(reason | {"subject": "Nachfolge"}, "en") == (
        "Can help with “UnternehmensNachfolge”, which is close to the “Nachfolge” you are looking for"
    )


def test_a_name_of_ones_own_goes_before_that_of_kin():
    (reason,) = _said("Nachfolge", b.gives("m-2", "Unternehmensnachfolge"), b.gives("m-2", "Nachfolge"))
    assert reason["subject"] == "Nachfolge" and "given" not in reason


def test_the_other_side_reads_it_the_other_way_round():
    (reason,) = _said("Export", b.gives("m-1", "Firmennachfolge"), b.seeks("m-2", "Nachfolge"))
    assert (reason["code"], reason["subject"], reason["given"]) == (
        "seeks_what_you_give",
        "Nachfolge",
        "Firmennachfolge",
    )


@pytest.mark.parametrize("name", ["Nachfolge", "Unternehmensnachfolge"])
def test_ones_own_name_counts_for_more_than_that_of_kin(name: str):
    other = {"Nachfolge": "Unternehmensnachfolge", "Unternehmensnachfolge": "Nachfolge"}[name]
    reading = Reading(Index(world_of([b.gives("m-1", name), b.gives("m-2", other)])), AT)
    slots, evidence = reading.evidence(name.casefold(), is_word=False)
    own, kin = (int(evidence[list(slots).index(reading.index.roster.slots[each])]) for each in ("m-1", "m-2"))
    assert 0 < kin < own <= ONE
