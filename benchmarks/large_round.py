"""A whole round of a large network, by hand: `python -m benchmarks.large_round [MEMBERS]`, 340,000 by default, which
takes twenty minutes and 18 GB; where its time goes, by the wall and in CPU, and what it comes to.

The members of a simulated network three weeks after its beginning, some eleven events each, in this process and without
a log; the round is `plan_round` with a thread for each core.
"""

import gc
import os
import resource
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import typer

from benchmarks.inputs import told
from matcher import rounds
from matcher.card import Purpose, card_of
from matcher.index import Index
from matcher.policy import DEFAULT
from matcher.world import World

MEMBERS, WEEKS, SEED = 340_000, 3, 7
PARTS = ("candidate_pairs", "with_values", "rank", "take", "_introductions", "blocking_pairs", "_unmatched")


def main(members: Annotated[int, typer.Argument(min=40, max=1_000_000, metavar="MEMBERS")] = MEMBERS) -> None:
    """A whole round of a large simulated network; a line for each part as soon as it is done."""
    gc.disable()  # as a round does (services/collecting.py)
    index = timed("fold and index", lambda: Index(told(members, WEEKS, SEED)))
    timed("history and seekers", lambda: (index.history(), index.seeking()))
    for name in PARTS:
        setattr(rounds, name, _timing(f"- {name.strip('_')}", getattr(rounds, name)))
    card, at = card_of(index.world, Purpose.ROUNDS), _after_all(index.world)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        plan = timed("plan", lambda: rounds.plan_round(index, card, at, SEED, DEFAULT, threads.map))
    print(f"{len(plan.introductions):,} introductions; {plan.certificate}")


def _after_all(world: World) -> int:
    return 1 + max(register[0] for cells in world.tables["conversations"].values() for register in cells.values())


def timed(name: str, work: Callable[[], Any]) -> Any:
    """What the work returns; how long it took is printed."""
    cpu, wall = time.process_time(), time.monotonic()
    done = work()
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    print(f"{name:22} {wall:7.1f} s by the wall {cpu:7.1f} s of CPU {peak_gb:6.1f} GB at most so far", flush=True)
    return done


def _timing(name: str, part: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *given, **named: timed(name, lambda: part(*given, **named))


if __name__ == "__main__":
    typer.run(main)
