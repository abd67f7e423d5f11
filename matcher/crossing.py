"""The crossing: all that anybody looks for against all that anybody gives, flat, so that everybody's lists can be made
in one go. What nobody looks for, or nobody gives, is not in it: it ties nobody to anybody."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from matcher.field import places_in
from matcher.reading import Reading
from matcher.tables import Ints, Numbers


class Crossing(NamedTuple):
    """Four tables, each as where its rows start, columns, and amounts: by term, who gives it with what worth and,
    behind all those, who seeks it how strongly; by member, the same, as terms. A member is a place in `order`.
    Flat, as kernels take it."""

    given_starts: Ints
    sought_starts: Ints
    slots: Numbers
    amounts: Numbers
    most_worth: Ints  # by term: of whoever gives it
    most_strength: Ints  # by term: of whoever seeks it
    gives_starts: Ints
    gives_terms: Numbers
    gives_worths: Numbers
    seeks_starts: Ints
    seeks_terms: Numbers
    seeks_strengths: Numbers
    is_word: NDArray[np.uint8]  # by term
    order: Ints
    places: Ints  # by slot, in the order


def crossing_of(reading: Reading, order: Ints) -> Crossing:
    """Everything that is sought at an instant, and who gives it."""
    given, sought, is_word = [], [], []
    for kind, postings in enumerate(reading.index.seeking()):
        for term in list(postings.by_term):
            seekers = reading.sought(term, bool(kind))
            givers = reading.given(term, bool(kind)) if len(seekers[0]) else seekers
            if len(givers[0]):
                given.append(givers)
                sought.append(seekers)
                is_word.append(kind)
    by_term = _table(given, reading.members), _table(sought, reading.members)
    return crossed(*by_term, np.array(is_word, dtype=np.uint8), order)


def crossed(given: csr_array, sought: csr_array, is_word: NDArray[np.uint8], order: Ints) -> Crossing:
    """The crossing of two tables (terms, slots)."""
    gives, seeks = (table.T.tocsr()[order] for table in (given, sought))
    given, sought = gives.T.tocsr(), seeks.T.tocsr()
    (given_starts, givers, worths), (sought_starts, seekers, strengths) = _flat(given), _flat(sought)
    return Crossing(
        given_starts, sought_starts + len(givers),
        np.concatenate((givers, seekers)), np.concatenate((worths, strengths)),
        _most(given), _most(sought), *_flat(gives), *_flat(seeks), is_word, order, places_in(order),
    )  # fmt: skip


def _flat(table: csr_array) -> tuple[Ints, Numbers, Numbers]:
    return table.indptr.astype(np.int64), table.indices.astype(np.int32), table.data.astype(np.int32)


def _most(table: csr_array) -> Ints:
    return table.max(axis=1).toarray().ravel().astype(np.int64)


def _table(rows: list[tuple[Ints, Ints]], members: int) -> csr_array:
    nothing = np.zeros(0, dtype=np.int32)
    starts = np.cumsum([0, *(len(slots) for slots, _ in rows)])
    slots = np.concatenate([nothing, *(slots.astype(np.int32) for slots, _ in rows)])
    amounts = np.concatenate([nothing, *(amounts.astype(np.int32) for _, amounts in rows)])
    return csr_array((amounts, slots, starts), shape=(len(rows), members))
