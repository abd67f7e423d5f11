"""How simulated members answer."""

from services.simulate.answers import Side, Word, answers, rating
from services.simulate.dice import die
from services.simulate.subjects import NUMBER_OF

NEEDS_CUSTOMS = frozenset({NUMBER_OF["Zoll"]})
THROWS = [die(7, "answers", number) for number in range(400)]


def _accepts(promise: int, presence: int = 100, subject: str = "Zollanmeldung") -> float:
    side = Side(worth=promise, promise=promise, presence=presence, concerns=NEEDS_CUSTOMS)
    words = [answers(side, [{"code": "gives_what_you_seek", "subject": subject}], throw)[0] for throw in THROWS]
    return sum(word is Word.ACCEPTS for word in words) / len(words)


def test_who_expects_much_accepts_and_who_expects_nothing_does_not() -> None:
    assert _accepts(500_000) == 1
    assert _accepts(50_000) == 0


def test_a_reason_that_names_ones_need_persuades() -> None:
    assert _accepts(130_000) > 2 * _accepts(130_000, subject="Catering")


def test_who_is_busy_says_nothing() -> None:
    side = Side(worth=500_000, promise=500_000, presence=25, concerns=NEEDS_CUSTOMS)
    words = [answers(side, [], throw)[0] for throw in THROWS]

    assert 0.65 < sum(word is Word.NOTHING for word in words) / len(words) < 0.85


def test_a_no_comes_with_a_reason() -> None:
    side = Side(worth=0, promise=0, presence=100, concerns=frozenset())
    reasons = {answers(side, [], throw) for throw in THROWS}

    assert reasons == {(Word.NOTHING, None), (Word.DECLINES, "not_relevant"), (Word.DECLINES, "no_time")}


def test_ratings_follow_the_true_worth() -> None:
    def mean(worth: int) -> float:
        side = Side(worth=worth, promise=0, presence=100, concerns=frozenset())
        return sum(rating(side, throw) for throw in THROWS) / len(THROWS)

    assert mean(10_000) < mean(100_000) < mean(200_000) < 3.5 < mean(300_000) < mean(900_000)
