"""What was said of the erased leaves `weft.scores`, also where nobody is scored any more."""

from collections.abc import Callable
from contextlib import closing

import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from schemas.topics import SCORES
from services.kafka.brokers import Brokers
from services.kafka.score_source import KafkaScores
from tests import builders as b
from tests.service.kafka.processes import Distributed, publish, running, until
from tests.service.kafka.same import scores
from tests.service.kafka.test_journey import network_of_two_needs

pytestmark = [pytest.mark.broker, pytest.mark.postgres]

QUICKLY = {  # an hour and a day otherwise (services/kafka/topics.py)
    "segment.ms": "1000",
    "max.compaction.lag.ms": "1000",
    "min.cleanable.dirty.ratio": "0.01",
    "delete.retention.ms": "100",
}


def test_the_score_of_whoever_is_erased_goes_though_nobody_is_scored_after(
    distributed: Callable[..., Distributed],
) -> None:
    network = distributed(partitions=1)
    compact_quickly(network.brokers)
    with running(network, "gateway", "worker-1") as (gateway, _), closing(KafkaScores(network.brokers)) as source:
        publish(gateway.url, network_of_two_needs(), "operator")
        until(lambda: scores(network))
        seekers = sorted(scores(network))
        assert said_of(source, seekers)
        publish(gateway.url, [b.erased(each) for each in seekers], "operator")
        until(lambda: not scores(network).keys() & set(seekers))
        until(lambda: not said_of(source, seekers))


def said_of(source: KafkaScores, who: list[str]) -> list[str]:
    """The records in clear that stand there, of these members."""
    return [record.member_id for record in source.read({}) if record.member_id in who and record.value is not None]


def compact_quickly(brokers: Brokers) -> None:
    """The topic of scores is compacted within seconds; to be told before a worker starts."""
    with brokers.admin() as admin:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, brokers.named(SCORES), configs=QUICKLY)])
