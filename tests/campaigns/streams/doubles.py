"""What came into the log more than once: allowed where somebody was killed between sending a batch and keeping it, and
nowhere else. The fold passes over it, so nothing else would show it."""

from collections import defaultdict
from collections.abc import Iterable

from schemas.codec import Event
from schemas.door import WEFT_SOURCE
from services.kafka.admitting import intake_key
from services.kafka.brokers import partition_of
from tests.campaigns.log_faults.verdict import require

BATCH_MS = 5_000  # what is given to the brokers at once, they have within so long

Came = tuple[int, Event]
"""When the brokers took an event in (ms), and which."""


def check_doubles(came: Iterable[Came], partitions: int, kills: int) -> None:
    """Fault: of some partition of intake more batches came twice than somebody was killed; where nobody was, any."""
    again = _again(came, partitions)
    events = sum(map(len, again.values()))
    batches = max(map(_batches, again.values()), default=0)
    print(f"{events} events came twice, in at most {batches} batches of a partition; {kills} kills")
    require(batches <= kills, f"{events} events came twice, in {batches} batches of a partition: {kills} were killed")


def _again(came: Iterable[Came], partitions: int) -> dict[int, list[int]]:
    """By partition of intake, when something came that had come before."""
    seen: set[tuple[str, str]] = set()
    found: defaultdict[int, list[int]] = defaultdict(list)
    for at, event in sorted(came, key=lambda each: each[0]):
        if event.source == WEFT_SOURCE:
            continue
        if (event.source, event.id) in seen:
            found[partition_of(intake_key(event), partitions)].append(at)
        seen.add((event.source, event.id))
    return found


def _batches(times: list[int]) -> int:
    """How many there were at least."""
    count, began = 0, -BATCH_MS
    for at in times:
        if at - began >= BATCH_MS:
            count, began = count + 1, at
    return count
