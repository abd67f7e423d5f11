"""An explanation for questions is what `ask` answers without a word said."""

from random import Random

from hypothesis import given, settings

from matcher.asking import ask, own_need
from matcher.card import Purpose, card_of
from matcher.explaining_asked import NOT_IN_POOL, Answered, explain_asked
from matcher.index import Index
from matcher.policy import DEFAULT, Policy
from matcher.rules import Why
from schemas.codec import Event, canonical
from tests import builders as b
from tests.dice import THROWN
from tests.unit.matcher.networks import AT, MEMBERS, small_network
from tests.unit.matcher.worlds import world_of

HELPS = [
    b.joined("m-1", "g-1"),
    b.joined("m-2", "g-2"),
    b.joined("m-3", "g-3"),
    b.seeks("m-1", "Nachfolge", at=b.day(3)),
    b.gives("m-2", "Nachfolge", at=b.day(4)),
]


def _index(events: list[Event]) -> Index:
    return Index(world_of(event for event in events if event.time < AT))


def _answered(*events: Event, a: str = "m-1", other: str = "m-2", policy: Policy = DEFAULT) -> Answered:
    index = _index([*HELPS, *events])
    return explain_asked(index, card_of(index.world, Purpose.QUESTIONS), a, other, AT, policy)[0]


@settings(max_examples=25)
@given(THROWN)
def test_points_chance_reasons_and_place_are_those_of_ask(dice: Random):
    index = _index(small_network(dice))
    card, policy = card_of(index.world, Purpose.QUESTIONS), Policy(rest_price=dice.choice((0, 400_000)))
    for asker in MEMBERS:
        answers = ask(index, card, asker, own_need(index, asker, AT), AT, top=99, policy=policy)
        for place, answer in enumerate(answers):
            told, _ = explain_asked(index, card, asker, answer.member_id, AT, policy)
            side = told.side
            assert canonical([side.points, side.chance, told.price, side.reasons]) == canonical(
                [answer.points, answer.chance, answer.price, answer.reasons]
            )
            assert (side.place.ahead, side.place.size, told.keeps_out) == (place, len(answers), [])
        for other in set(MEMBERS) - {asker} - {answer.member_id for answer in answers}:
            told, _ = explain_asked(index, card, asker, other, AT, policy)
            assert told.keeps_out and not told.side.place.is_in


@given(THROWN)
def test_either_may_be_named_first(dice: Random):
    index = _index(small_network(dice))
    card, (one, other) = card_of(index.world, Purpose.QUESTIONS), dice.sample(MEMBERS, 2)
    told, turned = (explain_asked(index, card, *two, AT, DEFAULT) for two in ((one, other), (other, one)))
    assert told == turned[::-1]


def test_it_is_judged_by_the_card_for_questions_and_features_add_up():
    side = _answered().side
    index = _index(HELPS)
    card = card_of(index.world, Purpose.QUESTIONS)
    assert {line.feature.name for line in side.lines if line.bin.least or line.bin.below} == card.tables.keys()
    assert sum(line.bin.points for line in side.lines) == side.points


def test_the_price_is_what_being_suggested_of_late_costs():
    of_late = [b.opened(), b.suggested("i-1", "m-2", "m-3", at=b.NEXT_MONDAY), b.held()]
    assert _answered(policy=Policy(rest_price=100_000)).price == 0
    assert 50_000 < _answered(*of_late, policy=Policy(rest_price=100_000)).price < 100_000


def test_who_asks_may_pause_and_who_answers_may_not():
    assert _answered(b.prefers("m-1", paused_until=b.day(40))).keeps_out == []
    assert [each.code for each in _answered(b.prefers("m-2", paused_until=b.day(40))).keeps_out] == [Why.PAUSED]
    assert [each.code for each in _answered(b.left("m-1", "g-1", at=b.day(5))).keeps_out] == ["in_no_group"]


def test_what_is_confidential_leaves_no_trace():
    knows = b.gives("m-2", "Insolvenz", at=b.day(5))
    quietly = b.seeks("m-1", "Insolvenz", confidential=True, at=b.day(5))
    assert _answered(knows, quietly).as_json() == _answered(knows).as_json()


def test_whoever_is_in_no_pool_is_said_to_be_so_with_the_chance_they_would_have():
    crowd = [event for number in range(4, 900) for event in _who_fits_better(f"m-{number}")]
    told = _answered(*crowd, other="m-3")
    assert [each.code for each in told.keeps_out] == [NOT_IN_POOL]
    assert not told.side.place.is_in and told.side.chance < 2_000 and told.side.place.ahead == 400


def _who_fits_better(member_id: str) -> list[Event]:
    """Younger, busier, and of more help."""
    return [b.joined(member_id, "g-4", at=b.day(9)), b.gives(member_id, "Nachfolge", at=b.day(9))]
