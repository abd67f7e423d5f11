"""What rounds come to on the simulator, whose hidden truth says what an introduction is worth: `make backtest` runs it.

Each seed is a network of its own, played twice over the same weeks: with the default cards, and learning every few
weeks from what its members say. Members answer, meet and rate by the hidden truth, which the judgement never sees.
"""

from collections.abc import Sequence
from datetime import date
from statistics import mean
from typing import Any, NamedTuple

import numpy as np

from benchmarks import intervals, valuing
from benchmarks.in_process import InProcess
from benchmarks.questions import tell
from matcher.index import Index
from matcher.outcomes import outcomes_in
from matcher.rounds import Plan
from matcher.scorecard import Card
from services.simulate.game import Game
from services.simulate.ledger import Pair, Standing
from services.simulate.report import BEST, RANDOM, SUBJECTS, WEFT, Report, tally
from services.simulate.truth import Truth

MEMBERS, WEEKS, SEEDS = 400, 12, (7, 11, 23, 42)
LEARN_EVERY = 3  # weeks
LEARNED_FROM = 6  # weeks: from here on the two are compared
FIRST = date(2026, 1, 5)
SCORE_BINS = 10
Row = dict[str, Any]


class Judged(NamedTuple):
    """A suggestion: the week, the score that was shown (0 to 1), and whether it was worth it to both."""

    week: int
    score: float
    came_true: bool


class Played(NamedTuple):
    """Some weeks of a network: what rounds were worth by way of pairing, a row a week; the ways to value a pair, a row
    a week; the suggestions of which it is known what came of
    them; how many learned cards for rounds were put in force; and the report."""

    worth: list[dict[str, float]]
    valued: list[dict[str, float]]
    judged: list[Judged]
    cards_learned: int
    report: Report


def simulated() -> dict[str, Any]:
    """All seeds, both ways."""
    plain, learning = [], []
    for seed in SEEDS:
        tell(f"playing {WEEKS} weeks of the simulated network {seed}, twice")
        plain.append(play(seed))
        learning.append(play(seed, learn_every=LEARN_EVERY))
    return {
        "members": MEMBERS,
        "weeks": WEEKS,
        "seeds": list(SEEDS),
        "learn_every": LEARN_EVERY,
        "learned_from": LEARNED_FROM,
        "cards_learned": sum(one.cards_learned for one in learning),
        "rounds": _rounds(plain, learning),
        "valuing": _valuing([week for one in plain for week in one.valued]),
        "newcomers": _newcomers([one.report for one in plain]),
        "calibration": {
            name: calibration_of([each for one in played for each in one.judged if each.week >= LEARNED_FROM])
            for name, played in (("default", plain), ("learned", learning))
        },
    }


class _Watched(Game):
    """The play, with the worth of each week's round by way of pairing; of the other ways also the best pairs, as many
    as Weft has."""

    def __init__(self, weft: InProcess, seed: int) -> None:
        super().__init__(weft, MEMBERS, seed, FIRST)  # type: ignore[arg-type]
        self._hidden = Truth(seed, MEMBERS)
        self.worth: list[dict[str, float]] = []

    def compare(self, week: int, standing: Standing, pairs: list[Pair]) -> dict[str, list[Pair]]:
        held = super().compare(week, standing, pairs)
        as_many = {f"{way}, as many": held[way][: len(pairs)] for way in (SUBJECTS, BEST)}
        week_of_all = {}
        for way, found in (held | as_many).items():
            week_of_all |= {way: tally(self._hidden, 7 * week, found).mean_worth, _pairs(way): float(len(found))}
        self.worth.append(week_of_all)
        return held


def _pairs(way: str) -> str:
    return f"{way}, pairs"


def play(seed: int, learn_every: int | None = None) -> Played:
    """Plays a network of a seed."""
    truth, valued, scores = Truth(seed, MEMBERS), list[dict[str, float]](), dict[tuple[int, Pair], tuple[int, float]]()

    def on_round(index: Index, card: Card, plan: Plan, at: int) -> None:
        week = len(valued)
        scores.update(((at, one.member_ids), (week, one.score / 1_000_000)) for one in plan.introductions)
        valued.append(
            {} if learn_every else valuing.worth_by_way(index, card, len(plan.introductions), at, truth, 7 * week)
        )

    weft = InProcess(on_round, learn_every=learn_every)
    game = _Watched(weft, seed)
    for week in range(WEEKS):
        game.week(week)
    judged = [
        Judged(*scores[one.at, one.member_ids], one.to_both)
        for one in outcomes_in(weft.world)
        if one.to_both is not None
    ]
    learned = sum(
        event.type == "weights.fitted" and event.data["fitted_on"] is not None and event.data["serves"] == "rounds"
        for event in weft.events
    )
    return Played(game.worth, valued, judged, learned, game.finished())


# --- what it comes to -------------------------------------------------------------------------------------------------


def _rounds(plain: Sequence[Played], learning: Sequence[Played]) -> list[Row]:
    """The mean worth of an introduction, all rounds alike, and its ratio to the round by shared subjects alone and to
    the possible best of the same week, each with all that they pair, and with as many pairs as Weft has."""
    rows = []
    weeks = [week for one in plain for week in one.worth]
    later = [week for one in learning for week in one.worth[LEARNED_FROM:]]
    plain_later = [week for one in plain for week in one.worth[LEARNED_FROM:]]
    rows.append(_round("Weft, default cards", WEFT, weeks))
    for way in (SUBJECTS, f"{SUBJECTS}, as many", BEST, f"{BEST}, as many", RANDOM):
        rows.append(_round(way, way, weeks))
    rows.append(_round(f"Weft, default cards, from week {LEARNED_FROM + 1} on", WEFT, plain_later))
    rows.append(_round(f"Weft, learning, from week {LEARNED_FROM + 1} on", WEFT, later))
    return rows


def _round(name: str, way: str, weeks: Sequence[dict[str, float]]) -> Row:
    def ratio(to: str) -> list[float]:
        ours, theirs = [week[way] for week in weeks], [week[to] for week in weeks]
        return [sum(ours) / sum(theirs), *intervals.of_ratio(ours, theirs)]

    worth = [week[way] for week in weeks]
    return {
        "name": name,
        "introductions": mean(week[_pairs(way)] for week in weeks),
        "worth": mean(worth),
        "interval": intervals.of_mean(worth),
        "to_subjects": ratio(SUBJECTS),
        "to_best": ratio(BEST),
    }


def _valuing(weeks: Sequence[dict[str, float]]) -> list[Row]:
    """The ways to value a pair: the mean worth, and by how much it differs from the first's, week by week."""
    first = next(iter(weeks[0]))
    return [
        {
            "name": way,
            "worth": mean(week[way] for week in weeks),
            "against": None if way == first else intervals.of_mean([week[way] - week[first] for week in weeks]),
        }
        for way in weeks[0]
    ]


def _newcomers(reports: Sequence[Report]) -> Row:
    soon, all_of_them = (sum(getattr(one, name) for one in reports) for name in ("newcomers_met_soon", "newcomers"))
    return {"soon": soon, "of": all_of_them, "interval": intervals.of_share(soon, all_of_them)}


def calibration_of(judged: Sequence[Judged]) -> Row:
    """The expected calibration error: how far the score is from how often it came true, by tenths of the score, weighed
    by how many suggestions fall there (Naeini et al., AAAI 2015)."""
    score = np.array([each.score for each in judged])
    true = np.array([each.came_true for each in judged], dtype=np.float64)
    bins = np.minimum((score * SCORE_BINS).astype(int), SCORE_BINS - 1)
    told = []
    for number in range(SCORE_BINS):
        here = bins == number
        if here.any():
            count, came = int(here.sum()), int(true[here].sum())
            told.append(
                {
                    "score": float(score[here].mean()),
                    "true": came / count,
                    "count": count,
                    "interval": intervals.of_share(came, count),
                }
            )
    error = sum(each["count"] * abs(each["score"] - each["true"]) for each in told) / len(judged)
    return {"suggestions": len(judged), "error": error, "bins": told}
