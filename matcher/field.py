"""The field: everybody in the order of a day, best first by what the card says of each by themselves, and who of them
may be suggested now. One field serves the lists of many members."""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matcher.card import by_hand
from matcher.features import NOTHING, OF_MEMBER, of_members
from matcher.presence import USUALLY_ACTIVE
from matcher.reading import Reading
from matcher.rows import distinct
from matcher.strands import STRENGTH_ONE
from matcher.tables import Ints

Points = NDArray[np.int32]  # half the width is faster to look through; the sum of all points fits many times
STRETCH = 8_192  # slots that are looked at together: the sums of so many take 64 KiB
STEP_BITS = 18  # of so many values together it is known where they begin in a table


class Standing(NamedTuple):
    """Per slot, the points of the day; and all slots, most points first, ties by the mix of the id."""

    prior: Points
    order: Ints


class Worth(NamedTuple):
    """What a feature of text is worth in a fit, by bins of its value in thousandths; `begins`: the bin in which each so
    many values begin. A table of every value would not have to be searched, but no cache holds it."""

    edges: Ints
    points: Points
    begins: Points


class Field(NamedTuple):
    """Everybody, as a member who looks for others finds them."""

    prior: Points
    order: Ints
    best: Points  # by stretch of slots, the greatest prior in it and in all behind it
    mixes: NDArray[np.uint64]
    available: NDArray[np.bool_]  # in a group, not pausing, with room
    shared: Ints  # the lists that all share, as slots in rising order
    tongues: Ints  # by slot, the number of the languages they stated
    subjects: Worth
    words: Worth
    personal: int  # how long one's own list is


class Barred(NamedTuple):
    """Whom a member never meets: slots, some several times; and per number of languages, whether they share none."""

    slots: Ints
    tongues: NDArray[np.bool_]


class Sizes(NamedTuple):
    """How long the personal list and each shared list are."""

    personal: int
    shared: int


def field_of(reading: Reading, sizes: Sizes, available: NDArray[np.bool_]) -> Field:
    """The field at an instant."""
    day, roster = reading.day, reading.index.roster
    ranked = (day.most_active, day.last_heard_of, day.newest)
    shared = distinct(np.concatenate([slots[: sizes.shared] for slots in ranked]))
    prior, order = standing_of(reading)
    return Field(
        prior, order, best_of(prior), roster.mixes(), available, shared, roster.tongues(),
        _worth("subj240"), _worth("words240"), sizes.personal,
    )  # fmt: skip


def in_order(field: Field) -> Field:
    """The same field with everybody's place in its order as their slot: the best stand together."""
    order, places = field.order, places_in(field.order)
    prior, everybody = field.prior[order], np.arange(len(order))
    return field._replace(
        prior=prior,
        order=everybody,
        best=best_of(prior),
        mixes=field.mixes[order],
        available=field.available[order],
        shared=np.sort(places[field.shared]),
        tongues=field.tongues[order],
    )


def places_in(order: Ints) -> Ints:
    """By slot, where it stands."""
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    return places


def best_of(prior: Points) -> Points:
    """By stretch, the greatest prior in it and in all behind it."""
    of_each = np.maximum.reduceat(prior, np.arange(0, len(prior), STRETCH)) if len(prior) else prior
    best: Points = np.maximum.accumulate(of_each[::-1])[::-1]
    return np.ascontiguousarray(best)  # what is read backwards is of another type, which nobody has compiled for


@cache
def _worth(name: str) -> Worth:
    """By the card by hand, less a constant: what is worth nothing is 0, and more is never worth less. Fit is symmetric:
    what b gives a is worth as much as what a gives b (DESIGN.md section 4)."""
    edges, points = by_hand().tables[name]
    edges = edges * STRENGTH_ONE
    begins = edges.searchsorted(np.arange(0, edges[-1] + (1 << STEP_BITS), 1 << STEP_BITS), side="right")
    return Worth(edges, (points - points[begins[0]]).astype(np.int32), begins.astype(np.int32))


@cache
def range_of_fits() -> tuple[int, int]:
    """The least and the greatest that a fit can be: of the card alone, whatever is told."""
    card = by_hand()
    of_text = [_worth(name).points for name in ("subj240", "words240") for _ in ("helps", "helped")]
    tables = [points for name, (_, points) in card.tables.items() if name in OF_MEMBER] + of_text
    return sum(int(points.min()) for points in tables), sum(int(points.max()) for points in tables)


def standing_of(reading: Reading) -> Standing:
    """Kept for the day, and begun anew where somebody joined: to the day they are strangers, and all alike."""
    kept: Standing | None = reading.day.standing
    if kept is None or len(kept.prior) != reading.members:
        kept = reading.day.standing = _standing(reading, kept)
    return kept


def _standing(reading: Reading, kept: Standing | None) -> Standing:
    mixes = reading.index.roster.mixes()
    if kept is None or len(kept.prior) > reading.members:
        prior = _prior(reading)
        kept = Standing(prior, np.lexsort((mixes[: len(prior)], -prior)))
    newcomers = np.arange(len(kept.prior), reading.members)
    of_a_stranger = _of_a_stranger(reading)
    begin, end = np.searchsorted(-kept.prior[kept.order], (-of_a_stranger, 1 - of_a_stranger))
    alike = np.concatenate((kept.order[begin:end], newcomers))
    order = np.concatenate((kept.order[:begin], alike[mixes[alike].argsort(kind="stable")], kept.order[end:]))
    return Standing(np.pad(kept.prior, (0, len(newcomers)), constant_values=of_a_stranger), order)


def _prior(reading: Reading) -> Points:
    card, measured = by_hand(), of_members(reading.day.presence)
    points = [card.points(name, measured[name]) for name in OF_MEMBER]
    return np.sum(points, axis=0).astype(np.int32)


def _of_a_stranger(reading: Reading) -> int:
    nothing = NOTHING if reading.day.presence.is_told else NOTHING | {"act7": USUALLY_ACTIVE}
    return sum(int(by_hand().points(name, np.array([nothing[name]]))[0]) for name in OF_MEMBER)
