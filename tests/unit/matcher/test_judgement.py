"""The judgement has a version: a round that comes out otherwise than it did is one of another."""

from dataclasses import replace
from pathlib import Path

from matcher import round_events
from matcher.card import Purpose, card_of
from matcher.index import Index
from matcher.policy import DEFAULT
from matcher.rounds import plan_round, seed_of
from schemas.codec import Event, decode, encode
from schemas.instants import parse_canonical
from tests.unit.matcher.worlds import world_of

FOLDER = Path(__file__).parents[2] / "golden"
POLICY = replace(DEFAULT, least_value=1_000)  # so that a small network has something to suggest
SLOT, AS_OF = "2024-01-15", parse_canonical("2024-01-15T06:00:00Z")


def _round(events: list[Event]) -> list[Event]:
    world = world_of(events)
    card = card_of(world, Purpose.ROUNDS)
    cut = {"log_id": "golden", "positions": {}, "world": world.digest()}
    opened = round_events.opened(SLOT, AS_OF, cut, card.weights_id, POLICY)
    plan = plan_round(Index(world), card, AS_OF, seed_of(SLOT), POLICY)
    return [opened, *round_events.suggested(opened, plan), round_events.held(opened, plan)]


def test_whoever_changes_a_round_or_the_state_it_is_computed_from_raises_the_version_of_the_judgement():
    """The golden network has a round behind it, with its answers; the file of the next is named by the version. Where
    this fails and the change is meant, raise `JUDGEMENT` and write the new file in place of the old."""
    events = [decode(line) for line in (FOLDER / "network.jsonl").read_bytes().splitlines()]
    golden = FOLDER / f"round-{round_events.JUDGEMENT}.jsonl"
    assert [encode(event) for event in _round(events)] == golden.read_bytes().splitlines()
