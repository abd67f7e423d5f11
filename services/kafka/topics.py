"""All topics of a network, as code: made, shown, and checked against what the brokers have.

The log's topics are the truth and kept for ever; intake and unreadable are kept for as long as somebody may put
something right; scores are compacted, so that what is said of a member is the last that was said.
"""

from typing import Any, NamedTuple

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from kafka.errors import TopicAlreadyExistsError

from schemas.topics import INTAKE, SCORES, TOPICS, UNREADABLE
from services.kafka.brokers import Brokers
from services.trouble import Trouble

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
ONE_PARTITION = ("weft.rounds",)  # in it, the order of a round's events is one
BIGGEST_RECORD_BYTES = 262_144  # an event of 64 KiB, sealed; an attempt at a longer one is shown as unreadable
ERASED_WITHIN_MS = (
    DAY_MS  # the compaction's longest lag, once a segment is closed (services/kafka/marks.py sees to that)
)


class TopicSpec(NamedTuple):
    """A topic as it is to be: how many partitions and replicas, and its settings."""

    name: str
    partitions: int
    replicas: int
    settings: dict[str, str]


class Difference(NamedTuple):
    """What is not as it is to be: of which topic what, how it is, and how it should be."""

    topic: str
    what: str
    found: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.topic}: {self.what} is {self.found}, and should be {self.wanted}"


def specs(partitions: int, replicas: int) -> list[TopicSpec]:
    """Every topic of schemas/topics.py, in its order."""
    safe = {
        "min.insync.replicas": str(max(1, replicas - 1)),
        "message.timestamp.type": "LogAppendTime",  # the door's clock: reading a record again decides the same
        "max.message.bytes": str(BIGGEST_RECORD_BYTES),
        "unclean.leader.election.enable": "false",
    }
    kept = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
    compacted = {
        "cleanup.policy": "compact",
        "segment.ms": str(HOUR_MS),
        "min.cleanable.dirty.ratio": "0.1",
        "max.compaction.lag.ms": str(ERASED_WITHIN_MS),
        "delete.retention.ms": str(DAY_MS),
    }
    own = {
        **dict.fromkeys(TOPICS, kept),
        INTAKE: kept | {"retention.ms": str(7 * DAY_MS), "segment.ms": str(DAY_MS)},
        UNREADABLE: kept
        | {"retention.ms": str(30 * DAY_MS), "segment.ms": str(DAY_MS)}
        | {"max.message.bytes": str(2 * BIGGEST_RECORD_BYTES)},  # whatever fits into intake, sealed and with the why
        SCORES: compacted,
    }
    return [
        TopicSpec(name, 1 if name in ONE_PARTITION else partitions, replicas, safe | settings)
        for name, settings in own.items()
    ]


def create(brokers: Brokers, partitions: int, replicas: int) -> list[str]:
    """Makes what is missing; returns what was made. What is there already is left as it is. LogAway; Trouble: there
    are fewer brokers than replicas."""
    with brokers.admin() as admin:
        _check_enough(admin, replicas)
        there = set(admin.list_topics())
        missing = [spec for spec in specs(partitions, replicas) if brokers.named(spec.name) not in there]
        return [spec.name for spec in missing if _made(admin, brokers, spec)]


def _made(admin: KafkaAdminClient, brokers: Brokers, spec: TopicSpec) -> bool:
    topic = NewTopic(brokers.named(spec.name), spec.partitions, spec.replicas, topic_configs=spec.settings)
    try:
        admin.create_topics([topic], wait_for_metadata=True)
    except TopicAlreadyExistsError:  # somebody else has made it this very moment
        return False
    return True


def _check_enough(admin: KafkaAdminClient, replicas: int) -> None:
    brokers = len(admin.describe_cluster()["brokers"])
    if brokers < replicas:
        raise Trouble(f"{replicas} replicas need as many brokers, and there are {brokers}: set WEFT_REPLICAS")


def found(brokers: Brokers, partitions: int, replicas: int) -> list[TopicSpec]:
    """The topics as the brokers have them, with the settings that Weft sets; those that are missing are left out."""
    wanted = {brokers.named(spec.name): spec for spec in specs(partitions, replicas)}
    with brokers.admin() as admin:
        names = sorted(wanted.keys() & set(admin.list_topics()))
        described = {topic["name"]: topic for topic in admin.describe_topics(names)} if names else {}
        return [
            TopicSpec(
                spec.name,
                len(described[name]["partitions"]),
                min(len(each["replica_nodes"]) for each in described[name]["partitions"]),
                _settings(admin, name, spec),
            )
            for name, spec in wanted.items()
            if name in described
        ]


def _settings(admin: KafkaAdminClient, name: str, spec: TopicSpec) -> dict[str, str]:
    described = _described(admin, name)
    return {
        setting: str(described[setting]["value"]) if setting in described else "the brokers' own"
        for setting in spec.settings
    }


def _described(admin: KafkaAdminClient, name: str) -> dict[str, Any]:
    return dict(admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])["topic"][name])


def check(brokers: Brokers, partitions: int, replicas: int) -> list[Difference]:
    """What differs on the brokers from what is to be; nothing is changed. LogAway."""
    there = {spec.name: spec for spec in found(brokers, partitions, replicas)}
    differences: list[Difference] = []
    for wanted in specs(partitions, replicas):
        spec = there.get(wanted.name)
        if spec is None:
            differences.append(Difference(wanted.name, "the topic", "missing", "there: `weft topics create`"))
            continue
        pairs = [(what, str(getattr(spec, what)), str(getattr(wanted, what))) for what in ("partitions", "replicas")]
        pairs += [(name, spec.settings[name], value) for name, value in wanted.settings.items()]
        differences += [Difference(wanted.name, what, is_, should) for what, is_, should in pairs if is_ != should]
    return differences


def segment_age_s(brokers: Brokers, topic: str) -> float:
    """How old a segment of this topic is at least when what is written after it closes it. LogAway."""
    with brokers.admin() as admin:
        return int(_described(admin, brokers.named(topic))["segment.ms"]["value"]) / 1_000


def in_sync(brokers: Brokers, topic: str) -> tuple[int, int]:
    """How many replicas are in sync of the partition that has fewest, and how many must be for it to take anything.
    LogAway."""
    name = brokers.named(topic)
    with brokers.admin() as admin:
        [described] = admin.describe_topics([name])
        fewest = min(len(each["isr_nodes"]) for each in described["partitions"])
        return fewest, int(_described(admin, name)["min.insync.replicas"]["value"])


def partitions_of(brokers: Brokers) -> dict[str, int]:
    """How many partitions each topic has. LogAway; Trouble: one is missing."""
    names = {brokers.named(name): name for name in (*TOPICS, INTAKE, UNREADABLE, SCORES)}
    with brokers.admin() as admin:
        there = set(admin.list_topics())
        if missing := sorted(name for named, name in names.items() if named not in there):
            raise Trouble(
                f"{brokers.bootstrap} has no topic {missing[0]}"
                + (f" (and {len(missing) - 1} more)" if missing[1:] else "")
                + ": `weft topics create` makes what is missing"
            )
        return {names[each["name"]]: len(each["partitions"]) for each in admin.describe_topics(sorted(names))}


def identity(brokers: Brokers) -> str:
    """A name for ever of the log on these brokers: the ids that they gave its topics when they were made."""
    with brokers.admin() as admin:
        described = admin.describe_topics(sorted(map(brokers.named, TOPICS)))
        return "-".join(sorted(str(topic["topic_id"])[:8] for topic in described))
