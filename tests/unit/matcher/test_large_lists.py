"""Lists in networks that are too large to be told event by event: made of tables, and equal to what is written down
plainly."""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pytest
from scipy.sparse import csr_array

from matcher import workspace
from matcher.candidates import Sizes
from matcher.card import by_hand
from matcher.crossing import Crossing, crossed
from matcher.field import Barred, Field, best_of, field_of, in_order
from matcher.index import Index
from matcher.reading import Reading
from matcher.strands import STRENGTH_ONE
from matcher.tables import Ints
from tests import builders as b
from tests.unit.matcher.worlds import world_of

TERMS, TOLD, SEED = 2_000, 12, 7  # a member seeks, and gives, at most so many
WORTH, STRENGTH = 300_000, 1_000  # at most
PERSONAL, SHARED, TONGUES = 32, 30, 3
LISTS, NEVER = 6, 50


class Tables(NamedTuple):
    """A network as tables (terms, members) of who gives and who seeks what, and its field."""

    given: csr_array
    sought: csr_array
    is_word: Ints
    field: Field


def tables_of(members: int) -> Tables:
    """A network by dice, in which few terms are on everybody's lips, and most are rare."""
    dice = np.random.default_rng(SEED)
    given, sought = _told(dice, members, WORTH), _told(dice, members, STRENGTH)
    prior = dice.integers(-60, 160, members).astype(np.int32)
    mixes = dice.integers(0, 1 << 63, members).astype(np.uint64)
    of_nobody = Reading(Index(world_of([b.joined("m-1")])), b.day(1))
    field = field_of(of_nobody, Sizes(PERSONAL, SHARED), np.ones(1, dtype=bool))._replace(
        prior=prior,
        order=np.lexsort((mixes, -prior)),
        best=best_of(prior),
        mixes=mixes,
        available=dice.random(members) < 0.9,
        shared=np.sort(dice.choice(members, SHARED, replace=False)),
        tongues=dice.integers(0, TONGUES, members),
    )
    return Tables(given, sought, (np.arange(TERMS) % 3 > 0).astype(np.uint8), field)


def _told(dice: np.random.Generator, members: int, most: int) -> csr_array:
    terms = (TERMS * dice.random((members, TOLD)) ** 3).astype(np.int64).ravel()
    of_whom = np.repeat(np.arange(members), TOLD)
    _, once = np.unique(of_whom * TERMS + terms, return_index=True)
    amounts = dice.integers(1, most, len(once)).astype(np.int32)
    return csr_array((amounts, (terms[once], of_whom[once])), shape=(TERMS, members))


def plainly(tables: Tables, slot: int, barred: Barred) -> tuple[list[int], list[list[int]]]:
    """One member's pool: everybody is measured, everybody is sorted."""
    card, field, text = by_hand(), tables.field, []
    for mine, theirs in ((tables.sought, tables.given), (tables.given, tables.sought)):
        own = mine[:, [slot]].toarray().ravel().astype(np.int64)
        for is_word in (0, 1):
            weights = np.where(tables.is_word == is_word, own, 0)
            text.append((theirs.T.astype(np.int64) @ weights) // STRENGTH_ONE)
    fit = field.prior.astype(np.int64)
    for name, values in zip(("subj240", "words240", "subj240", "words240"), text, strict=True):
        fit += card.points(name, values)
    may = field.available & ~barred.tongues[field.tongues]
    may[barred.slots] = False
    ranked = np.lexsort((field.mixes, -fit))
    chosen = {*ranked[may[ranked]][:PERSONAL].tolist(), *field.shared[may[field.shared]].tolist()}
    return sorted(chosen), [[int(values[other]) for values in text] for other in sorted(chosen)]


@pytest.mark.parametrize("members", [100_000, pytest.param(1_000_000, marks=pytest.mark.campaign)])
def test_lists_of_a_large_network_are_what_is_written_down_plainly_in_any_blocks_and_threads(members: int) -> None:
    tables, dice = tables_of(members), np.random.default_rng(SEED + 1)
    field = in_order(tables.field)
    crossing = crossed(tables.given, tables.sought, tables.is_word, tables.field.order)
    slots = dice.choice(members, LISTS, replace=False)
    barred = [_barred(dice, members, slot) for slot in slots.tolist()]
    for block in (1, LISTS):
        with ThreadPoolExecutor(2) as threads:
            begins = range(0, LISTS, block)
            made = threads.map(
                lambda at, block=block: listed(field, crossing, slots[at : at + block], barred[at : at + block]), begins
            )
            lists = [one for each in made for one in each]
        assert lists == [plainly(tables, slot, never) for slot, never in zip(slots.tolist(), barred, strict=True)]


def _barred(dice: np.random.Generator, members: int, slot: int) -> Barred:
    return Barred(np.append(dice.choice(members, NEVER), slot), dice.random(TONGUES) < 0.3)


def listed(
    field: Field, crossing: Crossing, slots: Ints, barred: list[Barred]
) -> list[tuple[list[int], list[list[int]]]]:
    """The pools of some members by kernels."""
    space = workspace.space_for(len(field.prior))
    whose, others, text = workspace.pools_of(field, space, crossing, slots, barred)
    return [(others[whose == slot].tolist(), text[whose == slot].tolist()) for slot in slots.tolist()]
