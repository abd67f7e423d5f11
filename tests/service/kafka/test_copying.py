"""`weft log copy`: between a folder and brokers, either way; cut short, after erasures, with the rounds in it."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from matcher.world import World
from schemas.codec import Event
from services.copying import Copied, copy
from services.folder import Folder
from services.log import EventLog, LogAway, ReadableLog, Receipt, Record
from services.log.kafka import KafkaLog, LeadersLog
from services.log.sqlite import SqliteLog
from services.trouble import Trouble
from services.verifying import verify_rounds
from tests import builders as b
from tests.service.kafka.processes import Distributed
from tests.service.log.contract import in_order, kept
from tests.service.processes import weft
from tests.service.test_verifying import EVENTS, WEEKS, fill, monday

pytestmark = pytest.mark.broker


def quietly(records: Iterable[Record], doing: str, total: int) -> Iterator[Record]:
    yield from records


def copied(source: ReadableLog, target: EventLog) -> Copied:
    return copy(source, target, quietly)


def digest(log: ReadableLog) -> str:
    world = World()
    for record in log.read():
        world.apply(record.event)
    return world.digest()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with some weeks in it, each with its round."""
    folder = tmp_path_factory.mktemp("lived") / "weft-data"
    with closing(SqliteLog(Folder(folder).create().log)) as log:
        fill(log, EVENTS)
    return folder


@pytest.fixture
def in_folder(lived: Path, tmp_path: Path) -> Iterator[Callable[[str], SqliteLog]]:
    """Opens the log in a folder of this name: a copy of the one that lived, or a new one."""
    opened: list[SqliteLog] = []

    def one(name: str) -> SqliteLog:
        if name == "lived":
            shutil.copytree(lived, tmp_path / name)
        opened.append(SqliteLog(tmp_path / name / "log"))
        return opened[-1]

    yield one
    for log in opened:
        log.close()


class CutShort:
    """A log that is gone after so many appends."""

    def __init__(self, log: EventLog, appends: int) -> None:
        self._log, self._left = log, appends
        self.read, self.end = log.read, log.end

    def append(self, events: Sequence[Event]) -> list[Receipt]:
        if not self._left:
            raise LogAway("gone")
        self._left -= 1
        return self._log.append(events)


def test_a_folders_log_goes_to_kafka_and_back_and_every_round_is_recomputed_there(
    in_folder: Callable[[str], SqliteLog], open_log: Callable[[str], KafkaLog]
) -> None:
    here, there, back = in_folder("lived"), open_log("one"), in_folder("back")
    assert copied(here, there) == Copied(len(kept(here)), 0, digest(here), digest(here))
    assert kept(there) == kept(here)
    assert verify_rounds(there)[:2] == (WEEKS, [])
    assert copied(there, back).is_equal
    assert kept(back) == kept(here)
    assert verify_rounds(back) == (WEEKS, [], [])


def test_rounds_that_were_held_on_kafka_are_recomputed_in_a_folder(
    in_folder: Callable[[str], SqliteLog], open_leaders_log: Callable[[str], LeadersLog]
) -> None:
    there, here = open_leaders_log("one"), in_folder("here")
    fill(there, EVENTS, weeks=2)  # type: ignore[arg-type]
    there.append([event for event in EVENTS if event.time >= monday(2)])
    assert copied(there, here).is_equal
    assert verify_rounds(here) == verify_rounds(there) == (2, [], [])


def test_a_round_of_which_something_came_late_is_only_checked(
    in_folder: Callable[[str], SqliteLog], open_log: Callable[[str], KafkaLog]
) -> None:
    here, there = in_folder("lived"), open_log("one")
    late = b.joined("m-late", at=monday(1) - 1)
    there.append([late])  # as another copy, cut short, would have left it
    here.append([late])
    assert copied(here, there).is_equal
    found = verify_rounds(there)
    assert (found.recomputed, len(found.checked), found.wrong) == (0, WEEKS, [])
    assert "what stands before it here is not the same" in found.checked[0]


@pytest.mark.parametrize("appends", [0, 1, 2, 5])
def test_a_copy_that_was_cut_short_goes_on_where_it_was(
    appends: int, in_folder: Callable[[str], SqliteLog], open_log: Callable[[str], KafkaLog]
) -> None:
    here, there = in_folder("lived"), open_log("one")
    with pytest.raises(LogAway):
        copied(here, CutShort(there, appends))  # type: ignore[arg-type]
    was_there = len(kept(there))
    result = copied(here, there)
    assert (result.there, result.copied, result.is_equal) == (was_there, len(kept(here)) - was_there, True)
    assert set(Counter((event.source, event.id) for event in kept(there)).values()) == {1}
    assert verify_rounds(there) == (WEEKS, [], [])
    assert copied(here, there).copied == 0


def test_whoever_was_erased_stays_so_and_nothing_of_them_comes_along(
    in_folder: Callable[[str], SqliteLog], open_log: Callable[[str], KafkaLog]
) -> None:
    here, there, back = in_folder("lived"), open_log("one"), in_folder("back")
    someone = next(event for event in kept(here) if event.type == "introduction.suggested").data["member_ids"][0]
    here.append([b.erased(someone, at=monday(WEEKS) + 1)])
    assert copied(here, there).is_equal
    assert copied(there, back).is_equal
    for log in (there, back):
        assert log.sealing.keys.erased == {someone}
        assert kept(log) == kept(here)
        found = verify_rounds(log)
        assert (found.recomputed, len(found.checked), found.wrong) == (0, WEEKS, [])


def test_an_erasure_after_a_first_copy_comes_along_with_the_second(
    in_folder: Callable[[str], SqliteLog], open_log: Callable[[str], KafkaLog]
) -> None:
    here, there = in_folder("new"), open_log("one")
    here.append([b.joined("m-1"), b.seeks("m-1", "Export"), b.joined("m-2")])
    copied(here, there)
    here.append([b.erased("m-1")])
    assert copied(here, there).is_equal
    assert kept(there) == in_order([b.joined("m-2"), b.erased("m-1")])


def test_what_is_in_a_kafka_log_twice_is_in_a_folder_once(
    in_folder: Callable[[str], SqliteLog], open_log: Callable[[str], KafkaLog]
) -> None:
    there, here = open_log("one"), in_folder("here")
    there.append([b.joined("m-1"), b.joined("m-1"), b.joined("m-2")])
    result = copied(there, here)
    assert (result.copied, result.is_equal) == (2, True)


def test_a_log_that_has_something_of_its_own_is_not_copied_into(
    in_folder: Callable[[str], SqliteLog], open_log: Callable[[str], KafkaLog]
) -> None:
    here, there = in_folder("here"), open_log("one")
    here.append([b.joined("m-1")])
    there.append([b.joined("m-2")])
    with pytest.raises(Trouble, match="1 event that the source does not have"):
        copied(here, there)
    assert kept(there) == [b.joined("m-2")]


@pytest.mark.postgres
def test_an_operator_moves_a_network_to_kafka_and_back(
    lived: Path, distributed: Callable[..., Distributed], tmp_path: Path
) -> None:
    network, back = distributed(), tmp_path / "back"
    there = network.weft("log", "copy", str(lived), "kafka", "--json")
    assert there.code == 0, there.err
    told = there.json
    assert (told["equal"], told["recomputed"], told["checked"], told["verified"]) == (True, WEEKS, 0, True)
    again = network.weft("log", "copy", str(lived), "kafka")
    assert "0 events copied" in again.out and "equal" in again.out
    assert network.weft("log", "copy", "kafka", str(back)).code == 0
    replayed = [weft(folder, "replay", "--verify", "--json").json for folder in (lived, back)]
    assert replayed[0] == replayed[1] and replayed[0]["verified"]


@pytest.mark.postgres
def test_a_copy_says_in_one_line_why_it_cannot_begin(
    lived: Path, distributed: Callable[..., Distributed], tmp_path: Path
) -> None:
    network = distributed()
    network.start("worker-1", "worker").ready()
    busy = network.weft("log", "copy", str(lived), "kafka")
    assert (busy.code, busy.err.count("\n")) == (1, 1) and "stop them first" in busy.err
    same = network.weft("log", "copy", str(lived), f"{lived}/")
    assert (same.code, same.err.count("\n")) == (2, 1)
    absent = network.weft("log", "copy", str(tmp_path / "nothing"), "kafka")
    assert (absent.code, absent.err.count("\n")) == (1, 1) and "no network in" in absent.err
