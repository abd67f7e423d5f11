"""The live scores as they stand on the brokers, for whoever makes views of them."""

from collections.abc import Iterator

from schemas.topics import SCORES
from services.kafka import topics
from services.kafka.brokers import Brokers
from services.kafka.loop import Loop
from services.kafka.reading import Reader
from services.log import Positions
from services.views.scores import ScoreRecord


class KafkaScores:
    """The `ScoreSource` on these brokers; safe to use from many threads. Trouble: the topic is missing."""

    def __init__(self, brokers: Brokers) -> None:
        counts = topics.partitions_of(brokers)
        self._loop = Loop("scores")
        self._reader = Reader(brokers, {SCORES: counts[SCORES]}, self._loop)

    def read(self, after: Positions) -> Iterator[ScoreRecord]:
        """As `ScoreSource.read`; LogAway."""
        for partition, record in self._reader.read(after):
            yield ScoreRecord(partition, record.offset, (record.key or b"").decode(errors="replace"), record.value)

    def end(self) -> Positions:
        """As `ScoreSource.end`; LogAway."""
        return self._reader.end()

    def hurry(self, patience_s: float) -> None:
        """As `Loop.hurry`."""
        self._loop.hurry(patience_s)

    def close(self) -> None:
        """Lets go of the brokers."""
        self._reader.close()
        self._loop.close()
