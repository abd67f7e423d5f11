"""Claims and praise that anybody can make up, on a simulated network: whom they bring into the first tens of what
members ask."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from statistics import mean

import pytest

from matcher.asking import own_need, rank
from matcher.card import Purpose, card_of
from matcher.index import Index
from matcher.standing import members_of_today
from matcher.world import World
from schemas.codec import Event, decode
from schemas.instants import DAY_US
from services.simulate import history
from tests import builders as b
from tests.campaigns.builds import Break, broken_tree, fails

pytestmark = pytest.mark.campaign

MEMBERS, WEEKS, SEED = 300, 8, 7
MOST = 0.02  # of all first tens: by so much nobody's share may rise (issue: relevance, poison)


@cache
def network() -> tuple[list[Event], int]:
    """A network of some weeks, and the instant after."""
    events = [decode(line) for line in history(MEMBERS, WEEKS, SEED)]
    return events, max(event.time for event in events) + 1


def shares(attack: list[Event]) -> dict[str, float]:
    """Of each member, in how many of all members' first tens they are, for what each looks for."""
    events, at = network()
    world = World()
    for event in (*events, *attack):
        world.apply(event)
    index, shown, asked = Index(world), Counter[str](), 0
    card = card_of(world, Purpose.QUESTIONS)
    for member_id in members_of_today(world):
        need = own_need(index, member_id, at)
        ranking = rank(index, card, member_id, need, at) if need.subjects else None
        if ranking:
            asked += 1
            shown.update(ranking.member_ids(10))
    return {member_id: count / asked for member_id, count in shown.items()}


@cache
def before() -> dict[str, float]:
    return shares([])


def rise(attack: Callable[[str], Iterable[Event]]) -> float:
    """By how much the share of whoever it is made up for rises, where it rises most: of some members, one at a time, up
    to the first for whom it is too much."""
    most = -1.0
    for who in whose():
        most = max(most, shares(list(attack(who))).get(who, 0) - before().get(who, 0))
        if most > MOST:
            break
    return _told(most)


def _told(most: float) -> float:
    print(f"the most that a share of first tens rose: {100 * most:.1f} points")
    return most


def popular(count: int) -> list[str]:
    """The subjects that most look for."""
    said = Counter(event.data["subject"] for event in network()[0] if event.type == "interest.declared")
    return [subject for subject, _ in said.most_common(count)]


@cache
def everybody() -> list[str]:
    return sorted({event.data["member_id"] for event in network()[0] if event.type == "member.joined"})


@cache
def by_share() -> list[str]:
    """Everybody, whoever is shown most often first."""
    return sorted(everybody(), key=lambda member_id: (-before().get(member_id, 0), member_id))


def whose() -> list[str]:
    """Some of those whom many see, of those whom some do, and of those whom nobody does."""
    return [by_share()[place] for place in (8, 14, 20, 40, 80, 160)]


def _ago(days: int) -> int:
    return network()[1] - days * DAY_US - DAY_US // 24


def _endorsements(who: str, count: int, subjects: int) -> Iterator[Event]:
    others = [member_id for member_id in everybody() if member_id != who]
    for number in range(count):
        subject, by = popular(subjects)[number % subjects], others[number % len(others)]
        yield b.endorsed(who, subject, by, at=_ago(1 + number % 5), id=f"x{number}")


@pytest.mark.parametrize("subjects", [1, 10, 60])
def test_a_thousand_invented_endorsements_bring_nobody_forward(subjects: int) -> None:
    assert rise(lambda who: _endorsements(who, 1_000, subjects)) <= MOST


def test_two_hundred_expertises_at_once_bring_nobody_forward() -> None:
    claimed = [*popular(60), *(f"Thema {number}" for number in range(140))]
    assert (
        rise(lambda who: [b.gives(who, subject, at=_ago(1), id=f"x{place}") for place, subject in enumerate(claimed)])
        <= MOST
    )


def test_what_everybody_looks_for_said_again_and_again_brings_nobody_forward() -> None:
    assert (
        rise(
            lambda who: [
                b.gives(who, popular(60)[number % 60], at=_ago(1 + number % 7), id=f"x{number}")
                for number in range(200)
            ]
        )
        <= MOST
    )


def test_a_clique_that_praises_itself_for_what_it_claims_does_not_come_forward() -> None:
    """As a whole: where one of them falls back, another may take their place."""
    clique = by_share()[10:18]
    claims = [b.gives(one, subject, at=_ago(20), id=f"{one} {subject}") for one in clique for subject in popular(5)]
    praise = [
        b.endorsed(one, subject, other, at=_ago(days), id=f"{one} {other} {subject} {days}")
        for one in clique
        for other in clique
        if one != other
        for subject in popular(5)
        for days in (1, 8, 15)
    ]
    claimed, praised = shares(claims), shares([*claims, *praise])
    assert _told(mean(praised.get(one, 0) - claimed.get(one, 0) for one in clique)) <= MOST


# --- and it would notice ----------------------------------------------------------------------------------------------


SAID_AGAIN_KNOWS_MORE = Break("matcher/reading.py", "if (shown.faded <= most).all():", "if True:")
PRAISE_OF_STRANGERS_COUNTS = Break("matcher/reading.py", "// _USUAL, own // 4)", "// _USUAL, 9 * ONE)")
PRAISE_CONFIRMS_NOTHING = Break("matcher/index.py", "not in self.claims.get(owner, ()):", "is None:")


@pytest.mark.parametrize(
    ("test", "mistakes"),
    [
        ("test_what_everybody_looks_for_said_again_and_again_brings_nobody_forward", [SAID_AGAIN_KNOWS_MORE]),
        (
            "test_a_thousand_invented_endorsements_bring_nobody_forward",
            [SAID_AGAIN_KNOWS_MORE, PRAISE_OF_STRANGERS_COUNTS, PRAISE_CONFIRMS_NOTHING],
        ),
    ],
    ids=["whoever says it again knows more", "praise needs no claim"],
)
def test_it_would_notice(test: str, mistakes: list[Break], tmp_path: Path) -> None:
    assert fails(f"tests/campaigns/test_poisoned_praise.py::{test}", broken_tree(tmp_path, *mistakes))
