"""Erasing a member: the keys go and the erasure is recorded with its event (services/log); then every other part of
Weft takes out what it holds of them, and confirms it."""

from collections.abc import Callable
from typing import Any

from matcher.card import Purpose, learned_as_of
from schemas.codec import decode
from schemas.instants import format_instant
from services.clock import Clock
from services.follower import Follower
from services.log.keyring import Erasure, Keys
from services.unreadable import Unreadable

PARTS = ("log", "world", "introductions", "index", "weights", "snapshot", "unreadable")


class Erasing:
    """The parts of one network, each with what it does to forget; safe to be asked again and again."""

    def __init__(self, keys: Keys, follower: Follower[Any], unreadable: Unreadable, clock: Clock) -> None:
        self._keys, self._follower, self._unreadable, self._clock = keys, follower, unreadable, clock
        forget = (
            self._in_the_log,
            self._in_the_world,
            self._in_the_world,
            self._in_the_index,
            self._in_the_weights,
            self._in_the_snapshot,
            self._in_the_unreadable,
        )
        self.parts: dict[str, Callable[[set[str]], bool]] = dict(zip(PARTS, forget, strict=True))

    def confirm(self) -> bool:
        """Has every part forget those whom it has not confirmed yet; returns whether all have. OSError: a disk is in
        the way, and it is to be tried again."""
        waiting = {erasure.member_id: self._waiting(erasure.member_id) for erasure in self._keys.erasures()}
        in_the_way: OSError | None = None
        for part, forget in self.parts.items():
            who = {member_id for member_id, parts in waiting.items() if part in parts}
            try:
                if who and forget(who):
                    self._keys.confirm(part, sorted(who), self._clock())
            except OSError as wrong:  # the other parts can forget all the same
                in_the_way = wrong
        if in_the_way:
            raise in_the_way
        return not any(self._waiting(member_id) for member_id, parts in waiting.items() if parts)

    def weights_wait(self) -> bool:
        """Whether a card was fitted on somebody who was erased since."""
        who = {each.member_id for each in self._keys.erasures() if "weights" in self._waiting(each.member_id)}
        return bool(who) and not self._in_the_weights(who)

    def status(self) -> list[dict[str, Any]]:
        """Per erased member: since when, who has confirmed it and when, who has not, how many events came late."""
        return [self._status(erasure) for erasure in self._keys.erasures()]

    def _status(self, erasure: Erasure) -> dict[str, Any]:
        confirmed = self._keys.confirmed(erasure.member_id)
        return {
            "member_id": erasure.member_id,
            "erased_at": format_instant(decode(erasure.event).time),
            "late": erasure.late,
            "confirmed": {part: format_instant(at) for part, at in confirmed.items()},
            "waiting": [part for part in self.parts if part not in confirmed],
        }

    def _waiting(self, member_id: str) -> set[str]:
        return self.parts.keys() - self._keys.confirmed(member_id).keys()

    # --- the parts ----------------------------------------------------------------------------------------------------

    def _in_the_log(self, who: set[str]) -> bool:
        return True  # it forgot when the keys were destroyed

    def _in_the_world(self, who: set[str]) -> bool:
        with self._follower.standing() as standing:
            return who <= standing.world.erased

    def _in_the_index(self, who: set[str]) -> bool:
        with self._follower.standing() as standing:
            return who.isdisjoint(standing.index.roster.ids)

    def _in_the_weights(self, who: set[str]) -> bool:
        """The default cards were learned from nobody here; a fitted one is to be fitted again without them. What counts
        is when the log forgot: whoever publishes an erasure may date it back."""
        forgotten = [self._keys.confirmed(member_id).get("log") for member_id in who]
        last = max((at for at in forgotten if at is not None), default=0)
        if None in forgotten:
            return False
        with self._follower.standing() as standing:
            learned = [learned_as_of(standing.world, purpose) for purpose in Purpose]
        return not any(0 < as_of <= last for as_of in learned)

    def _in_the_snapshot(self, who: set[str]) -> bool:
        """The one of before can be opened by nobody; this one is of after."""
        if not self._in_the_world(who):
            return False
        self._follower.save()
        return True

    def _in_the_unreadable(self, who: set[str]) -> bool:
        self._unreadable.forget(who)
        return True
