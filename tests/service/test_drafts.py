"""A round that is looked at, and looked at again after a veto: nothing is planned twice, and nothing else is said."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.codec import Event
from schemas.instants import MINUTE_US, format_instant
from services import draft, network
from services.draft import Draft
from tests.builders import day, erased, gives, joined, seeks, talked, vetoed
from tests.service.served import Served, served

COMING = format_instant(day(15))
PEOPLE = [f"m-{number}" for number in range(1, 9)]


@pytest.fixture
def weft(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as running:
        for number, member_id in enumerate(PEOPLE):
            running.network.log.append(
                [joined(member_id, f"g-{number}"), seeks(member_id, "Export"), gives(member_id, "Export")]
            )
        yield running


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How often the pairs of a round were made from the beginning, and how often they were repaired."""
    counts = {"considered": 0, "repaired": 0}

    def counting(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def counts_too(*given: Any) -> Any:
            counts[name] += 1
            return work(*given)

        return counts_too

    for name in counts:
        monkeypatch.setattr(draft, name, counting(name, getattr(draft, name)))
    return counts


def tell(weft: Served, event: Event) -> None:
    weft.network.append([event])
    weft.clock.now += 1_000


def looked_at(weft: Served) -> dict[str, Any]:
    said: dict[str, Any] = weft.http.post("/rounds", json={"dry_run": True, "at": COMING}).json()
    return said


def veto(weft: Served, said: dict[str, Any]) -> tuple[str, str]:
    one, other = said["introductions"][0]["member_ids"]
    tell(weft, vetoed(one, other, at=day(8)))
    return one, other


def looked_at_anew(weft: Served) -> dict[str, Any]:
    """As somebody says it who has looked at nothing before."""
    weft.network._draft = None
    return looked_at(weft)


def test_after_a_veto_the_round_is_repaired_and_is_that_of_who_plans_it_anew(
    weft: Served, counted: dict[str, int]
) -> None:
    before = looked_at(weft)
    for turn in range(1, 4):
        apart = veto(weft, before)
        after = looked_at(weft)
        assert counted == {"considered": 1, "repaired": turn}
        assert list(apart) not in [introduction["member_ids"] for introduction in after["introductions"]]
        before = after
    assert before == looked_at_anew(weft)
    assert counted["considered"] == 2


def test_looked_at_twice_it_is_the_same_and_nothing_is_made_again(weft: Served, counted: dict[str, int]) -> None:
    assert looked_at(weft) == looked_at(weft)
    assert counted == {"considered": 1, "repaired": 0}


def test_after_anything_but_a_veto_the_round_is_planned_anew(weft: Served, counted: dict[str, int]) -> None:
    said = looked_at(weft)
    veto(weft, said)
    tell(weft, talked("m-1", "m-5", at=day(8)))
    after = looked_at(weft)
    assert counted == {"considered": 2, "repaired": 0}
    assert after == looked_at_anew(weft)


def test_of_an_instant_that_has_passed_a_later_veto_changes_nothing(weft: Served) -> None:
    passed = {"dry_run": True, "at": format_instant(day(7))}
    before = weft.http.post("/rounds", json=passed).json()["introductions"]
    one, other = before[0]["member_ids"]
    tell(weft, vetoed(one, other, at=day(8)))
    assert weft.http.post("/rounds", json=passed).json()["introductions"] == before


def test_what_was_drafted_is_let_go_once_it_is_old_and_when_somebody_is_erased(weft: Served) -> None:
    for later in (erased("m-8", at=day(8)), vetoed("m-1", "m-2", at=day(8))):
        looked_at(weft)
        assert isinstance(weft.network._draft, Draft)
        weft.clock.now += network.DRAFT_US + MINUTE_US if later.type == "pair.vetoed" else 1_000
        tell(weft, later)
        weft.introductions("m-1")  # it is read
        assert weft.network._draft is None
