"""How a campaign's program begins and ends, and what a log must hold."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from schemas.codec import Event, event_of
from services.log.reader import LogReader
from services.trouble import Trouble

FAULT_EXIT = 3
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # where a disk is simulated, none need be waited for


class Fault(Exception):
    """The log broke a promise."""


def main(campaign: Callable[[int, Random], str]) -> None:
    """Runs a campaign of so many cases from a seed, both given as arguments."""
    cases, seed = int(sys.argv[1]), int(sys.argv[2])
    try:
        print(campaign(cases, Random(seed)))
    except (Fault, Trouble) as fault:
        print(f"seed {seed}: {fault}")
        sys.exit(FAULT_EXIT)


def require(kept: bool, otherwise: str) -> None:
    """Fault unless a promise was kept."""
    if not kept:
        raise Fault(otherwise)


def an_event(name: str, size: int = 40) -> Event:
    """An event of this id, with a note of that many characters, of one of 60 members, whose keys are made as they come.
    By hand, as the builders take long to import."""
    data = {"member_id": f"m-{sum(name.encode()) % 60}", "subject": "Unternehmensnachfolge", "note": "x" * size}
    return event_of(0, "/crm", name, "interest.declared", data)


def each_once(log: LogReader, acknowledged: Sequence[Event], sent: Sequence[Event]) -> None:
    """Fault unless the log holds each acknowledged event once, and nothing that was not sent."""
    found = [record.event for record in log.read()]
    names = {event.id: event for event in found}
    require(len(names) == len(found), f"{len(found) - len(names)} events doubled")
    lost = [event.id for event in acknowledged if names.get(event.id) != event]
    require(not lost, f"{len(lost)} acknowledged events lost, first {lost[:1]}")
    known = {event.id: event for event in sent}
    require(all(known.get(event.id) == event for event in found), "an event that nobody sent")
