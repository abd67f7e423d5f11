"""`weft explain` as an organiser or a developer meets it."""

import json
import re
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from matcher.card import Purpose, default_card, id_of
from matcher.features import FEATURES
from schemas.codec import Event, encode, event_of
from schemas.door import WEFT_SOURCE
from schemas.instants import format_instant
from services.cli.explained import _percent
from services.legend import page
from services.log.reader import LogReader
from services.log.sqlite import SqliteLog
from tests.builders import (
    day,
    described,
    erased,
    founded,
    gives,
    joined,
    met_up,
    seeks,
    seeks_no_more,
    talked,
    vetoed,
)
from tests.service.processes import ROOT, running, weft

NETWORK = [
    founded("g-1"),
    founded("g-2"),
    *(joined(f"m-{number}", f"g-{number % 2 + 1}", name=f"Name {number}", id=f"e-{number}") for number in range(8)),
    seeks("m-0", "Holzbau", at=day(1)),
    gives("m-1", "Holzbau", at=day(1), id="can-build"),
    seeks("m-1", "Steuern", at=day(1)),
    gives("m-0", "Steuern", at=day(1)),
    seeks("m-0", "Insolvenz", confidential=True, at=day(2)),
    gives("m-1", "Insolvenz", at=day(2)),
    described("m-3", about="[bold]Holz[/bold]", at=day(2)),
    vetoed("m-2", "m-3", at=day(3)),
    talked("m-0", "m-3", at=day(3)),
]
ROUND = "2026-01-12T06:00:00Z"
BEFORE, LATER = ("--at", "2026-01-12T05:00:00Z"), ("--at", "2026-01-13T00:00:00Z")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small network, whose one round was held with another policy than today's."""
    folder = tmp_path_factory.mktemp("network")
    (lines := folder / "events.jsonl").write_bytes(b"\n".join(map(encode, NETWORK)))
    weft(folder / "data", "publish", str(lines))
    (folder / "data" / "weft.toml").write_text("introductions_per_round = 3")
    assert weft(folder / "data", "round", "--at", ROUND).code == 0
    (folder / "data" / "weft.toml").unlink()
    return folder / "data"


def test_as_of_a_round_it_is_what_that_round_suggested(data: Path) -> None:
    told = weft(data, "explain", "m-0", "m-1", "--at", ROUND, "--json").json
    (seen,) = [
        one
        for one in weft(data, "suggest", "m-0", *LATER, "--json").json["introductions"]
        if one["with"]["member_id"] == "m-1"
    ]
    first = told["sides"][0]
    assert (first["points"], first["reasons"], told["score"]) == (seen["points"], seen["reasons"], seen["score"])
    assert told["members"]["m-0"]["room"] == 3  # by the policy that the round was held with
    assert weft(data, "explain", "m-0", "m-1", *BEFORE, "--json").json["members"]["m-0"]["room"] == 2


def test_its_json_has_both_directions_with_every_feature_and_the_events_behind(data: Path) -> None:
    told = weft(data, "explain", "m-0", "m-1", *BEFORE, "--json").json
    assert set(told) == {
        "for", "at", "weights_id", "value", "least_value", "score", "score_is_provisional", "keeps_out", "members",
        "sides", "known", "names",
    }  # fmt: skip
    assert [(side["member_id"], side["other_id"]) for side in told["sides"]] == [("m-0", "m-1"), ("m-1", "m-0")]
    for side in told["sides"]:
        assert sum(feature["points"] for feature in side["features"]) == side["points"]
    subject = next(each for each in told["sides"][0]["features"] if each["feature"] == "subj240")
    assert "can-build" in [event["id"] for event in subject["events"]]
    assert told["names"] == {"m-0": "Name 0", "m-1": "Name 1"}


def test_people_read_names_points_steps_and_events(data: Path) -> None:
    said = weft(data, "explain", "m-0", "m-1", *BEFORE, "--all").out
    assert "Name 0 (m-0) and Name 1 (m-1)" in said and "nothing keeps them out" in said
    assert "Can help with “Holzbau”, which you are looking for" in said
    assert "expertise.declared /crm can-build" in said and "more day" in said
    assert (
        "if somebody who had talked with m-1 endorsed them that day" in " ".join(said.split())
        and "in “Holzbau”: " in said
    )


def test_what_is_worth_nothing_is_counted_and_shown_when_asked_for(data: Path) -> None:
    short, long = (weft(data, "explain", "m-0", "m-1", *BEFORE, *more).out for more in ((), ("--all",)))
    sides = weft(data, "explain", "m-0", "m-1", *BEFORE, "--json").json["sides"]
    nothing = [line["feature"] for side in sides for line in side["features"] if not line["points"]]
    assert f"{len(nothing)} features are worth nothing here: --all shows them" in " ".join(short.split())
    assert "features are worth nothing" not in long
    assert all(name in long for name in nothing) and "load28" in nothing and "load28" not in short


def test_never_is_said_as_such_and_nothing_is_less_than_nothing(data: Path) -> None:
    said = weft(data, "explain", "m-0", "m-1", *BEFORE, "--all").out
    assert re.search(r"since_gave +never", said) and not re.search(r"\b999\b", said)
    assert "−0.00" not in said and "0.00 % the price of m-0" in " ".join(said.split())
    assert [_percent(each) for each in (-20, 0, 49, -50, -51, 286_400)] == [
        "0.00 %", "0.00 %", "0.00 %", "0.00 %", "−0.01 %", "28.64 %",
    ]  # fmt: skip


def test_one_candidate_is_told_of_as_one(tmp_path: Path) -> None:
    two = [joined("m-0", "g-1"), joined("m-1", "g-2"), seeks("m-0", "Holz"), gives("m-1", "Holz")]
    (lines := tmp_path / "events.jsonl").write_bytes(b"\n".join(map(encode, two)))
    weft(tmp_path / "data", "publish", str(lines))
    said = weft(tmp_path / "data", "explain", "m-0", "m-1", *BEFORE).out
    assert "m-1 is the only candidate of m-0" in said and "1 candidates" not in said


@pytest.mark.parametrize("columns", [80, 100, 130])
def test_no_line_is_longer_than_the_terminal_is_wide(data: Path, columns: int) -> None:
    said = weft(data, "explain", "m-0", "m-1", "--at", ROUND, COLUMNS=str(columns)).out
    assert max(len(line) for line in said.splitlines()) <= columns
    assert (" to below " in said) == (columns >= 120)  # the bins are shown where there is room for them


def test_what_somebody_looks_for_confidentially_is_not_in_it(data: Path) -> None:
    for form in ((), ("--json",)):
        assert "Insolvenz" not in weft(data, "explain", "m-0", "m-1", *BEFORE, *form).out


@pytest.mark.parametrize(
    ("pair", "at", "said"),
    [
        (("m-0", "m-2"), BEFORE, "they are in one group: g-1"),
        (("m-2", "m-3"), BEFORE, "an organiser has vetoed them for good"),
        (("m-0", "m-3"), BEFORE, "they have talked already"),
        (("m-0", "m-1"), LATER, f"ask with --at {ROUND} why"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_what_keeps_two_apart_is_said_first(data: Path, pair: tuple[str, str], at: tuple[str, str], said: str) -> None:
    told = weft(data, "explain", *pair, *at).out
    assert said in " ".join(told.split()) and told.index("✗") < told.index("points")


def test_what_members_wrote_is_not_read_as_markup(data: Path) -> None:
    assert "[bold]" not in weft(data, "explain", "m-0", "m-3", *BEFORE).out.replace("[bold]Holz", "")


def test_the_legend_is_the_one_that_the_features_write() -> None:
    legend = (ROOT / "docs" / "FEATURES.md").read_text()
    assert legend == page() + "\n", "run: make features"
    assert all(f"| `{feature.name}` |" in legend for feature in FEATURES)


# --- what is wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("m-0", "m-99"), 1, "there is no member m-99"),
        (("m-99", "m-0"), 1, "there is no member m-99"),
        (("m-0", "m-7", "--at", "2025-01-01T00:00:00Z"), 1, "m-0 joined at 2026-01-05T00:00:00Z: choose"),
        (("m-0", "m-0"), 2, "m-0 twice"),
        (("m-0", "two words"), 2, "is no member's id"),
        (("m-0",), 2, "OTHER"),
        (("m-0", "m-1", "--at", "yesterday"), 2, "yesterday is not an instant"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_what_is_wrong_is_said_in_one_line(data: Path, words: tuple[str, ...], code: int, said: str) -> None:
    for form in ((), ("--json",)):
        ended = weft(data, "explain", *words, *form)
        assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1) and said in ended.err


def test_whoever_was_erased_is_nobody(tmp_path: Path) -> None:
    (lines := tmp_path / "events.jsonl").write_bytes(b"\n".join(map(encode, [*NETWORK, erased("m-1", at=day(4))])))
    weft(tmp_path / "data", "publish", str(lines))
    ended = weft(tmp_path / "data", "explain", "m-0", "m-1", *BEFORE)
    assert (ended.code, ended.out) == (1, "") and "there is no member m-1" in ended.err


def test_where_there_is_no_network_it_says_how_to_begin(tmp_path: Path) -> None:
    ended = weft(tmp_path / "data", "explain", "m-0", "m-1")
    assert (ended.code, ended.err.count("\n")) == (1, 1) and "weft publish" in ended.err


def test_it_reads_the_log_of_a_weft_that_runs(data: Path) -> None:
    with running(data):
        assert weft(data, "explain", "m-0", "m-1", *BEFORE, "--json").json["sides"][0]["points"]


# --- what a round knew ------------------------------------------------------------------------------------------------

TOLD_LATE = [  # of before the round, and in the log after it
    gives("m-1", "Holzbau", level=5, at=day(5)),
    gives("m-6", "Steuern", at=day(5)),
    seeks("m-6", "Holzbau", at=day(5)),
    seeks_no_more("m-0", "Holzbau", at=day(4)),
    described("m-1", profession="Zimmerin", at=day(4)),
    talked("m-1", "m-6", at=day(6)),
    met_up("e-1", "m-0", "m-3", "m-5", group_id="g-1", at=day(6)),
    joined("m-8", "g-2", at=day(2)),
]


def _told_late(data: Path, *events: Event) -> None:
    (lines := data.parent / "late.jsonl").write_bytes(b"\n".join(map(encode, events)))
    told = weft(data, "publish", str(lines), "--json")
    assert told.json["accepted"] == len(events), told.err


def _suggested(data: Path) -> list[dict[str, Any]]:
    with closing(LogReader(data / "log")) as log:
        return [record.event.data for record in log.read() if record.event.type == "introduction.suggested"]


def _refitted(at: int) -> Event:
    """The card for rounds, fitted anew: what serves a need is worth more."""
    said = json.loads(json.dumps(default_card(Purpose.ROUNDS).data))
    said["weights"]["subj240"]["points"] = [2 * points for points in said["weights"]["subj240"]["points"]]
    said |= {"weights_id": id_of(said), "as_of": format_instant(at)}
    return event_of(at, WEFT_SOURCE, "refitted", "weights.fitted", said)


def test_as_of_a_round_it_is_what_had_reached_the_log_when_that_was_opened(data: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(data, tmp_path / "data"))
    before = weft(copy, "explain", "m-0", "m-1", "--at", ROUND, "--json").json
    _told_late(copy, *TOLD_LATE)
    with closing(SqliteLog(copy / "log")) as log:  # a card of before the round, fitted after it
        log.append([_refitted(at=day(6))])
    assert weft(copy, "explain", "m-0", "m-1", "--at", ROUND, "--json").json == before
    suggested = _suggested(copy)
    assert suggested
    for said in suggested:
        told = weft(copy, "explain", *said["member_ids"], "--at", ROUND, "--json").json
        assert told["weights_id"] == said["weights_id"]
        assert (told["value"], told["score"]) == (said["value"], said["score"])
        assert [side["points"] for side in told["sides"]] == [said["points"]["a"], said["points"]["b"]]
        assert [side["reasons"] for side in told["sides"]] == [said["reasons"]["a"], said["reasons"]["b"]]


def test_it_says_what_it_goes_by(data: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(data, tmp_path / "data"))
    of_round = weft(copy, "explain", "m-0", "m-1", "--at", ROUND, "--json").json["known"]
    assert (of_round["slot"], of_round["is_exact"]) == ("2026-01-12", True)
    assert "what the round of 2026-01-12 knew" in " ".join(
        weft(copy, "explain", "m-0", "m-1", "--at", ROUND).out.split()
    )
    of_none = weft(copy, "explain", "m-0", "m-1", *BEFORE, "--json").json["known"]
    assert (of_none["slot"], of_none["is_exact"]) == (None, False) and "no round was held" in of_none["says"]
    assert "all that is known now" in weft(copy, "explain", "m-0", "m-1").out
    _told_late(copy, erased("m-7", at=day(9)))
    after = weft(copy, "explain", "m-0", "m-1", "--at", ROUND, "--json").json
    assert (after["known"]["slot"], after["known"]["is_exact"]) == ("2026-01-12", False)
    assert "somebody who was within its cut has been erased since" in after["known"]["says"]
    assert after["members"]["m-0"]["room"] == 3  # by its policy all the same


def test_whoever_a_round_did_not_know_yet_is_said_to_be_so(data: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(data, tmp_path / "data"))
    _told_late(copy, *TOLD_LATE)
    ended = weft(copy, "explain", "m-0", "m-8", "--at", ROUND)
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "m-8 joined at 2026-01-07T00:00:00Z, and the round of 2026-01-12 did not know it" in ended.err


# --- for questions ----------------------------------------------------------------------------------------------------


def test_for_questions_it_is_what_ask_answers_without_a_word_said(data: Path) -> None:
    told = weft(data, "explain", "m-1", "m-0", "--for", "questions", *BEFORE, "--json").json
    asked = weft(data, "ask", "m-1", *BEFORE, "--json").json["ranked"]
    side = told["sides"][0]
    (answer,) = [one for one in asked if one["member_id"] == "m-0"]
    assert {key: side[key] for key in ("points", "chance", "reasons")} == {
        key: answer[key] for key in ("points", "chance", "reasons")
    }
    assert side["pool"]["ahead"] == asked.index(answer) and side["pool"]["size"] == len(asked)
    assert told["for"] == "questions" and told["weights_id"] == default_card(Purpose.QUESTIONS).data["weights_id"]


def test_for_questions_people_read_the_chance_the_price_and_what_keeps_somebody_out(data: Path) -> None:
    said = " ".join(weft(data, "explain", "m-0", "m-1", "--for", "questions", *BEFORE).out.split())
    assert "m-0 may be shown m-1" in said and "chance that m-1 is the one, of all candidates of m-0" in said
    assert "the price of m-1" in said and "m-1 is number 1 by chance less price" in said and "Insolvenz" not in said
    apart = " ".join(weft(data, "explain", "m-2", "m-3", "--for", "questions", *BEFORE).out.split())
    assert apart.count("an organiser has vetoed them for good") == 2
