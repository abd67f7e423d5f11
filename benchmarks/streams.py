"""All figures of the streams, on one broker: intake, replay, scores."""

from collections.abc import Iterator

from benchmarks import streams_intake, streams_replay, streams_scores
from benchmarks.figure import Figure
from benchmarks.streaming import real_parts


def measure() -> Iterator[Figure]:
    """One after the other."""
    with real_parts() as parts:
        for each in (streams_intake, streams_replay, streams_scores):
            yield from each.measure(parts)
