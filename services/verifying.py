"""Recomputing every round that a log ever held, byte for byte, from the very cut it was computed from."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from matcher import round_events
from matcher.card import Purpose, card_of, id_of
from matcher.facts import named_in
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
    before: Positions  # where `round.opened` stands


class Erased(NamedTuple):
    """Somebody who was erased: where they were first named, partition by partition, and where they were erased."""

    named: Positions
    at: Positions

    def was_within(self, cut: Positions) -> bool:
        """Whether the cut knew of them, and not yet of their erasure."""
        return any(first < cut.get(partition, 0) for partition, first in self.named.items()) and any(
            position >= cut.get(partition, 0) for partition, position in self.at.items()
        )


class Finding(NamedTuple):
    """What came of one round: why it could only be checked, where it could not be recomputed; and what is wrong."""

    slot: str
    only_checked: str | None
    wrong: str | None


class Verification(NamedTuple):
    """All rounds of a log: how many were recomputed, which were only checked by count and digest and why, and what is
    wrong."""

    recomputed: int
    checked: list[str]
    wrong: list[str]


def verify_rounds(log: ReadableLog) -> Verification:
    """Checks every held round of the log. A round is only checked where its cut is of another log, was judged by other
    rules, or names somebody who was erased since (EVENTS.md, law 5); one whose log was brought from elsewhere is
    recomputed where what stands before it is the very world it was opened with. LogDamaged."""
    found = list(_findings(log))
    return Verification(
        sum(not (finding.only_checked or finding.wrong) for finding in found),
        [f"round of {finding.slot}: {finding.only_checked}" for finding in found if finding.only_checked],
        [f"round of {finding.slot}: {finding.wrong}" for finding in found if finding.wrong],
    )


def _findings(log: ReadableLog) -> Iterator[Finding]:
    rounds, erased, cards = _told(log)
    state = _State(log)
    for told in rounds:
        said = told.opened.data
        brought_here = said["cut"]["log_id"] != log.log_id
        if brought_here and erased and len(told.suggested) < told.held.data["introduction_count"]:
            yield Finding(said["slot"], "what it suggested to somebody who was erased did not come along", None)
            continue
        wrong = _check(told) or _check_card(cards.get(said["weights_id"]), said["weights_id"])
        only_checked = None if wrong else _why_not_recomputable(log, told, erased, state)
        if not (wrong or only_checked):
            wrong = _recompute(state, told)
        yield Finding(said["slot"], only_checked, wrong)


def _told(log: ReadableLog) -> tuple[list[Told], list[Erased], dict[str, Any]]:
    """The held rounds, by the instant they are of; who was erased; and the cards, by their ids."""
    opened: dict[str, Event] = {}
    suggested: dict[str, list[Event]] = defaultdict(list)
    held: dict[str, Event] = {}
    before: dict[str, Positions] = {}
    cards: dict[str, Any] = {}
    named: defaultdict[str, Positions] = defaultdict(dict)
    first: dict[str, Positions] = {}
    for partition, position, event in log.read(remains=True):
        for member_id in (*named_in(event), *event.data.get("attendee_ids", ())):
            named[member_id].setdefault(partition, position)
        if event.type == "round.opened":
            opened[event.data["round_id"]] = event
            before[event.data["round_id"]] = {partition: position}
        elif event.type == "introduction.suggested":
            suggested[event.data["round_id"]].append(event)
        elif event.type == "round.held":
            held[event.data["round_id"]] = event
        elif event.type == "member.erased":
            first.setdefault(event.data["member_id"], {partition: position})  # a second one takes nothing away
        elif event.type == "weights.fitted":
            cards[event.data["weights_id"]] = event.data
    erased = [Erased(dict(named[member_id]), at) for member_id, at in first.items()]
    rounds = [
        Told(opened[round_id], suggested[round_id], end, before[round_id])
        for round_id, end in held.items()
        if round_id in opened
    ]
    return sorted(rounds, key=lambda told: (told.opened.time, told.opened.id)), erased, cards


def _check(told: Told) -> str | None:
    """What `round.held` keeps: the count, and the digest of the ids."""
    ids = [event.data["introduction_id"] for event in told.suggested]
    if len(ids) != told.held.data["introduction_count"]:
        return f"it has {len(ids)} suggestions, and was held with {told.held.data['introduction_count']}"
    if round_events.digest_of(ids) != told.held.data["digest"]:
        return "its suggestions are not those it was held with"
    for said in (event.data for event in told.suggested if "reasons" in event.data):
        if any(sum(each["points"] for each in said["reasons"][side]) != said["points"][side] for side in ("a", "b")):
            return f"the reasons of introduction {said['introduction_id']} do not add up to its points"
    return None


def _check_card(card: dict[str, Any] | None, weights_id: str) -> str | None:
    """A card is called by what it says."""
    if card is None:
        return f"the log has no weights {weights_id}"
    if id_of(card) != weights_id:
        return f"the weights {weights_id} are not what they are called by"
    return None


def _why_not_recomputable(log: ReadableLog, told: Told, erased: list[Erased], state: "_State") -> str | None:
    """Puts the state where the round was opened; says why it cannot be computed again from there, if it cannot."""
    said = told.opened.data
    if said["judgement"] != round_events.JUDGEMENT:
        return f"it was judged by version {said['judgement']} of the rules; this is {round_events.JUDGEMENT}"
    ours = said["cut"]["log_id"] == log.log_id
    positions = said["cut"]["positions"] if ours else told.before
    if any(somebody.was_within(positions) for somebody in erased):
        return "somebody who was within its cut has been erased since"
    state.move_to(positions, parse_canonical(said["as_of"]))
    if not ours and state.whole.digest() != said["cut"]["world"]:
        return "its cut is of another log, and what stands before it here is not the same"
    return None


def _recompute(state: "_State", told: Told) -> str | None:
    """The round again, from its cut; the first thing in which it differs."""
    said = told.opened.data
    if said["cut"]["world"] != state.whole.digest():
        return "its cut has another world than it was opened with"
    card = card_of(state.world, Purpose.ROUNDS)
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
