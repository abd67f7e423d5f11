"""How far the workers are behind with `weft.intake`, asked of the brokers: no worker needs to live for it."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError

from schemas.topics import INTAKE
from services.kafka.brokers import Brokers
from services.kafka.topics import partitions_of

STREAMS = "streams"  # the group of all workers
NOBODY = "Dead", "Empty"  # states of a group that has no members
COORDINATOR_S = 15
NOT_YET = -1  # what the brokers say where nothing was committed


class PartitionLag(NamedTuple):
    """One partition: where it ends, up to where its records were taken (None: none yet), how many are not, and which
    worker owns it (None: nobody does just now)."""

    topic: str
    partition: int
    end: int
    taken: int | None
    behind: int
    owner: str | None


class Lag(NamedTuple):
    """What the group of all workers has not taken yet; `exists`: there has been a worker."""

    group: str
    exists: bool
    workers: int
    partitions: list[PartitionLag]

    @property
    def behind(self) -> int:
        """Of all partitions together."""
        return sum(each.behind for each in self.partitions)


def lag_of(brokers: Brokers) -> Lag:
    """The lag of this moment. LogAway; Trouble: the topics are missing."""
    group = brokers.group(STREAMS)
    count = partitions_of(brokers)[INTAKE]
    with brokers.admin() as admin, brokers.asked() as client:
        taken, members = _taken(admin, brokers, group, count), _members(admin, group)
        lags = _lags(client, brokers, taken, _owners(members, brokers))
    exists = bool(members) or any(offset is not None for offset in taken.values())
    return Lag(group, exists, len(members), lags)


def who_works(brokers: Brokers) -> list[str]:
    """The names of the workers that are in the group now. LogAway."""
    with brokers.admin() as admin:
        return sorted(_name(member) for member in _members(admin, brokers.group(STREAMS)))


def _taken(admin: KafkaAdminClient, brokers: Brokers, group: str, count: int) -> dict[int, int | None]:
    """Before the ends are asked for: what is taken meanwhile never makes a lag negative."""
    asked = [TopicPartition(brokers.named(INTAKE), number) for number in range(count)]
    committed = _patiently(partial(admin.list_group_offsets, {group: asked}))[group]
    found = {each.partition: told.offset for each, told in committed.items() if told.offset != NOT_YET}
    return {number: found.get(number) for number in range(count)}


def _members(admin: KafkaAdminClient, group: str) -> list[dict[str, Any]]:
    described = _patiently(partial(admin.describe_groups, [group]))[group]
    return [] if described["group_state"] in NOBODY else list(described["members"])


def _patiently(ask: Callable[[], Any]) -> Any:
    """What the brokers say of a group; of the first one they ever hear of they know nothing for some seconds."""
    give_up = time.monotonic() + COORDINATOR_S
    while True:
        try:
            return ask()
        except (CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError):
            if time.monotonic() > give_up:
                raise
            time.sleep(0.2)


def _owners(members: Sequence[dict[str, Any]], brokers: Brokers) -> dict[int, str]:
    """While the group is being divided anew, nobody owns anything."""
    owners: dict[int, str] = {}
    for member in members:
        for assigned in (member["member_assignment"] or {}).get("assigned_partitions", ()):
            if assigned["topic"] == brokers.named(INTAKE):
                owners.update(dict.fromkeys(assigned["partitions"], _name(member)))
    return owners


def _name(member: dict[str, Any]) -> str:
    return str(member["group_instance_id"] or member["client_id"])


def _lags(
    client: KafkaConsumer, brokers: Brokers, taken: dict[int, int | None], owners: dict[int, str]
) -> list[PartitionLag]:
    """Where nothing was taken, everything is behind that the brokers still keep."""
    asked = [TopicPartition(brokers.named(INTAKE), number) for number in taken]
    ends, begins = client.end_offsets(asked), client.beginning_offsets(asked)
    return [
        PartitionLag(
            INTAKE,
            each.partition,
            ends[each],
            taken[each.partition],
            ends[each] - max(begins[each], taken[each.partition] or 0),
            owners.get(each.partition),
        )
        for each in asked
    ]
