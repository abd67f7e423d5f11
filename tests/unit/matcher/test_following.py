"""The lists of an index that follows a network are those of one that was built anew; and it reads again only what an
event says something of."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from time import process_time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.candidates import Pools
from matcher.features import OF_TEXT
from matcher.field import Sizes
from matcher.index import Index
from matcher.needs import Need, stated_need
from matcher.policy import DEFAULT
from matcher.reading import Reading
from matcher.rows import Postings
from matcher.rules import companions
from matcher.world import World
from schemas.codec import Event
from tests import builders as b
from tests.dice import THROWN
from tests.unit.matcher.dense_pools import dense_pool
from tests.unit.matcher.test_candidates import BY_ARRAYS, BY_KERNELS, SUBJECTS, WORDS, kernels_from
from tests.unit.matcher.worlds import world_of

MEMBERS = [f"m-{number}" for number in range(18)]
STRANGERS = ["x-1", "x-2"]  # of whom others speak, and who never join
GROUPS = [f"g-{number}" for number in range(6)]
DAYS = 20
END = b.day(DAYS, hour=12)

Rows = list[tuple[Any, ...]]


def some_network(dice: Random) -> list[Event]:
    """What happens among a few, of every kind that matters to a list."""
    joined = [b.joined(member_id, dice.choice(GROUPS), at=b.day(dice.randrange(4))) for member_id in MEMBERS]
    rounds = [b.opened(at=b.day(7)), b.held(at=b.day(7))]
    return [*joined, *rounds, *(_something(dice) for _ in range(170))]


def _something(dice: Random) -> Event:
    one, other = dice.sample(MEMBERS, 2)
    if dice.random() < 0.05:
        other = dice.choice(STRANGERS)
    at = b.day(dice.randrange(DAYS), hour=dice.choice((0, 9, 23)), minute=dice.choice((0, 59)))
    return dice.choice(_SAID)(dice, one, other, at)


def _note(dice: Random) -> str:
    return " ".join(dice.sample(WORDS, dice.randrange(4)))


def _end(dice: Random) -> int | None:
    return dice.choice((None, b.day(dice.randrange(DAYS + 9), hour=12)))


def _seeks(dice: Random, one: str, _: str, at: int) -> Event:
    more = {"weight": dice.choice((1, 0.5)), "until": _end(dice), "confidential": dice.random() < 0.1}
    return b.seeks(one, dice.choice(SUBJECTS), at=at, note=_note(dice), **more)


def _gives(dice: Random, one: str, _: str, at: int) -> Event:
    return b.gives(one, dice.choice(SUBJECTS), at=at, note=_note(dice), level=dice.choice((1, 5)))


def _joins(dice: Random, one: str, _: str, at: int) -> Event:
    tongues, about = dice.choice((None, ["de"], ["en"], ["de", "en"])), _note(dice)
    return b.joined(one, dice.choice(GROUPS), at=at, languages=tongues, about=about, profession=dice.choice(SUBJECTS))


def _of_group(dice: Random, _one: str, _other: str, at: int) -> Event:
    return dice.choice((b.founded, b.founded, b.group_closed))(dice.choice(GROUPS), at=at)


def _erased_or_blocked(dice: Random, one: str, other: str, at: int) -> Event:
    return b.erased(one, at=at) if dice.random() < 0.2 else b.blocked(one, other, at=at)


def _of_introduction(dice: Random, one: str, other: str, at: int) -> Event:
    say = dice.choice((b.accepted, b.declined, b.rated))
    number = f"i-{dice.randrange(6)}"
    return say(number, one, at=at) if dice.random() < 0.5 else b.suggested(number, *sorted((one, other)), at=at)


_SAID: list[Callable[[Random, str, str, int], Event]] = [
    *[_seeks, _gives] * 4,
    *[_joins, _of_introduction] * 2,
    _of_group,
    _erased_or_blocked,
    lambda dice, one, _, at: b.left(one, dice.choice(GROUPS), at=at),
    lambda dice, one, _, at: b.seeks_no_more(one, dice.choice(SUBJECTS), at=at),
    *[lambda dice, one, _, at: b.gives_no_more(one, dice.choice(SUBJECTS), at=at)] * 2,
    *[lambda dice, one, other, at: b.endorsed(one, dice.choice(SUBJECTS), other, at=at)] * 3,
    *[lambda dice, one, other, at: b.talked(one, other, at=at, minutes=dice.choice((None, 30)))] * 2,
    lambda dice, one, other, at: b.unblocked(one, other, at=at),
    lambda dice, one, other, at: b.vetoed(one, other, at=at, until=_end(dice)),
    lambda dice, one, _, at: b.prefers(one, at=at, paused_until=_end(dice), introductions_per_round=2),
    lambda dice, one, other, at: b.met_up(f"e-{dice.randrange(4)}", *{one, other}.difference(STRANGERS), at=at),
]


def followed(dice: Random) -> Iterator[tuple[Index, int]]:
    """An index that follows such a network, now and then, and an instant to read it at: in half of all cases event
    after event as they happened, else in any order, and several at once."""
    index, as_it_happened, waiting = Index(World()), dice.random() < 0.5, []
    events = some_network(dice)
    dice.shuffle(events)
    for event in sorted(events, key=lambda event: event.time) if as_it_happened else events:
        waiting += index.world.apply(event)
        if as_it_happened or dice.random() < 0.7:
            index.follow(waiting)
            waiting = []
            if dice.random() < 0.04 and len(index.roster):
                yield index, event.time + 1 if as_it_happened else END
    index.follow(waiting)
    yield index, END


def lists_of(index: Index, at: int, sizes: Sizes, needs: list[tuple[str, Need | None]], large: int) -> list[Any]:
    """The lists of some members for a need, or for what they look for; and those of everybody."""
    reading, ids, slots = Reading(index, at), index.roster.ids, index.roster.slots
    available = index.roster.available(at, DEFAULT)
    with kernels_from(large, block=5), ThreadPoolExecutor(2) as threads:
        pools = Pools(reading, sizes, available)
        found: list[Any] = []
        for member_id, need in needs:
            pool = pools.of(slots[member_id], need or reading.need(slots[member_id]))
            columns = [pool.between[name].tolist() for name in sorted(pool.between)]
            found.append(sorted(zip([ids[slot] for slot in pool.slots.tolist()], *columns, strict=True)))
        blocks = list(pools.of_each(np.flatnonzero(available), threads.map))
    rows = [row for block in blocks for row in zip(*(column.tolist() for column in block), strict=True)]
    return [*found, sorted((ids[member], ids[other], *text) for member, other, text in rows)]


def lists_written_down(index: Index, at: int, sizes: Sizes, needs: list[tuple[str, Need | None]]) -> list[Any]:
    """The same, as one would write them down."""
    reading, ids, slots = Reading(index, at), index.roster.ids, index.roster.slots
    available = index.roster.available(at, DEFAULT)
    found: list[Any] = []
    for member_id, need in needs:
        slot = slots[member_id]
        others, between = dense_pool(reading, sizes, available, slot, need or reading.need(slot))
        columns = [between[name] for name in sorted(between)]
        found.append(sorted(zip([ids[other] for other in others], *columns, strict=True)))
    of_all: Rows = []
    for slot in np.flatnonzero(available).tolist():
        others, between = dense_pool(reading, sizes, available, slot, reading.need(slot))
        text = zip(*(between[name] for name in OF_TEXT), strict=True)
        of_all += [(ids[slot], ids[other], *each) for other, each in zip(others, text, strict=True)]
    return [*found, sorted(of_all)]


@settings(max_examples=12, deadline=None)
@given(THROWN, st.sampled_from([Sizes(3, 2), Sizes(1, 0), Sizes(64, 32)]))
def test_whatever_happened_in_whatever_order_its_lists_are_what_is_written_down_of_one_built_anew(dice, sizes):
    stated = stated_need(["Export", "Steuern"], "Notar in Holland")
    for index, at in followed(dice):
        anew = Index(World.load(index.world.dump()))
        those = sorted(index.roster.everybody_here())
        needs = [(one, need) for one in dice.sample(those, min(2, len(those))) for need in (None, stated, Need())]
        plainly = lists_written_down(anew, at, sizes, needs)
        for large in (BY_ARRAYS, BY_KERNELS):
            assert lists_of(index, at, sizes, needs, large) == plainly


# --- who was together -------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(THROWN)
def test_who_was_together_is_read_again_after_all_that_changes_it(dice: Random):
    index = Index(World())
    for _ in range(60):
        one, group_id, at = dice.choice(MEMBERS), dice.choice(GROUPS[:2]), b.day(dice.randrange(DAYS))
        event = dice.choice(
            [b.joined(one, group_id, at=at)] * 8 + [b.left(one, group_id, at=at)] * 4
            + [b.founded(group_id, at=at), b.group_closed(group_id, at=at), b.erased(one), b.seeks(one, "Export")]
        )  # fmt: skip
        index.follow(index.world.apply(event))
        reading, roster = Reading(index, END), index.roster
        for member_id, slot in roster.slots.items():
            together = {roster.ids[other] for other in reading.companions(slot).tolist()}
            assert together - {member_id} == companions(index.world, member_id)


def test_of_who_was_together_nothing_is_read_again_but_of_whoever_comes_or_goes(monkeypatch: pytest.MonkeyPatch):
    index = Index(world_of([b.joined("m-1"), b.joined("m-2"), b.joined("m-3", "g-2")]))
    before = index.company.spells_in("g-1"), index.company.spells_in("g-2")
    read: list[str] = []
    monkeypatch.setattr("matcher.company.spells", lambda world, member_id: read.append(member_id) or [])
    for event in (b.seeks("m-1", "Export"), b.talked("m-1", "m-3"), b.described("m-2")):
        index.follow(index.world.apply(event))
    assert np.array_equal(index.company.spells_in("g-1"), before[0]) and np.array_equal(
        index.company.spells_in("g-2"), before[1]
    )
    assert read == []
    index.follow(index.world.apply(b.left("m-2", at=b.day(1))))
    assert index.company.spells_in("g-1")[0].tolist() == [index.roster.slots["m-1"]]
    assert read == ["m-2"]


# --- what is read again -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("later", "read_again"),
    [
        (b.gives_no_more("m-1", "Export", at=b.day(9)), "export"),
        (b.talked("m-1", "m-2", at=b.day(9)), "export"),  # which they had praised
        (b.erased("m-2", at=b.day(9)), "export"),
        (b.gives("m-1", "Messe", at=b.day(9)), "messe"),  # which they had praised, though nobody claimed it
    ],
)
def test_only_the_subject_that_an_event_speaks_of_is_read_again(later: Event, read_again: str):
    told = [b.gives("m-1", subject, at=b.day(1)) for subject in ("Export", "Steuern", "Nachfolge")]
    praised = [b.endorsed("m-1", subject, "m-2", at=b.day(2)) for subject in ("Export", "Messe")]
    index = Index(world_of([b.joined("m-1"), b.joined("m-2", "g-2"), *told, *praised]))
    known = dict.fromkeys(("export", "steuern", "nachfolge", "messe"), "what was derived of it")
    index.gives.subjects.derived.update(known)
    index.follow(index.world.apply(later))
    assert known.keys() - index.gives.subjects.derived.keys() == {read_again}


def test_who_seeks_one_thing_more_leaves_what_is_known_of_the_others_as_it_is():
    told = [b.seeks("m-1", subject, at=b.day(1), note="Notar") for subject in ("Export", "Steuern")]
    index = Index(world_of([b.joined("m-1"), *told]))
    seeking = index.seeking().subjects
    seeking.derived.update(dict.fromkeys(("export", "steuern", "messe"), "what was derived of it"))
    index.follow(index.world.apply(b.seeks("m-1", "Messe", at=b.day(2))))
    assert index.seeking().subjects.derived.keys() == {"export", "steuern"}
    index.follow(index.world.apply(b.seeks_no_more("m-1", "Export", at=b.day(3))))
    assert index.seeking().subjects.derived.keys() == {"steuern"}


def test_what_somebody_says_of_ten_thousand_things_takes_as_long_as_what_ten_thousand_say_of_one_each():
    def took(slots: list[int]) -> float:
        postings, begun = Postings(3), process_time()
        for number, slot in enumerate(slots):
            postings.add(f"Kenntnis {number}", slot, 1, 1)
        return process_time() - begun

    one, many = (min(took(slots) for _ in range(3)) for slots in ([0] * 10_000, list(range(10_000))))
    assert one < 10 * many


@given(THROWN)
def test_postings_are_what_was_put_last_and_not_dropped(dice: Random):
    postings, told = Postings(2), {slot: [] for slot in range(4)}
    for _ in range(30):
        slot = dice.randrange(4)
        rows = [(f"t-{dice.randrange(30)}", dice.randrange(2)) for _ in range(dice.choice((0, 1, 5, 60)))]
        if dice.random() < 0.7:
            postings.put(slot, rows)
            told[slot] = rows
        else:
            dropped = {term for term, _ in rows}
            postings.drop(slot, dropped)
            told[slot] = [row for row in told[slot] if row[0] not in dropped]
        for each, theirs in told.items():
            assert postings.terms_of(each) == {term for term, _ in theirs}
        assert postings.breadths(4).tolist() == [len({term for term, _ in theirs}) for theirs in told.values()]
        assert set(postings.slots()) == {each for each, theirs in told.items() if theirs}
        held = [(term, *row) for term in postings.by_term for row in postings.of(term).T.tolist()]
        assert sorted(held) == sorted((term, each, value) for each, theirs in told.items() for term, value in theirs)
