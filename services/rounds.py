"""Holding a round on a log: the cut, the attempt, its suggestions, and last `round.held`, the only commit point."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any, NamedTuple

from matcher import round_events
from matcher.bounding import TooManyPairs
from matcher.card import Purpose, card_of, default_card, is_provisional
from matcher.policy import Policy
from matcher.reading import Reading
from matcher.rounds import Considered, Plan, bound_of, planned, seed_of
from matcher.scorecard import Card
from matcher.world import World
from schemas.codec import Event
from schemas.fields import AHEAD_US
from schemas.instants import format_instant, parse_canonical
from services.collecting import uncollected
from services.draft import Draft
from services.follower import Follower
from services.log import Appending
from services.trouble import Trouble

BATCH_EVENTS = 500


class NoRound(Trouble):
    """This round cannot be held; the message says why, and what to do."""


def hold(
    follower: Follower,
    policy: Policy,
    slot: date,
    at: int,
    *,
    dry_run: bool = False,
    bound: bool = False,
    draft: Draft | None = None,
) -> dict[str, Any]:
    """Holds the round for a date as of an instant (µs), or with `dry_run` only says what it would be. `bound`: says
    also what no choice of pairs exceeds; it is not written, so that a round has the same bytes whoever asks. `draft`:
    what was planned before with this follower, which nobody else asks meanwhile.

    Computed from exactly what `round.opened` names: what arrives meanwhile is not in its cut. A crash half-way leaves
    an attempt that nobody ever sees. NoRound, NotLeading, LogFull, LogDamaged.
    """
    if at > follower.clock() + AHEAD_US and not dry_run:
        raise NoRound(f"{format_instant(at)} lies in the future: a round is held as of now, or of an instant before")
    leading = None if dry_run else follower.log.lead()  # before anything is read
    if leading:
        _ensure_cards(follower, leading)
    with uncollected():
        this = _plan(follower, policy, slot.isoformat(), at, dry_run, bound, draft)
    if leading:
        append_all(leading, [this.opened])
        append_all(leading, round_events.suggested(this.opened, this.plan))
        append_all(leading, [round_events.held(this.opened, this.plan)])
    return this.said() | this.bound


class _Planned(NamedTuple):
    opened: Event
    card: Card
    plan: Plan
    bound: dict[str, Any]

    def said(self) -> dict[str, Any]:
        plan = self.plan
        return {
            "round_id": self.opened.data["round_id"],
            "introductions": [introduction.as_json() for introduction in plan.introductions],
            "unmatched": [{"member_id": member_id, "why": why} for member_id, why in sorted(plan.unmatched.items())],
            "score_is_provisional": is_provisional(self.card.said()["calibration"]),
            "certificate": plan.certificate,
        }


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
    follower: Follower, policy: Policy, slot: str, at: int, dry_run: bool, bound: bool, draft: Draft | None
) -> _Planned:
    with follower.standing(at) as standing:
        whole = follower.whole()
        if slot in held_slots(whole):
            raise NoRound(f"the round for {slot} was held already: there is one a date; choose an instant of another")
        last = last_suggesting(whole)
        if at <= last and not dry_run:
            when = format_instant(last)
            raise NoRound(f"a round as of {when} made suggestions that this one would not know: choose a later instant")
        cut = {"log_id": follower.log.log_id, "positions": dict(follower.positions), "world": whole.digest()}
        card = card_of(standing.world, Purpose.ROUNDS)
        opened = round_events.opened(slot, at, cut, card.weights_id, policy)
        reading = Reading(standing.index, at)
        with ThreadPoolExecutor(os.cpu_count(), "pools") as threads:
            plan_of = draft.plan if draft else planned
            pairs, plan = plan_of(reading, card, seed_of(slot), policy, threads.map)
        return _Planned(opened, card, plan, _bound(reading, policy, pairs) if bound else {})


def _bound(reading: Reading, policy: Policy, pairs: Considered) -> dict[str, Any]:
    """What no choice of these pairs exceeds, or why that is not said."""
    try:
        return {"lp_upper_bound": bound_of(reading, policy, pairs)}
    except TooManyPairs as many:
        return {"lp_upper_bound": None, "why_no_bound": f"it would need {many}"}
