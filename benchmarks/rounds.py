"""Rounds: a whole round of 10,000 simulated members, in CPU seconds of one core, and where they go.

`services.rounds.hold` on the log of a running network: the cut and its digest, a copy of the state, its index, the
plan, and every suggestion appended durably. The parts are measured one by one with the same calls.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime

from benchmarks.figure import Figure, cpu_s
from benchmarks.inputs import MEMBERS, copied, network, scratch
from matcher.card import Purpose, card_of
from matcher.index import Index
from matcher.policy import DEFAULT
from matcher.rounds import plan_round, seed_of
from matcher.world import World
from services import rounds
from services.clock import now_us
from services.follower import Follower
from services.log.sqlite import SqliteLog

EVENTS = 100_000
FLOOR_S = 10


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
    index = Index(world.copy())
    yield part(
        "plan",
        cpu_s(lambda: plan_round(index, card_of(index.world, Purpose.ROUNDS), at, seed_of(str(_date(at))), DEFAULT)),
    )


def _date(at: int) -> date:
    return datetime.fromtimestamp(at / 1_000_000, UTC).date()
