"""What one more event would change of a pair's points: computed, by judging the pair as if it had been said."""

from copy import copy
from typing import Any, NamedTuple

import numpy as np

from matcher.evidence import Evidence
from matcher.features import of_pair, of_text
from matcher.index import ENDORSED_AMOUNT, Both, Index
from matcher.judging import Judged, judge
from matcher.reading import Reading
from matcher.scorecard import Card
from matcher.text import subject_key
from schemas.instants import day_of

MOST_SUPPOSED = 3  # subjects; those that are looked for most


class Supposed(NamedTuple):
    """An endorsement in a subject, by somebody who has talked with them and asks for nothing: what it would add to the
    points, in all and by feature."""

    subject: str
    points: int
    by_feature: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return self._asdict()


def judge_pair(reading: Reading, card: Card, slot: int, other: int) -> Judged:
    """The points of one other (slot) for a member (slot), for all that they look for; in whichever pool they are."""
    need, others = reading.need(slot), np.array([other], dtype=np.int64)
    text = {name: values[others] for name, values in of_text(reading, slot, need).items()}
    of_need = Evidence(reading).of_need(need, others)
    return judge(reading, card, others, text | of_pair(reading, slot, others) | of_need)


def endorsements(reading: Reading, card: Card, slot: int, other: int, now: Judged) -> list[Supposed]:
    """What an endorsement of the other would change for the member, in each of the subjects they look for most of those
    that the other claims: praise confirms, and of what nobody claims it says nothing."""
    need, claimed = reading.need(slot), reading.terms_given(other, is_word=False)
    strongest = sorted(claimed.intersection(need.subjects), key=lambda term: (-need.subjects[term], term))
    found = []
    for term in strongest[:MOST_SUPPOSED]:
        supposed = Reading(_if_endorsed(reading.index, other, term, day_of(reading.at)), reading.at)
        then = judge_pair(supposed, card, slot, other)
        by_feature = {name: int(then.points[name][0] - points[0]) for name, points in now.points.items()}
        changed = {name: points for name, points in by_feature.items() if points}
        found.append(Supposed(need.written[term], sum(changed.values()), changed))
    return sorted(found, key=lambda each: (-each.points, subject_key(each.subject)))


def _if_endorsed(index: Index, slot: int, term: str, day: int) -> Index:
    """The index with one more endorsement in it; what is the same is shared."""
    supposed = copy(index)
    supposed.of_now, supposed.of_late = {}, {}
    supposed.gives = Both(index.gives.subjects.with_row(term, slot, day, ENDORSED_AMOUNT), index.gives.words)
    return supposed
