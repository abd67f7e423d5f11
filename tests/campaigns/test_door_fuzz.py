"""100,000 spoilt events (WEFT_CAMPAIGN=long: 50 million) bring out events, refusals, one decode error, nothing else."""

from pathlib import Path

import pytest

from tests.campaigns.builds import LONG, Break, broken_tree, fails
from tests.unit.schemas.mutations import mutations
from tests.unit.schemas.test_fuzz import check, check_decoding

pytestmark = pytest.mark.campaign
COUNT = 50_000_000 if LONG else 100_000


def test_spoilt_events_raise_nothing():
    for raw in mutations(COUNT, seed=3):
        check(raw)
        check_decoding(raw)


@pytest.mark.parametrize(
    "mistake",
    [
        Break("schemas/strict_json.py", "    except RecursionError:\n", "    except ZeroDivisionError:\n"),
        Break("schemas/strict_json.py", ' or "\\\\ud" in text or "\\\\uD" in text', ""),
        Break(
            "schemas/strict_json.py", "    except UnicodeDecodeError as wrong:\n", "    except LookupError as wrong:\n"
        ),
        Break("schemas/codec.py", "(KeyError, TypeError, ValueError, OverflowError)", "(KeyError, ValueError)"),
    ],
    ids=["nesting", "half a character", "no text at all", "a reader that trusts the types"],
)
def test_a_door_is_caught_that_stumbles(mistake: Break, tmp_path: Path):
    assert fails("tests/campaigns/test_door_fuzz.py::test_spoilt_events_raise_nothing", broken_tree(tmp_path, mistake))
