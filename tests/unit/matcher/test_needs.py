"""What a member looks for: how strongly, how long, and how much of it counts."""

import pytest

from matcher.needs import (
    FULL,
    INTEREST_HALF_LIFE_DAYS,
    MOST_SUBJECTS,
    MOST_WORDS,
    Need,
    lines_of,
    standing_need,
    stated_need,
    wishes_of,
)
from schemas.codec import Event
from tests import builders as b
from tests.unit.matcher.worlds import world_of


def _need(*events: Event, at: int = b.day(0, hour=1), confidential: bool = False) -> Need:
    return standing_need(lines_of(wishes_of(world_of(events), "m-1", confidential=confidential)), at)


def test_nobody_who_said_nothing_looks_for_anything():
    assert _need() == Need()


def test_a_subject_counts_in_full_on_its_day_and_half_after_its_half_life():
    interest = b.seeks("m-1", "Export")
    assert _need(interest).subjects == {"export": FULL}
    assert _need(interest, at=b.day(INTEREST_HALF_LIFE_DAYS)).subjects == {"export": FULL // 2}
    assert _need(interest, at=b.day(20 * INTEREST_HALF_LIFE_DAYS)).subjects == {}


def test_a_need_with_an_end_counts_in_full_until_then_and_not_at_all_from_then_on():
    interest = b.seeks("m-1", "Export", until=b.day(300))
    assert _need(interest, at=b.day(300) - 1).subjects == {"export": FULL}
    assert _need(interest, at=b.day(300)).subjects == {}


@pytest.mark.parametrize(("weight", "strength"), [(None, FULL), (1, FULL), (0.5, 500), (0.0001, 1)])
def test_a_weight_is_in_thousandths_and_never_nothing(weight: float | None, strength: int):
    assert _need(b.seeks("m-1", "Export", weight=weight)).subjects == {"export": strength}


def test_saying_it_again_is_fresh_evidence_but_no_more_than_looking_for_it_in_full():
    twice = [b.seeks("m-1", "Export", weight=0.3), b.seeks("m-1", " export ", weight=0.3, at=b.day(0, minute=1))]
    assert _need(*twice).subjects == {"export": 600}
    assert _need(*twice, b.seeks("m-1", "EXPORT")).subjects == {"export": FULL}


def test_what_was_withdrawn_is_over_until_it_is_said_again():
    withdrawn = [b.seeks("m-1", "Export"), b.seeks_no_more("m-1", "EXPORT", at=b.day(0, minute=1))]
    assert _need(*withdrawn) == _need(*withdrawn[::-1]) == Need()
    assert _need(*withdrawn, b.seeks("m-1", "Export", at=b.day(0, minute=2))).subjects == {"export": FULL}


def test_a_confidential_need_counts_only_on_request():
    interest = b.seeks("m-1", "Verkauf", confidential=True)
    assert _need(interest) == Need()
    assert _need(interest, confidential=True).subjects == {"verkauf": FULL}


def test_confidential_needs_push_no_public_one_out():
    public = b.seeks("m-1", "Export")
    later = [b.seeks("m-1", f"s-{number}", confidential=True, at=b.day(0, minute=number)) for number in range(60)]
    assert _need(public, *later).subjects == {"export": FULL}


def test_no_more_subjects_and_words_count_than_a_need_can_have_and_the_youngest_first():
    many = [b.seeks("m-1", f"s-{number}", note=_word(number), at=b.day(number)) for number in range(100)]
    need = _need(*many, at=b.day(100))
    assert list(need.subjects) == [f"s-{number}" for number in range(99, 99 - MOST_SUBJECTS, -1)]
    assert len(need.words) == MOST_WORDS


def test_which_terms_count_does_not_depend_on_the_day():
    ended = [b.seeks("m-1", f"s-{number}", at=b.day(1), until=b.day(2), id=str(number)) for number in range(100)]
    older = b.seeks("m-1", "Export")
    assert _need(older, *ended, at=b.day(1, hour=1)).subjects.keys().isdisjoint({"export"})
    assert _need(older, *ended, at=b.day(3)) == Need()


def _word(number: int) -> str:
    """Another word for each number."""
    return "wort" + "".join("bcdfghjklm"[int(digit)] for digit in str(number))


def test_words_of_subject_and_note_count_and_are_kept_as_written():
    need = _need(b.seeks("m-1", "Übergabe", note="suche Notarin"))
    assert [need.written[stem] for stem in need.words] == ["Übergabe", "Notarin"]


def test_a_stated_need_counts_in_full():
    need = stated_need(["Export", "Zoll"], "Wer kennt Polen?")
    assert need.subjects == {"export": FULL, "zoll": FULL}
    assert set(need.words.values()) == {FULL} and len(need.words) == 3


def test_a_stated_need_can_be_words_only_or_nothing():
    assert stated_need([], "Wer kennt Polen?").subjects == {}
    assert stated_need([]) == Need()
