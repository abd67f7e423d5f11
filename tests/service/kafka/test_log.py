"""The log on a real Kafka: the contract, leading, and what stands in its topics that Weft did not write."""

from collections.abc import Callable
from contextlib import closing

import pytest

from services.kafka.sending import ToSend
from services.log import NotLeading
from services.log.kafka import KafkaLog, LeadersLog
from tests.builders import held, joined, opened, seeks
from tests.service.log.contract import EveryLog, OpenLog, in_order, kept, some

pytestmark = pytest.mark.broker


class TestKafkaLog(EveryLog):
    """The contract, kept by KafkaLog."""


class TestLeadersLog(EveryLog):
    """The contract, kept by LeadersLog."""

    @pytest.fixture
    def log(self, open_leaders_log: Callable[[str], LeadersLog]) -> LeadersLog:
        return open_leaders_log("one")


def test_who_leads_later_ends_what_those_before_have_under_way(
    open_leaders_log: Callable[[str], LeadersLog],
) -> None:
    before, later = open_leaders_log("one"), open_leaders_log("one")
    first = before.lead()
    first.append([opened("r-1")])
    second = later.lead()
    for _ in range(2):
        with pytest.raises(NotLeading, match="another worker leads"):
            first.append([held("r-1")])
    second.append([held("r-2")])
    assert kept(before) == in_order([opened("r-1"), held("r-2")])


def test_a_round_that_was_fenced_stays_so_though_its_worker_leads_again(
    open_leaders_log: Callable[[str], LeadersLog],
) -> None:
    one, other = open_leaders_log("one"), open_leaders_log("one")
    fenced = one.lead()
    other.lead()
    with pytest.raises(NotLeading):
        one.append([joined("m-1")])
    one.append([joined("m-2")])
    with pytest.raises(NotLeading):
        fenced.append([held("r-1")])
    assert kept(other) == [joined("m-2")]


def test_who_may_not_lead_ends_nobody_s_term(open_leaders_log: Callable[[str], LeadersLog]) -> None:
    leading, open_ = open_leaders_log("one"), open_leaders_log("one")
    term = leading.lead()
    with closing(LeadersLog(open_.brokers, open_.sealing, may_lead=lambda: False)) as other:
        with pytest.raises(NotLeading, match="ask the one"):
            other.lead()
        with pytest.raises(NotLeading):
            other.append([joined("m-1")])
    term.append([held("r-1")])
    assert kept(leading) == [held("r-1")]


def test_whoever_has_nothing_to_write_ends_nobody_s_term(open_leaders_log: Callable[[str], LeadersLog]) -> None:
    one, other = open_leaders_log("one"), open_leaders_log("one")
    term = one.lead()
    assert other.append([]) == []
    term.append([held("r-1")])
    assert kept(one) == [held("r-1")]


def test_who_only_follows_does_not_lead(open_log: OpenLog) -> None:
    with pytest.raises(NotLeading, match="only follows"):
        open_log("one").lead()


def test_each_event_goes_to_its_topic_by_its_key(open_log: Callable[[str], KafkaLog]) -> None:
    log = open_log("one")
    log.append([seeks(f"m-{number % 3}", f"subject {number}") for number in range(30)])
    partitions: dict[str, set[str]] = {}
    for record in log.read():
        partitions.setdefault(record.event.data["member_id"], set()).add(record.partition)
    assert all(len(found) == 1 and found.pop().startswith("weft.interests/") for found in partitions.values())


def test_what_weft_did_not_write_is_passed_over(open_log: Callable[[str], KafkaLog]) -> None:
    log = open_log("one")
    log.append(some(2))
    foreign = [ToSend(log.brokers.named("weft.members"), value, b"m-1", 0) for value in (b"{", b"", b'{"a": 1}\nxyz')]
    log._producing.send(foreign)
    log.append(some(2, who="late"))
    assert kept(log) == in_order([*some(2), *some(2, who="late")])
