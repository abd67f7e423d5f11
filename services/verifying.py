"""Recomputing every round that a log ever held, byte for byte, from the very cut it was computed from."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from matcher import round_events
from matcher.card import card_of
from matcher.horizon import Horizon
from matcher.index import Index
from matcher.policy import Policy
from matcher.rounds import plan_round
from matcher.world import World
from schemas.codec import Event, encode
from schemas.instants import parse_canonical
from services.log import Positions, ReadableLog


class Told(NamedTuple):
    """A held round as the log tells it."""

    opened: Event
    suggested: list[Event]
    held: Event


class Finding(NamedTuple):
    """What came of one round: recomputed, or where that cannot be, its count and digest checked; and what is wrong."""

    round_id: str
    recomputed: bool
    wrong: str | None


class Verification(NamedTuple):
    """All rounds of a log: how many were recomputed, how many only checked by count and digest, and what is wrong."""

    recomputed: int
    checked: int
    wrong: list[str]


def verify_rounds(log: ReadableLog) -> Verification:
    """Checks every held round of the log. A round is only checked where its cut is of another log, was judged by other
    rules, or names somebody who was erased since (EVENTS.md, law 5). LogDamaged."""
    findings = list(_findings(log))
    recomputed = sum(finding.recomputed for finding in findings)
    wrong = [f"round {finding.round_id}: {finding.wrong}" for finding in findings if finding.wrong]
    return Verification(recomputed, len(findings) - recomputed, wrong)


def _findings(log: ReadableLog) -> Iterator[Finding]:
    rounds, erasures = _told(log)
    state = _State(log)
    for told in rounds:
        said = told.opened.data
        wrong = _check(told)
        if wrong or not _recomputable(log, said, erasures, state):
            yield Finding(said["round_id"], False, wrong)
        else:
            yield Finding(said["round_id"], True, _recompute(state, told))


def _told(log: ReadableLog) -> tuple[list[Told], list[tuple[str, int, str]]]:
    """The held rounds, by the instant they are of; and who was erased, where in the log."""
    opened: dict[str, Event] = {}
    suggested: dict[str, list[Event]] = defaultdict(list)
    held: dict[str, Event] = {}
    erasures = []
    for partition, position, event in log.read():
        if event.type == "round.opened":
            opened[event.data["round_id"]] = event
        elif event.type == "introduction.suggested":
            suggested[event.data["round_id"]].append(event)
        elif event.type == "round.held":
            held[event.data["round_id"]] = event
        elif event.type == "member.erased":
            erasures.append((partition, position, event.data["member_id"]))
    rounds = [Told(opened[round_id], suggested[round_id], end) for round_id, end in held.items() if round_id in opened]
    return sorted(rounds, key=lambda told: (told.opened.time, told.opened.id)), erasures


def _check(told: Told) -> str | None:
    """What `round.held` keeps: the count, and the digest of the ids."""
    ids = [event.data["introduction_id"] for event in told.suggested]
    if len(ids) != told.held.data["introduction_count"]:
        return f"it has {len(ids)} suggestions, and was held with {told.held.data['introduction_count']}"
    if round_events.digest_of(ids) != told.held.data["digest"]:
        return "its suggestions are not those it was held with"
    return None


def _recomputable(
    log: ReadableLog, said: dict[str, Any], erasures: list[tuple[str, int, str]], state: "_State"
) -> bool:
    cut = said["cut"]
    if cut["log_id"] != log.log_id or said["judgement"] != round_events.JUDGEMENT:
        return False
    state.move_to(cut["positions"], parse_canonical(said["as_of"]))
    since = {member for partition, position, member in erasures if position >= cut["positions"].get(partition, 0)}
    return since.isdisjoint(state.whole.tables["memberships"].keys() | state.whole.talked.keys())


def _recompute(state: "_State", told: Told) -> str | None:
    """The round again, from its cut; the first thing in which it differs."""
    said = told.opened.data
    if said["cut"]["world"] != state.whole.digest():
        return "its cut has another world than it was opened with"
    card = card_of(state.world)
    policy = Policy.of(said["policy"])
    opened = round_events.opened(said["slot"], told.opened.time, said["cut"], card.weights_id, policy)
    if encode(opened) != encode(told.opened):
        return "it would be opened otherwise"
    plan = plan_round(state.index, card, told.opened.time, said["seed"], policy)
    if sorted(map(encode, round_events.suggested(opened, plan))) != sorted(map(encode, told.suggested)):
        return "its suggestions come out otherwise"
    if encode(round_events.held(opened, plan)) != encode(told.held):
        return "its count, its unmatched or its certificate come out otherwise"
    return None


class _State:
    """The state at one round's instant of one round's cut after the other; folded on where the next is later in both,
    else anew."""

    def __init__(self, log: ReadableLog) -> None:
        self._log = log
        self._start(0)

    def _start(self, as_of: int) -> None:
        self._positions: Positions = {}
        self._horizon = Horizon(World(), as_of)
        self.index = Index(self._horizon.world)

    @property
    def world(self) -> World:
        return self._horizon.world

    def move_to(self, positions: Positions, as_of: int) -> None:
        behind = any(self._positions.get(partition, 0) > next_one for partition, next_one in positions.items())
        if behind or as_of < self._horizon.as_of:
            self._start(as_of)
        self.index.follow(self._horizon.advance(as_of))
        for record in self._log.read(self._positions, positions):
            self.index.follow(self._horizon.add(record.event))
        self._positions = dict(positions)
        self.whole = self._horizon.whole()
