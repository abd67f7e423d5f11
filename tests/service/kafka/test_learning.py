"""Learning on a log on brokers, in a process of its own: what is learned in a folder of the same events."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from services.folder import Folder
from services.kafka.place import opened
from services.log.kafka import LeadersLog
from services.log.sqlite import SqliteLog
from services.network import Network
from services.relearning import ON_BROKERS, Source
from services.settings import Settings
from tests import builders as b
from tests.service.kafka.histories import embedded
from tests.service.kafka.processes import Distributed
from tests.service.kafka.same import settings_of

pytestmark = [pytest.mark.broker, pytest.mark.postgres]

NOW = b.day(60)


def test_the_same_is_learned_on_brokers(
    distributed: Callable[..., Distributed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded(tmp_path / "data")
    network = distributed()
    assert network.weft("log", "copy", str(tmp_path / "data"), "kafka").code == 0
    for name, value in network.settings.items():
        monkeypatch.setenv(name, value)
    place = opened(settings_of(network))
    beside = Folder(tmp_path / "beside").create()
    with (
        closing(SqliteLog(tmp_path / "data" / "log")) as in_folder,
        closing(LeadersLog(place.brokers, place.sealing)) as on_brokers,
    ):
        one = Network(in_folder, Folder(tmp_path / "data"), Settings(), clock=lambda: NOW)
        other = Network(on_brokers, beside, Settings(), clock=lambda: NOW, lessons=Source(ON_BROKERS, beside.settings))
        one.start()
        other.start()
        learned = one.learn(dry_run=True)
        assert any(each["outcomes"] for each in learned)
        assert other.learn(dry_run=True) == learned
