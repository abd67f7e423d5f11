"""Group commit: who waits together is written together."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas.codec import encode
from services.log import Receipt, Verdict
from services.log.groups import GROUP_EVENTS, GroupCommit
from services.log.records import Entry
from tests.service.log.contract import some


class Slow:
    """A commit that waits until it may go on; it writes down the groups it got."""

    def __init__(self) -> None:
        self.groups: list[list[Entry]] = []
        self.begun, self.may_go_on = threading.Event(), threading.Event()

    def commit(self, entries: list[Entry]) -> list[Receipt]:
        self.groups.append(entries)
        self.begun.set()
        assert self.may_go_on.wait(30)
        if any("bad" in entry.event.data["member_id"] for entry in entries):
            raise ValueError("no such event, please")
        return [Receipt(Verdict.ACCEPTED, number) for number, _ in enumerate(entries)]


def entries(count: int, who: str) -> list[Entry]:
    return [Entry(event, encode(event)) for event in some(count, who)]


def test_what_arrives_during_a_commit_is_one_group() -> None:
    slow = Slow()
    groups = GroupCommit(slow.commit)
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(groups.write, entries(1, "first"))
        assert slow.begun.wait(30)
        others = [pool.submit(groups.write, entries(2, f"thread-{number}")) for number in range(8)]
        while len(groups._queue) < 8:
            threading.Event().wait(0.001)
        slow.may_go_on.set()
        assert [receipt.position for receipt in first.result(30)] == [0]
        assert sorted(receipt.position for other in others for receipt in other.result(30)) == list(range(16))
    groups.close()
    assert [len(group) for group in slow.groups] == [1, 16]


def test_a_group_has_its_limit() -> None:
    slow = Slow()
    groups = GroupCommit(slow.commit)
    with ThreadPoolExecutor(4) as pool:
        written = [pool.submit(groups.write, entries(GROUP_EVENTS // 2, f"thread-{number}")) for number in range(4)]
        slow.may_go_on.set()
        assert all(len(answer.result(30)) == GROUP_EVENTS // 2 for answer in written)
    groups.close()
    assert max(len(group) for group in slow.groups) <= GROUP_EVENTS


def test_a_failure_is_told_to_those_who_wait_and_the_next_group_is_written() -> None:
    slow = Slow()
    slow.may_go_on.set()
    groups = GroupCommit(slow.commit)
    with pytest.raises(ValueError, match="no such event"):
        groups.write(entries(1, "bad"))
    assert len(groups.write(entries(1, "good"))) == 1
    groups.close()


def test_closing_waits_for_what_was_begun() -> None:
    slow = Slow()
    groups = GroupCommit(slow.commit)
    with ThreadPoolExecutor(2) as pool:
        begun = pool.submit(groups.write, entries(1, "m"))
        assert slow.begun.wait(30)
        closing = pool.submit(groups.close)
        assert not closing.done()
        slow.may_go_on.set()
        closing.result(30)
        assert begun.result(30)  # the writer was told before; its thread may wake a moment later
