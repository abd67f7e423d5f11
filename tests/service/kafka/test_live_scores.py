"""Live scores, without a broker: what is published, and that it is in the end what the world says."""

from random import Random

import orjson
import pytest

from matcher.index import Index
from matcher.policy import DEFAULT
from matcher.world import World
from services.follower import Standing
from services.kafka.brokers import partition_of
from services.kafka.live_scores import LiveScores
from tests import builders as b
from tests.service.kafka.histories import weeks

AT = b.day(30)
ALL = 1_000_000


class Seen:
    """A world and its index, the scores that follow it, and what they have published."""

    def __init__(self, partitions: int = 1, owned: tuple[int, ...] = (0,)) -> None:
        self.world = World()
        self.index = Index(self.world)
        self.scores = LiveScores(partitions, DEFAULT)
        self.scores.own(owned)
        self.published: dict[str, bytes | None] = {}
        self.read = 0

    def tell(self, *events: object) -> None:
        for event in events:
            change = self.world.apply(event)  # type: ignore[arg-type]
            self.index.follow(change)
            self.scores.note(self.world, change)
            self.read += 1

    def publish(self, most: int = ALL, at: int = AT) -> dict[str, bytes | None]:
        found = dict(self.scores.next(Standing(self.world, at, lambda: self.index), self.read, most))
        self.published.update(found)
        return found


def anew(events: list[object]) -> dict[str, bytes | None]:
    fresh = Seen()
    fresh.tell(*events)
    return fresh.publish()


def test_whatever_way_events_come_the_last_records_are_those_of_the_whole() -> None:
    events = [event for week in weeks() for event in week]
    for seed in range(3):
        dice = Random(seed)
        dice.shuffle(events)
        followed = Seen()
        for start in range(0, len(events), 40):
            followed.tell(*events[start : start + 40])
            followed.publish(most=dice.randrange(60))
        followed.publish()
        assert followed.scores.is_swept
        last = {member_id: body for member_id, body in followed.published.items() if body is not None}
        assert last == anew(events)


def test_what_is_as_it_was_is_not_published_again() -> None:
    seen = Seen()
    seen.tell(*weeks()[0])
    assert seen.publish()
    seen.tell(b.founded("g-9"), b.seeks("m-1", "Nachfolge", id="again", confidential=True))
    assert len(seen.publish()) < 5


def test_with_a_new_day_every_record_says_so() -> None:
    seen = Seen()
    seen.tell(*weeks()[0])
    first = seen.publish()
    assert seen.publish(at=b.day(31)).keys() == first.keys()


def test_a_worker_publishes_of_its_own_seekers_only() -> None:
    seen = Seen(partitions=4, owned=(1, 3))
    seen.tell(*weeks()[0])
    assert {partition_of(member_id.encode(), 4) for member_id in seen.publish()} == {1, 3}


def test_who_is_touched_comes_first() -> None:
    seen = Seen()
    seen.tell(*weeks()[0])
    seen.publish()
    seen.tell(b.seeks("m-20", "Steuern", at=b.day(29)), b.seeks("m-20", "Export", at=b.day(29)))
    assert "m-20" in seen.publish(most=2)  # the sweep has its turn, too


def test_an_owner_that_hears_another_publishes_again() -> None:
    seen = Seen()
    seen.tell(*weeks()[0])
    mine = seen.publish()["m-1"]
    seen.scores.heard("m-1", orjson.dumps({"day": "2020-01-01", "candidates": []}))
    assert seen.publish() == {"m-1": mine}


def test_what_may_not_have_been_published_is_published_again() -> None:
    seen = Seen()
    seen.tell(*weeks()[0])
    found = seen.publish()
    assert found["m-1"] and seen.publish() == {}
    seen.scores.doubt(["m-1", "m-gone"])
    assert seen.publish() == {"m-1": found["m-1"], "m-gone": None}


def test_an_owner_that_hears_what_it_would_say_is_silent() -> None:
    seen = Seen()
    seen.tell(*weeks()[0])
    mine = seen.publish()["m-1"]
    assert mine is not None
    seen.scores.heard("m-1", mine)
    assert seen.publish() == {}


def test_of_the_erased_a_tombstone_is_left_and_nobody_lists_them() -> None:
    seen = Seen()
    seen.tell(*weeks()[0])
    before = seen.publish()
    listing = [who for who, body in before.items() if body and b'"m-7"' in body]
    seen.tell(b.erased("m-7"))
    after = seen.publish(most=2 * len(listing) + 2)  # at once: half of the turns are the sweep's
    assert after["m-7"] is None and set(listing) <= after.keys()
    assert not [body for body in seen.published.values() if body and b'"m-7"' in body]


def test_what_was_published_before_of_somebody_nobody_knows_is_taken_back() -> None:
    seen = Seen()
    seen.scores.heard("m-gone", orjson.dumps({"day": "2020-01-01", "candidates": []}))
    seen.tell(*weeks()[0])
    assert seen.publish()["m-gone"] is None


def test_what_is_confidential_stands_in_no_record() -> None:
    """Beside somebody who looks for the same and says so: theirs names it."""
    seen = Seen()
    seen.tell(*weeks()[0])
    seen.tell(*(b.gives(f"m-{number}", "Insolvenz", at=b.day(28)) for number in range(12)))
    seen.tell(b.seeks("m-20", "Insolvenz", at=b.day(28), confidential=True), b.seeks("m-21", "Insolvenz", at=b.day(28)))
    found = seen.publish()
    named = {who: b"Insolvenz" in (found[who] or b"") for who in ("m-20", "m-21")}
    assert named == {"m-20": False, "m-21": True}


@pytest.mark.parametrize("most", [0, 1, 7])
def test_a_slice_has_its_bound(most: int) -> None:
    seen = Seen()
    seen.tell(*weeks()[0])
    assert len(seen.publish(most=most)) <= most
