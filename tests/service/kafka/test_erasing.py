"""Forgetting beside a broker: every process that keeps something of a member confirms, and any of them can be asked."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.log.shared_keys import SharedKeys
from tests import builders as b
from tests.service.kafka.histories import embedded
from tests.service.kafka.processes import Distributed, Process, publish, running, until
from tests.service.kafka.same import scores
from tests.service.kafka.test_journey import network_of_two_needs

pytestmark = [pytest.mark.broker, pytest.mark.postgres]

PARTITIONS = 2
OF_WORKER = ("world", "introductions", "index", "snapshot", "unreadable")
Making = Callable[..., Distributed]


@pytest.fixture
def network(distributed: Making, postgres_url: str) -> Distributed:
    return distributed(partitions=PARTITIONS, WEFT_VIEWS_URL=postgres_url, WEFT_VIEWS_PORT="0")


def status(network: Distributed) -> dict[str, dict[str, Any]]:
    return {each["member_id"]: each for each in network.weft("erase", "--status", "--json").json["erasures"]}


def keepers(network: Distributed) -> list[str]:
    return [each["name"] for each in network.weft("erase", "--status", "--json").json["keepers"]]


def name_of(worker: Process) -> str:
    return f"worker-{(worker.data / 'worker').read_text()}"


def parts_of(*workers: Process) -> set[str]:
    return {f"{name_of(each)}/{part}" for each in workers for part in OF_WORKER}


def settle(worker: Process) -> None:
    """The history has arrived, and what there is to score is published."""
    until(lambda: worker.figure("weft_log_read") >= len(network_of_two_needs()))


def test_an_erasure_is_whole_once_every_process_has_confirmed_it(network: Distributed) -> None:
    with running(network, "gateway", "worker-1", "worker-2", "views") as (gateway, one, other, views):
        publish(gateway.url, network_of_two_needs(), "operator")
        settle(one)
        until(lambda: scores(network))
        [in_views] = [each for each in keepers(network) if each.startswith("views-")]
        ended = network.weft("erase", "m-1", "--yes", "--json")
        assert ended.code == 0, ended
        [told] = ended.json["erasures"]
        of_scores = {f"scores-{number}" for number in range(PARTITIONS)}
        assert set(told["confirmed"]) == {"log", "weights", in_views, *of_scores, *parts_of(one, other)}
        assert told["waiting"] == [] and "m-1" not in scores(network)
        assert all(b"m-1" not in value.split(b'"')[1::2] for value in scores(network).values())
        asked = [httpx.get(f"{each.url}/erasures").json()["erasures"] for each in (one, other)]
        assert asked == [[told], [told]]
        views.popen.terminate()
        other.popen.terminate()
        assert (views.ended(), other.ended()) == (0, 0)
        publish(gateway.url, [b.erased("m-2")], "operator")
        until(lambda: "m-2" in status(network))
        missing = {in_views, *parts_of(other)}
        until(lambda: set(status(network)["m-2"]["waiting"]) == missing, patience_s=90)
        shown = network.weft("erase", "--status")
        assert shown.code == 1 and f"weft erase --gone {in_views}" in shown.out and str(other.data) in shown.out
        network.start("views", "views")
        until(lambda: set(status(network)["m-2"]["waiting"]) == parts_of(other))
        assert network.weft("erase", "--gone", "worker-nobody", "--yes").code == 1
        assert network.weft("erase", "--gone", name_of(other)).code == 1  # nobody has answered
        let_go = network.weft("erase", "--gone", name_of(other), "--yes", "--json")
        assert (let_go.code, status(network)["m-2"]["waiting"]) == (0, []), let_go


def test_a_member_is_erased_for_ever_though_no_worker_runs(network: Distributed) -> None:
    with running(network, "gateway", "worker-1") as (gateway, worker):
        publish(gateway.url, network_of_two_needs(), "operator")
        settle(worker)
    unknown = network.weft("erase", "m-99", "--yes")
    assert (unknown.code, unknown.err.count("\n")) == (1, 1) and "no member m-99" in unknown.err
    ended = network.weft("erase", "m-1", "--yes", "--json")
    assert ended.code == 1 and set(ended.json["erasures"][0]["waiting"]) >= parts_of(worker), ended.err
    assert network.weft("export", "m-1").code == 1
    again = network.start("worker-1", "worker").ready()
    until(lambda: not status(network)["m-1"]["waiting"])
    assert httpx.get(f"{again.url}/members/m-1/introductions").status_code == 404


def test_the_network_s_key_is_rotated_beside_a_broker(network: Distributed, postgres_url: str) -> None:
    file = Path(network.settings["WEFT_NETWORK_KEY"])
    with running(network, "gateway", "worker-1") as (gateway, worker):
        publish(gateway.url, [b.joined("m-1"), b.joined("m-2")], "operator")
        until(lambda: worker.figure("weft_log_read") == 2)
        before = file.read_bytes()
        assert network.weft("keys", "rotate", "--json").json == {"keys": 2}
        assert file.read_bytes() != before
        publish(gateway.url, [b.joined("m-3")], "operator")
        until(lambda: worker.figure("weft_log_read") == 3)
    with closing(SharedKeys(postgres_url, file)) as keys:
        assert all(keys.find(member_id) for member_id in ("m-1", "m-2", "m-3"))


def test_the_commands_work_with_the_same_words_where_the_settings_name_brokers(
    distributed: Making, tmp_path: Path
) -> None:
    embedded(tmp_path / "data")
    network = distributed()
    assert network.weft("log", "copy", str(tmp_path / "data"), "kafka").code == 0
    own = {"WEFT_BROKERS": "", "WEFT_DATA": str(tmp_path / "data")}
    for words in (
        "replay --verify",
        "learn --dry-run",
        "export m-1",
        "suggest m-1 --at 2026-01-15T00:00:00Z",
        "ask m-1 Export --at 2026-02-15T00:00:00Z",
        "explain m-1 m-2 --at 2026-02-15T00:00:00Z",
        "round --dry-run --at 2026-02-16T06:00:00Z",
    ):
        there, here = network.weft(*words.split(), "--json"), network.weft(*words.split(), "--json", **own)
        assert (there.code, here.code) == (0, 0), (words, there.err, here.err)
        assert _comparable(there.json) == _comparable(here.json), words
    assert network.weft("replay", "--verify", "--json").json["recomputed"] > 0
    lines = network.weft("export").out.splitlines()
    assert sorted(lines) == sorted(network.weft("export", **own).out.splitlines())


def _comparable(said: dict[str, Any]) -> dict[str, Any]:
    """But for when it was asked, and for the order of partitions."""
    told = {name: value for name, value in said.items() if name != "as_of"}
    return told | {"events": sorted(map(str, told["events"]))} if isinstance(told.get("events"), list) else told


def test_the_doctor_looks_at_brokers_and_keys_and_says_no_password(network: Distributed) -> None:
    secret = "postgresql+psycopg://weft:geheim@127.0.0.1/weft"
    told = network.weft("doctor", "--json", WEFT_VIEWS_URL=secret)
    findings = {each["what"]: each for each in told.json["findings"]}
    assert (findings["log"]["is_fine"], findings["erasures"]["found"]) == (True, "none"), findings
    assert network.brokers.bootstrap in findings["log"]["found"] and "geheim" not in told.out
    away = network.weft("doctor", "--json", WEFT_KEYS_URL="postgresql+psycopg://weft@127.0.0.1:1/weft").json
    assert [each["what"] for each in away["findings"] if not each["is_fine"]] == ["log"]


ELSEWHERE = [("publish", "-"), ("publish", "-", "--restore"), ("run",), ("refused",), ("export", "--from", "3")]


@pytest.mark.parametrize("words", ELSEWHERE, ids=" ".join)
def test_what_is_done_otherwise_beside_a_broker_says_so_in_one_line(
    distributed: Making, words: tuple[str, ...]
) -> None:
    ended = distributed().weft(*words)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1) and "the settings name brokers" in ended.err
