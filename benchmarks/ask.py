"""Ask: one need answered with ten people and their reasons, in milliseconds by the wall, within the process.

On the real network of some 7,500 entrepreneurs, once it is whole, the needs of its 1,491 queries, by whoever had them;
on 10,000 simulated members, what a thousand of them look for as they stand. The first question of a day pays for the
day's lists, and counts like the others.
"""

import time
from collections.abc import Callable, Iterator

from benchmarks import real
from benchmarks.figure import Figure, percentile
from benchmarks.inputs import network
from benchmarks.replay import fold
from matcher.asking import ask, own_need
from matcher.card import Purpose, card_of
from matcher.index import Index
from matcher.needs import Need, stated_need
from matcher.world import World
from services.backtest import Query, read_events, read_queries

EVENTS = 100_000
ASKERS = 1_000
TOP = 10
FLOOR_MS, GOAL_MS = 10, 5  # DESIGN.md section 7, of 100,000 members, whom `edits` asks

Question = tuple[str, Callable[[], Need]]  # a member, and their need


def measure() -> Iterator[Figure]:
    """On the real network, where it is, and on the simulated one."""
    data = real.onstartups()
    if data:
        world = World()
        for event in read_events(data.events):
            world.apply(event)
        yield from _figures("real", Index(world), [_stated(query) for query in read_queries(data.queries)])
    index = Index(fold(network(EVENTS).log))
    ids, at = sorted(index.roster.slots), _now(index)
    yield from _figures("simulated", index, [_own(index, member_id, at) for member_id in ids[:: len(ids) // ASKERS]])


def _stated(query: Query) -> Question:
    return query.member_id, lambda: stated_need(query.subjects or [], query.note or "")


def _own(index: Index, member_id: str, at: int) -> Question:
    return member_id, lambda: own_need(index, member_id, at)


def _figures(which: str, index: Index, questions: list[Question]) -> Iterator[Figure]:
    card, at, taken_ms = card_of(index.world, Purpose.QUESTIONS), _now(index), []
    for member_id, need in questions:
        begun = time.perf_counter()
        ask(index, card, member_id, need(), at, top=TOP)
        taken_ms.append(1_000 * (time.perf_counter() - begun))
    for percent, floor, goal in ((99, FLOOR_MS, GOAL_MS), (50, None, None)):
        value, members = percentile(taken_ms, percent), len(index.roster)
        yield Figure(f"ask, {which}, p{percent}", value, "ms", members, floor, goal, less_is_better=True)


def _now(index: Index) -> int:
    """Just after the last conversation."""
    talks = index.world.tables["conversations"].values()
    return 1 + max(register[0] for cells in talks for register in cells.values())
