"""kill -9 under load: nothing acknowledged is lost, nothing is doubled, and the log is ready again at once."""

from pathlib import Path

import pytest

from tests.campaigns.builds import LONG, Break, broken_tree, run

pytestmark = pytest.mark.campaign

SQLITE, RECORDS = "services/log/sqlite.py", "services/log/records.py"

ANSWERS_FIRST = [
    Break(SQLITE, "import fcntl\n", "import fcntl\nimport threading\n"),
    Break(
        SQLITE,
        "receipts += self._groups.write(events[start : start + GROUP_EVENTS])",
        "threading.Thread(target=self._groups.write, args=(events[start : start + GROUP_EVENTS],)).start()",
    ),
]
FORGETS_NAMES = [
    Break(SQLITE, "seen.get(name) or self._known(event)", "seen.get(name)"),
    Break(RECORDS, "INSERT INTO identities", "INSERT OR REPLACE INTO identities"),
]


@pytest.mark.alone
def test_no_kill_loses_or_doubles_an_event() -> None:
    assert run("kill", 1_000 if LONG else 20) is None


@pytest.mark.parametrize("mistakes", [ANSWERS_FIRST, FORGETS_NAMES], ids=["answers before it has written", "forgets"])
def test_a_log_is_caught_that(mistakes: list[Break], tmp_path: Path) -> None:
    assert run("kill", 20, tree=broken_tree(tmp_path, *mistakes))
