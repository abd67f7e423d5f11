"""The same events give the same world, scores and suggestions, byte for byte, embedded or on Kafka."""

from collections.abc import Callable

import pytest

from tests.campaigns.builds import LONG
from tests.service.kafka.histories import Embedded, embedded
from tests.service.kafka.processes import Distributed
from tests.service.kafka.same import check_the_same

pytestmark = [pytest.mark.broker, pytest.mark.postgres]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Embedded:
    return embedded(tmp_path_factory.mktemp("embedded"))


def test_the_history_has_something_to_say(expected: Embedded) -> None:
    assert len(expected.left.suggested) > 40
    assert len(expected.scores) > 20


def test_partitions_and_workers_change_no_byte(distributed: Callable[..., Distributed], expected: Embedded) -> None:
    check_the_same(distributed(3), 2, expected)


@pytest.mark.campaign
@pytest.mark.parametrize("workers", [1, 2, 4] if LONG else [4])
@pytest.mark.parametrize("partitions", [1, 3, 16] if LONG else [16])
def test_nor_does_any_number_of_them(
    distributed: Callable[..., Distributed], expected: Embedded, partitions: int, workers: int
) -> None:
    check_the_same(distributed(partitions), workers, expected)
