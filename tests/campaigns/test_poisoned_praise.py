"""Claims and praise that anybody can make up, on a simulated network: whom they bring into the first tens of what
members ask. (Not held: a thousand endorsements spread over ten subjects; ARCHITECTURE.md, "Poison".)"""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

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


def rise(attack: list[Event]) -> float:
    """By how much the share rises most, of anybody."""
    after = shares(attack)
    most = max(after[member_id] - before().get(member_id, 0) for member_id in after)
    print(f"the most that a share of first tens rose: {100 * most:.1f} points")
    return most


def popular(count: int) -> list[str]:
    """The subjects that most look for."""
    said = Counter(event.data["subject"] for event in network()[0] if event.type == "interest.declared")
    return [subject for subject, _ in said.most_common(count)]


def somebody() -> tuple[str, list[str]]:
    """Somebody whom hardly anybody is shown, and all others."""
    members = sorted(before())
    return members[5], [*members[:5], *members[6:]]


def _ago(days: int) -> int:
    return network()[1] - days * DAY_US - DAY_US // 24


def _endorsements(count: int, subjects: int) -> Iterator[Event]:
    who, others = somebody()
    for number in range(count):
        subject, by = popular(subjects)[number % subjects], others[number % len(others)]
        yield b.endorsed(who, subject, by, at=_ago(1 + number % 5), id=f"x{number}")


def test_a_thousand_invented_endorsements_in_a_subject_bring_nobody_forward() -> None:
    assert rise(list(_endorsements(1_000, 1))) <= MOST


def test_two_hundred_expertises_at_once_bring_nobody_forward() -> None:
    who, _ = somebody()
    claimed = [*popular(60), *(f"Thema {number}" for number in range(140))]
    assert rise([b.gives(who, subject, at=_ago(1), id=f"x{place}") for place, subject in enumerate(claimed)]) <= MOST


def test_what_everybody_looks_for_said_again_and_again_brings_nobody_forward() -> None:
    who, _ = somebody()
    said = [b.gives(who, popular(60)[number % 60], at=_ago(1 + number % 7), id=f"x{number}") for number in range(200)]
    assert rise(said) <= MOST


def test_a_clique_that_praises_itself_brings_none_of_it_forward() -> None:
    clique = sorted(before())[10:18]
    praise = [
        b.endorsed(one, subject, other, at=_ago(days), id=f"{one} {other} {subject} {days}")
        for one in clique
        for other in clique
        if one != other
        for subject in popular(5)
        for days in (1, 8, 15)
    ]
    assert rise(praise) <= MOST


# --- and it would notice ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "mistake"),
    [
        (
            "test_what_everybody_looks_for_said_again_and_again_brings_nobody_forward",
            Break("matcher/reading.py", "if (shown.faded <= most).all():", "if True:"),
        ),
        (
            "test_a_clique_that_praises_itself_brings_none_of_it_forward",
            Break("matcher/reading.py", "own + ONE // 16)", "own + 9 * ONE)"),
        ),
    ],
    ids=["whoever says it again knows more", "praise needs nothing shown"],
)
def test_it_would_notice(test: str, mistake: Break, tmp_path: Path) -> None:
    assert fails(f"tests/campaigns/test_poisoned_praise.py::{test}", broken_tree(tmp_path, mistake))
