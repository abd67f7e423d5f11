"""When two texts speak of the same thing."""

import sys
import threading
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.text import stem, subject_key, words


@pytest.mark.parametrize(
    "spelling",
    ["UNTERNEHMENSÜBERGABE", "  unternehmensübergabe\t", unicodedata.normalize("NFD", "Unternehmensübergabe")],
    ids=["capitals", "spaces around", "the umlaut in two parts"],
)
def test_one_subject_however_it_is_spelt(spelling: str):
    assert subject_key(spelling) == subject_key("Unternehmensübergabe")


def test_sharp_s_and_ligatures_are_what_they_stand_for():
    assert subject_key("Straße") == subject_key("STRASSE")
    assert subject_key("Finanzen") == subject_key("ﬁnanzen")


def test_runs_of_spaces_are_one():
    assert subject_key("Export  nach\nPolen") == "export nach polen"


def test_two_subjects_stay_two():
    assert subject_key("Steuer") != subject_key("Steuern")


@given(st.text(max_size=40))
def test_composed_or_not_a_subject_has_one_key(text: str):
    assert subject_key(unicodedata.normalize("NFD", text)) == subject_key(unicodedata.normalize("NFC", text))


@given(st.text(max_size=60))
def test_composed_or_not_a_text_has_the_same_words(text: str):
    assert dict(words(unicodedata.normalize("NFD", text))) == dict(words(unicodedata.normalize("NFC", text)))


@pytest.mark.parametrize(
    ("one", "other"),
    [("Gründung", "gründungen"), ("Verträge", "Vertrages"), ("lawyers", "lawyer"), ("Beratung", "BERATUNGEN")],
)
def test_forms_of_one_word_have_one_stem(one: str, other: str):
    assert words(one).keys() == words(other).keys() != set()


def test_stop_words_numbers_and_short_words_say_nothing():
    assert dict(words("Wer weiß, ob man mit 25 000 Euro an der EU-Grenze was need to know, so ab 9?")) == {
        "euro": "Euro", "eu": "EU", "grenz": "Grenze",
    }  # fmt: skip


def test_a_word_stands_as_it_was_first_written():
    assert dict(words("Notare und NOTARE")) == {stem("notare"): "Notare"}


def test_many_threads_stem_as_one_does():
    spoken = ["unternehmensnachfolge", "beratungen", "steuerberatung", "verhandlungen", "lawyers", "gründerinnen"]
    right = [stem.__wrapped__(word) for word in spoken]
    found: list[list[str]] = []

    def speak() -> None:
        for _ in range(15):
            found.append([stem.__wrapped__(word) for word in spoken])

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=speak) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(interval)
    assert found == [right] * 45
