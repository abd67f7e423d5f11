"""The proof of forgetting: after an erasure nothing of a member is in any file, backup, log line or process."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.exceptions import InvalidTag

from matcher.card import Purpose, card_of
from matcher.facts import named_in
from matcher.index import Index
from matcher.policy import DEFAULT
from matcher.rounds import plan_round
from matcher.world import World
from schemas.codec import Event
from services.clock import now_us
from services.log import LogDamaged
from services.log.keys import KeyStore
from services.log.network_key import NONCE_BYTES
from services.log.reader import LogReader, open_database
from services.log.sealing import bound_to
from tests.campaigns.builds import ROOT, Break, broken_tree
from tests.campaigns.erasure.network import ERASED, WORDS, Network
from tests.campaigns.erasure.searching import check_the_search, in_files, in_memory
from tests.service.processes import weft

pytestmark = pytest.mark.campaign
one_network = pytest.mark.xdist_group("a network that has forgotten")
GONE = [WORDS[member_id] for member_id in ERASED]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def network(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A network that has forgotten three of its members, running again."""
    network = Network(root, tmp_path_factory.mktemp("publishers") / "own", ROOT)
    network.live()
    found = {hit.word for hit in in_memory(network.process.popen.pid, GONE)}
    assert found == {*GONE}, "the search is blind: what is not erased yet must be found in memory"
    network.forget()
    yield network
    network.crash()


def test_the_search_finds_a_word_however_it_is_written() -> None:
    check_the_search()


@one_network
def test_nothing_is_found_in_any_file_backup_log_line_or_process(network: Network, root: Path) -> None:
    assert in_files(root, GONE) == []
    assert in_memory(network.process.popen.pid, GONE) == []


@one_network
def test_those_who_were_not_erased_can_still_be_read(network: Network) -> None:
    kept = weft(network.data, "export", "m-4").out
    assert WORDS["m-4"] in kept and not any(word in kept for word in GONE)
    assert WORDS["m-4"] in {hit.word for hit in in_memory(network.process.popen.pid, [WORDS["m-4"]])}


@one_network
def test_no_key_that_is_left_opens_anything_of_theirs(network: Network) -> None:
    with closing(open_database(network.data / "log.keys" / "keys.db")) as store:
        names = [row[0] for row in store.execute("SELECT name FROM keys")]
    with closing(KeyStore(network.data / "log.keys", connect=open_database)) as keys:
        left = [keys.find(name) for name in names]
    assert len(left) == len(WORDS) - len(ERASED) + 2  # Weft's own two among them
    boxes = list(sealed_for(network.data / "log", {*ERASED}))
    assert len(boxes) > 10 * len(ERASED)
    assert not any(opens(line, box, left) for line, box in boxes)


def sealed_for(log: Path, who: set[str]) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Everything in the log that is sealed with the key of one of them."""
    with closing(open_database(log / "events.db")) as records:
        for (stored,) in records.execute("SELECT stored FROM records"):
            line, _, box = stored.partition(b"\n")
            if box and who & orjson.loads(line)["keys"].keys() and len(box) > 1:
                yield orjson.loads(line), box


def opens(line: dict[str, Any], box: bytes, keys: list[Any]) -> bool:
    """Whether these keys take off every layer."""
    nonce, inner = box[:NONCE_BYTES], box[NONCE_BYTES:]
    for owner, version in reversed(line["keys"].items()):
        taken_off = [plain for key in keys if (plain := _try(key, nonce, inner, line, owner, version)) is not None]
        if not taken_off:
            return False
        inner = taken_off[0]
    return True


def _try(key: Any, nonce: bytes, box: bytes, line: dict[str, Any], owner: str, version: int) -> bytes | None:
    try:
        return key.decrypt(nonce, box, bound_to(line["source"], line["id"], line["type"], owner, version))
    except InvalidTag:
        return None


@one_network
def test_the_backup_of_the_keys_is_worth_nothing_any_more(network: Network, tmp_path: Path) -> None:
    shutil.copytree(network.data / "log.keys", tmp_path / "log.keys")
    shutil.copy(network.backup / "keys.db", tmp_path / "log.keys" / "keys.db")
    with pytest.raises(LogDamaged, match="another network key"):
        KeyStore(tmp_path / "log.keys", connect=open_database)


@one_network
def test_for_all_others_it_is_as_if_they_had_never_spoken(network: Network) -> None:
    with closing(LogReader(network.data / "log")) as log:
        events = [record.event for record in log.read()]
    forgotten, never = World(), World()
    for event in events:
        forgotten.apply(event)
    for event in without_them(events):
        never.apply(event)
    assert forgotten.digest() == never.digest()
    at = now_us()
    plans = [plan_round(Index(world), card_of(world, Purpose.ROUNDS), at, 7, DEFAULT) for world in (forgotten, never)]
    assert plans[0] == plans[1] and plans[0].introductions


def without_them(events: list[Event]) -> Iterator[Event]:
    for event in events:
        if event.type != "member.erased" and {*ERASED}.isdisjoint(named_in(event)):
            there = [member_id for member_id in event.data.get("attendee_ids", ()) if member_id not in ERASED]
            yield event._replace(data=event.data | {"attendee_ids": there}) if "attendee_ids" in event.data else event


@one_network
def test_the_rounds_that_were_held_still_verify(network: Network) -> None:
    replayed = weft(network.data, "replay", "--verify", "--json")
    assert (replayed.code, replayed.json["verified"]) == (0, True) and replayed.json["checked"] >= 1


# --- and it would notice ----------------------------------------------------------------------------------------------

SEALING = "services/log/sealing.py"
A_LOG_THAT_IS_NOT_SEALED = Break(SEALING, "        if kind is None or not personal:", "        if True:")
WHAT_WAS_REFUSED_IN_CLEAR = [
    Break(SEALING, "return self._seal_whole(OF_UNREADABLE, raw)", "return raw"),
    Break(SEALING, "return self._open_whole(OF_UNREADABLE, sealed)", "return sealed"),
]
A_SNAPSHOT_IN_CLEAR = Break(SEALING, "sealed = self._seal_whole(OF_SNAPSHOTS, part, number)", "sealed = part")


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Where something is found that a network left which made all these mistakes at once; each shows elsewhere."""
    folder = tmp_path_factory.mktemp("careless")
    tree = broken_tree(folder / "tree", A_LOG_THAT_IS_NOT_SEALED, *WHAT_WAS_REFUSED_IN_CLEAR, A_SNAPSHOT_IN_CLEAR)
    careless = Network(folder / "kept", folder / "own", tree)
    careless.live()
    careless.forget()
    careless.crash()
    return {hit.place for hit in in_files(folder / "kept", GONE)}


@pytest.mark.xdist_group("a careless network")
@pytest.mark.parametrize(
    "place",
    ["log", "refused", "snapshots"],
    ids=["a log that is not sealed", "what was refused in clear", "a snapshot in clear"],
)
def test_it_would_notice(place: str, places: set[str]) -> None:
    """In the network itself or in its backup, which is proven to have nothing either."""
    assert any(found.split("/")[1] == place for found in places), places
