"""What every key store must do, whatever it is kept in: `services.log.keyring.Keys`."""

from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from schemas.codec import Event
from services.log import LogDamaged
from services.log.keyring import OF_SNAPSHOTS, OF_UNREADABLE, Erasure, Keeper, Keys
from services.log.keys import KeyStore, create
from services.log.reader import open_database
from services.log.sealing import Remains, Sealing
from services.log.shared_keys import SharedKeys, create_shared_keys
from tests.builders import erased, joined, talked

NONCE = bytes(12)
Opening = Callable[[], Keys]


@pytest.fixture(params=["folder", pytest.param("postgres", marks=pytest.mark.postgres)])
def open_keys(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opening]:
    """Opens the one store of this test, as another process would."""
    opened: list[Keys] = []
    opening: Opening
    if request.param == "folder":
        create(tmp_path / "log.keys", "elbe", connect=open_database)
        opening = partial(KeyStore, tmp_path / "log.keys", connect=open_database)
    else:
        url, file = request.getfixturevalue("postgres_url"), tmp_path / "network.key"
        create_shared_keys(url, file, "elbe")
        opening = partial(SharedKeys, url, file)

    def open_one() -> Keys:
        opened.append(opening())
        return opened[-1]

    yield open_one
    for keys in opened:
        keys.close()


@pytest.fixture
def keys(open_keys: Opening) -> Keys:
    return open_keys()


def erasure_of(member_id: str) -> Erasure:
    return Erasure(member_id, b"event of " + member_id.encode())


def sealed(keys: Keys, name: str) -> bytes:
    key = keys.find(name)
    assert key is not None
    return key.encrypt(NONCE, b"Geheimwort", None)


def opened(keys: Keys, name: str, box: bytes) -> bytes:
    key = keys.find(name)
    assert key is not None
    return key.decrypt(NONCE, box, None)


# --- keys -------------------------------------------------------------------------------------------------------------


def test_a_store_knows_its_log(keys: Keys) -> None:
    assert keys.log_id == "elbe"


def test_a_new_store_has_erased_nobody(keys: Keys) -> None:
    assert (keys.erased, keys.erasures()) == (set(), [])


def test_weft_has_keys_of_its_own_from_the_beginning(keys: Keys) -> None:
    assert sealed(keys, OF_SNAPSHOTS) != sealed(keys, OF_UNREADABLE)


def test_everybody_has_a_key_of_their_own(keys: Keys) -> None:
    keys.prepare({"m-1", "m-2"}, [])
    assert sealed(keys, "m-1") != sealed(keys, "m-2")


def test_a_key_that_was_made_is_found_by_all_who_open_the_store(keys: Keys, open_keys: Opening) -> None:
    another = open_keys()
    keys.prepare({"m-1"}, [])
    for each in (another, open_keys()):
        assert opened(each, "m-1", sealed(keys, "m-1")) == b"Geheimwort"


def test_who_is_prepared_again_keeps_their_key(keys: Keys, open_keys: Opening) -> None:
    keys.prepare({"m-1"}, [])
    box = sealed(keys, "m-1")
    another = open_keys()
    for each in (keys, another):
        each.prepare({"m-1", "m-2"}, [])
        assert opened(each, "m-1", box) == b"Geheimwort"
    assert sealed(another, "m-2") == sealed(keys, "m-2")


def test_a_key_that_is_missing_is_said_and_not_taken_for_an_erasure(keys: Keys) -> None:
    with pytest.raises(LogDamaged, match="have none for m-1"):
        keys.find("m-1")


def test_nobody_at_all_can_be_prepared(keys: Keys) -> None:
    before = keys.generation
    keys.prepare(set(), [])
    assert keys.generation == before


def test_many_are_prepared_at_once(keys: Keys, open_keys: Opening) -> None:
    names = {f"m-{number}" for number in range(2_000)}
    keys.prepare(names, [])
    another = open_keys()
    assert len({sealed(another, name) for name in names}) == 2_000


def test_a_generation_is_never_seen_twice(keys: Keys, open_keys: Opening) -> None:
    seen = [keys.generation]
    keys.prepare({"m-1"}, [])
    seen.append(keys.generation)
    keys.prepare({"m-1"}, [])
    assert keys.generation == seen[-1]  # nothing changed
    keys.prepare(set(), [erasure_of("m-1")])
    seen.append(keys.generation)
    keys.rotate()
    seen.append(keys.generation)
    assert seen == sorted(set(seen)) and open_keys().generation == keys.generation


# --- erasing ----------------------------------------------------------------------------------------------------------


def test_an_erasure_destroys_the_key_and_is_kept_with_its_event(keys: Keys, open_keys: Opening) -> None:
    keys.prepare({"m-1", "m-2"}, [])
    keys.prepare(set(), [erasure_of("m-1")])
    for each in (keys, open_keys()):
        assert each.find("m-1") is None and each.find("m-2") is not None
        assert (each.erased, each.erasures()) == ({"m-1"}, [erasure_of("m-1")])


def test_the_key_of_somebody_erased_is_never_made_again(keys: Keys, open_keys: Opening) -> None:
    keys.prepare({"m-1"}, [erasure_of("m-1")])
    for each in (keys, open_keys()):
        each.prepare({"m-1", "m-2"}, [])
        assert each.find("m-1") is None and each.find("m-2") is not None


def test_of_erasures_of_one_member_the_first_is_kept(keys: Keys) -> None:
    keys.prepare({"m-1"}, [])
    keys.prepare(set(), [erasure_of("m-1"), Erasure("m-1", b"another")])
    keys.prepare(set(), [Erasure("m-1", b"a third")])
    assert keys.erasures() == [erasure_of("m-1")]


def test_with_the_first_erasure_after_it_a_snapshot_can_be_opened_by_nobody(keys: Keys, open_keys: Opening) -> None:
    keys.prepare({"m-1"}, [])
    box = sealed(keys, OF_SNAPSHOTS)
    keys.prepare(set(), [erasure_of("m-1")])
    for each in (keys, open_keys()):
        with pytest.raises(InvalidTag):
            opened(each, OF_SNAPSHOTS, box)


def test_what_comes_late_and_names_somebody_erased_is_counted(keys: Keys, open_keys: Opening) -> None:
    keys.prepare({"m-1"}, [erasure_of("m-2")], ["m-2", "m-2"])
    open_keys().prepare({"m-1"}, [], ["m-2"])
    [erasure] = keys.erasures()
    assert erasure.late == 3


def test_a_part_confirms_an_erasure_once(keys: Keys) -> None:
    keys.prepare(set(), [erasure_of("m-1")])
    keys.confirm("snapshot", ["m-1"], 5)
    keys.confirm("snapshot", ["m-1", "m-2"], 6)
    keys.confirm("log", ["m-1"], 4)
    keys.confirm("log", [], 4)
    assert list(keys.confirmed()["m-1"].items()) == [("log", 4), ("snapshot", 5)]
    assert keys.confirmed().keys() == {"m-1", "m-2"}


def test_who_keeps_something_is_known_to_all_until_it_is_let_go(keys: Keys, open_keys: Opening) -> None:
    before = keys.keepers()
    here, there = Keeper("views-1", "views", "here"), Keeper("views-1", "views", "there")
    for each in ([here, Keeper("views-12", "views", "")], [there], []):
        keys.wait_for(each)
    assert open_keys().keepers() == [*before, there, Keeper("views-12", "views", "")]
    for part in ("views-1", "views-1/rows", "views-12"):
        keys.confirm(part, ["m-1"], 5)
    assert [open_keys().let_go("views-1"), keys.let_go("views-1"), keys.let_go("views-12/")] == [True, False, False]
    assert keys.confirmed() == {"m-1": {"views-12": 5}}
    keys.let_go("views-12")
    assert open_keys().keepers() == before


# --- what another process did -----------------------------------------------------------------------------------------


@pytest.fixture
def told(keys: Keys, open_keys: Opening) -> Keys:
    """A store that knows the keys of m-1 and of snapshots, and not that another process has erased m-1."""
    another = open_keys()
    another.prepare({"m-1"}, [])
    assert keys.find("m-1") and keys.find(OF_SNAPSHOTS)
    another.prepare(set(), [erasure_of("m-1")])
    return keys


def _forget(keys: Keys) -> None:
    keys.forget(["m-1"])


def _refresh(keys: Keys) -> None:
    keys.refresh()


@pytest.mark.parametrize("learn", [_forget, _refresh])
def test_who_was_erased_by_another_process_has_no_key_here_once_that_is_known(
    told: Keys, open_keys: Opening, learn: Callable[[Keys], None]
) -> None:
    learn(told)
    assert told.find("m-1") is None
    assert sealed(told, OF_SNAPSHOTS) == sealed(open_keys(), OF_SNAPSHOTS)


def test_a_store_that_is_refreshed_knows_everybody_erased(told: Keys, open_keys: Opening) -> None:
    open_keys().prepare(set(), [erasure_of("m-2")])
    told.refresh()
    assert told.erased == {"m-1", "m-2"}
    told.refresh()
    assert told.erased == {"m-1", "m-2"}


def test_who_was_never_erased_may_be_forgotten_and_is_found_again(keys: Keys) -> None:
    keys.prepare({"m-1"}, [])
    box = sealed(keys, "m-1")
    keys.forget(["m-1"])
    assert opened(keys, "m-1", box) == b"Geheimwort"


# --- the network's key ------------------------------------------------------------------------------------------------


def test_a_rotation_loses_nothing(keys: Keys, open_keys: Opening) -> None:
    keys.prepare({"m-1", "m-2"}, [erasure_of("m-3")])
    boxes = {name: sealed(keys, name) for name in ("m-1", "m-2", OF_SNAPSHOTS, OF_UNREADABLE)}
    assert keys.rotate() == 2
    assert keys.rotate() == 2
    for each in (keys, open_keys()):
        assert {opened(each, name, box) for name, box in boxes.items()} == {b"Geheimwort"}
        assert each.find("m-3") is None


def test_who_had_the_store_open_goes_on_after_a_rotation(keys: Keys, open_keys: Opening) -> None:
    another = open_keys()
    keys.prepare({"m-1"}, [])
    keys.rotate()
    assert opened(another, "m-1", sealed(keys, "m-1")) == b"Geheimwort"


# --- sealing with it --------------------------------------------------------------------------------------------------


def test_what_is_sealed_is_opened_by_all_and_after_an_erasure_by_nobody(keys: Keys, open_keys: Opening) -> None:
    event: Event = joined("m-1", name="Geheimwort")
    sealing, another = Sealing(keys), Sealing(open_keys())
    [stored] = sealing.seal([event])
    assert b"Geheimwort" not in stored and another.open(stored) == event
    sealing.seal([erased("m-1"), talked("m-1", "m-2")])
    assert isinstance(sealing.open(stored), Remains)
    another.keys.forget(["m-1"])
    assert isinstance(another.open(stored), Remains)
    [erasure] = another.keys.erasures()
    assert (erasure.member_id, erasure.late) == ("m-1", 1)


def test_a_snapshot_of_before_an_erasure_is_opened_by_nobody(keys: Keys, open_keys: Opening) -> None:
    sealing: Any = Sealing(keys)
    kept = b"".join(sealing.seal_snapshot([b"all ", b"of it"]))
    assert list(Sealing(open_keys()).open_snapshot(BytesIO(kept))) == [b"all ", b"of it"]
    sealing.seal([erased("m-1")])
    with pytest.raises(ValueError, match="damaged, or somebody has been erased"):
        list(sealing.open_snapshot(BytesIO(kept)))
