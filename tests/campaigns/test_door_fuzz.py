"""100,000 spoilt events (WEFT_CAMPAIGN=long: 50 million) bring out events, refusals, one decode error, nothing else."""

import os

import pytest

from tests.unit.schemas.mutations import mutations
from tests.unit.schemas.test_fuzz import check, check_decoding

COUNT = 50_000_000 if os.environ.get("WEFT_CAMPAIGN") == "long" else 100_000


@pytest.mark.campaign
def test_spoilt_events_raise_nothing():
    for raw in mutations(COUNT, seed=3):
        check(raw)
        check_decoding(raw)
