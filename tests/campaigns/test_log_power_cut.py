"""Power cuts: what was acknowledged is there when the power is back."""

from pathlib import Path

import pytest

from tests.campaigns.builds import LONG, Break, broken_tree, run

pytestmark = pytest.mark.campaign

SQLITE, RECORDS, HEAD, KEYS, NETWORK_KEY = (
    f"services/log/{name}.py" for name in ("sqlite", "records", "head", "keys", "network_key")
)


def test_no_power_cut_loses_what_was_acknowledged() -> None:
    assert run("power_cut", 10_000 if LONG else 500) is None


@pytest.mark.parametrize(
    "mistake",
    [
        Break(RECORDS, "synchronous = FULL", "synchronous = NORMAL"),
        Break(SQLITE, "\n                self._acknowledge(tail)", "\n                    self._acknowledge(tail)"),
        Break(SQLITE, "\n            self._tables.make_durable()", ""),
        Break(SQLITE, "\n            tables.make_durable()", ""),
        Break(HEAD, "\n        _fdatasync(self._file)", ""),
        Break(HEAD, "        os.fsync(file)\n", "        pass\n"),
        Break(KEYS, 'ON", "synchronous = EXTRA', 'ON", "synchronous = FULL'),
        Break(KEYS, "            sync_folder(self._folder)\n", ""),
        Break(NETWORK_KEY, 'written in part only")\n        os.fsync(descriptor)', 'written in part only")'),
    ],
    ids=[
        "a commit that does not sync",
        "a head before the commit",
        "a restart that trusts the page cache",
        "a creation that trusts the page cache",
        "a head that is not synced",
        "a new head that is not synced",
        "the journal of the keys",
        "a restart that trusts the page cache with its keys",
        "a network key that is not synced",
    ],
)
def test_a_log_that_is_careless_about(mistake: Break, tmp_path: Path) -> None:
    assert run("power_cut", 20_000, tree=broken_tree(tmp_path, mistake))
