"""One history, played into any Weft: three weeks of a small network, a round each Monday, and what members answer."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from matcher.world import World
from schemas.codec import Event, encode
from schemas.instants import format_instant
from services.folder import Folder
from services.kafka.live_scores import LiveScores
from services.log import ReadableLog
from services.log.sqlite import SqliteLog
from services.network import Network
from services.settings import Settings
from tests import builders as b

HOUR_US = 3_600_000_000
MEMBERS = 48
GROUPS = 6
SUBJECTS = ["Nachfolge", "Export", "Steuern", "Unternehmensnachfolge", "hiring", "Marketing", "IT-Sicherheit"]
MONDAYS = [b.day(14, hour=6), b.day(21, hour=6), b.day(28, hour=6)]

Publish = Callable[[list[Event], str], None]  # events, and for whom they speak
Hold = Callable[[int], dict[str, Any]]


class Left(NamedTuple):
    """What a history leaves in a log: the world's digest, and the bytes of all that Weft suggested."""

    digest: str
    suggested: list[bytes]


def weeks(seed: int = 11) -> list[list[Event]]:
    """What is published before each of the rounds."""
    dice = Random(seed)
    members = [f"m-{number}" for number in range(MEMBERS)]
    first: list[Event] = []
    for number, member_id in enumerate(members):
        first.append(
            b.joined(member_id, f"g-{number % GROUPS}", at=b.day(number % 3), profession=f"Beruf {number % 5}")
        )
        first += [b.seeks(member_id, one, at=b.day(5), note="bis Herbst") for one in dice.sample(SUBJECTS, 2)]
        first += [b.gives(member_id, one, at=b.day(6), note="seit Jahren") for one in dice.sample(SUBJECTS, 2)]
    first += [b.met_up(f"e-{n}", *dice.sample(members, 8), at=b.day(9 + n)) for n in range(4)]
    first += [b.talked(*dice.sample(members, 2), at=b.day(10)) for _ in range(40)]
    second = [b.seeks(one, dice.choice(SUBJECTS), at=b.day(16)) for one in dice.sample(members, 16)]
    second += [b.blocked(*dice.sample(members, 2), at=b.day(17)), b.erased(members[7], at=b.day(18))]
    third = [b.talked(*dice.sample(members, 2), at=b.day(24)) for _ in range(10)]
    third += [
        b.endorsed("m-3", "Export", "m-4", at=b.day(24)),
        b.prefers("m-5", at=b.day(25), introductions_per_round=0),
    ]
    return [first, second, third]


def answers(introductions: list[Event], monday: int) -> Iterator[Event]:
    """What members say to a round's suggestions: most accept, some decline, some say nothing."""
    for event in introductions:
        id, (a, z) = event.data["introduction_id"], event.data["member_ids"]
        chance = Random(id).random()
        if chance < 0.6:
            for number, member_id in enumerate((a, z)):
                yield b.accepted(id, member_id, at=monday + (number + 1) * HOUR_US)
        elif chance < 0.8:
            yield b.declined(id, z, at=monday + HOUR_US)


def suggested(log: ReadableLog) -> list[Event]:
    """All that was suggested, in an order that does not depend on partitions."""
    found = [record.event for record in log.read() if record.event.type == "introduction.suggested"]
    return sorted(found, key=lambda event: (event.time, event.id))


def world_in(log: ReadableLog) -> World:
    """The world of all that stands in a log."""
    world = World()
    for record in log.read():
        world.apply(record.event)
    return world


def left_in(log: ReadableLog) -> Left:
    """What stands in a log."""
    return Left(world_in(log).digest(), [encode(event) for event in suggested(log)])


def difference(found: World, wanted: World) -> list[str]:
    """The registers in which two worlds differ, told briefly."""
    told: list[str] = []
    for table in wanted.tables:
        for owner in sorted(found.tables[table].keys() | wanted.tables[table].keys()):
            one, other = found.tables[table].get(owner, {}), wanted.tables[table].get(owner, {})
            keys = [key for key in sorted(one.keys() | other.keys()) if one.get(key) != other.get(key)]
            told += [f"{table} {owner} {key}: {one.get(key)} and not {other.get(key)}"[:400] for key in keys]
    return told


def play(publish: Publish, hold: Hold, log: ReadableLog, settled: Callable[[int], None]) -> None:
    """Plays the history; `settled` returns once what was published last (and what Weft owes for it) is in the log; its
    argument counts how often it was called."""
    for week, (events, monday) in enumerate(zip(weeks(), MONDAYS, strict=True)):
        publish(events, "operator")
        settled(2 * week)
        before = {event.id for event in suggested(log)}
        hold(monday)
        new = [event for event in suggested(log) if event.id not in before]
        publish(list(answers(new, monday)), "operator")
        settled(2 * week + 1)


class Embedded(NamedTuple):
    """The history in the embedded Weft: what it left after each step, and its members' scores (member -> body)."""

    steps: list[World]
    left: Left
    scores: dict[str, bytes]


def embedded(folder: Path) -> Embedded:
    """Plays the history into a data folder."""
    place = Folder(folder).create()
    log = SqliteLog(place.log)
    network = Network(log, place, Settings())
    network.start()
    steps: list[World] = []

    def settled(step: int) -> None:
        network.settle()
        steps.append(world_in(log))

    play(lambda events, sender: network.append(events) and None, network.hold_round, log, settled)
    scores = LiveScores(1, network.settings.policy())
    scores.own([0])
    with network.standing() as standing:
        found = {member_id: body for member_id, body in scores.next(standing, 1, 10_000) if body is not None}
    left = left_in(log)
    log.close()
    return Embedded(steps, left, found)


def instant(moment: int) -> str:
    """As a request says it."""
    return format_instant(moment)
