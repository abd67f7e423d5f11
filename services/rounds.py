"""Holding a round on a log: the cut, the attempt, its suggestions, and last `round.held`, the only commit point."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from matcher import round_events
from matcher.bounding import TooManyPairs
from matcher.card import Purpose, card_of, default_card, is_provisional
from matcher.policy import Policy
from matcher.rounds import Plan, plan_round, seed_of
from matcher.scorecard import Card
from matcher.world import World
from schemas.codec import Event
from schemas.fields import AHEAD_US
from schemas.instants import format_instant, parse_canonical
from services.collecting import uncollected
from services.follower import Follower
from services.log import Appending
from services.trouble import Trouble

BATCH_EVENTS = 500


class NoRound(Trouble):
    """This round cannot be held; the message says why, and what to do."""


def hold(
    follower: Follower, policy: Policy, slot: date, at: int, *, dry_run: bool = False, bound: bool = False
) -> dict[str, Any]:
    """Holds the round for a date as of an instant (µs), or with `dry_run` only says what it would be. `bound`: says
    also what no choice of pairs exceeds; it is not written, so that a round has the same bytes whoever asks.

    Computed from exactly what `round.opened` names: what arrives meanwhile is not in its cut. A crash half-way leaves
    an attempt that nobody ever sees. NoRound, NotLeading, LogFull, LogDamaged.
    """
    if at > follower.clock() + AHEAD_US and not dry_run:
        raise NoRound(f"{format_instant(at)} lies in the future: a round is held as of now, or of an instant before")
    leading = None if dry_run else follower.log.lead()  # before anything is read
    if leading:
        _ensure_cards(follower, leading)
    with uncollected():
        opened, card, plan = _plan(follower, policy, slot.isoformat(), at, dry_run, bound)
    if leading:
        append_all(leading, [opened])
        append_all(leading, round_events.suggested(opened, plan))
        append_all(leading, [round_events.held(opened, plan)])
    said = {
        "round_id": opened.data["round_id"],
        "introductions": [introduction.as_json() for introduction in plan.introductions],
        "unmatched": [{"member_id": member_id, "why": why} for member_id, why in sorted(plan.unmatched.items())],
        "score_is_provisional": is_provisional(card.said()["calibration"]),
        "certificate": plan.certificate,
    }
    return said | {"lp_upper_bound": plan.lp_upper_bound} if bound else said


def held_slots(world: World) -> set[str]:
    """The dates whose round was held."""
    return {opened["slot"] for opened in world.held_rounds().values()}


def last_suggesting(world: World) -> int:
    """The instant (µs) of the youngest round that suggested anything; 0 where none did."""
    return max(
        (
            parse_canonical(opened["as_of"])
            for round_id, opened in world.held_rounds().items()
            if world.value("rounds", round_id, "held")["introduction_count"]
        ),
        default=0,
    )


def append_all(log: Appending, events: list[Event]) -> None:
    """Appends in batches; returns when all are durable."""
    for start in range(0, len(events), BATCH_EVENTS):
        log.append(events[start : start + BATCH_EVENTS])


def _ensure_cards(follower: Follower, leading: Appending) -> None:
    """A network's first round writes the default cards: what a round is computed with is in its log."""
    defaults = [default_card(purpose) for purpose in Purpose]
    with follower.standing() as standing:
        missing = [card for card in defaults if card.data["weights_id"] not in standing.world.tables["weights"]]
    append_all(leading, missing)


def _plan(
    follower: Follower, policy: Policy, slot: str, at: int, dry_run: bool, bound: bool
) -> tuple[Event, Card, Plan]:
    """Plans on a copy of the state, so that members are served meanwhile."""
    with follower.standing(at) as standing:
        whole = follower.whole()
        if slot in held_slots(whole):
            raise NoRound(f"the round for {slot} was held already: there is one a date; choose an instant of another")
        last = last_suggesting(whole)
        if at <= last and not dry_run:
            when = format_instant(last)
            raise NoRound(f"a round as of {when} made suggestions that this one would not know: choose a later instant")
        cut = {"log_id": follower.log.log_id, "positions": dict(follower.positions), "world": whole.digest()}
        index_of_it = standing.copied()
    index = index_of_it()
    card = card_of(index.world, Purpose.ROUNDS)
    opened = round_events.opened(slot, at, cut, card.weights_id, policy)
    with ThreadPoolExecutor(os.cpu_count(), "pools") as threads:
        try:
            return opened, card, plan_round(index, card, at, seed_of(slot), policy, threads.map, bound=bound)
        except TooManyPairs as many:
            without = "hold it without the bound, its certificate has an upper bound all the same"
            raise NoRound(f"the round for {slot} was not held, as the bound would need {many}: {without}") from None
