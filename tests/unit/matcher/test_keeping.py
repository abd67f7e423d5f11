"""An index that was kept as bytes, and is there again, is one that was built anew."""

import pickle
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from matcher import keeping
from matcher.horizon import Horizon
from matcher.index import Index
from matcher.keeping import again, kept
from matcher.world import World
from schemas.codec import Event
from tests import builders as b
from tests.dice import THROWN
from tests.unit.matcher.chatter import DAYS, MEMBERS, some_events
from tests.unit.matcher.networks import small_network
from tests.unit.matcher.test_index import read_whole
from tests.unit.matcher.worlds import world_of

AT = b.day(DAYS, hour=20)


def bytes_of(index: Index) -> bytes:
    return b"".join(kept(index, lambda: None))


def loaded(index: Index, world: World) -> Index:
    return again(BytesIO(bytes_of(index)), world)


def later_events(dice: Random, before: list[Event]) -> list[Event]:
    """What happens next: among others an erasure, a withdrawal, a correction, and a word with somebody new."""
    a, c = dice.sample(MEMBERS, 2)
    said = [event for event in before if event.type == "expertise.declared"]
    events = [
        *some_events(dice, 15),
        b.described(a, profession="Notar", about="Nachfolge und Steuern", at=AT + 1),
        b.gives(c, "Nachfolge", at=AT + 2),
        b.gives_no_more(c, "Nachfolge", at=AT + 3),
        b.endorsed(a, "Nachfolge", c, at=AT + 4),
        b.seeks(a, "Nachfolge", note="wer kennt einen Notar", at=AT + 5),
        b.talked(a, c, at=AT + 6),
        *(b.gives_no_more(each.data["member_id"], each.data["subject"], at=AT + 7) for each in said[:2]),
        b.erased(dice.choice(MEMBERS), at=AT + 8),
        b.seeks("m-new", "Holz", at=AT + 9),
    ]
    dice.shuffle(events)
    return events


@settings(max_examples=12)
@given(THROWN)
def test_a_kept_index_says_what_one_built_anew_says_and_follows_as_it_does(dice: Random):
    before = [*small_network(dice), *some_events(dice, 40)]
    world = world_of(before)
    index = Index(world)
    if dice.random() < 0.7:
        read_whole(index, AT)
    once_more = World.load(world.dump())
    found = loaded(index, once_more)
    if dice.random() < 0.5:
        assert read_whole(found, AT) == read_whole(index, AT)
    for event in later_events(dice, before):
        found.follow(once_more.apply(event))
        if dice.random() < 0.3:
            assert read_whole(found, AT + 10) == read_whole(Index(World.load(once_more.dump())), AT + 10)
    assert read_whole(found, AT + 10) == read_whole(Index(World.load(once_more.dump())), AT + 10)


@settings(max_examples=12)
@given(THROWN)
def test_an_index_whose_world_has_gone_on_takes_in_all_that_changed_since_at_once(dice: Random):
    before = [*small_network(dice), *some_events(dice, 40)]
    horizon = Horizon(world_of(before), AT)
    was = bytes_of(Index(horizon.world))
    changes = []
    for event in later_events(dice, before):
        if event.type != "member.erased" or dice.random() < 0.5:
            changes += horizon.add(event)
    changes += horizon.advance(AT + 10)
    found = again(BytesIO(was), horizon.world)
    found.follow(changes)
    assert read_whole(found, AT + 10) == read_whole(Index(World.load(horizon.world.dump())), AT + 10)


def busy_index() -> Index:
    index = Index(world_of([*small_network(Random(7)), *some_events(Random(7), 60)]))
    read_whole(index, AT)
    return index


def test_what_was_only_derived_is_not_kept_and_stays_where_it_was():
    index = busy_index()
    before = [index.of_day, index.of_week, index.of_now, index.gives.words.derived, index.gives.subjects.derived]
    assert all(before)
    found = loaded(index, index.world)
    after = [found.of_day, found.of_week, found.of_now, found.gives.words.derived, found.gives.subjects.derived]
    assert not any(after) and not found.spaces and all(before)
    assert found.gives.words.derived is found.profiles.derived  # they are read together
    assert found.history().needs._before == {} and found.claims is found.history()._claims
    assert index.company._known and not found.company._known and found.company._roster is found.roster
    assert found.world is index.world is found.roster.world is found.history()._world


def test_the_history_is_kept_if_it_was_made():
    index = Index(busy_index().world)
    assert not loaded(index, index.world).has_history
    index.history()
    assert loaded(index, index.world).has_history


def test_an_index_that_has_forgotten_somebody_is_kept_only_once_it_was_built_anew():
    index = busy_index()
    assert index.can_be_kept
    index.follow(index.world.apply(b.erased("m-1", at=AT)))
    assert not index.can_be_kept and Index(index.world).can_be_kept


def test_many_rows_are_kept_in_parts_that_keep_nobody_waiting():
    index = busy_index()
    for number in range(50_000):
        index.asks.add(number % 9, number)
    pauses = Counter[str]()
    parts = kept(index, lambda: pauses.update(["pause"]))
    assert max(map(len, parts)) < 3 * (1 << 16) and pauses["pause"] >= len(parts) - 1 > 10
    found = again(BytesIO(b"".join(parts)), index.world)
    assert (found.asks.columns() == index.asks.columns()).all()
    found.asks.add(1, 2)
    assert len(found.asks) == len(index.asks) + 1 == found.asks.columns().shape[1]


def test_no_part_is_empty_wherever_the_last_one_ends(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keeping, "PART_BYTES", 1)
    assert all(kept(busy_index(), lambda: None))


def _harmful(path: Path) -> bytes:
    class Harmful:
        def __reduce__(self) -> Any:
            return Path.touch, (path,)

    return pickle.dumps(Harmful())


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: whole[:-1],
        lambda whole: whole[: len(whole) // 2],
        lambda whole: pickle.dumps(7),
    ],
    ids=["nothing", "without its end", "half of it", "something else"],
)
def test_what_is_no_index_is_said_to_be_none(damage: Callable[[bytes], bytes]):
    index = busy_index()
    with pytest.raises(ValueError, match="it holds no index"):
        again(BytesIO(damage(bytes_of(index))), index.world)


def test_bytes_make_nothing_but_what_an_index_is_made_of(tmp_path: Path):
    with pytest.raises(ValueError, match="not made of"):
        again(BytesIO(_harmful(tmp_path / "made")), World())
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "damaged",
    [
        b"\x80\x05carray\narray\n(tR.",  # TypeError: an array of nothing
        b"\x80\x05N}(\x8c\x01aK\x01ub.",  # AttributeError: None has no `a`
        b"\x80\x05carray\narray\n(\x8c\x01q](\x8a\x0a" + bytes(9) + b"\x01etR.",  # OverflowError: in a column
        b"\x80\x05\x8e" + bytes(7) + b"\x40.",  # MemoryError: so many bytes
    ],
    ids=["of a wrong type", "without an attribute", "too great a number", "more than memory holds"],
)
def test_whatever_damaged_bytes_make_the_unpickler_raise_they_are_no_index(damaged: bytes):
    with pytest.raises(ValueError, match="it holds no index"):
        again(BytesIO(damaged), World())
