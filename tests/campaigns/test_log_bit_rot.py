"""Bit rot and torn files: found at the start or when read, and never served."""

from pathlib import Path

import pytest

from tests.campaigns.builds import LONG, Break, broken_tree, run

pytestmark = pytest.mark.campaign

RECORDS, READER = "services/log/records.py", "services/log/reader.py"


def test_no_turned_bit_and_no_torn_file_is_served() -> None:
    assert run("bit_rot", 10_000 if LONG else 200) is None


BELIEVES_THE_DATABASE = Break(
    READER,
    "            self._compare(head)",
    "            self._end = Records(connect(self._database)).tail(head.log_id).position",
)


@pytest.mark.parametrize(
    "mistakes",
    [
        [Break(RECORDS, "linked != (link := link_of(link, stored))", "not (link := linked)")],
        [BELIEVES_THE_DATABASE],
        [Break(RECORDS, "    if position != stop:", "    if position > stop:")],
        [Break(READER, "if not head_is_whole:", "if False:")],
        [Break(READER, "if records.find(record.event) != record.position:", "if False:")],
    ],
    ids=["links", "the head", "how many there must be", "half a head", "who is found by which name"],
)
def test_a_log_is_caught_that_does_not_check(mistakes: list[Break], tmp_path: Path) -> None:
    assert run("bit_rot", 12_000, tree=broken_tree(tmp_path, *mistakes))
