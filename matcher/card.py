"""The cards in force, and the default ones: one for questions, fitted on real ones, and one for rounds, made by hand.

Who can help with this need today, and who is worth meeting one of these weeks, are two questions. The card that answers
the first, fitted on a forum, makes worse rounds than the one by hand, and learns from answered needs; the other learns
from introductions (ARCHITECTURE.md, "Two questions, two cards").

Only what is relative matters: a table's neutral value is worth 0. Where each shape by hand comes from stands beside it;
the figures are those of `make backtest` on the development data (ARCHITECTURE.md, "The default card").
"""

from collections.abc import Callable, Iterable
from decimal import Context, Decimal
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import uuid5

from matcher.conduct import USUALLY_CAME, USUALLY_REPLIES
from matcher.default_card import FITTED
from matcher.introductions import NAMESPACE
from matcher.scorecard import Card
from matcher.tables import ONE
from matcher.world import World
from schemas.codec import Event, canonical, event_of
from schemas.door import WEFT_SOURCE
from schemas.instants import format_instant, parse_instant

# A default card is the same event in every log: older than anything, so that each fitted card outranks it. Younger than
# those of the days when one card served both.
_WRITTEN_AT = parse_instant("2000-01-02T00:00:00Z")
_HELP = 10_000  # the one of features.HELP
_EXACT = Context(prec=40)


def _rising(points: Iterable[int], edge: Callable[[Decimal], Decimal]) -> dict[str, list[int]]:
    """A table whose points rise in steps, each from the value on that `edge` gives for it."""
    steps = list(points)
    return {"edges": [int(edge(Decimal(step)).to_integral_value()) for step in steps[1:]], "points": steps}


def _log(weight: int, one: int, points: Iterable[int]) -> dict[str, list[int]]:
    """weight · ln(1 + x / one), in steps."""
    return _rising(points, lambda step: one * (_EXACT.exp(step / weight) - 1))


def _log_log(weight: int, one: int, flat: Decimal, points: Iterable[int]) -> dict[str, list[int]]:
    """weight · ln(1 + ln(1 + x / one) / flat), in steps."""
    return _rising(points, lambda step: one * (_EXACT.exp(flat * (_EXACT.exp(step / weight) - 1)) - 1))


def _falling_short(usual: int) -> dict[str, list[int]]:
    """100 · ln(x / usual), x in thousandths and at least a tenth."""
    edges = [100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 600, 650, 700, 750, 800, 850, 900, 950]
    points = [int((100 * _EXACT.ln(Decimal(edge) / usual)).to_integral_value()) for edge in (100, *edges)]
    return {"edges": edges[1:], "points": points[1:]}


# Shapes and weights by hand on the development data, from the best hand-made rule there, (.2 + subject) · ln(1 +
# talks), as a sum of logarithms; see ARCHITECTURE.md for what each is worth.
BY_HAND: dict[str, dict[str, list[int]]] = {
    # The rule's subject factor, at seven tenths of its weight: .5 is best on the forum by a hair (MRR .2256), where who
    # is present counts most; a network that meets every week has presence enough.
    "subj240": _log(70, _HELP // 5, range(0, 421, 7)),
    # Words find what subjects miss; more weight than this and common words drown the subjects.
    "words240": _log(20, 2 * _HELP, range(0, 61, 4)),
    # Costs a thousandth of MRR in `ask`, where only one side asks; in a round both sides must gain.
    "seeks120": _log(10, 2 * _HELP, range(0, 31, 2)),
    "seekwords120": _log(5, 2 * _HELP, range(0, 13, 2)),
    # The rule's presence factor, flat below a half, so that a quiet member with the right expertise is not lost.
    "act7": _log_log(100, ONE, Decimal("0.5"), range(0, 211, 5)),
    # A fifth of its logarithm: who is there more than usual will be there tomorrow.
    "trend": {
        "edges": [-150, -100, -60, -30, -10, 10, 30, 60, 100, 150],
        "points": [-34, -24, -16, -8, -4, 0, 4, 8, 16, 24, 34],
    },
    # -30 · ln(1 + days), 0 after three weeks.
    "since_act": {
        "edges": [1, 2, 3, 5, 8, 15, 31, 61, 121, 301],
        "points": [92, 71, 59, 47, 34, 19, 0, -22, -42, -66, -100],
    },
    # Its logarithm: whoever comes to half of their meetings is half as likely to come to this one.
    "came14": _falling_short(USUALLY_CAME),
    "replies60": _falling_short(USUALLY_REPLIES),
    # An inverted U (Rajkumar et al., Science 2022): a few common acquaintances open a door, many mean one circle.
    "common": {"edges": [1, 3, 8, 20], "points": [0, 4, 6, 3, 0]},
    # Two of one trade rarely help each other. By hand, not measured: the development data have no professions.
    "profession": {"edges": [1, 2], "points": [0, 0, -40]},
    # Old hands and the young learn from each other. By hand, not measured.
    "stage": {"edges": [2, 3], "points": [0, 5, 10]},
}
# For rounds: whom to meet in one of these weeks. Who was there this very day says less than in a question, whom one can
# help says more (a customer, a tie), and that somebody was not heard of for a while still speaks against them. Measured
# on the simulator's truth (ARCHITECTURE.md, "Two questions, two cards").
FOR_ROUNDS: dict[str, dict[str, list[int]]] = {name: table for name, table in BY_HAND.items() if name != "trend"} | {
    "seeks120": _log(30, 2 * _HELP, range(0, 91, 2)),
    "act7": _log_log(40, ONE, Decimal("0.5"), range(0, 91, 5)),
    "since_act": {"edges": [31, 61, 121, 301], "points": [0, -22, -42, -66, -100]},
}
EVEN_FOR_ROUNDS = 185  # from so many points on, most introductions of the simulator are worth it
# Until outcomes say more, the score is what the card says: both chances together, in steps of a hundredth.
DEFAULT_CALIBRATION = _rising(range(0, 1_000_001, 10_000), Decimal)


# What the development data cannot teach: nobody there describes themselves, looks for what another has, meets in
# groups, is introduced, or tells their profession.
NEVER_SEEN_THERE = (
    "words240", "seeks120", "seekwords120", "came14", "replies60", "common", "profession", "stage",
)  # fmt: skip


def id_of(said: dict[str, Any]) -> str:
    """What a card is called: a hash of all that it says."""
    what = {name: said[name] for name in ("weights", "calibration", "serves", "even") if said.get(name) is not None}
    return str(uuid5(NAMESPACE, canonical(what).decode()))


@cache
def by_hand() -> Card:
    """The card that the first one was fitted from: what the development data cannot teach stays as it has it. Pools are
    made by it, too: whom to look at should not change with every fit."""
    return Card.of("by hand", BY_HAND, DEFAULT_CALIBRATION)


class Purpose(StrEnum):
    """What a card judges."""

    QUESTIONS = "questions"
    ROUNDS = "rounds"


def default_card(purpose: Purpose) -> Event:
    """A default card, as the `weights.fitted` that a network's first start writes: the same bytes everywhere."""
    weights = {Purpose.QUESTIONS: FITTED, Purpose.ROUNDS: FOR_ROUNDS}[purpose]
    said = {"weights": weights, "calibration": DEFAULT_CALIBRATION, "serves": str(purpose), "even": EVEN_FOR_ROUNDS}
    data = {"weights_id": id_of(said), **said, "fitted_on": None, "as_of": format_instant(_WRITTEN_AT)}
    id = str(uuid5(NAMESPACE, f"weights {data['weights_id']}"))
    return event_of(_WRITTEN_AT, WEFT_SOURCE, id, "weights.fitted", data)


def card_of(world: World, purpose: Purpose) -> Card:
    """The card in force: the youngest one in the log that serves the purpose, else the default."""
    told = [cells["fitted"] for cells in world.tables["weights"].values()]
    fitted = [register for register in told if register[4].get("serves") in (None, purpose)]
    return card_in(max(fitted, key=lambda register: register[:4])[4] if fitted else default_card(purpose).data)


def learned_as_of(world: World, purpose: Purpose) -> int:
    """As of when the card in force knows what came of things (µs); 0: it is a default one, which knows nobody here."""
    cells = world.tables["weights"].get(card_of(world, purpose).weights_id)
    said = cells["fitted"][4] if cells else None
    return parse_instant(said["as_of"]) if said and said["fitted_on"] else 0


def is_provisional(calibration: dict[str, list[int]]) -> bool:
    """Whether a score so calibrated was never held against outcomes: there were too few (calibrating.ENOUGH)."""
    return calibration == DEFAULT_CALIBRATION


def was_provisional(world: World, weights_id: str) -> bool:
    """Whether that is so of the scores by these weights."""
    cells = world.tables["weights"].get(weights_id)
    return cells is None or is_provisional(cells["fitted"][4]["calibration"])


def card_in(said: dict[str, Any]) -> Card:
    """The card that a `weights.fitted` says."""
    return Card.of(said["weights_id"], said["weights"], said["calibration"], said.get("even"))
