"""Erasing a member: the keys go and the erasure is recorded with its event (services/log); then every place that keeps
something of members takes out what it holds of them, and confirms it.

Two parts are the network's, and whoever can tell confirms them: the log, and the weights that were learned. All others
are parts of a keeper (`services.log.keyring`): the one process that writes a folder, or beside a broker each worker,
each partition of scores, each database of views. An erasure is whole once all parts of all keepers have confirmed it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from matcher.card import Purpose, learned_as_of
from schemas.codec import decode
from schemas.instants import format_instant
from services.clock import Clock
from services.follower import Follower
from services.log.keyring import WRITER, Erasure, Keeper, Keys
from services.unreadable import Unreadable

OF_NETWORK = ("log", "weights")
OF_PROCESS = ("world", "introductions", "index", "snapshot", "unreadable")
WORKER, VIEWS, SCORES = "worker", "views", "scores"
OF_ROLE = {WRITER.role: OF_PROCESS, WORKER: OF_PROCESS, VIEWS: ("",), SCORES: ("",)}

Forget = Callable[[set[str]], bool]
"""Takes out what is of these members; whether nothing of them is left. OSError: a disk is in the way."""


def parts_of(keeper: Keeper) -> list[str]:
    """By which names the parts of a keeper confirm."""
    return ["/".join(filter(None, (keeper.name, part))) for part in OF_ROLE[keeper.role]]


def status_of(keys: Keys) -> list[dict[str, Any]]:
    """Per erased member: since when, who has confirmed it and when, who has not, how many events came late."""
    erasures = keys.erasures()  # before: what is confirmed of one that is not among them harms nobody
    wanted = [*OF_NETWORK, *(part for keeper in keys.keepers() for part in parts_of(keeper))]
    confirmed = keys.confirmed()
    return [_status(each, confirmed.get(each.member_id, {}), wanted) for each in erasures]


def _status(erasure: Erasure, confirmed: Mapping[str, int], wanted: Collection[str]) -> dict[str, Any]:
    return {
        "member_id": erasure.member_id,
        "erased_at": format_instant(decode(erasure.event).time),
        "late": erasure.late,
        "confirmed": {part: format_instant(at) for part, at in confirmed.items()},
        "waiting": [part for part in wanted if part not in confirmed],
    }


class Confirming:
    """Some parts, each with what it does to forget; safe to be asked again and again."""

    def __init__(self, keys: Keys, clock: Clock, parts: dict[str, Forget]) -> None:
        self._keys, self._clock, self.parts = keys, clock, parts

    def confirm(self) -> bool:
        """Has every part forget those whom it has not confirmed yet; returns whether all have. OSError: a disk is in
        the way, and it is to be tried again."""
        waiting = self._waiting()
        in_the_way: OSError | None = None
        for part, who in waiting.items():
            try:
                if who and self.parts[part](who):
                    self._keys.confirm(part, sorted(who), self._clock())
            except OSError as wrong:  # the other parts can forget all the same
                in_the_way = wrong
        if in_the_way:
            raise in_the_way
        return not any(waiting.values()) or not any(self._waiting().values())

    def waiting_for(self, part: str) -> set[str]:
        """Whom a part has not confirmed yet."""
        return self._waiting()[part]

    def _waiting(self) -> dict[str, set[str]]:
        erased = [each.member_id for each in self._keys.erasures()]
        confirmed = self._keys.confirmed()
        return {part: {who for who in erased if part not in confirmed.get(who, {})} for part in self.parts}


class Erasing:
    """The parts of one network that follow its log into a world."""

    def __init__(self, keys: Keys, follower: Follower[Any], unreadable: Unreadable, clock: Clock) -> None:
        self._keys, self._follower, self._unreadable = keys, follower, unreadable
        self._confirming = Confirming(keys, clock, {"log": self._in_the_log, "weights": self._in_the_weights})
        self.confirm = self._confirming.confirm

    def keep(self, keeper: Keeper) -> None:
        """This process is such a keeper: its parts confirm as well."""
        in_the_world = self.in_the_world  # of the introductions as well
        more = self._in_the_index, self._in_the_snapshot, self._in_the_unreadable
        self.add({keeper: (in_the_world, in_the_world, *more)})

    def add(self, keepers: Mapping[Keeper, Sequence[Forget]]) -> None:
        """More keepers whose parts this process sees to: what each does to forget. LogAway."""
        self._keys.wait_for(keepers)
        for keeper, forget in keepers.items():
            self._confirming.parts |= dict(zip(parts_of(keeper), forget, strict=True))

    def weights_wait(self) -> bool:
        """Whether a card was fitted on somebody who was erased since."""
        who = self._confirming.waiting_for("weights")
        return bool(who) and not self._in_the_weights(who)

    # --- the parts ----------------------------------------------------------------------------------------------------

    def _in_the_log(self, who: set[str]) -> bool:
        return True  # it forgot when the keys were destroyed

    def in_the_world(self, who: set[str]) -> bool:
        """Whether this process knows that they were erased, and so holds nothing of them."""
        with self._follower.standing() as standing:
            return who <= standing.world.erased

    def _in_the_index(self, who: set[str]) -> bool:
        with self._follower.standing() as standing:
            return who.isdisjoint(standing.index.roster.ids)

    def _in_the_weights(self, who: set[str]) -> bool:
        """The default cards were learned from nobody here; a fitted one is to be fitted again without them. What counts
        is when the log forgot: whoever publishes an erasure may date it back."""
        confirmed = self._keys.confirmed()
        forgotten = [confirmed.get(member_id, {}).get("log") for member_id in who]
        last = max((at for at in forgotten if at is not None), default=0)
        if None in forgotten:
            return False
        with self._follower.standing() as standing:
            learned = [learned_as_of(standing.world, purpose) for purpose in Purpose]
        return not any(0 < as_of <= last for as_of in learned)

    def _in_the_snapshot(self, who: set[str]) -> bool:
        """The one of before can be opened by nobody; this one is of after."""
        if not self.in_the_world(who):
            return False
        self._follower.save()
        return True

    def _in_the_unreadable(self, who: set[str]) -> bool:
        self._unreadable.forget(who)
        return True
