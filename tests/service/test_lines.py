"""What is said of the lines of libraries: each once a minute, and nothing that passes by itself."""

import logging
from logging import ERROR, LogRecord

import pytest

from services.lines import EVERY_S, MOST_KNOWN, WorthALine

NODE = "Unable connect to node with id %s: %s"


def line(message: str, *said: object, name: str = "aiokafka", at: float = 1_000_000.0) -> LogRecord:
    record = logging.makeLogRecord({"name": name, "levelno": ERROR, "msg": message, "args": said})
    record.created = at
    return record


def test_brokers_that_are_away_are_told_of_once_a_minute_with_how_many_lines_were_left_out() -> None:
    worth = WorthALine()
    told = [worth.filter(line(NODE, node, "refused", at=1_000_000 + node / 600)) for node in range(20_000)]
    assert told.count(True) == 1 and told[0]
    later = line(NODE, 1, "refused", at=1_000_000 + EVERY_S)
    assert worth.filter(later)
    assert later.getMessage() == "Unable connect to node with id 1: refused (19,999 more like it were left out)"


def test_another_message_and_another_client_are_told_of_at_once() -> None:
    worth = WorthALine()
    first = [line(NODE, 1, "refused"), line("Failed fetch messages from %s: %s", 1, "x"), line(NODE, name="kafka.net")]
    assert all(worth.filter(each) for each in first)


@pytest.mark.parametrize("message", ["Group Coordinator Request failed: %s", "Heartbeat failed for group %s because"])
def test_what_passes_by_itself_while_a_group_is_formed_alarms_nobody(message: str) -> None:
    assert not WorthALine().filter(line(message, "[Error 15]", name="aiokafka.consumer.group_coordinator"))


def test_whoever_speaks_of_no_brokers_is_always_heard() -> None:
    worth = WorthALine()
    assert all(worth.filter(line("Exception in ASGI application", name="uvicorn.error")) for _ in range(3))


def test_messages_that_all_differ_fill_no_memory() -> None:
    worth = WorthALine()
    assert all(worth.filter(line(f"lost {number}", name="faust.x")) for number in range(3 * MOST_KNOWN))
    assert len(worth._said) <= MOST_KNOWN
