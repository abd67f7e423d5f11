"""What is learned from real people's needs finds whoever will help with the next ones."""

import pytest

from benchmarks import comparison, real
from benchmarks.backtest import FLOORS
from tests.real import absent

pytestmark = pytest.mark.campaign


def test_a_card_fitted_monthly_on_what_was_known_keeps_the_floors_on_real_questions() -> None:
    data = real.onstartups()
    if data is None:
        absent("the real questions and answers are not here: WEFT_EVAL_DATA names their folder")
    (ours,) = comparison.measured(data, [comparison.weft(data, "fitted").file])
    assert {name: ours.figures[name] >= floor for name, floor in FLOORS.items()} == dict.fromkeys(FLOORS, True)


def test_the_default_card_is_no_worse_than_any_peer_where_nobody_states_a_need() -> None:
    """The contacts, which it has not seen: no subjects at all. No interval lies below 0."""
    data = real.contacts()
    if data is None:
        absent("the real contacts are not here: WEFT_EVAL_DATA names their folder")
    ours = comparison.weft(data).file
    for name in comparison.peers_here():
        _, found = comparison.measured(data, [comparison.peer(data, name).file, ours])
        assert all(high >= 0 for _, high in found.against.values()), name
