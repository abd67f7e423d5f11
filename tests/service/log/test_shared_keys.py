"""Keys in Postgres, with many who use them at once: nobody's key is made twice, or again; and what people are told."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, create_engine, make_url, text

from services.log import LogDamaged, LogFull
from services.log.keyring import OF_SNAPSHOTS, OWN, Erasure
from services.log.network_key import NetworkKey, NetworkKeyFile
from services.log.sealing import Remains, Sealing
from services.log.shared_keys import SharedKeys, create_shared_keys
from services.trouble import Trouble
from tests.builders import erased, joined
from tests.service.log.test_every_key_store import erasure_of, opened, sealed

pytestmark = pytest.mark.postgres
Open = Callable[[], SharedKeys]
SOME = [f"m-{number}" for number in range(60)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the network's key of the store lies."""
    return tmp_path / "network.key"


@pytest.fixture
def open_keys(postgres_url: str, file: Path) -> Iterator[Open]:
    """Opens the one store of this test, as another process would."""
    create_shared_keys(postgres_url, file, "elbe")
    opened: list[SharedKeys] = []

    def open_one() -> SharedKeys:
        opened.append(SharedKeys(postgres_url, file))
        return opened[-1]

    yield open_one
    for keys in opened:
        keys.close()


@pytest.fixture
def database(postgres_url: str) -> Iterator[Connection]:
    """A connection of somebody else, which commits each statement."""
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def wrapped(database: Connection) -> dict[str, bytes]:
    return {row.name: row.wrapped for row in database.execute(text("SELECT name, wrapped FROM weft_keys.keys"))}


def said(act: Callable[[], object], kind: type[Trouble] = Trouble) -> str:
    """The one line that people are told."""
    with pytest.raises(kind) as trouble:
        act()
    assert "\n" not in str(trouble.value)
    return str(trouble.value)


# --- making a store ---------------------------------------------------------------------------------------------------


def test_a_store_that_is_made_again_stays_as_it_is(open_keys: Open, postgres_url: str, file: Path) -> None:
    keys = open_keys()
    keys.prepare({"m-1"}, [erasure_of("m-2")])
    create_shared_keys(postgres_url, file, "weser")
    again = open_keys()
    assert (again.log_id, again.erased, again.generation) == ("elbe", {"m-2"}, keys.generation)
    assert sealed(again, "m-1") == sealed(keys, "m-1")


def test_of_many_who_make_a_store_at_once_the_first_wins(postgres_url: str, file: Path) -> None:
    logs = [f"log-{number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda log_id: create_shared_keys(postgres_url, file, log_id), logs))
    with closing(SharedKeys(postgres_url, file)) as keys:
        assert keys.log_id in logs and sealed(keys, OF_SNAPSHOTS)


def test_a_key_of_the_network_that_is_there_is_taken_and_not_written(postgres_url: str, file: Path) -> None:
    NetworkKeyFile(file).made()
    file.chmod(0o400)
    before = file.read_bytes(), file.stat().st_mtime_ns
    create_shared_keys(postgres_url, file, "elbe")
    assert before == (file.read_bytes(), file.stat().st_mtime_ns)
    SharedKeys(postgres_url, file).close()


def test_a_store_whose_network_key_finds_no_room_is_not_begun(
    postgres_url: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("services.log.network_key.os.write", full)
        assert "make room" in said(lambda: create_shared_keys(postgres_url, file, "elbe"), LogFull)
    assert "no keys" in said(lambda: SharedKeys(postgres_url, file))
    create_shared_keys(postgres_url, file, "elbe")
    SharedKeys(postgres_url, file).close()


def test_the_key_of_the_network_is_not_in_the_database(open_keys: Open, database: Connection, file: Path) -> None:
    open_keys().prepare({"m-1"}, [erasure_of("m-2")])
    [network] = NetworkKeyFile(file).found()
    assert file.stat().st_mode & 0o777 == 0o600
    tables = [database.execute(text(f"SELECT * FROM weft_keys.{name}")).all() for name in ("store", "keys", "erasures")]
    assert network.id in str(tables) and network.key.hex() not in str(tables) and str(network.key) not in str(tables)


# --- many at once -----------------------------------------------------------------------------------------------------


def _prepared(url: str, file: Path, meeting: Path) -> dict[str, bytes]:
    """What another process does: prepares all of SOME, one by one, and seals something for each."""
    with closing(SharedKeys(url, file)) as keys:
        _meet(meeting)
        for name in SOME:
            keys.prepare({name}, [])
        return {name: sealed(keys, name) if keys.find(name) else b"" for name in SOME}


def _erased(url: str, file: Path, meeting: Path) -> None:
    with closing(SharedKeys(url, file)) as keys:
        _meet(meeting)
        for name in SOME:
            keys.prepare(set(), [erasure_of(name)])


def _meet(meeting: Path) -> None:
    """Waits for the other process."""
    (meeting / str(os.getpid())).touch()
    while len(list(meeting.iterdir())) < 2:
        time.sleep(0.001)


@pytest.fixture
def in_two_processes(open_keys: Open, postgres_url: str, file: Path, tmp_path: Path) -> Callable[..., list[Any]]:
    def run(*acts: Callable[[str, Path, Path], Any]) -> list[Any]:
        meeting = tmp_path / "meeting"
        meeting.mkdir()
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            running = [pool.submit(act, postgres_url, file, meeting) for act in acts]
            return [each.result(timeout=120) for each in running]

    return run


def test_of_two_processes_that_prepare_the_same_members_nobody_makes_a_key_twice(
    in_two_processes: Callable[..., list[Any]],
) -> None:
    one, other = in_two_processes(_prepared, _prepared)
    assert one == other and len(set(one.values())) == len(SOME)


def test_who_is_erased_while_another_process_prepares_them_has_no_key(
    in_two_processes: Callable[..., list[Any]], open_keys: Open, database: Connection
) -> None:
    in_two_processes(_prepared, _erased)
    assert wrapped(database).keys() == {*OWN}
    keys = open_keys()
    assert keys.erased == {*SOME} and not any(keys.find(name) for name in SOME)


def test_two_processes_that_erase_the_same_members_record_each_once(
    in_two_processes: Callable[..., list[Any]], open_keys: Open
) -> None:
    in_two_processes(_erased, _erased)
    assert [erasure.member_id for erasure in open_keys().erasures()] == sorted(SOME)


def test_many_threads_prepare_with_one_store_and_with_several(open_keys: Open) -> None:
    stores = [open_keys() for _ in range(3)]
    with ThreadPoolExecutor(9) as pool:
        list(pool.map(lambda number: stores[number % 3].prepare({*SOME[: 7 * (number + 1)]}, []), range(9)))
    assert len({tuple(sealed(keys, name) for name in SOME) for keys in (*stores, open_keys())}) == 1


def in_between(keys: SharedKeys, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Has another process act after these keys have looked at what there is, and before they change it."""
    right = keys._change

    def late(*arguments: Any) -> None:
        act()
        right(*arguments)

    monkeypatch.setattr(keys, "_change", late)


def test_who_is_erased_after_the_look_and_before_the_key_is_made_gets_none(
    open_keys: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, another = open_keys(), open_keys()
    in_between(keys, monkeypatch, lambda: another.prepare(set(), [erasure_of("m-1")]))
    keys.prepare({"m-1", "m-2"}, [])
    assert keys.find("m-1") is None and sealed(keys, "m-2") == sealed(another, "m-2")


def test_a_key_that_another_made_after_the_look_is_taken(open_keys: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    keys, another = open_keys(), open_keys()
    in_between(keys, monkeypatch, lambda: another.prepare({"m-1"}, []))
    keys.prepare({"m-1", "m-2"}, [])
    assert sealed(keys, "m-1") == sealed(another, "m-1")


def test_a_key_is_wrapped_with_the_network_key_that_another_has_just_rotated_to(
    open_keys: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, another = open_keys(), open_keys()
    in_between(keys, monkeypatch, another.rotate)
    keys.prepare({"m-1"}, [])
    assert sealed(open_keys(), "m-1") == sealed(keys, "m-1")


def test_threads_prepare_while_others_rotate(open_keys: Open) -> None:
    stores = [open_keys() for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        rotating = pool.submit(lambda: [stores[0].rotate() for _ in range(10)])
        preparing = [pool.submit(lambda k=keys: [k.prepare({name}, []) for name in SOME]) for keys in stores[1:]]
        for each in (rotating, *preparing):
            each.result(timeout=60)
    again = open_keys()
    assert all(sealed(again, name) == sealed(stores[1], name) for name in SOME)


# --- an erasure by another process ------------------------------------------------------------------------------------


def test_who_has_the_key_in_memory_still_seals_nothing_for_somebody_erased(open_keys: Open) -> None:
    here, there = Sealing(open_keys()), Sealing(open_keys())
    here.seal([joined("m-1", name="Ada")])
    there.seal([erased("m-1")])
    [stored] = here.seal([joined("m-1", name="Geheimwort", id="late")])
    assert b"\n" in stored and len(stored.partition(b"\n")[2]) == 1  # not even sealed with the key of before
    assert isinstance(here.open(stored), Remains) and isinstance(there.open(stored), Remains)


def test_a_key_that_came_into_memory_with_another_is_let_go_as_well(open_keys: Open) -> None:
    there, here = open_keys(), open_keys()
    there.prepare({"m-1", "m-2"}, [])
    assert here.find("m-1")
    there.prepare(set(), [erasure_of("m-2")])
    here.forget(["m-2"])
    assert here.find("m-2") is None


# --- the network's key ------------------------------------------------------------------------------------------------


def test_what_postgres_may_still_hold_of_before_a_rotation_opens_with_no_key_that_is_left(
    open_keys: Open, database: Connection, file: Path
) -> None:
    keys = open_keys()
    keys.prepare({"m-1", "m-2"}, [])
    old, old_file = wrapped(database), file.read_bytes()
    keys.prepare(set(), [erasure_of("m-1")])
    keys.rotate()
    [network] = NetworkKeyFile(file).found()
    assert old_file not in {path.read_bytes() for path in file.parent.iterdir()}
    for name, kept in old.items():
        with pytest.raises(InvalidTag):
            network.unwrap(name, kept)


class Killed(BaseException):
    pass


@pytest.mark.parametrize("call", ["replace", "fsync"])
@pytest.mark.parametrize("after", range(5))
def test_a_rotation_that_is_cut_short_loses_nothing(
    open_keys: Open, file: Path, monkeypatch: pytest.MonkeyPatch, call: str, after: int
) -> None:
    calls, right = iter(range(99)), getattr(os, call)

    def cut(*arguments: object) -> object:
        if next(calls) == after:
            raise Killed
        return right(*arguments)

    keys = open_keys()
    keys.prepare({"m-1"}, [])
    box = sealed(keys, "m-1")
    with monkeypatch.context() as patched, suppress(Killed):
        patched.setattr(os, call, cut)
        keys.rotate()
    another = open_keys()
    assert opened(another, "m-1", box) == b"Geheimwort"
    another.rotate()
    assert opened(open_keys(), "m-1", box) == b"Geheimwort"
    assert [path.name for path in file.parent.iterdir()] == ["network.key"]


def test_nor_does_one_that_is_cut_short_after_another(open_keys: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_: object) -> None:
        raise Killed

    keys = open_keys()
    keys.prepare({"m-1"}, [])
    box = sealed(keys, "m-1")
    for where in ("services.log.network_key.NetworkKeyFile.replace", "services.log.shared_keys._replace"):
        again = open_keys()
        with monkeypatch.context() as patched, pytest.raises(Killed):  # after the commit, then before the next one
            patched.setattr(where, cut)
            again.rotate()
        assert opened(open_keys(), "m-1", box) == b"Geheimwort"


def test_a_machine_with_a_copy_of_the_file_goes_on_once_it_has_the_new_one(
    open_keys: Open, postgres_url: str, file: Path, tmp_path: Path
) -> None:
    (tmp_path / "there").mkdir()
    copy = Path(shutil.copy(file, tmp_path / "there"))
    with closing(SharedKeys(postgres_url, copy)) as there:
        here = open_keys()
        here.rotate()
        there.prepare(set(), [])  # nothing that it does not know
        told = said(lambda: there.prepare({"m-1"}, []), LogDamaged)
        assert "are wrapped with network key" in told and f"into {copy}" in told
        shutil.copy(file, copy)
        there.prepare({"m-1"}, [])
        assert sealed(here, "m-1") == sealed(there, "m-1")


# --- what people are told ---------------------------------------------------------------------------------------------


def _others_may_read(file: Path) -> None:
    file.chmod(0o640)


def _of_another_store(file: Path) -> None:
    file.unlink()
    NetworkKeyFile(file).made()


def _of_another_store_by_the_same_name(file: Path) -> None:
    [network] = NetworkKeyFile(file).found()
    file.write_bytes(file.read_bytes().replace(network.key.hex().encode(), NetworkKey.new().key.hex().encode()))


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (Path.unlink, "have no network key in {file}: put it there"),
        (lambda file: file.write_text("{}"), "have no network key in {file}"),
        (_others_may_read, "the network key {file} can be read by others: chmod go= {file}"),
        (_of_another_store, "put the one that they are wrapped with into {file}"),
        (_of_another_store_by_the_same_name, "are damaged: put back the newest copy of schema weft_keys"),
    ],
    ids=["none", "half of it", "others may read it", "another store's", "not this key"],
)
def test_without_the_key_of_the_network_no_store_is_opened(
    open_keys: Open, postgres_url: str, file: Path, harm: Callable[[Path], object], told: str
) -> None:
    harm(file)
    assert told.format(file=file) in said(open_keys)


def test_an_address_that_is_none_of_postgres_is_refused(file: Path) -> None:
    for url in ("sqlite:///keys.db", "postgresql://127.0.0.1/weft", "nonsense"):
        assert "postgresql+psycopg://" in said(lambda url=url: SharedKeys(url, file))


def test_a_postgres_that_does_not_answer_is_told_without_its_password(file: Path) -> None:
    url = "postgresql+psycopg://weft:Geheimwort@127.0.0.1:1/weft"
    told = said(lambda: SharedKeys(url, file))
    assert "out of reach" in told and "127.0.0.1:1/weft" in told and "Geheimwort" not in told


def test_a_database_without_keys_is_told(postgres_url: str, file: Path) -> None:
    assert "there are no keys in" in said(lambda: SharedKeys(postgres_url, file))


def test_keys_of_another_format_are_left_alone(open_keys: Open, database: Connection) -> None:
    open_keys()
    database.execute(text("UPDATE weft_keys.store SET format = 2"))
    assert "are in format 2, and not 1" in said(open_keys, LogDamaged)


def test_a_store_goes_on_by_itself_after_postgres_was_away(
    open_keys: Open, postgres_server: str, postgres_url: str
) -> None:
    name = make_url(postgres_url).database
    keys = open_keys()
    keys.prepare({"m-1"}, [])
    engine = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as server:
        cut = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
        server.execute(cut, {"name": name})
        keys.prepare({"m-1", "m-2"}, [])  # a connection that was cut is made again
        server.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        server.execute(cut, {"name": name})
        assert "out of reach" in said(lambda: keys.prepare({"m-3"}, []))
        assert keys.find("m-1")  # what is known is known
        server.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    engine.dispose()
    keys.prepare({"m-3"}, [])
    assert sealed(keys, "m-3") == sealed(open_keys(), "m-3")


def test_who_waits_too_long_for_another_process_is_told(open_keys: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    another = open_keys()
    monkeypatch.setattr("services.log.shared_database.PATIENCE_MS", 200)
    keys = open_keys()
    with another._changing():
        assert "held by another process" in said(lambda: keys.prepare({"m-1"}, []))
    keys.prepare({"m-1"}, [])


def test_a_process_that_is_stopped_in_the_middle_keeps_nobody(open_keys: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = open_keys()
    monkeypatch.setattr("services.log.shared_database.PATIENCE_MS", 200)
    stopped = open_keys()

    def stop() -> None:
        with stopped._changing():
            keys.prepare({"m-1"}, [])  # once Postgres has ended the transaction of the other

    assert "out of reach" in said(stop)
    stopped.prepare({"m-1"}, [Erasure("m-2", b"")])
    assert sealed(stopped, "m-1") == sealed(keys, "m-1")
