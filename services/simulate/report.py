"""How often introductions were worth it: Weft's beside random ones, subject-only ones, and the possible best."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Group
from rich.table import Table

from services.simulate.ledger import Pair
from services.simulate.truth import FULL, WORTH_IT, Moment, Truth

WEFT, RANDOM, SUBJECTS, BEST = "Weft", "at random", "shared subjects only", "possible best"
WAYS = {WEFT: "Weft", RANDOM: "random", SUBJECTS: "subjects", BEST: "best"}  # with their names in short


@dataclass(slots=True)
class Tally:
    """What one way of pairing brought, added up over rounds. An introduction has two sides, each with its own worth."""

    introductions: int = 0
    worth: int = 0  # millionths, both sides
    worth_it: int = 0  # sides from WORTH_IT on
    reached: set[str] = field(default_factory=set)

    def add(self, moment: Moment, ids: Sequence[str], pairs: Sequence[Pair]) -> None:
        """A round's pairs; `moment` holds the members `ids`, in this order."""
        place = {member: row for row, member in enumerate(ids)}
        ones, others = [place[one] for one, _ in pairs], [place[other] for _, other in pairs]
        sides = [*moment.worth(ones, others).tolist(), *moment.worth(others, ones).tolist()]
        self.introductions += len(pairs)
        self.worth += sum(sides)
        self.worth_it += sum(side >= WORTH_IT for side in sides)
        self.reached.update(member for pair in pairs for member in pair)

    @property
    def mean_worth(self) -> float:
        """0 to 1, over both sides; 0 without introductions."""
        return self.worth / (2 * self.introductions) / FULL if self.introductions else 0.0

    @property
    def share_worth_it(self) -> float:
        """0 to 1: of all sides, for how many it was worth it."""
        return self.worth_it / (2 * self.introductions) if self.introductions else 0.0


def tally(truth: Truth, day: int, pairs: Sequence[Pair]) -> Tally:
    """The worth of some pairs on a day, for whoever has only pairs: a benchmark, a round at hand.

    >>> tally(Truth(seed=7, members=60), 10, [("m-1", "m-31")]).introductions
    1
    """
    ids = sorted({member for pair in pairs for member in pair})
    found = Tally()
    found.add(truth.moment(ids, day), ids, pairs)
    return found


@dataclass(slots=True)
class Report:
    """What came of some weeks: per way of pairing its tally, and what became of Weft's introductions."""

    seed: int
    members: int
    weeks: int = 0
    tallies: dict[str, Tally] = field(default_factory=lambda: {way: Tally() for way in WAYS})
    made: int = 0  # both accepted
    met: int = 0
    ratings: list[int] = field(default_factory=list)
    referrals: int = 0
    deals: int = 0
    euros: int = 0
    newcomers: int = 0  # who joined two rounds or more before the end, with something to give
    newcomers_met_soon: int = 0  # of them, who got a suggestion in one of their first two rounds

    def as_dict(self) -> dict[str, object]:
        """For a script: whole figures, and shares from 0 to 1."""
        return {
            "seed": self.seed,
            "members": self.members,
            "weeks": self.weeks,
            "ways": {
                way: {
                    "introductions": each.introductions,
                    "mean_worth": round(each.mean_worth, 4),
                    "share_worth_it": round(each.share_worth_it, 4),
                    "members_reached": len(each.reached),
                }
                for way, each in self.tallies.items()
            },
            "made": self.made,
            "met": self.met,
            "mean_rating": round(sum(self.ratings) / len(self.ratings), 2) if self.ratings else None,
            "referrals": self.referrals,
            "deals": self.deals,
            "euros": self.euros,
            "newcomers": self.newcomers,
            "newcomers_met_soon": self.newcomers_met_soon,
        }


def render(report: Report) -> Group:
    """The report for people, to be printed by rich."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "introductions", "members reached", "mean worth", "worth it", "of the best"):
        table.add_column(name, justify="right" if name else "left")
    best = report.tallies[BEST].mean_worth
    for way, each in report.tallies.items():
        if not each.introductions:
            continue
        table.add_row(
            way,
            f"{each.introductions:,}",
            f"{len(each.reached):,}",
            f"{each.mean_worth:.3f}",
            f"{each.share_worth_it:.0%}",
            f"{each.mean_worth / best:.0%}" if best else "–",
            style="bold" if way == WEFT else "",
        )
    return Group(table, "", *_sentences(report))


def _sentences(report: Report) -> list[str]:
    suggested = report.tallies[WEFT].introductions
    lines = [
        f"{report.weeks} weeks, {report.members:,} members, seed {report.seed}. Worth is the hidden truth of the "
        f"simulation, from 0 to 1; from {WORTH_IT / FULL:g} on it was worth their time.",
        f"Of {suggested:,} suggestions {report.made:,} were accepted by both, {report.met:,} met so far; they led to "
        f"{report.referrals:,} referrals and {report.deals:,} deals over {report.euros:,} €.",
    ]
    if report.ratings:
        lines.append(f"Rated {sum(report.ratings) / len(report.ratings):.1f} of 5 by {len(report.ratings):,} members.")
    if report.newcomers:
        lines.append(
            f"Of {report.newcomers:,} newcomers with something to give, {report.newcomers_met_soon:,} were introduced "
            "within two rounds."
        )
    return lines
