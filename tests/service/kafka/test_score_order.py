"""Whose record comes next, and that in the end all say what the final world says; without a broker."""

from random import Random

from matcher.index import Index
from matcher.policy import DEFAULT
from matcher.world import World
from schemas.codec import Event
from services.follower import Standing
from services.kafka.live_scores import LiveScores
from tests import builders as b
from tests.unit.matcher.networks import MEMBERS, small_network
from tests.unit.matcher.worlds import world_of

PARTITIONS = 3
NOW = b.day(30)
Records = dict[str, bytes | None]


class Following:
    """A world, its index, and the scores that are told of it, all partitions owned."""

    def __init__(self, events: list[Event]) -> None:
        self.world = World()
        self._index = Index(self.world)
        self._read = 0
        self.scores = LiveScores(PARTITIONS, DEFAULT)
        self.scores.own(range(PARTITIONS))
        for event in events:
            self.tell(event)

    def tell(self, event: Event) -> None:
        change = self.world.apply(event)
        self._index.follow(change)
        self._read += 1
        self.scores.note(self.world, change)

    def next(self, most: int) -> Records:
        return dict(self.scores.next(Standing(self.world, NOW, lambda: self._index), self._read, most))

    def rest(self) -> Records:
        """All that is published until nothing is left to do."""
        found: Records = {}
        for _ in range(100):
            found |= self.next(5)
            if self.scores.is_swept:
                return found
        raise AssertionError("the sweep does not end")


def twenty() -> list[Event]:
    """Twenty members of two groups, who all look for what the others can give."""
    members = [f"m-{number}" for number in range(20)]
    return [
        *(b.joined(each, f"g-{place % 2}") for place, each in enumerate(members)),
        *(b.seeks(each, ("Nachfolge", "Export")[place // 2 % 2], at=b.day(6)) for place, each in enumerate(members)),
        *(b.gives(each, ("Export", "Nachfolge")[place // 2 % 2], at=b.day(6)) for place, each in enumerate(members)),
    ]


def test_whoever_is_touched_comes_before_those_who_have_them_among_their_candidates() -> None:
    network = Following(twenty())
    network.rest()
    network.tell(b.gives("m-3", "Nachfolge", at=b.day(20)))
    network.tell(b.seeks("m-7", "Export", at=b.day(20), note="Italien"))
    first, second, *_ = network.next(4)
    assert {first, second} == {"m-3", "m-7"}
    assert network.rest(), "the others come after them"


def test_in_the_end_every_record_is_what_the_final_world_says() -> None:
    for seed in range(8):
        events = small_network(Random(seed))
        Random(seed).shuffle(events)
        network, found = Following(events[: len(events) // 2]), dict[str, bytes | None]()
        for event in events[len(events) // 2 :]:
            network.tell(event)
            found |= network.next(3)
        found |= network.rest()
        anew = Following([])
        anew.world = world_of(events)
        anew._index = Index(anew.world)
        said = {member_id: body for member_id, body in found.items() if body is not None}
        assert said == anew.rest()
        assert said.keys() <= set(MEMBERS)
