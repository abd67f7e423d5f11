"""A peer of the streams: a dataflow of bytewax that opens and folds the records of a log, as a worker's follower does.
It has no wheel for Python 3.13: whoever imports this asks first whether it is there."""

from functools import partial
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main

from benchmarks.streaming import Network
from matcher.horizon import Horizon
from matcher.world import World
from schemas.codec import Event
from schemas.topics import TOPICS
from services.clock import now_us

NAME = "bytewax, the same fold"


def fold(here: Network, events: int) -> None:
    """The world of the log."""
    folded, flow = _Fold(), Dataflow("replay")
    source: Any = KafkaSource(
        here.brokers.bootstrap.split(","),
        [here.brokers.named(name) for name in TOPICS],
        tail=False,
        add_config={"isolation.level": "read_committed"},
    )
    op.output("fold", op.map("open", op.input("log", flow, source), partial(_opened, here)), folded)
    run_main(flow)
    assert folded.count == events, folded.count


def _opened(here: Network, message: Any) -> Any:
    return here.place.sealing.open(message.value)


class _Fold(DynamicSink[Any], StatelessSinkPartition[Any]):
    """Everything in one world: there is one worker."""

    def __init__(self) -> None:
        self.count, self._horizon = 0, Horizon(World(), now_us() + 1)

    def build(self, *told: Any) -> "_Fold":
        """As bytewax asks for it."""
        return self

    def write_batch(self, items: list[Any]) -> None:
        """As bytewax asks for it."""
        for event in items:
            if isinstance(event, Event):  # else what remains of one that named somebody who is erased
                self._horizon.add(event)
        self.count += len(items)
