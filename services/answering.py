"""What a network can be asked: gather the state at an instant, call the judgement, answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic

from matcher.asking import ask, own_need
from matcher.card import Purpose, card_of
from matcher.explaining import explain
from matcher.explaining_asked import explain_asked
from matcher.needs import stated_need
from matcher.seen import profile, seen_by
from matcher.world import World
from schemas.instants import format_instant
from services.clock import Clock, now_us
from services.exporting import export_of
from services.follower import PATIENCE_S, Follower, Log, Older, Standing
from services.known import NO_ROUND, NOW, OF_THAT_INSTANT, Known, round_at
from services.log import LogAway
from services.settings import Settings


class NotReady(Exception):
    """The log cannot be answered from yet, or no longer; the message says why."""


class NotYours(Exception):
    """There is no such member, or no such introduction of theirs; which of them it is, is not to be told."""


class NotThereYet(Exception):
    """This member (`member_id`) had not joined any group at the instant asked about; `joined` is when they did (µs),
    None if they never did; `slot` is the date of the round that did not know them, if one was asked about."""

    def __init__(self, member_id: str, joined: int | None, slot: str | None = None) -> None:
        super().__init__(member_id)
        self.member_id, self.joined, self.slot = member_id, joined, slot


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

    def suggestions(self, member_id: str, at: int | None = None, older: Older | None = None) -> list[dict[str, Any]]:
        """The introductions that the member sees, now or at an instant (µs). `older`: who is told where the log is away
        and the answer is of before. NotYours, NotReady, LogAway."""
        with self.standing(at, older) as standing:
            return seen(standing, member_id)

    def ask(
        self,
        member_id: str,
        subjects: list[str],
        note: str = "",
        top: int = 10,
        at: int | None = None,
        older: Older | None = None,
    ) -> list[dict[str, Any]]:
        """Who could help this member with a need, best first; without subjects and note, with what they look for as
        they stand. `older`: as of `suggestions`. NotYours, NotReady, LogAway."""
        with self.standing(at, older) as standing:
            check_known(standing, member_id)
            world, index = standing.world, standing.index
            need = stated_need(subjects, note) if subjects or note else own_need(index, member_id, standing.at)
            card = card_of(world, Purpose.QUESTIONS)
            found = ask(index, card, member_id, need, standing.at, top=top, policy=self.settings.policy())
            return [{**answer._asdict(), "with": profile(world, answer.member_id)} for answer in found]

    def explain(self, member_id: str, other_id: str, at: int | None = None) -> dict[str, Any]:
        """Why the one is suggested to the other, or not: both directions, and all that a round knows of the two; for
        whoever runs the network. As of a round that was held, it is what had reached the log when that was opened.
        NotThereYet, NotReady, LogDamaged."""
        with self._known(at) as known:
            names = self._names(known, member_id, other_id)
            found = explain(known.standing.index, known.card, member_id, other_id, known.standing.at, known.policy)
            return {"for": Purpose.ROUNDS, **found.as_json(), "known": known.as_json(), "names": names}

    def explain_asked(self, member_id: str, other_id: str, at: int | None = None) -> dict[str, Any]:
        """Why the one is an answer to what the other looks for, or not, in both directions: what `ask` knows of that
        instant without a word said. NotThereYet, NotReady, LogDamaged."""
        with self.standing(at) as standing:
            card, policy = card_of(standing.world, Purpose.QUESTIONS), self.settings.policy()
            known = Known(standing, card, policy, NOW if at is None else OF_THAT_INSTANT)
            names = self._names(known, member_id, other_id)
            found = explain_asked(standing.index, card, member_id, other_id, standing.at, policy)
            return {
                "for": Purpose.QUESTIONS,
                "at": format_instant(standing.at),
                "weights_id": card.weights_id,
                "sides": [answered.as_json() for answered in found],
                "known": known.as_json(),
                "names": names,
            }

    def _names(self, known: Known, *member_ids: str) -> dict[str, str | None]:
        """What these members are called. NotThereYet."""
        world = known.standing.world
        for each in member_ids:
            if each not in world.tables["memberships"]:
                raise NotThereYet(each, _joined(self.follower.whole(), each), known.slot)
        return {each: world.value("members", each, "name") for each in member_ids}

    @contextmanager
    def _known(self, at: int | None) -> Iterator[Known]:
        """What the round as of an instant (µs) knew; without one, all that is known of that instant, or now."""
        with self.standing():
            counted = self.follower.whole().held_rounds().keys()
        held = None if at is None else round_at(self.follower.log, at, counted)
        if held and held.standing:
            yield held.judging(held.standing)
            return
        with self.standing(at) as standing:
            if held:
                yield held.judging(standing)
            else:
                card = card_of(standing.world, Purpose.ROUNDS)
                yield Known(standing, card, self.settings.policy(), NOW if at is None else NO_ROUND)

    def joined(self, member_id: str) -> int | None:
        """When this member first joined a group (µs); None if they never did. NotReady, LogDamaged."""
        with self.standing():
            return _joined(self.follower.whole(), member_id)

    def export(self, member_id: str) -> dict[str, Any]:
        """All that is kept about this member. NotYours, NotReady, LogDamaged."""
        with self.standing() as standing:
            if not standing.world.names(member_id):
                raise NotYours
            world, at = standing.world.copy(), standing.at
        return export_of(world, (record.event for record in self.follower.log.read()), member_id, at)

    @contextmanager
    def standing(self, at: int | None = None, older: Older | None = None) -> Iterator[Standing]:
        """How things stand at an instant (µs), or now. NotReady, and as `Follower.standing`."""
        if self.why_not_ready:
            raise NotReady(self.why_not_ready)
        with self.follower.standing(at, older) as standing:
            yield standing

    def why_not_of_now(self) -> str | None:
        """Why no question can be answered as things stand now; None: it can."""
        if self.why_not_ready:
            return self.why_not_ready
        try:
            with self.follower.log.within(PATIENCE_S):
                self.follower.log.end()
        except LogAway as away:
            return str(away)
        return None


def seen(standing: Standing, member_id: str) -> list[dict[str, Any]]:
    """What the member sees as things stand. NotYours."""
    check_known(standing, member_id)
    return seen_by(standing.world, member_id, standing.at)


def _joined(world: World, member_id: str) -> int | None:
    return min((register[0] for register in world.tables["memberships"].get(member_id, {}).values()), default=None)


def check_known(standing: Standing, member_id: str) -> None:
    """NotYours: nobody of this id is, or was, in a group. LogAway: nobody that is known of."""
    if member_id not in standing.world.tables["memberships"]:
        raise standing.away or NotYours
