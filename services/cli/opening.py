"""Which log a command works on: that of the brokers which the settings name, else that of the data folder."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING

from services.folder import Folder
from services.trouble import Trouble, WrongSetting

if TYPE_CHECKING:  # what a command needs is imported when it runs
    from services.answering import Answering
    from services.client import Client
    from services.log.kafka import KafkaLog
    from services.network import Network
    from services.settings import Settings
    from services.snapshot import ProvenLog


def settings_of(folder: Folder) -> "Settings":
    """The settings of the network whose data folder this is. Trouble."""
    from services.settings import load

    return load(folder.settings)


def name_of(folder: Folder) -> str:
    """Where the network is, for people."""
    settings = settings_of(folder)
    return f"{settings.namespace} on {settings.brokers}" if settings.brokers else str(folder.path)


def check_embedded(folder: Folder, instead: str) -> None:
    """WrongSetting: the settings name brokers, where this is done otherwise."""
    settings = settings_of(folder)
    if settings.brokers:
        named = f"the settings name brokers ({settings.brokers}), and this is for a data folder alone"
        raise WrongSetting(f"{named}: {instead}")


@contextmanager
def reading(folder: Folder) -> Iterator["ProvenLog"]:
    """The log, to read. Trouble: there is none."""
    settings = settings_of(folder)
    if settings.brokers:
        with on_brokers(settings) as log:
            yield log
        return
    from services.log.reader import LogReader

    with closing(LogReader(folder.existing().log)) as log:
        yield log


@contextmanager
def answering(folder: Folder, member: str) -> Iterator["Answering | Client"]:
    """The `weft run` or `weft worker` that holds the folder, else the log, read here; either way it is told in the same
    words that somebody is not there."""
    from services.answering import NotYours
    from services.client import Client, NothingThere

    running = folder.running()
    try:
        if running:
            yield Client(running.url)
        else:
            with read_here(folder) as network:
                yield network
    except (NotYours, NothingThere):
        with read_here(folder) as network:
            joined = network.joined(member)
        raise nobody(folder, member, joined) from None


def nobody(folder: Folder, member: str, joined: int | None, slot: str | None = None) -> Trouble:
    """That this member is not there. `slot`: of the round that did not know them yet, where it is that which was asked
    for."""
    if joined is None:
        return Trouble(f"there is no member {member} in {name_of(folder)}")
    from schemas.instants import format_instant

    told = f"{member} joined at {format_instant(joined)}"
    if slot:
        return Trouble(f"{told}, and the round of {slot} did not know it: choose another instant with --at")
    return Trouble(f"{told}: choose an instant after that with --at")


@contextmanager
def read_here(folder: Folder) -> Iterator["Answering"]:
    """What answers from the log, read here, whoever holds it."""
    from services.answering import Answering

    with reading(folder) as log:
        network = Answering(log, folder.snapshot, settings_of(folder))
        network.start()
        with suppress(OSError):  # whose folder it is not may read it all the same
            network.follower.save_if_worth_it()
        yield network


@contextmanager
def deciding(folder: Folder, *, started: bool = False, leading: bool = False) -> Iterator["Network | Client"]:
    """The `weft run` that holds the folder, else the folder itself, held for as long as it takes; or the log on the
    brokers. `started`: with the log read; `leading`: to hold a round."""
    settings = settings_of(folder)
    with ExitStack() as opened:
        running = None if settings.brokers else folder.running()
        if running:
            from services.client import Client

            yield Client(running.url)
            return
        there = _network_there(folder, settings, leading) if settings.brokers else _network_in(folder, settings)
        network = opened.enter_context(there)
        if started:
            network.start()
        yield network


@contextmanager
def _network_in(folder: Folder, settings: "Settings") -> Iterator["Network"]:
    from services.log.sqlite import SqliteLog
    from services.network import Network

    with folder.existing().held(), closing(SqliteLog(folder.log)) as log:
        yield Network(log, folder, settings)


@contextmanager
def _network_there(folder: Folder, settings: "Settings", leading: bool) -> Iterator["Network"]:
    from services.network import Network
    from services.relearning import ON_BROKERS, Source

    with on_brokers(settings, leading=leading) as log:
        yield Network(log, folder, settings, lessons=Source(ON_BROKERS, folder.settings), keeper=None)


@contextmanager
def on_brokers(settings: "Settings", *, leading: bool = False) -> Iterator["KafkaLog"]:
    """The log on the brokers of the settings. Only to hold a round one leads: whoever begins to ends what another has
    under way. LogAway, Trouble."""
    from services.kafka.place import opened
    from services.log.kafka import KafkaLog, LeadersLog

    place = opened(settings)
    kind = LeadersLog if leading else KafkaLog
    with closing(place.sealing), closing(kind(place.brokers, place.sealing)) as log:
        yield log
