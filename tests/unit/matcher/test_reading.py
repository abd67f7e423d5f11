"""What is read of two members is the same from either side, and what is of the day is of yesterday."""

from random import Random

import numpy as np
from hypothesis import given, settings

from matcher.features import of_pair, of_text, turned
from matcher.index import Index
from matcher.presence import MEASURES
from matcher.reading import Reading, day_at
from matcher.tables import NAT, ONE
from schemas.codec import Event
from schemas.instants import format_instant
from tests import builders as b
from tests.dice import THROWN
from tests.unit.matcher.chatter import DAYS, some_events
from tests.unit.matcher.worlds import world_of


@settings(max_examples=25)
@given(THROWN)
def test_what_one_gives_the_other_is_what_the_other_seeks_of_the_one(dice: Random):
    reading = Reading(Index(world_of(some_events(dice, 60))), b.day(DAYS, hour=5))
    everybody = np.arange(reading.members)
    for slot in everybody.tolist():
        mine = of_text(reading, slot, reading.need(slot)) | of_pair(reading, slot, everybody)
        for other in everybody.tolist():
            theirs = turned(of_text(reading, other, reading.need(other)) | of_pair(reading, other, everybody))
            assert {name: values[other] for name, values in mine.items()} == {
                name: values[slot] for name, values in theirs.items()
            }


THERE = [b.joined("m-8", "g-2"), b.talked("m-8", "m-9", at=b.day(9))]  # a network that tells who was there


def _reading(*events: Event, at: int = b.day(10, hour=9)) -> Reading:
    return Reading(Index(world_of(events)), at)


def _slot(reading: Reading, member_id: str) -> int:
    return reading.index.roster.slots[member_id]


def test_to_have_attended_is_half_a_conversation():
    reading = _reading(*THERE, b.talked("m-1", "m-2", at=b.day(10)), b.met_up("e-1", "m-3", at=b.day(10)))
    active = reading.presence.active
    assert active[_slot(reading, "m-1")] == ONE
    assert active[_slot(reading, "m-3")] == ONE // 2


def test_a_meeting_put_right_counts_on_the_day_it_was_and_for_whoever_was_there():
    first = b.met_up("e-1", "m-1", "m-2", at=b.day(9))
    right = b.met_up("e-1", "m-1", at=b.day(10), held_at=b.day(3))
    reading = _reading(*THERE, first, right)
    assert reading.presence.active[_slot(reading, "m-1")] == ONE // 4, "seven days ago"
    assert len(reading.index.attended.columns()[0]) == 1


def test_whoever_was_only_planned_to_meet_was_not_there():
    reading = _reading(*THERE, b.planned("e-1"), b.joined("m-1"))
    assert reading.presence.active[_slot(reading, "m-1")] == 0


def test_a_talk_told_today_is_present_now_and_unknown_to_the_lists_of_the_day():
    reading = _reading(*THERE, b.joined("m-1"), b.talked("m-1", "m-2", at=b.day(10, hour=1)))
    slot = _slot(reading, "m-1")
    assert (reading.presence.active[slot], reading.day.presence.active[slot]) == (ONE, 0)
    assert (reading.presence.since[slot], reading.day.presence.since[slot]) == (0, 10)


def test_a_talk_of_long_ago_told_today_is_unknown_to_the_day_too():
    reading = _reading(b.talked("m-1", "m-2", at=b.day(10, hour=1), held_at=b.day(8)))
    assert reading.day.presence.since.tolist() == [999, 999]
    assert reading.presence.since.tolist() == [2, 2]


def test_where_nobodys_presence_is_told_all_are_as_present_as_one_who_comes_every_week():
    untold, told = _reading(b.joined("m-1"), b.joined("m-2")), _reading(*THERE, b.joined("m-1"), b.talked("m-1", "m-2"))
    assert untold.presence.active.tolist() == [ONE, ONE]
    assert 0 < told.presence.active[_slot(told, "m-1")] < ONE


def test_the_day_is_read_anew_once_something_of_before_is_told():
    index = Index(world_of([b.joined("m-1")]))
    day = day_at(index, b.day(10))
    index.follow(index.world.apply(b.seeks("m-1", "Export", at=b.day(10, hour=1))))
    assert day_at(index, b.day(10, hour=2)) is day, "what is told today leaves it as it is"
    index.follow(index.world.apply(b.seeks("m-1", "Export", at=b.day(9))))
    assert day_at(index, b.day(10)) is not day
    assert day_at(index, b.day(11)).today == day.today + 1


def test_a_profile_that_is_put_right_leaves_the_day_as_it_is():
    index = Index(world_of([b.joined("m-1"), b.described("m-1", at=b.day(2), about="Bau", profession="Maler")]))
    day = day_at(index, b.day(10))
    index.follow(index.world.apply(b.described("m-1", at=b.day(9), about="Holz", profession="Tischler")))
    assert day_at(index, b.day(10)) is day


def test_the_rarer_a_subject_the_more_it_says_though_the_first_that_are_named_are_not_yet_common():
    asked = [b.seeks("m-1", "Steuern", at=b.day(1), id=str(number)) for number in range(30)]
    day = _reading(*asked, b.seeks("m-1", "Export", at=b.day(1))).day
    assert day.rarity("export", is_word=False) > day.rarity("steuern", is_word=False) > NAT // 2
    assert day.rarity("nobody asked", is_word=False) > day.rarity("export", is_word=False)
    first = _reading(b.seeks("m-1", "Export", at=b.day(1))).day
    assert first.rarity("export", is_word=False) > 3 * NAT


def test_a_word_in_almost_every_interest_says_nothing():
    asked = [b.seeks("m-1", f"s-{number}", note="Export", at=b.day(1)) for number in range(150)]
    assert _reading(*asked).day.rarity("export", is_word=True) == 0


def test_evidence_fades_but_keeps_a_standing_part_until_it_is_taken_back():
    def evidence(day: int, *more: Event) -> int:
        reading = _reading(b.gives("m-1", "Export"), b.seeks("m-2", "Export"), *more, at=b.day(day))
        return reading.worth_of("export", False, _slot(reading, "m-1"))

    assert evidence(0) > evidence(200) > evidence(900) == evidence(2_000) > 0
    assert evidence(2_000, b.gives_no_more("m-1", "Export", at=b.day(1))) == 0


def test_a_better_level_and_an_endorsement_are_worth_more():
    def worth(level: int | None, *more: Event) -> int:
        reading = _reading(b.gives("m-1", "Export", level=level), *more)
        return reading.worth_of("export", False, _slot(reading, "m-1"))

    assert worth(1) < worth(None) == worth(3) < worth(5)
    assert worth(3) < worth(3, b.endorsed("m-1", "export", "m-2"))


def test_common_acquaintances_are_counted_once_each():
    both_know = [b.talked(one, friend) for friend in ("m-8", "m-9") for one in ("m-1", "m-2")]
    reading = _reading(*both_know, b.talked("m-1", "m-8", at=b.day(1)), b.talked("m-1", "m-7"))
    assert reading.common_acquaintances(_slot(reading, "m-1"), np.array([_slot(reading, "m-2")])) == [2]


def test_who_seeks_a_subject_ends_with_the_wish_though_nothing_was_told_in_between():
    index = Index(
        world_of([b.seeks("m-1", "Export", until=format_instant(b.day(10, hour=12))), b.seeks("m-2", "Export")])
    )

    def seeking(hour: int) -> list[str]:
        slots, _ = Reading(index, b.day(10, hour=hour)).sought("export", False)
        return sorted(index.roster.ids[slot] for slot in slots)

    assert [seeking(hour) for hour in (9, 11, 13, 10)] == [["m-1", "m-2"], ["m-1", "m-2"], ["m-2"], ["m-1", "m-2"]]


def test_what_is_told_during_a_day_counts_at_once_and_the_rest_stays_as_it_was():
    at = b.day(10, hour=20)
    told = [b.gives("m-1", "Export"), b.gives("m-2", "Export"), b.talked("m-1", "m-2", at=b.day(2))]
    news = [b.endorsed("m-1", "Export", "m-3", at=b.day(10, hour=1)), b.talked("m-1", "m-3", at=b.day(10, hour=2))]
    index = Index(world_of(told))
    for event in (None, *news):
        if event:
            index.follow(index.world.apply(event))
        now, anew = Reading(index, at), Reading(Index(index.world), at)
        for member_id in ("m-1", "m-2"):
            of_each = [(each, _slot(each, member_id)) for each in (now, anew)]
            assert len({each.worth_of("export", False, slot) for each, slot in of_each}) == 1
            for measure in MEASURES:
                assert len({int(getattr(each.presence, measure)[slot]) for each, slot in of_each}) == 1, measure


def test_what_somebody_proves_in_talks_today_lifts_what_praise_may_add_to_all_that_they_claim():
    """Also to subjects of which nothing was said today: what was read of those before is void."""
    told = [b.joined("m-1"), b.gives("m-1", "Holz", level=1)]
    for hour in range(1, 8):
        told += [
            b.talked("m-1", f"n-{hour}", at=b.day(2, hour)),
            b.endorsed("m-1", "Holz", f"n-{hour}", at=b.day(2, hour)),
        ]
    index, at = Index(world_of(told)), b.day(9, hour=20)
    before = Reading(index, at).evidence("holz", is_word=False)[1]
    for hour in range(1, 8):
        for event in (b.talked("m-1", f"n-{hour}", at=b.day(9, hour)), b.gives("m-1", "Stahl", at=b.day(9, hour))):
            index.follow(index.world.apply(event))
    now, anew = (Reading(each, at).evidence("holz", is_word=False)[1] for each in (index, Index(index.world)))
    assert (now > before).all() and np.array_equal(now, anew)


def test_what_members_have_shown_is_read_again_only_once_somebody_shows_something():
    told = [b.gives("m-1", "Export"), b.gives("m-2", "Export"), b.talked("m-1", "m-2", at=b.day(2))]
    index, at = Index(world_of(told)), b.day(9, hour=20)
    given = Reading(index, at).given("export", is_word=False)
    for of_nobodys_knowledge in (b.seeks("m-1", "Export", at=b.day(9)), b.blocked("m-1", "m-2", at=b.day(9))):
        index.follow(index.world.apply(of_nobodys_knowledge))
        assert Reading(index, at).given("export", is_word=False) is given
    for of_knowledge in (b.gives("m-2", "Export", at=b.day(9)), b.joined("m-3", at=b.day(9))):
        index.follow(index.world.apply(of_knowledge))
        now, anew = (Reading(each, at).given("export", is_word=False) for each in (index, Index(index.world)))
        assert now is not given and now[1].tolist() == anew[1].tolist()
        given = now


def test_who_has_proven_more_since_is_read_again_though_they_have_said_nothing():
    """A talk that is told after what was shown in it adds no row, and lifts what praise may add."""
    told = [b.joined("m-1"), b.gives("m-1", "Holz", level=1, at=b.day(2))]
    told += [b.endorsed("m-1", "Holz", f"n-{hour}", at=b.day(2, hour)) for hour in range(1, 8)]
    told += [b.talked("m-1", f"n-{hour}", at=b.day(1, hour)) for hour in range(1, 8)]
    told += [b.gives("m-1", "Holz", level=1, at=b.day(9, hour)) for hour in range(1, 8)]
    index, at = Index(world_of(told)), b.day(9, hour=20)
    changes, proven = index.gives.subjects.changes, Reading(index, at).presence.proven.copy()
    before = Reading(index, at).evidence("holz", is_word=False)[1]
    for hour in range(1, 8):
        index.follow(index.world.apply(b.talked("m-1", f"n-{hour}", at=b.day(9, hour))))
    now, anew = (Reading(each, at).evidence("holz", is_word=False)[1] for each in (index, Index(index.world)))
    assert index.gives.subjects.changes == changes
    assert (Reading(index, at).presence.proven > proven).any()
    assert (now > before).all() and np.array_equal(now, anew)
