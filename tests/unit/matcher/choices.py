"""Small sets of pairs to choose from, and every choice that there is."""

from collections.abc import Iterable
from itertools import combinations, product

import numpy as np
from hypothesis import strategies as st

from matcher.tables import Ints

Pair = tuple[int, int]
Instance = tuple[dict[Pair, int], list[int]]  # what each pair is worth, and the room of each member
MEMBERS = 5
WITHIN = list(combinations(range(MEMBERS), 2))
ACROSS = list(product((0, 1), (2, 3, 4)))  # pairs of two sides


def instances_of(pairs: Iterable[Pair], most_pairs: int = 8) -> st.SearchStrategy[Instance]:
    """Some of these pairs, each worth something, and some room."""
    return st.tuples(
        st.dictionaries(st.sampled_from(list(pairs)), st.integers(1, 9), max_size=most_pairs),
        st.lists(st.integers(0, 2), min_size=MEMBERS, max_size=MEMBERS),
    )


instances = instances_of(WITHIN)


def arrays(values: dict[Pair, int], room: list[int]) -> tuple[Ints, Ints, Ints, Ints]:
    """Members a and b of each pair, what it is worth, and the room: as the solver takes them."""
    columns = [*zip(*values, strict=True)] or [(), ()]
    return tuple(np.array(each, dtype=np.int64) for each in (*columns, list(values.values()), room))


def best_of(values: dict[Pair, int], room: list[int]) -> int:
    """What the best of all choices is worth."""
    return max(sum(values[pair] for pair in choice) for choice in _choices(list(values), room))


def _choices(pairs: list[Pair], room: list[int]) -> list[list[Pair]]:
    """Every choice of pairs in which nobody has more than their room."""
    some = [choice for count in range(len(pairs) + 1) for choice in combinations(pairs, count)]
    return [
        list(choice)
        for choice in some
        if all(sum(member in pair for pair in choice) <= space for member, space in enumerate(room))
    ]
