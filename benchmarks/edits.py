"""Edits: what it costs that somebody looks for something new, until everybody who asks is told of it.

In simulated networks of three weeks, some eleven events a member, in this process and without a log: until the event is
in world and index, then until the member's own list is read again, and, after another edit, until one question is
answered with ten people and their reasons. Lists are made when they are read, so that nothing else is owed to anybody.
CPU times of one core. Memory is what the process has grown by, when everything was made that a question needs.
"""

import gc
import random
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.figure import Figure, percentile
from benchmarks.inputs import told
from matcher import workspace
from matcher.asking import ask, own_need
from matcher.candidates import Pools, of_round
from matcher.card import Purpose, card_of
from matcher.index import Index
from matcher.policy import DEFAULT
from matcher.reading import Reading
from schemas.codec import Event, event_of
from services.collecting import uncollected
from services.simulate.subjects import SUBJECTS

SIZES, WEEKS, SEED = (10_000, 100_000), 3, 7
EDITS, TOP = 200, 10
FLOORS_MS = {100_000: {"edit": (0.3, 1.0), "ask": (None, 10.0)}}  # p50, p99
GOALS_MS = {100_000: {"edit": (0.1, 0.3), "ask": (None, 5.0)}}
INDEX_KB, ALL_KB = 1.5, 4.0


def measure() -> Iterator[Figure]:
    """By size."""
    workspace.warm_up()  # what libraries take is not a member's
    for members in SIZES:
        with uncollected():
            yield from _of_network(members)
        gc.collect()


def _of_network(members: int) -> Iterator[Figure]:
    before_kb = _resident_kb()
    world = told(members, WEEKS, SEED)
    world_kb = _resident_kb() - before_kb
    index = Index(world)
    network = _Network(index)
    network.asked()
    index_kb = _resident_kb() - before_kb - world_kb
    count = len(index.roster)
    yield from network.figures()
    yield Figure("memory a member, index", index_kb / count, "KB", count, INDEX_KB, less_is_better=True)
    yield Figure("memory a member, in all", (index_kb + world_kb) / count, "KB", count, ALL_KB, less_is_better=True)


class _Network:
    """A network in which somebody edits something, again and again."""

    def __init__(self, index: Index) -> None:
        talks = index.world.tables["conversations"].values()
        self._at = 1 + max(register[0] for cells in talks for register in cells.values())
        self._index, self._dice, self._edits = index, random.Random(SEED), 0
        self._ids = sorted(index.roster.slots)
        self._card = card_of(index.world, Purpose.QUESTIONS)
        self._member = self._ids[0]

    def figures(self) -> Iterator[Figure]:
        """What each step costs, p50 and p99."""
        for work in (self._listed, self.asked):  # to begin with: what is made once a day
            self._edit(self._event())
            work()
        members, size = len(self._index.roster), min(SIZES, key=lambda size: abs(size - len(self._index.roster)))
        told_ms, listed_ms = self._each_ms(self._listed)
        asked_ms = self._each_ms(self.asked)[1]
        both_ms = [sum(pair) for pair in zip(told_ms, listed_ms, strict=True)]
        for name, taken_ms, promised in (
            ("a subject edited", told_ms, None),
            ("a subject edited, and the own list read", both_ms, "edit"),
            ("ask right after an edit", asked_ms, "ask"),
        ):
            floors, goals = (of.get(size, {}).get(promised or "", (None, None)) for of in (FLOORS_MS, GOALS_MS))
            for percent, floor, goal in zip((50, 99), floors, goals, strict=True):
                value = percentile(taken_ms, percent)
                yield Figure(f"{name}, p{percent}", value, "ms", members, floor, goal, less_is_better=True)

    def _each_ms(self, work: Callable[[], object]) -> tuple[list[float], list[float]]:
        """For each edit, until it was told, and how long the work took after it."""
        told_ms, work_ms = [], []
        for _ in range(EDITS):
            event = self._event()
            begun = time.process_time()
            self._edit(event)
            edited = time.process_time()
            work()
            told_ms.append(1_000 * (edited - begun))
            work_ms.append(1_000 * (time.process_time() - edited))
        return told_ms, work_ms

    def _event(self) -> Event:
        self._member, self._edits = self._dice.choice(self._ids), self._edits + 1
        subject = self._dice.choice(SUBJECTS).name
        said = {"member_id": self._member, "subject": subject}
        return event_of(self._at, "/benchmark", f"edit-{self._edits}", "interest.declared", said)

    def _edit(self, event: Event) -> None:
        self._index.follow(self._index.world.apply(event))

    def _listed(self) -> object:
        reading = Reading(self._index, self._at + 1)
        available = self._index.roster.available(self._at + 1, DEFAULT)
        slot = self._index.roster.slots[self._member]
        return Pools(reading, of_round(DEFAULT), available).of(slot, reading.need(slot))

    def asked(self) -> object:
        """Ten people with reasons."""
        at = self._at + 1
        return ask(self._index, self._card, self._member, own_need(self._index, self._member, at), at, top=TOP)


def _resident_kb() -> float:
    """What of this process is in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024
