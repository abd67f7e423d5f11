"""Marks in `weft.scores`: what has the brokers close a segment, so that what is of the erased in it can be compacted.

A segment is closed only by what is written after it, and only what is closed is compacted: where nobody is scored any
more, a record that a tombstone has made void would stand in clear for ever. A mark is a tombstone of nobody: to whoever
reads the topic it says nothing new. They are written always, not only after an erasure: nobody need remember, over
rebalances, which partition still owes one.
"""

import time

from schemas.topics import SCORES
from services.kafka import topics
from services.kafka.live_scores import LiveScores
from services.kafka.sending import ToSend
from services.log.kafka import KafkaLog

NOBODY = b""


class Marks:
    """Of the partitions that a worker owns; for one thread at a time. LogAway."""

    def __init__(self, log: KafkaLog, scores: LiveScores) -> None:
        self._log, self._scores = log, scores
        self._every_s = topics.segment_age_s(log.brokers, SCORES)
        self._marked_at: dict[int, float] = {}

    def put(self) -> None:
        """Marks each owned partition that is new or was not marked for as long as a segment may grow: whatever stands
        there is in a closed one after two such times, or three where a mark is late. LogAway: it is tried again."""
        now, owned = time.monotonic(), self._scores.owned
        due = [number for number in owned if now - self._marked_at.get(number, -self._every_s) >= self._every_s]
        if due:
            topic = self._log.brokers.named(SCORES)
            self._log.put([ToSend(topic, None, NOBODY, number) for number in due])
        self._marked_at = {number: self._marked_at.get(number, now) for number in owned} | dict.fromkeys(due, now)
