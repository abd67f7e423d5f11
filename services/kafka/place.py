"""What the processes of a distributed Weft open first: the brokers, the members' keys, and the log on both."""

from dataclasses import dataclass
from pathlib import Path

from services.addresses import POSTGRES_FORM
from services.kafka import topics
from services.kafka.brokers import Brokers, brokers_of
from services.log.sealing import Sealing
from services.log.shared_keys import SharedKeys, create_shared_keys
from services.settings import Settings
from services.trouble import Trouble, WrongSetting


@dataclass(frozen=True)
class Place:
    """Where a distributed network is: its brokers, and its keys."""

    brokers: Brokers
    sealing: Sealing


def create(settings: Settings) -> list[str]:
    """Makes the topics and the keys that are missing; returns which topics were made. Safe to run twice, and by two at
    once. LogAway, Trouble."""
    brokers = brokers_of(settings)
    network_key = _network_key(settings) if settings.keys_url else None
    made = topics.create(brokers, settings.partitions, settings.replicas)
    if network_key:
        create_shared_keys(settings.keys_url, network_key, topics.identity(brokers))
    return made


def opened(settings: Settings) -> Place:
    """The brokers and the keys of this network. LogAway; Trouble: they do not belong together, or are not there."""
    brokers = brokers_of(settings)
    if not settings.keys_url:
        raise WrongSetting(f"no keys are named: set WEFT_KEYS_URL to the Postgres that has them, {POSTGRES_FORM}")
    network_key = _network_key(settings)
    topics.partitions_of(brokers)
    keys = SharedKeys(settings.keys_url, network_key)
    log_id = topics.identity(brokers)
    if keys.log_id != log_id:
        raise Trouble(f"the keys are those of the log {keys.log_id}, and {brokers.bootstrap} has the log {log_id}")
    return Place(brokers, Sealing(keys))


def _network_key(settings: Settings) -> Path:
    if settings.network_key is None:
        raise WrongSetting(
            "no network key is named: set WEFT_NETWORK_KEY to the file of what opens the members' keys; that of "
            "`weft --data DIR up` is DIR/network-key/network.key"
        )
    return settings.network_key
