"""The tables that a network is drawn from."""

import tomllib

from services.simulate import names, notes
from services.simulate.subjects import HERE, PROFESSIONS, SUBJECTS

TEXTS = [path.read_text(encoding="utf-8") for path in sorted(HERE.glob("*.toml"))]


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, each in value.items() for text in (key, *_strings(each))]
    return [text for each in value for text in _strings(each)] if isinstance(value, list) else []


def test_no_text_needs_escaping_in_json() -> None:
    for text in TEXTS:
        for string in _strings(tomllib.loads(text)):
            assert not set(string) & set('"\\'), string


def test_there_are_at_least_eighty_professions_and_each_gives_and_needs_something() -> None:
    assert len(PROFESSIONS) >= 80
    assert all(len(each.gives) >= 2 and len(each.needs) >= 4 for each in PROFESSIONS)


def test_no_profession_typically_needs_what_it_gives() -> None:
    for profession in PROFESSIONS:
        assert not set(profession.gives) & set(profession.needs), profession.name


def test_for_every_subject_there_is_a_profession_that_gives_it() -> None:
    given = {subject for profession in PROFESSIONS for subject in profession.gives}

    assert given == set(range(len(SUBJECTS)))


def test_no_two_subjects_go_by_the_same_words() -> None:
    words = [{word.casefold() for word in (each.name, *each.also, *each.en)} for each in SUBJECTS]

    assert sum(map(len, words)) == len(set.union(*words))


def test_a_subject_is_said_in_many_ways_and_sometimes_only_in_the_note() -> None:
    said = {notes.need(0, throw * 0x9E3779B97F4A7C15 % 2**64, english=False) for throw in range(400)}

    assert len({words.subject for words in said}) >= 8
    assert len({words.note for words in said}) >= 100


def test_an_address_has_a_domain_that_cannot_exist() -> None:
    assert names.email("Jürgen", "Möhrenbach", "Möhrenbach & Söhne GmbH & Co. KG") == (
        "juergen.moehrenbach@moehrenbach-und-soehne.example"
    )
