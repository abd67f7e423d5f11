"""What every event log must do, whatever it is kept in.

`EveryLog` holds for all of them, with any number of partitions: an order is promised only within a partition, and an
event that is appended again may be kept again (the fold does not mind). `LogThatKnowsIdentities` adds what only a log
can do that looks up (source, id) before it answers, as the SQLite log does; behind Kafka that is found out later.

A test module takes either class as the parent of its own and gives the fixture `open_log`: a function of a name that
opens the log of that name, a new one or the one left by an earlier call. It closes what it opened.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

import pytest

from schemas.codec import Event
from services.log import EventLog, Positions, Record, Verdict
from tests.builders import joined, seeks

OpenLog = Callable[[str], EventLog]
LONG = 1_234  # more than any log puts into one commit or one page


def some(count: int, who: str = "m") -> list[Event]:
    """So many different events."""
    return [joined(f"{who}-{number}") for number in range(count)]


def kept(log: EventLog) -> list[Event]:
    """All events of a log, in an order that does not depend on its partitions."""
    return in_order(record.event for record in log.read())


def placed(log: EventLog) -> list[Record]:
    """All records of a log, partition by partition."""
    return sorted(log.read(), key=lambda record: record[:2])


def in_order(events: Iterable[Event]) -> list[Event]:
    return sorted(events, key=lambda event: (event.source, event.id, event.content))


def after(record: Record) -> Positions:
    return {record.partition: record.position + 1}


class EveryLog:
    """The contract of `services.log.EventLog`."""

    @pytest.fixture
    def log(self, open_log: OpenLog) -> EventLog:
        return open_log("one")

    def test_a_new_log_is_empty(self, log: EventLog) -> None:
        assert kept(log) == []
        assert not any(log.end().values())

    def test_what_was_appended_is_read_at_once_as_it_was(self, log: EventLog) -> None:
        events = [*some(3), seeks("m-1", "Käse & Wein, „Größe“ 🧀", note='a\\b\n\t\u2028"', weight=0.5)]
        receipts = log.append(events)
        assert [receipt.verdict for receipt in receipts] == [Verdict.ACCEPTED] * 4
        assert kept(log) == in_order(events)

    def test_nothing_can_be_appended(self, log: EventLog) -> None:
        assert log.append([]) == []

    def test_a_long_list_is_kept_whole(self, log: EventLog) -> None:
        events = some(LONG)
        assert len(log.append(events)) == LONG
        assert kept(log) == in_order(events)

    def test_positions_rise_within_a_partition(self, log: EventLog) -> None:
        log.append(some(LONG))
        for _, records in groupby(log.read(), key=lambda record: record.partition):
            positions = [record.position for record in records]
            assert positions == sorted(set(positions))

    def test_what_one_thread_appends_for_one_member_keeps_its_order(self, log: EventLog) -> None:
        events = [seeks("m-1", f"subject {number}") for number in range(20)]
        for event in events:
            log.append([event])
        assert [record.event for record in log.read()] == events

    def test_reading_goes_on_after_any_record(self, log: EventLog) -> None:
        log.append(some(20))
        records = list(log.read())
        for number, record in enumerate(records):
            others = [other for other in records if other.partition != record.partition]
            later = [other for other in records[number + 1 :] if other.partition == record.partition]
            assert in_order(r.event for r in log.read(after(record))) == in_order(r.event for r in later + others)

    def test_reading_stops_before_the_positions_given(self, log: EventLog) -> None:
        log.append(some(10))
        cut = log.end()
        log.append(some(10, who="late"))
        assert in_order(record.event for record in log.read(to=cut)) == in_order(some(10))
        assert in_order(record.event for record in log.read(cut)) == in_order(some(10, who="late"))

    def test_the_end_is_where_reading_ends(self, log: EventLog) -> None:
        log.append(some(10))
        assert list(log.read(log.end())) == []
        assert len(list(log.read(to=log.end()))) == 10
        assert list(log.read(to={})) == []

    def test_what_stood_before_a_record_can_be_read(self, log: EventLog) -> None:
        for events in (some(10), some(1, who="then"), some(10, who="later")):
            log.append(events)
            time.sleep(0.01)  # brokers tell before from after by the millisecond
        [then] = [record for record in log.read() if record.event == joined("then-0")]
        assert in_order(record.event for record in log.read(to=log.before(then))) == in_order(some(10))

    def test_nothing_is_found_beyond_the_end(self, log: EventLog) -> None:
        log.append(some(2))
        beyond = {partition: position + 5 for partition, position in log.end().items()}
        assert list(log.read(beyond)) == []
        assert len(list(log.read(to=beyond))) == 2
        assert not log.wait(beyond, 0.01)

    def test_a_log_is_the_same_when_it_is_opened_again(self, open_log: OpenLog) -> None:
        log = open_log("one")
        log.append(some(10))
        before = log.log_id, log.end(), placed(log)
        log.close()
        again = open_log("one")
        assert (again.log_id, again.end(), placed(again)) == before

    def test_each_log_has_a_name_of_its_own(self, open_log: OpenLog) -> None:
        assert open_log("one").log_id != open_log("two").log_id

    def test_who_waits_for_what_is_there_is_not_kept(self, log: EventLog) -> None:
        log.append(some(1))
        assert log.wait({}, 0)

    def test_who_waits_in_vain_is_told_so(self, log: EventLog) -> None:
        log.append(some(1))
        assert not log.wait(log.end(), 0.01)

    def test_a_sleeping_follower_is_woken(self, log: EventLog) -> None:
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(log.wait, log.end(), 60.0)
            log.append(some(1))
            assert waiting.result(timeout=30)

    def test_a_follower_sees_everything_once(self, log: EventLog) -> None:
        def follow() -> list[Event]:
            seen: list[Event] = []
            positions: Positions = {}
            while len(seen) < 200 and log.wait(positions, 30):
                for record in log.read(positions):
                    seen.append(record.event)
                    positions = positions | after(record)
            return seen

        with ThreadPoolExecutor() as pool:
            following = pool.submit(follow)
            for event in some(200):
                log.append([event])
            assert in_order(following.result(timeout=60)) == in_order(some(200))

    def test_many_threads_append_and_nothing_is_lost(self, log: EventLog) -> None:
        crowds = [some(40, who=f"thread-{number}") for number in range(8)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda crowd: [log.append([event]) for event in crowd], crowds))
        assert kept(log) == in_order(event for crowd in crowds for event in crowd)

    def test_a_closed_log_takes_nothing(self, log: EventLog) -> None:
        log.close()
        log.close()
        with pytest.raises(RuntimeError, match="closed"):
            log.append(some(1))


class LogThatKnowsIdentities(EveryLog):
    """A log that tells a duplicate and a conflict when the event is appended, and keeps neither."""

    def test_a_receipt_says_where_the_event_stands(self, log: EventLog) -> None:
        receipts = log.append(some(5))
        assert [receipt.position for receipt in receipts] == [record.position for record in log.read()]

    def test_the_same_event_again_is_a_duplicate_and_changes_nothing(self, log: EventLog) -> None:
        [first] = log.append([joined("m-1")])
        [again] = log.append([joined("m-1")])
        assert (again.verdict, again.position) == (Verdict.DUPLICATE, first.position)
        assert kept(log) == [joined("m-1")]

    def test_another_event_by_the_same_name_is_a_conflict_and_is_not_kept(self, log: EventLog) -> None:
        log.append([joined("m-1", id="crm-1")])
        [other] = log.append([joined("m-2", id="crm-1")])
        assert other.verdict is Verdict.CONFLICT
        assert kept(log) == [joined("m-1", id="crm-1")]

    def test_an_id_is_its_sources_own(self, log: EventLog) -> None:
        events = [joined("m-1", id="1", source="/crm"), joined("m-1", id="1", source="/billing")]
        assert [receipt.verdict for receipt in log.append(events)] == [Verdict.ACCEPTED] * 2

    def test_one_list_can_hold_its_own_duplicates_and_conflicts(self, log: EventLog) -> None:
        one, other = joined("m-1", id="crm-1"), joined("m-2", id="crm-1")
        verdicts = [receipt.verdict for receipt in log.append([one, one, other, joined("m-3")])]
        assert verdicts == [Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.CONFLICT, Verdict.ACCEPTED]
        assert len(kept(log)) == 2

    def test_a_log_opened_again_still_knows(self, open_log: OpenLog) -> None:
        log = open_log("one")
        log.append([joined("m-1", id="crm-1")])
        log.close()
        receipts = open_log("one").append([joined("m-1", id="crm-1"), joined("m-2", id="crm-1")])
        assert [receipt.verdict for receipt in receipts] == [Verdict.DUPLICATE, Verdict.CONFLICT]

    def test_of_threads_that_race_with_one_event_one_wins(self, log: EventLog) -> None:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: log.append(some(30)), range(8)))
        accepted = [receipt for receipts in answers for receipt in receipts if receipt.verdict is Verdict.ACCEPTED]
        assert len(accepted) == 30
        assert kept(log) == in_order(some(30))
