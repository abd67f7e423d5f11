"""The proof of forgetting beside a broker: after an erasure nothing of a member is in the broker's data folder, in a
worker's, in the keys' Postgres, or in any line; scores go with the compaction, whose longest lag is set."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.broker.cluster import Cluster
from services.kafka.brokers import Brokers
from tests import builders as b
from tests.campaigns.builds import Break, broken_tree, fails
from tests.campaigns.erasure.network import ERASED, WORDS, history
from tests.campaigns.erasure.searching import in_files
from tests.parts import postgres
from tests.service.kafka.processes import Distributed, publish, running, until
from tests.service.kafka.same import scores
from tests.service.kafka.test_marks import compact_quickly

pytestmark = [pytest.mark.campaign, pytest.mark.broker, pytest.mark.postgres]

GONE = [WORDS[member_id] for member_id in ERASED]
COMPACTED_WITHIN_S = 60


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def forgotten(root: Path) -> Iterator[Distributed]:
    """A network beside a broker that has forgotten three of its members."""
    with Cluster(root / "kafka").running() as cluster, postgres() as keys_url:
        network = Distributed(Brokers(cluster.bootstrap, "forget"), keys_url, root / "weft", WEFT_PARTITIONS="2")
        assert network.weft("topics", "create").code == 0
        compact_quickly(network.brokers)
        with running(network, "gateway", "worker-1") as (gateway, _):
            for start in range(0, len(history()), 100):
                assert publish(gateway.url, history()[start : start + 100], "operator")["refused"] == 0
            publish(gateway.url, [b.gives("m-20", f"Hilfe mit {word}", at=_now()) for word in GONE], "operator")
            until(lambda: set(ERASED) <= scores(network).keys())  # what is not published cannot be taken back
            found = {hit.word for hit in in_files(root / "kafka", GONE)}
            assert found, "the search is blind: scores are in clear until they are taken back"
            publish(gateway.url, [b.erased(member_id) for member_id in ERASED], "operator")
            until(lambda: not scores(network).keys() & set(ERASED))
            yield network


@pytest.mark.alone
def test_nothing_is_found_in_any_file_of_the_broker_or_of_a_worker(forgotten: Distributed, root: Path) -> None:
    """Nobody says anything more: that the segments close, workers see to themselves."""
    give_up = time.monotonic() + COMPACTED_WITHIN_S
    while found := in_files(root, GONE):
        assert time.monotonic() < give_up, found[:5]
        time.sleep(1)


@pytest.mark.alone
def test_all_others_are_still_there(forgotten: Distributed) -> None:
    assert len(scores(forgotten)) > len(WORDS) // 2


FORGETS = Break("services/views/writing.py", "for ids in _batches(touched.erased)", "for ids in _batches([])")
LOOKS = Break("services/views/forgetting.py", "(found and are_left(connection, found.number, who))", "False")
VIEWS = "tests/service/views/test_forgetting.py"


@pytest.mark.parametrize(
    ("test", "mistakes"),
    [
        (f"{VIEWS}::test_views_confirm_once_no_row_names_the_member", [FORGETS]),
        (f"{VIEWS}::test_views_confirm_once_no_row_names_the_member", [FORGETS, LOOKS]),
        (f"{VIEWS}::test_a_generation_beside_that_was_left_keeps_views_from_confirming", [LOOKS]),
        (
            "tests/service/kafka/test_marks.py::test_the_score_of_whoever_is_erased_goes_though_nobody_is_scored_after",
            [Break("services/kafka/marks.py", "if due:", "if not due:")],
        ),
        (
            "tests/service/kafka/test_erasing.py::test_an_erasure_is_whole_once_every_process_has_confirmed_it",
            [Break("services/erasing.py", "self._keys.wait_for(keepers)", "pass")],
        ),
        (
            "tests/service/kafka/test_admitting.py"
            "::test_once_a_member_is_erased_nobody_can_try_guesses_of_what_they_said",
            [Break("services/kafka/identities.py", "owners + event.content.encode()", "event.content.encode()")],
        ),
    ],
    ids=[
        "views that do not forget",
        "views that do not forget, and confirm",
        "views that do not look beside",
        "segments of scores are never closed",
        "nobody is waited for",
        "intake keeps what can be guessed",
    ],
)
def test_it_would_notice(
    test: str, mistakes: list[Break], broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEFT_TEST_BROKER", broker)
    assert fails(test, broken_tree(tmp_path / "tree", *mistakes))


def _now() -> int:
    return time.time_ns() // 1_000
