"""A group that has lost its consumer without a word: the process ends, so that whoever started it starts it again."""

import asyncio
import os
from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaConsumer

from services.kafka import watchdog
from services.kafka.brokers import Brokers
from services.kafka.watchdog import LOST_EXIT, Watchdog

pytestmark = pytest.mark.broker

AFTER_S = 1.0


@pytest.fixture
def exits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The exit codes of a process that goes on nevertheless, and is impatient."""
    codes: list[int] = []
    monkeypatch.setattr(watchdog, "LOST_AFTER_S", AFTER_S)
    monkeypatch.setattr(os, "_exit", codes.append)
    return codes


def watched(
    brokers: Brokers, harm: Callable[[AIOKafkaConsumer], object], is_alive: Callable[[], bool] = lambda: True
) -> None:
    """Watches a consumer of a group for a while, after it was done some harm."""

    async def run() -> None:
        consumer = brokers.consumer(group=brokers.group("g"))
        consumer.subscribe([brokers.named("weft.intake")])
        await consumer.start()
        not_begun = brokers.consumer(group=brokers.group("h"))
        dog = Watchdog(lambda: [consumer, None, not_begun], is_alive)
        try:
            await consumer.getmany(timeout_ms=3_000)
            harm(consumer)
            async with dog:
                await asyncio.sleep(AFTER_S * 2.5)
        finally:
            await asyncio.gather(consumer.stop(), return_exceptions=True)

    asyncio.run(run())


def test_a_consumer_whose_group_task_was_cancelled_ends_the_process(
    network: Callable[..., Brokers], exits: list[int]
) -> None:
    watched(network(), lambda consumer: consumer._coordinator._coordination_task.cancel())
    assert set(exits) == {LOST_EXIT}


def test_whoever_reads_no_more_ends_the_process(network: Callable[..., Brokers], exits: list[int]) -> None:
    watched(network(), lambda consumer: None, is_alive=lambda: False)
    assert set(exits) == {LOST_EXIT}


def test_a_healthy_process_goes_on(network: Callable[..., Brokers], exits: list[int]) -> None:
    watched(network(), lambda consumer: None)
    assert exits == []
