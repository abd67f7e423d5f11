"""Recomputing every round that a log ever held, byte for byte, from the very cut it was computed from."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from matcher import round_events
from matcher.card import Purpose, card_of, id_of
from matcher.policy import Policy
from matcher.rounds import plan_round
from schemas.codec import encode
from services.cuts import AtCut, Told, history_of, judged_otherwise
from services.log import ReadableLog


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
    rounds, erased, cards = history_of(log)
    state = AtCut(log)
    for told in rounds:
        said = told.opened.data
        brought_here = said["cut"]["log_id"] != log.log_id
        if brought_here and erased and len(told.suggested) < told.held.data["introduction_count"]:
            yield Finding(said["slot"], "what it suggested to somebody who was erased did not come along", None)
            continue
        wrong = _check(told) or _check_card(cards.get(said["weights_id"]), said["weights_id"])
        only_checked = None if wrong else judged_otherwise(told) or state.move_to(told, erased)
        if not (wrong or only_checked):
            wrong = _recompute(state, told)
        yield Finding(said["slot"], only_checked, wrong)


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


def _recompute(state: AtCut, told: Told) -> str | None:
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
