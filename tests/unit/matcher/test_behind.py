"""The events behind a feature are all that it was read from: take out another, and the feature stays as it is."""

from collections.abc import Iterator
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import given, settings

from matcher import told
from matcher.behind import Sources
from matcher.card import Purpose, card_of
from matcher.facts import named_in
from matcher.features import FEATURES, OF_NEED
from matcher.index import Index
from matcher.reading import Day, Reading
from matcher.supposing import judge_pair
from schemas.codec import Event
from tests import builders as b
from tests.dice import THROWN
from tests.unit.matcher.networks import AT, MEMBERS, SUBJECTS, small_network
from tests.unit.matcher.worlds import world_of

ONE, OTHER = "m-1", "m-2"
EVERYBODY_KNOWS = [b.gives("m-9", subject, id=f"known {subject}") for subject in SUBJECTS]  # so kin stay kin
Values = dict[str, int]


def busy_network(dice: Random) -> list[Event]:
    """A small network in which two members did all that can be done, and took some of it back."""
    about = [
        b.described(each, about="Nachfolge und Export", at=b.day(1)) for each in (ONE, OTHER) if dice.random() < 0.5
    ]
    return [*small_network(dice), *EVERYBODY_KNOWS, *about, *(event for _ in range(12) for event in _something(dice))]


def _something(dice: Random) -> Iterator[Event]:
    one, other = dice.sample((ONE, OTHER), 2)
    third, subject, at = dice.choice(MEMBERS[3:]), dice.choice(SUBJECTS), b.day(dice.randrange(1, 21))
    what = dice.randrange(11)
    if what == 0:
        yield b.seeks(one, subject, at=at, note=dice.choice(("", "Verträge und Notare")))
    elif what == 1:
        yield b.seeks_no_more(one, subject, at=at)
    elif what == 2:
        yield b.gives(one, subject, at=at, level=dice.randrange(1, 6))
    elif what == 3:
        yield b.gives_no_more(one, subject, at=at)
    elif what in (4, 5):
        yield b.endorsed(one, subject, dice.choice((third, other)), at=at)
    elif what in (6, 7):
        talks = dice.choice((third, other))
        yield b.talked(one, talks, at=at, minutes=dice.choice((20, 40)))
        yield b.gives(dice.choice((one, talks)), subject, at=at)
        yield b.seeks(dice.choice((one, talks)), subject, at=at - b.HOUR_US)
    elif what == 8:
        yield b.met_up(f"e-{dice.random()}", one, third, group_id=dice.choice(("g-1", "g-2")), at=at)
    elif what == 9:
        yield from _introduced(dice, one, third)
    else:
        yield b.joined(one, dice.choice(("g-1", "g-2")), at=at)


def _introduced(dice: Random, one: str, other: str) -> Iterator[Event]:
    name = f"i-{one}-{other}"
    yield b.suggested(name, one, other, "r-1", at=b.NEXT_MONDAY)
    for each in (one, other):
        if dice.random() < 0.7:
            yield dice.choice((b.accepted, b.declined))(name, each, at=b.day(8))
        if dice.random() < 0.5:
            yield b.rated(name, each, dice.randrange(1, 6), at=b.day(12))


def _measured(events: list[Event]) -> tuple[Values, dict[str, told.Behind]] | None:
    """Of OTHER for ONE, every feature and what is behind it; None where one of them is nobody."""
    index = Index(world_of(event for event in events if event.time < AT))
    reading, slots = Reading(index, AT), index.roster.slots
    if ONE not in slots or OTHER not in slots:
        return None
    judged = judge_pair(reading, card_of(index.world, Purpose.ROUNDS), slots[ONE], slots[OTHER])
    sources = Sources(reading, ONE, OTHER)
    return (
        {name: int(values[0]) for name, values in judged.values.items()},
        {feature.name: sources.of(feature.name) for feature in FEATURES},
    )


def _is_of_the_two(event: Event) -> bool:
    return event.time < AT and not {ONE, OTHER}.isdisjoint((*named_in(event), *event.data.get("attendee_ids", ())))


def _is_of_everybody(event: Event, feature: str) -> bool:
    """Whether every need is counted in this feature: how often things are looked for is nobody's event."""
    return event.type == "interest.declared" and feature in OF_NEED


@settings(max_examples=30)
@given(THROWN)
def test_whatever_is_not_behind_a_feature_can_be_taken_out(dice: Random):
    events = busy_network(dice)
    with (
        patch.object(Day, "rarity", lambda *_, **__: 300),
        patch.object(told, "MOST_EVENTS", 1_000),
        patch("matcher.reading.MOST_SAID", 1 << 30),  # the most that claims count is of all their conversations
    ):
        measured = _measured(events)
        assert measured
        values, behind = measured
        named = {feature: {each[:3] for each in found.events} for feature, found in behind.items()}
        for event in filter(_is_of_the_two, events):
            left = _measured([each for each in events if each is not event])
            for feature, value in left[0].items() if left else ():
                if event[:3] not in named[feature] and not _is_of_everybody(event, feature):
                    assert value == values[feature], (feature, event)


# --- what in particular ----------------------------------------------------------------------------------------------

HERE = [b.joined(ONE, "g-1", id="one"), b.joined(OTHER, "g-2", id="other")]
SEEKS = b.seeks(ONE, "Nachfolge", at=b.day(2), id="seeks")
GIVES = b.gives(OTHER, "Unternehmensnachfolge", at=b.day(3), id="gives")
BOTH_WAYS = [(SEEKS, GIVES), (b.seeks(ONE, GIVES.data["subject"], id="seeks"), b.gives(OTHER, "Nachfolge", id="gives"))]


def _named(*events: Event, feature: str = "subj240") -> list[str]:
    """The ids of what is behind a feature of OTHER for ONE, the most telling first."""
    measured = _measured([*HERE, *events])
    assert measured
    return [each.id for each in measured[1][feature].events]


@pytest.mark.parametrize(("seeks", "gives"), BOTH_WAYS)
def test_what_is_given_under_a_kin_name_is_named(seeks: Event, gives: Event):
    for feature in ("subj240", "lift240", "proplift"):
        assert {"seeks", "gives"} <= set(_named(seeks, gives, feature=feature))
    turned = [event._replace(data={**event.data, "member_id": by}) for event, by in ((seeks, OTHER), (gives, ONE))]
    assert _named(*turned, feature="seeks120") == ["gives", "seeks"]


def test_a_need_that_others_named_with_it_is_named_where_the_other_serves_that_under_a_kin_name():
    together = [
        b.seeks(f"m-{number}", subject, note="beides") for number in range(3, 7) for subject in ("Nachfolge", "Notar")
    ]
    behind = _named(*together, SEEKS, b.gives(OTHER, "Notare", at=b.day(3), id="kin"), feature="expand")
    assert behind == ["kin", "seeks"]


def test_what_is_about_something_else_is_not_named():
    others = [b.gives(OTHER, "Export", at=b.day(3)), b.seeks(OTHER, "Nachfolge"), b.gives(ONE, "Nachfolge")]
    withdrawn = [b.gives_no_more(OTHER, "Export", at=b.day(4)), b.seeks_no_more(OTHER, "Nachfolge", at=b.day(4))]
    assert _named(SEEKS, GIVES, *others, *withdrawn) == ["gives", "seeks"]


def test_what_took_something_back_is_named_where_that_would_count():
    no_more = b.gives_no_more(OTHER, "Unternehmensnachfolge", at=b.day(5), id="gives no more")
    assert _named(SEEKS, GIVES, no_more) == ["gives no more", "seeks"]
    no_longer = b.seeks_no_more(ONE, "Nachfolge", at=b.day(5), id="seeks no more")
    assert _named(SEEKS, GIVES, no_longer) == ["seeks no more"]
    assert _named(SEEKS, no_longer) == []
    assert _named(SEEKS, no_longer, feature="lift240") == ["seeks no more"]


def test_praise_is_named_only_where_it_confirms_what_they_say_themselves():
    praise = b.endorsed(OTHER, "Nachfolge", "m-5", at=b.day(4), id="praise")
    assert _named(SEEKS, GIVES, praise) == ["gives", "seeks"]
    claims = b.gives(OTHER, "Nachfolge", at=b.day(3), id="claims")
    assert _named(SEEKS, claims, praise) == ["claims", "seeks", "praise"]
    talked = b.talked(OTHER, "m-5", at=b.day(4), id="talked")
    assert set(_named(SEEKS, claims, praise, talked)) == {"claims", "seeks", "praise", "talked"}
    taken_back = b.gives_no_more(OTHER, "Nachfolge", at=b.day(4), id="taken back")
    assert "praise" not in _named(SEEKS, claims, taken_back, praise)


def test_an_answer_is_named_with_the_need_and_with_what_was_shown_in_it():
    talk, shown = b.talked(OTHER, "m-5", at=b.day(4), id="talk"), b.gives(OTHER, "Export", at=b.day(4), id="shown")
    need = b.seeks("m-5", "Export", at=b.day(3), id="need")
    for feature in ("answers", "firsts", "userate60", "delay"):
        assert set(_named(need, talk, shown, feature=feature)) == {"need", "talk", "shown"}


def test_a_younger_need_is_named_where_it_drew_an_earlier_answer_away_from_the_one_they_were_the_first_to_answer():
    older = [b.seeks("m-5", each, at=b.day(3), id=f"older {each}") for each in ("Export", "Steuern")]
    younger = b.seeks("m-5", "Export", at=b.day(4), id="younger")
    others = [b.talked("m-6", "m-5", at=b.day(5), id="others"), b.gives("m-6", "Export", at=b.day(5))]
    theirs = [b.talked(OTHER, "m-5", at=b.day(6), id="theirs"), b.gives(OTHER, "Steuern", at=b.day(6), id="shown")]
    named = _named(*older, younger, *others, *theirs, feature="firsts")
    assert set(named) == {"theirs", "shown", "older Export", "older Steuern", "younger"}
