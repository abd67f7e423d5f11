"""Groups, seats, and who sits in them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.simulate.network import LARGEST_GROUP, SMALLEST_GROUP, SPARE_SEATS, Seats, layout


@given(st.integers(0, 2**63), st.integers(40, 3_000))
@settings(max_examples=40, deadline=None)
def test_a_network_begins_with_exactly_the_members_asked_for_in_groups_of_20_to_40(seed: int, members: int) -> None:
    plan = layout(seed, members)
    seated = Seats(plan).seated(0)
    sizes = np.bincount(plan.seat_group[seated])

    assert seated.sum() == members
    assert sizes[sizes > 0].min() >= SMALLEST_GROUP
    assert sizes.max() <= LARGEST_GROUP


def test_no_group_has_two_of_one_profession() -> None:
    plan = layout(7, 1_000)
    pairs = set(zip(plan.seat_group.tolist(), plan.seat_profession.tolist(), strict=True))

    assert len(pairs) == plan.seats


def test_members_leave_at_the_end_of_a_year_and_others_take_their_seats() -> None:
    seats = Seats(layout(7, 1_000))
    before = seats.seated(0).sum()
    for day in range(365):
        seats.refill(seats.emptied(day))
    followed = (seats.generation > 0).sum()

    assert 200 < followed < 500
    assert 0.85 * before < seats.seated(365).sum() < 1.25 * before


def test_a_network_of_one_group_is_refused_with_the_least_number() -> None:
    with pytest.raises(ValueError, match="at least 40"):
        layout(7, 39)


def test_a_group_has_seats_to_grow_into() -> None:
    plan = layout(7, 300)

    assert (np.diff(plan.first_seat)[: len(plan.occupied)] >= plan.occupied + SPARE_SEATS).all()
