"""What a network can be asked: gather the state at an instant, call the judgement, answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic

from matcher.asking import ask, own_need
from matcher.card import Purpose, card_of
from matcher.explaining import explain
from matcher.needs import stated_need
from matcher.policy import Policy
from matcher.seen import profile, seen_by
from matcher.world import World
from schemas.instants import parse_canonical
from services.clock import Clock, now_us
from services.exporting import export_of
from services.follower import Follower, Log, Standing
from services.settings import Settings


class NotReady(Exception):
    """The log cannot be answered from yet, or no longer; the message says why."""


class NotYours(Exception):
    """There is no such member, or no such introduction of theirs; which of them it is, is not to be told."""


class NotThereYet(Exception):
    """This member (`member_id`) had not joined any group at the instant asked about; `joined` is when they did (µs),
    None if they never did."""

    def __init__(self, member_id: str, joined: int | None) -> None:
        super().__init__(member_id)
        self.member_id, self.joined = member_id, joined


class Answering(Generic[Log]):
    """The answers from one log. Safe to use from many threads."""

    def __init__(self, log: Log, snapshot_file: Path, settings: Settings, clock: Clock = now_us) -> None:
        self.settings, self.clock = settings, clock
        self.follower: Follower[Log] = Follower(log, snapshot_file, clock)
        self.why_not_ready: str | None = "the log is being read"

    def start(self) -> str | None:
        """Reads the log; from then on the network can be asked. Returns why the snapshot was not used, if there was
        one that was in doubt. LogDamaged."""
        doubt = self.follower.start()
        self.why_not_ready = None
        return doubt

    def suggestions(self, member_id: str, at: int | None = None) -> list[dict[str, Any]]:
        """The introductions that the member sees, now or at an instant (µs). NotYours, NotReady."""
        with self.standing(at) as standing:
            return seen(standing, member_id)

    def ask(
        self, member_id: str, subjects: list[str], note: str = "", top: int = 10, at: int | None = None
    ) -> list[dict[str, Any]]:
        """Who could help this member with a need, best first; without subjects and note, with what they look for as
        they stand. NotYours, NotReady."""
        with self.standing(at) as standing:
            check_known(standing.world, member_id)
            world, index = standing.world, standing.index
            need = stated_need(subjects, note) if subjects or note else own_need(index, member_id, standing.at)
            card = card_of(world, Purpose.QUESTIONS)
            found = ask(index, card, member_id, need, standing.at, top=top, policy=self.settings.policy())
            return [{**answer._asdict(), "with": profile(world, answer.member_id)} for answer in found]

    def explain(self, member_id: str, other_id: str, at: int | None = None) -> dict[str, Any]:
        """Why the one is suggested to the other, or not: both directions, and all that a round knows of the two; for
        whoever runs the network. NotThereYet, NotReady, LogDamaged."""
        with self.standing(at) as standing:
            world = standing.world
            for each in (member_id, other_id):
                if each not in world.tables["memberships"]:
                    raise NotThereYet(each, _joined(self.follower.whole(), each))
            policy = self._policy_of_round(standing.at)
            found = explain(standing.index, card_of(world, Purpose.ROUNDS), member_id, other_id, standing.at, policy)
            names = {each: world.value("members", each, "name") for each in (member_id, other_id)}
            return {**found.as_json(), "names": names}

    def joined(self, member_id: str) -> int | None:
        """When this member first joined a group (µs); None if they never did. NotReady, LogDamaged."""
        with self.standing():
            return _joined(self.follower.whole(), member_id)

    def _policy_of_round(self, at: int) -> Policy:
        """That of the round that was held as of this instant, where there is one: it may have been another then."""
        held = self.follower.whole().held_rounds().values()
        written = [opened["policy"] for opened in held if parse_canonical(opened["as_of"]) == at]
        return Policy.of(written[0]) if written else self.settings.policy()

    def export(self, member_id: str) -> dict[str, Any]:
        """All that is kept about this member. NotYours, NotReady, LogDamaged."""
        with self.standing() as standing:
            if not standing.world.names(member_id):
                raise NotYours
            world, at = standing.world.copy(), standing.at
        return export_of(world, (record.event for record in self.follower.log.read()), member_id, at)

    @contextmanager
    def standing(self, at: int | None = None) -> Iterator[Standing]:
        """How things stand at an instant (µs), or now. NotReady, LogDamaged."""
        if self.why_not_ready:
            raise NotReady(self.why_not_ready)
        with self.follower.standing(at) as standing:
            yield standing


def seen(standing: Standing, member_id: str) -> list[dict[str, Any]]:
    """What the member sees as things stand. NotYours."""
    check_known(standing.world, member_id)
    return seen_by(standing.world, member_id, standing.at)


def _joined(world: World, member_id: str) -> int | None:
    return min((register[0] for register in world.tables["memberships"].get(member_id, {}).values()), default=None)


def check_known(world: World, member_id: str) -> None:
    """NotYours: nobody of this id is, or was, in a group."""
    if member_id not in world.tables["memberships"]:
        raise NotYours
