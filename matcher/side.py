"""One direction of a pair explained: reasons that add up to the points, features that add up to each reason, each with
the events behind it and with what would change it."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from matcher.behind import Sources
from matcher.bins import Bin, Step, amount, bin_of, nearest, say_bin, say_step
from matcher.features import FEATURES, Feature
from matcher.judging import Judged
from matcher.reading import Reading
from matcher.reasons import Reason, reasons_of
from matcher.scorecard import Card
from matcher.supposing import Supposed, endorsements
from matcher.told import Behind


@dataclass(frozen=True, slots=True)
class Line:
    """One feature: its value in its unit, the bin of the card's table that it is in, with its points, the nearest bins
    that are worth more and less, and the events that it was read from."""

    feature: Feature
    value: int
    bin: Bin
    better: Step | None
    worse: Step | None
    behind: Behind

    def as_json(self) -> dict[str, Any]:
        """With the value as people write it, too, and each step in words."""
        return {
            "feature": self.feature.name,
            "code": self.feature.code,
            "about": self.feature.about,
            "unit": self.feature.unit,
            "value": self.value,
            "amount": amount(self.value, self.feature.unit),
            "points": self.bin.points,
            "bin": {
                "least": self.bin.least,
                "below": self.bin.below,
                "says": say_bin(self.bin, self.feature.unit),
            },
            "better": self._step(self.better),
            "worse": self._step(self.worse),
            **self.behind.as_json(),
        }

    def _step(self, step: Step | None) -> dict[str, Any] | None:
        return step and {**step._asdict(), "says": say_step(self.feature, self.value, step.value)}


class Place(NamedTuple):
    """Where somebody stands in a member's pool: its size, how many in it have more points, whether they are in it
    themselves, and which of the lists that everybody shares have them."""

    size: int
    ahead: int
    is_in: bool
    lists: list[str]


@dataclass(frozen=True, slots=True)
class Side:
    """Why `other_id` for `member_id`: reasons that add up to the points, features that add up to each reason. `chance`,
    that it is worth the member's time, is in millionths."""

    member_id: str
    other_id: str
    points: int
    chance: int
    place: Place
    reasons: list[Reason]
    lines: list[Line]
    endorsed: list[Supposed]

    def as_json(self) -> dict[str, Any]:
        """With every feature, also those that are worth nothing."""
        return {
            "member_id": self.member_id,
            "other_id": self.other_id,
            "points": self.points,
            "chance": self.chance,
            "pool": self.place._asdict(),
            "reasons": self.reasons,
            "features": [line.as_json() for line in self.lines],
            "if_endorsed": [each.as_json() for each in self.endorsed],
        }


def side_of(reading: Reading, card: Card, slot: int, other: int, judged: Judged, chance: int, place: Place) -> Side:
    """Why `other` for the member `slot`, as `judged` by the card: alone, or first of several."""
    ids = reading.index.roster.ids
    sources = Sources(reading, ids[slot], ids[other])
    return Side(
        ids[slot],
        ids[other],
        int(judged.total[0]),
        chance,
        place,
        reasons_of(reading, judged, 0, slot, reading.need(slot)),
        [_line(card, each, int(judged.values[each.name][0]), sources.of(each.name)) for each in FEATURES],
        endorsements(reading, card, slot, other, judged),
    )


def lists_with(reading: Reading, slot: int, length: int) -> list[str]:
    """Which of the lists of candidates that everybody shares have this member among their first."""
    day = reading.day
    lists = {"most active": day.most_active, "last heard of": day.last_heard_of, "newest": day.newest}
    return [name for name, ranked in lists.items() if slot in ranked[:length]]


def _line(card: Card, feature: Feature, value: int, behind: Behind) -> Line:
    return Line(
        feature,
        value,
        bin_of(card, feature.name, value),
        nearest(card, feature.name, value, better=True),
        nearest(card, feature.name, value, better=False),
        behind,
    )
