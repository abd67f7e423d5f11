"""Rounds: a whole round of 10,000 simulated members, in CPU seconds of one core, and where they go.

`services.rounds.hold` on the log of a running network: the cut and its digest, a copy of the state, its index, the
plan, and every suggestion appended durably. The parts are measured one by one with the same calls; a veto is taken out
of the plan, beside planning anew.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from statistics import median

from benchmarks.figure import Figure, cpu_s
from benchmarks.inputs import MEMBERS, copied, network, scratch
from matcher.card import Purpose, card_of
from matcher.index import Index
from matcher.policy import DEFAULT
from matcher.reading import Reading
from matcher.repairing import repaired
from matcher.rounds import planned, seed_of, settled
from matcher.world import World
from schemas.codec import event_of
from services import rounds
from services.clock import now_us
from services.follower import Follower
from services.log.sqlite import SqliteLog

EVENTS = 100_000
FLOOR_S, VETOES = 10, 9


def measure() -> Iterator[Figure]:
    """The whole, and its parts."""
    source = network(EVENTS)
    with scratch() as beside:
        folder = copied(source, beside / "data")
        with closing(SqliteLog(folder.log)) as log:
            follower = Follower(log, folder.snapshot, now_us)
            follower.catch_up()
            at = follower.latest + 1
            parts = list(_parts(follower.whole(), at))
            whole = cpu_s(lambda: rounds.hold(follower, DEFAULT, _date(at), at))
    yield Figure("round", whole, "s", MEMBERS, FLOOR_S, less_is_better=True)
    yield from parts


def _parts(world: World, at: int) -> Iterator[Figure]:
    def part(name: str, seconds: float) -> Figure:
        return Figure(f"round, {name}", seconds, "s", MEMBERS, less_is_better=True)

    yield part("digest", cpu_s(world.digest))
    yield part("copy", cpu_s(world.copy))
    yield part("index", cpu_s(lambda: Index(world.copy())) - cpu_s(world.copy))
    looked_at = _LookedAt(Index(world.copy()), at)
    plan_s = cpu_s(looked_at.plan)
    yield part("plan", plan_s)
    veto_s = median([cpu_s(looked_at.veto_the_first) for _ in range(VETOES)])
    yield Figure(
        "round, looked at again after a veto", veto_s, "s", MEMBERS, less_is_better=True, peer="a new plan",
        peer_value=plan_s,
    )  # fmt: skip


class _LookedAt:
    """A round that an organiser looks at, again and again."""

    def __init__(self, index: Index, at: int) -> None:
        self._index, self._at, self._seed = index, at, seed_of(str(_date(at)))
        self._card = card_of(index.world, Purpose.ROUNDS)

    def plan(self) -> None:
        self._pairs, self._plan = planned(Reading(self._index, self._at), self._card, self._seed, DEFAULT)

    def veto_the_first(self) -> None:
        """Takes its best introduction out of the round."""
        apart = self._plan.introductions[0].member_ids
        vetoed = event_of(self._at - 1, "/benchmark", " ".join(apart), "pair.vetoed", {"member_ids": [*apart]})
        self._index.follow(self._index.world.apply(vetoed))
        reading, card = Reading(self._index, self._at), self._card
        known = {introduction.member_ids: introduction for introduction in self._plan.introductions}
        self._pairs = repaired(reading, card, DEFAULT, self._pairs, apart)
        self._plan = settled(reading, card, self._seed, DEFAULT, self._pairs, known)


def _date(at: int) -> date:
    return datetime.fromtimestamp(at / 1_000_000, UTC).date()
