"""What a fit as of an instant may know: what was said before it, and nothing of what came later."""

from random import Random

from hypothesis import Phase, given, settings

from schemas.codec import Event
from services.lessons import Lessons
from tests import builders as b
from tests.dice import THROWN
from tests.unit.matcher.chatter import DAYS, some_events

AT = b.day(DAYS // 2)
MEMBERS = [b.joined(f"m-{number}", f"g-{number}", at=b.day(0)) for number in range(1, 5)]


def _taught(events: list[Event]) -> tuple[list[object], list[object]]:
    """What these events teach as of AT: of needs, and of introductions."""
    lessons = Lessons(events)
    needs = [(one.at, one.helped, one.member_ids, one.values.tobytes()) for one in lessons.examples_at(AT)]
    return sorted(needs), sorted(lessons.introductions_at(AT))


@settings(max_examples=25, deadline=None, phases=[Phase.generate])  # to shrink dice takes minutes and tells little
@given(THROWN)
def test_what_came_later_changes_nothing_of_it(dice: Random) -> None:
    events = [*MEMBERS, *some_events(dice, 120, erasing=False)]
    assert _taught(events) == _taught([event for event in events if event.time < AT])


def test_praise_before_a_talk_that_comes_later_is_not_an_answer_yet() -> None:
    events = [
        *MEMBERS,
        b.seeks("m-1", "Nachfolge", at=b.day(2)),
        b.gives("m-2", "Nachfolge", at=b.day(1)),
        b.endorsed("m-2", "Nachfolge", "m-1", at=b.day(3)),
    ]
    assert [_taught([*events, b.talked("m-1", "m-2", at=day)])[0] == [] for day in (b.day(4), AT)] == [False, True]


def test_who_rates_again_later_takes_nothing_back_from_what_was_known_then() -> None:
    events = [
        *MEMBERS,
        b.opened(at=b.day(3), policy={"close_after_days": 14}),
        b.suggested("i-1", "m-1", "m-2", at=b.day(3)),
        b.held(at=b.day(3)),
        *(b.accepted("i-1", each, at=b.day(4)) for each in ("m-1", "m-2")),
        b.made("i-1", at=b.day(4)),
        b.rated("i-1", "m-1", 1, at=b.day(5)),
    ]
    then = _taught(events)[1]
    assert then and _taught([*events, b.rated("i-1", "m-1", 5, at=AT)])[1] == then
    assert _taught([*events, b.rated("i-1", "m-1", 5, at=b.day(6))])[1] != then


def test_an_earlier_instant_may_be_asked_for_after_a_later_one() -> None:
    events = [*MEMBERS, *some_events(Random(7), 150, erasing=False)]
    lessons = Lessons(events)
    lessons.examples_at(b.day(DAYS))
    assert [one.at for one in lessons.examples_at(AT)] == [one.at for one in Lessons(events).examples_at(AT)]
