"""`weft learn` as people and scripts meet it: what is learned, what is put in force, and what changes nothing."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from matcher.card import Purpose
from matcher.horizon import state_at
from schemas.codec import Event, encode
from services.learning import Learned, learn
from services.log.sqlite import SqliteLog
from tests import builders as b
from tests.service.processes import running, weft

PAIRS = 80
AT = b.day(PAIRS + 30)


def _pair(number: int) -> Iterator[Event]:
    """A suggestion of a round of its own, which was worth it where neither had what the other looks for: otherwise than
    the default card expects."""
    one, other, name, began = f"a-{number}", f"b-{number}", f"i-{number}", b.day(number)
    yield b.joined(one, "g-1", name=one, at=began)
    yield b.joined(other, "g-2", name=other, at=began)
    helps = number % 2 == 0
    yield b.seeks(one, "Nachfolge", at=began)
    yield b.gives(other, "Nachfolge" if helps else "Export", at=began)
    opened = b.day(number + 1)
    slot = f"2027-{1 + number // 28:02}-{1 + number % 28:02}"
    yield b.opened(f"r-{number}", slot, at=opened, policy={"close_after_days": 14})
    yield b.suggested(name, one, other, f"r-{number}", at=opened)
    yield b.held(f"r-{number}", slot, at=opened)
    yield from (b.accepted(name, each, at=opened + b.HOUR_US) for each in (one, other))
    yield b.made(name, at=opened + b.HOUR_US)
    yield from (b.rated(name, each, 1 if helps else 5, at=opened + 2 * b.HOUR_US) for each in (one, other))


EVENTS = [event for number in range(PAIRS) for event in _pair(number)]


def rounds_card(events: list[Event]) -> Learned:
    world = state_at(events, AT).world
    (learned,) = (each for each in learn(events, world, AT) if each.purpose is Purpose.ROUNDS)
    return learned


def test_what_came_of_introductions_is_told_better_by_the_new_card() -> None:
    learned = rounds_card(EVENTS)
    assert learned.outcomes == PAIRS
    assert learned.is_no_worse and learned.gain is not None and learned.gain.mean > 0


def test_a_card_that_tells_the_most_recent_worse_than_the_one_in_force_is_no_better() -> None:
    """Of old, help was worth nothing; of late it is, as the card in force expects."""
    turned = [_turned(event) if event.time > b.day(PAIRS - 30) else event for event in EVENTS]
    learned = rounds_card(turned)
    assert learned.gain is not None and learned.gain.mean < 0 and not learned.is_no_worse


def _turned(event: Event) -> Event:
    """The opposite rating."""
    rating = event.data.get("rating")
    return event._replace(data=event.data | {"rating": 6 - rating}) if rating else event


def test_the_same_events_in_another_order_give_the_same_card_and_what_is_told_later_changes_no_byte() -> None:
    later = [b.seeks("a-0", "Export", at=AT), b.rated("i-1", "a-1", 5, at=AT)]
    one, other = rounds_card(EVENTS), rounds_card([*reversed([*EVENTS, *later]), *EVENTS[::7]])
    assert one.card is not None and other.card is not None
    assert json.dumps(one.card.said()) == json.dumps(other.card.said())
    assert one.gain == other.gain


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for part in ("log", "snapshots"):
        (tmp_path / "data" / part).mkdir(parents=True)
    with closing(SqliteLog(tmp_path / "data" / "log")) as log:
        log.append(EVENTS)
    return tmp_path / "data"


def _cards(folder: Path) -> list[str]:
    with closing(SqliteLog(folder / "log")) as log:
        return [
            record.event.data["weights_id"]
            for record in log.read()
            if record.event.type == "weights.fitted" and record.event.data["fitted_on"]
        ]


def test_a_dry_run_says_what_would_be_learned_and_changes_nothing_and_without_it_it_is_put_in_force(data: Path) -> None:
    dry = weft(data, "learn", "--dry-run", "--json")
    assert dry.code == 0, dry.err
    assert dry.json["dry_run"] and _cards(data) == []
    questions, rounds = dry.json["learned"]
    assert (questions["purpose"], questions["outcomes"]) == ("questions", PAIRS // 2)
    assert (rounds["purpose"], rounds["outcomes"]) == ("rounds", PAIRS) and rounds["gain"] > 0
    said = weft(data, "learn")
    assert said.code == 0 and "put in force" in said.out
    no_worse = [each for each in dry.json["learned"] if each["gain"] is not None and each["gain"] >= 0]
    assert [each["weights_id"] is not None for each in dry.json["learned"]] == [
        each in no_worse for each in dry.json["learned"]
    ]
    assert _cards(data) == [each["weights_id"] for each in no_worse]
    again = weft(data, "learn", "--json").json["learned"][1]
    assert (again["gain"], again["weights_id"]) == (None, None), "nothing new came of anything since"


def test_a_running_weft_learns_when_told_to_and_judges_by_what_it_learned(data: Path) -> None:
    with running(data):
        said = weft(data, "learn", "--json")
        assert said.code == 0, said.err
        learned = {each["purpose"]: each["weights_id"] for each in said.json["learned"]}
        assert learned["rounds"]
        assert weft(data, "explain", "a-0", "b-1", "--json").json["weights_id"] == learned["rounds"]
        assert weft(data, "learn", "--json").json["learned"][1]["weights_id"] is None
    assert learned["rounds"] in _cards(data)


def test_where_nothing_was_told_nothing_is_learned(tmp_path: Path) -> None:
    (lines := tmp_path / "events.jsonl").write_bytes(encode(b.joined("m-1")))
    assert weft(tmp_path / "data", "publish", str(lines)).code == 0
    learned = weft(tmp_path / "data", "learn", "--json").json["learned"]
    assert [(each["outcomes"], each["gain"], each["weights_id"]) for each in learned] == [(0, None, None)] * 2
    assert "0 needs" in weft(tmp_path / "data", "learn").out


def test_people_are_told_how_many_are_new_of_how_many_and_how_much_better_it_would_have_told_them(data: Path) -> None:
    said = weft(data, "learn", "--dry-run").out
    assert re.search(r"rounds +80 introductions +would be put in force +told better by \d+\.\d\d \(95 %: [+−]\d", said)
    assert "nat" not in said.split() and not re.search(r"-\d", said)
    assert weft(data, "learn").code == 0
    assert "too few are new: 0 of at least 60 needed" in weft(data, "learn").out


def _wait_until_weights_confirm(url: str) -> None:
    give_up = time.monotonic() + 60
    while "weights" not in httpx.get(f"{url}/erasures", trust_env=False).json()["erasures"][0]["confirmed"]:
        assert time.monotonic() < give_up, "the weights never confirmed"
        time.sleep(0.2)


@pytest.mark.parametrize("is_dated_back", [False, True], ids=["asked for", "published, and dated back"])
def test_an_erasure_fits_again_whatever_was_fitted_on_them_and_the_weights_confirm_it(
    data: Path, is_dated_back: bool
) -> None:
    assert weft(data, "learn").code == 0
    of_before = _cards(data)
    if is_dated_back:
        erased = encode(b.erased("a-3", at=b.day(PAIRS + 10)))
        assert weft(data, "publish", "-", stdin=erased).code == 0
        with running(data) as process:
            _wait_until_weights_confirm(process.url)
    else:
        assert weft(data, "erase", "a-3", "--yes").code == 0
    assert weft(data, "learn", "--dry-run", "--json").json["learned"][1]["outcomes"] == PAIRS - 1
    assert len(_cards(data)) > len(of_before) and _cards(data)[-1] not in of_before
    with closing(SqliteLog(data / "log")) as log:
        assert "weights" in log.sealing.keys.confirmed()["a-3"]
