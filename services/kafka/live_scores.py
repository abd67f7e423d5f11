"""The live scores of the seekers that a worker owns: who could help each with what they look for, as things stand.

What touches a member is read again at once, first for them, then for all who have them among their candidates;
everything else (a rarer word, somebody new who fits) by a sweep over all owned seekers whenever something has changed
since the last one, or a day has begun. A record is published only where it is not what was published before.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import orjson

from matcher.asking import ask
from matcher.card import Purpose, card_of
from matcher.introductions import suggestion
from matcher.needs import lines_of, standing_need, wishes_of
from matcher.policy import Policy
from matcher.scorecard import Card
from matcher.world import Change, World
from schemas.instants import DAY_US, day_of, format_instant
from services.follower import Standing
from services.kafka.brokers import home_of

TOP = 10
_OF_TWO = ("conversations", "vetoes")  # whose owner is two members
_UNKNOWN = b""  # what stands there may be anything


class Published(NamedTuple):
    """What is known of a seeker's last record: the day and candidates it says, as bytes, and who they are."""

    body: bytes
    candidates: tuple[str, ...]


class LiveScores:
    """Which seekers' records may not be what they should be, and what they should be; safe to use from many threads."""

    def __init__(self, partitions: int, policy: Policy) -> None:
        self._count, self._policy = partitions, policy
        self._owned: set[int] = set()
        self._published: dict[str, Published] = {}
        self._listed_by: defaultdict[str, set[str]] = defaultdict(set)  # candidate -> seekers
        self._touched: dict[str, None] = {}  # in the order in which they were
        self._beside: dict[str, None] = {}  # the same, of those who have somebody touched among their candidates
        self._sweep: Iterator[str] = iter(())
        self._swept_at: tuple[int, int] | None = None  # the day, and how much was read, when the last sweep began
        self.is_swept = False
        self._lock = threading.Lock()

    # --- owning -------------------------------------------------------------------------------------------------------

    @property
    def owned(self) -> list[int]:
        """The partitions that this worker publishes in."""
        with self._lock:
            return sorted(self._owned)

    def own(self, numbers: Iterable[int]) -> None:
        """These partitions are this worker's, and what was published in them is known."""
        with self._lock:
            self._owned |= set(numbers)
            self._swept_at = None

    def let_go(self, numbers: Iterable[int]) -> None:
        """Another may publish in these partitions now."""
        gone = set(numbers)
        with self._lock:
            self._owned -= gone
            for member_id in [one for one in self._published if home_of(one.encode(), self._count) in gone]:
                self._forget(member_id)

    def heard(self, member_id: str, value: bytes | None) -> None:
        """Somebody else has published this of a seeker of an owned partition: that is what stands there now."""
        with self._lock:
            self._forget(member_id)
            if value is not None:
                self._remember(member_id, *_said_in(value))
            self._touched[member_id] = None

    def doubt(self, member_ids: Iterable[str]) -> None:
        """What `next` said of these may not have been published: it is said again."""
        with self._lock:
            for member_id in member_ids:
                self._forget(member_id)
                self._remember(member_id, _UNKNOWN, [])
                self._touched[member_id] = None

    def forgot(self, number: int, who: Set[str]) -> bool:
        """Whether this partition is this worker's, and no record that is known to stand there is of these members or
        names them."""
        with self._lock:
            theirs = [one for one in self._published if home_of(one.encode(), self._count) == number]
            return number in self._owned and not any(self._names_any(one, who) for one in theirs)

    def _names_any(self, seeker: str, who: Set[str]) -> bool:
        known = self._published[seeker]
        return seeker in who or known.body == _UNKNOWN or not who.isdisjoint(known.candidates)

    # --- what changes -------------------------------------------------------------------------------------------------

    def note(self, world: World, change: Change) -> None:
        """Notes whom a change of the world touches."""
        with self._lock:
            for table, owner, *_ in change:
                for member_id in _touched_by(world, table, owner):
                    self._touched[member_id] = None
                    self._beside.update(dict.fromkeys(self._listed_by.get(member_id, ())))

    def next(self, standing: Standing, read: int, most: int) -> list[tuple[str, bytes | None]]:
        """Of at most so many seekers, the records that are to be published: the member, and the day and candidates, or
        None where there are none any more. `read`: how much of the log has been read."""
        day, card = day_of(standing.at), card_of(standing.world, Purpose.QUESTIONS)
        found: list[tuple[str, bytes | None]] = []
        with self._lock:
            for member_id in islice(self._due(standing.world, (day, read), most), most):
                body, candidates = self._record(standing, card, member_id, day)
                known = self._published.get(member_id)
                if body == (known.body if known else None):
                    continue
                self._forget(member_id)
                if body is not None:
                    self._remember(member_id, body, candidates)
                found.append((member_id, body))
        return found

    @property
    def has_waiting(self) -> bool:
        """Whether anybody was touched who has not been read again."""
        return bool(self._touched or self._beside)

    def _due(self, world: World, now: tuple[int, int], most: int) -> Iterator[str]:
        """The owned seekers whose turn it is. However much is touched, some of those beside it come, and some of the
        sweep: under a load that never ends, no record stays wrong for ever."""
        for waiting in (self._touched, self._beside):
            most -= (share := -(-most * 3 // 4))
            yield from islice(self._taken(waiting), share)
        yield from filter(self._is_owned, iter(partial(self._swept, world, now), None))

    def _taken(self, waiting: dict[str, None]) -> Iterator[str]:
        while waiting:
            member_id = next(iter(waiting))
            for each in (self._touched, self._beside):
                each.pop(member_id, None)
            if self._is_owned(member_id):
                yield member_id

    def _is_owned(self, member_id: str) -> bool:
        return home_of(member_id.encode(), self._count) in self._owned

    def _swept(self, world: World, now: tuple[int, int]) -> str | None:
        """The next seeker of the sweep; None: all have been looked at since something changed."""
        member_id = next(self._sweep, None)
        if member_id is None and self._swept_at != now:
            self._swept_at = now
            self._sweep = iter(sorted({*world.tables["memberships"], *self._published}))
            member_id = next(self._sweep, None)
        self.is_swept = member_id is None and not self.has_waiting
        return member_id

    def _record(
        self, standing: Standing, card: Card, member_id: str, day: int
    ) -> tuple[bytes | None, list[dict[str, Any]]]:
        world, index = standing.world, standing.index
        if member_id not in world.tables["memberships"]:
            return None, []
        # Others may read the topic: what is confidential counts only where its owner asks (EVENTS.md).
        need = standing_need(lines_of(wishes_of(world, member_id, confidential=False)), standing.at)
        found = ask(index, card, member_id, need, standing.at, top=TOP, policy=self._policy)
        candidates = [
            {"member_id": one.member_id, "points": one.points, "chance": one.chance, "reasons": one.reasons}
            for one in found
        ]
        return (_body(format_instant(day * DAY_US)[:10], candidates) if candidates else None), candidates

    # --- what is known ------------------------------------------------------------------------------------------------

    def _remember(self, member_id: str, body: bytes, candidates: list[dict[str, Any]]) -> None:
        ids = tuple(each["member_id"] for each in candidates)
        self._published[member_id] = Published(body, ids)
        for each in ids:
            self._listed_by[each].add(member_id)

    def _forget(self, member_id: str) -> None:
        known = self._published.pop(member_id, None)
        for each in known.candidates if known else ():
            self._listed_by[each].discard(member_id)
            if not self._listed_by[each]:
                del self._listed_by[each]


def _said_in(value: bytes) -> tuple[bytes, list[dict[str, Any]]]:
    """The body and the candidates of a record, whoever wrote it."""
    try:
        said = orjson.loads(value)
        candidates = [each for each in said["candidates"] if isinstance(each["member_id"], str)]
        return _body(said["day"], candidates), candidates
    except (ValueError, KeyError, TypeError):  # none of ours
        return _UNKNOWN, []


def _body(day: str, candidates: list[dict[str, Any]]) -> bytes:
    return orjson.dumps({"day": day, "candidates": candidates}, option=orjson.OPT_SORT_KEYS)


def _touched_by(world: World, table: str, owner: str) -> Iterable[str]:
    """The members whom a changed register names."""
    if table in _OF_TWO:
        return owner.split(" ")
    if table == "introductions":
        one = suggestion(world, owner)
        return (one.a, one.b) if one else ()
    if table in ("meetings", "groups", "rounds", "weights", "referrals"):
        return ()  # of many: the sweep finds them
    return (owner,)
