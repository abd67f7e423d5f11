"""Subjects that are the same by how they are written."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.spelling import COMPOUND, INFLECTED, MOST_COMPOUNDS, SAME, SLIP, Spellings
from matcher.text import spelling, subject_key

WORDS = st.sampled_from(
    ["nachfolge", "Unternehmens", "business", "succession", "E-Commerce", "über", "Steuer", "planung", "C++", "&", "x"]
)


def _likeness(one: str, other: str) -> int:
    both = subject_key(one), subject_key(other)
    return Spellings(both).of(both[0]).get(both[1], 0)


@pytest.mark.parametrize(
    "spelt", ["E-Commerce", "ECommerce", "e commerce", "e/commerce", "eCommerce", "E - Commerce", "ecommerce"]
)
def test_hyphens_spaces_slashes_and_capitals_within_do_not_matter(spelt: str):
    assert subject_key(spelt) == "ecommerce" or _likeness(spelt, "ecommerce") == SAME


@pytest.mark.parametrize(
    ("one", "other"),
    [("Übergabe", "Uebergabe"), ("Übergabe", "Ubergabe"), ("Straßenbau", "Strassenbau"), ("Förderung", "Foerderung")],
)
def test_an_umlaut_may_be_spelt_out_or_forgotten(one: str, other: str):
    assert subject_key(one) == subject_key(other) or _likeness(one, other) == SAME


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Förderung", "Förderungen"),
        ("Zuschuss", "Zuschüsse"),
        ("business plan", "Business Plans"),
        ("Beratung zu Steuern", "Steuer-Beratung"),
        ("Beratung, steuerliche", "steuerliche Beratung"),
    ],
)
def test_endings_and_the_order_of_words_matter_little(one: str, other: str):
    assert _likeness(one, other) == INFLECTED


def test_and_is_and_however_it_is_written():
    assert _likeness("Forschung & Entwicklung", "Forschung und Entwicklung") == SAME


@pytest.mark.parametrize(
    ("compound", "head"),
    [
        ("Unternehmensnachfolge", "Nachfolge"),
        ("Firmennachfolge", "Nachfolge"),
        ("Steuerberatungen", "Beratung"),
        ("business succession", "succession"),
        ("Online-Marketing", "Marketing"),
    ],
)
def test_a_compound_is_what_it_ends_in(compound: str, head: str):
    assert _likeness(compound, head) == _likeness(head, compound) == COMPOUND


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Steuerberatung", "ung"),  # a tail that means nothing
        ("market research", "search"),  # nobody joins words like that
        ("non-profit", "profit"),
        ("products", "productivity"),  # one stem, two meanings
        ("C++", "C"),
        ("patents", "patients"),
        ("Nachfolgeplanung", "Nachfolge"),  # a plan, and no succession: German heads stand last
        ("Export", "Import"),
    ],
)
def test_what_only_looks_alike_is_not_the_same(one: str, other: str):
    assert _likeness(one, other) == 0


@pytest.mark.parametrize(
    "slip", ["Unternehmensnachfoge", "Unternehmensnachfollge", "Unternehmensnachfilge", "Unternehmensnahcfolge"]
)
def test_a_slip_of_the_pen_is_forgiven_in_a_long_word(slip: str):
    assert _likeness("Unternehmensnachfolge", slip) == SLIP


def test_a_head_of_many_compounds_says_little_by_itself():
    compounds = [
        f"{before}beratung" for before in ("steuer", "rechts", "energie", "bau", "farb", "berufs", "unternehmens")
    ]
    assert len(compounds) == MOST_COMPOUNDS + 1
    found = Spellings(["beratung", *compounds])
    assert found.of("beratung") == {} and found.of("steuerberatung") == {}
    assert len(Spellings(["beratung", *compounds[1:]]).of("beratung")) == MOST_COMPOUNDS


@given(st.lists(st.lists(WORDS, min_size=1, max_size=3).map(" ".join).map(subject_key), max_size=8))
def test_likeness_goes_both_ways_and_never_to_oneself(subjects: list[str]):
    found = Spellings(subjects)
    for one in subjects:
        assert one not in found.of(one)
        for other, likeness in found.of(one).items():
            assert other in subjects and found.of(other)[one] == likeness


@given(st.text(max_size=30).map(subject_key))
def test_any_text_has_a_spelling(text: str):
    spelling(text)
    assert Spellings([text]).of(text) == {}


def test_thousands_of_subjects_take_seconds():
    syllables = ["ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "wu"]
    subjects = ["".join(syllables[int(digit)] for digit in f"{number:06}") for number in range(0, 500_000, 100)]
    started = process_time()
    found = Spellings(subjects)
    sum(len(found.of(each)) for each in subjects)
    assert process_time() - started < 10
