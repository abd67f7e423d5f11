"""Backtest: the past is ranked with what was known then, by files alone; and on the real past, well enough."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from matcher.card import BY_HAND, DEFAULT_CALIBRATION
from matcher.default_card import FITTED
from schemas.codec import Event, encode
from schemas.instants import format_instant
from services.backtest import run
from services.trouble import Trouble
from tests.builders import day, founded, gives, joined, met_up, seeks, talked
from tests.real import contacts, onstartups
from tests.service.processes import weft

Query = dict[str, Any]
MEMBERS, GROUPS = 36, 3
SUBJECTS = ["Nachfolge", "Export", "Steuern", "Holzbau"]
LAST = day(32)  # of the queries
NO_TABLES = {"weights": {}, "calibration": DEFAULT_CALIBRATION}


def past(seed: int = 7, count: int = MEMBERS) -> list[Event]:
    """Forty days of a small network; the queries are asked within them."""
    dice = Random(seed)
    members = [f"m-{number}" for number in range(count)]
    return [
        *(founded(f"g-{number}") for number in range(GROUPS)),
        *(joined(member, f"g-{number % GROUPS}", at=day(dice.randrange(3))) for number, member in enumerate(members)),
        *(gives(dice.choice(members), dice.choice(SUBJECTS), at=day(1, minute=place)) for place in range(40)),
        *(seeks(dice.choice(members), dice.choice(SUBJECTS), at=day(dice.randrange(40))) for _ in range(40)),
        *(talked(*dice.sample(members, 2), at=day(dice.randrange(40), minute=place)) for place in range(80)),
        met_up("e-1", *members, at=day(12), type_of="open"),
    ]


def queries() -> list[Query]:
    """One a day, each other one without subjects, with the truth and more beside them."""
    asked = []
    for place in range(30):
        at = format_instant(LAST - day_us(place))
        need = {} if place % 2 else {"subjects": [SUBJECTS[place % 4]], "note": "Wer hilft beim Export?"}
        beside = {"relevant": [f"m-{place + 1}"], "tags": "Steuern, Holzbau"}
        asked.append({"query_id": f"q-{place}", "member_id": f"m-{place}", "at": at, **need, **beside})
    return asked


def day_us(number: int) -> int:
    return day(number) - day(0)


def rankings(folder: Path, events: Iterable[Event], asked: Iterable[Query], **options: Any) -> bytes:
    """The bytes of the rankings."""
    files = written(folder, events, asked)
    run(*files, folder / "rankings.jsonl", **{"top": 100, **options})
    return (folder / "rankings.jsonl").read_bytes()


def written(folder: Path, events: Iterable[Event], asked: Iterable[Query]) -> tuple[Path, Path]:
    """The two files."""
    files = folder / "events.jsonl", folder / "queries.jsonl"
    files[0].write_bytes(b"".join(encode(event) + b"\n" for event in events))
    files[1].write_text("".join(json.dumps(query) + "\n" for query in asked))
    return files


def ranked(found: bytes) -> dict[str, list[str]]:
    """Whom each query names, best first."""
    return {line["query_id"]: line["ranked"] for line in map(json.loads, found.splitlines())}


# --- what a ranking says ----------------------------------------------------------------------------------------------


def test_whoever_gives_what_is_asked_for_comes_first_and_nobody_of_ones_group_or_circle_at_all(tmp_path: Path) -> None:
    events = [
        *(joined(f"m-{number}", "g-1" if number < 2 else "g-2") for number in range(6)),
        *(gives(f"m-{number}", "Export", at=day(1)) for number in (1, 3, 4)),
        talked("m-0", "m-4", at=day(2)),
    ]
    asked = {"query_id": "q", "member_id": "m-0", "at": format_instant(day(3)), "subjects": ["Export"]}
    (found,) = ranked(rankings(tmp_path, events, [asked])).values()
    assert found[0] == "m-3"
    assert set(found[1:]) == {"m-2", "m-5"}


def test_each_query_has_one_line_in_the_order_of_their_instants_and_names_nobody_twice(tmp_path: Path) -> None:
    found = ranked(rankings(tmp_path, past(), queries()))
    assert list(found) == [query["query_id"] for query in reversed(queries())]
    assert all(len(set(members)) == len(members) > 0 for members in found.values())


def test_who_is_in_no_group_yet_is_shown_nobody(tmp_path: Path) -> None:
    asked = {"query_id": "q", "member_id": "m-99", "at": format_instant(LAST)}
    assert ranked(rankings(tmp_path, [*past(), joined("m-99", "g-1", at=LAST)], [asked])) == {"q": []}


# --- what changes no byte ---------------------------------------------------------------------------------------------


def test_the_future_of_the_last_query_changes_no_byte(tmp_path: Path) -> None:
    """Neither what happens at its very instant nor after it; but what happens a microsecond before does."""
    known = [event for event in past() if event.time < LAST]
    future = [gives("m-3", "Nachfolge", at=LAST), *(talked("m-2", f"m-{other}", at=LAST) for other in range(9, 20))]
    assert len(known) < len(past())
    before = rankings(tmp_path, known, queries())
    assert rankings(tmp_path, [*past(), *future], queries()) == before
    assert rankings(tmp_path, [*known, talked("m-0", "m-1", at=LAST - 1)], queries()) != before


def test_the_future_of_any_query_changes_nothing_of_its_line(tmp_path: Path) -> None:
    whole = rankings(tmp_path, past(), queries()).splitlines()
    for place in (0, 10, 20):
        at = LAST - day_us(len(whole) - 1 - place)
        known = [event for event in past() if event.time < at]
        assert rankings(tmp_path, known, queries()).splitlines()[: place + 1] == whole[: place + 1]


def test_without_the_truth_the_rankings_are_the_same_bytes(tmp_path: Path) -> None:
    known_keys = ("query_id", "member_id", "at", "subjects", "note")
    bare = [{key: query[key] for key in known_keys if key in query} for query in queries()]
    assert rankings(tmp_path, past(), bare) == rankings(tmp_path, past(), queries())


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_lines_changes_no_byte(tmp_path: Path, seed: int) -> None:
    events, asked = past(), queries()
    Random(seed).shuffle(events)
    Random(seed).shuffle(asked)
    assert rankings(tmp_path, events, asked) == rankings(tmp_path, past(), queries())


def test_an_event_told_twice_changes_no_byte(tmp_path: Path) -> None:
    assert rankings(tmp_path, past() * 2, queries()) == rankings(tmp_path, past(), queries())


# --- options ----------------------------------------------------------------------------------------------------------


def test_top_says_how_many_a_ranking_names_and_changes_nothing_else(tmp_path: Path) -> None:
    whole = ranked(rankings(tmp_path, past(), queries()))
    short = ranked(rankings(tmp_path, past(), queries(), top=3))
    assert short == {query_id: members[:3] for query_id, members in whole.items()}


def test_a_card_is_taken_from_a_file(tmp_path: Path) -> None:
    default = rankings(tmp_path, past(), queries())
    file = tmp_path / "card.json"
    file.write_text(json.dumps({"weights": FITTED, "calibration": DEFAULT_CALIBRATION}))
    assert rankings(tmp_path, past(), queries(), card=str(file)) == default
    file.write_text(json.dumps(NO_TABLES))
    assert rankings(tmp_path, past(), queries(), card=str(file)) != default


def answered(numbers: range) -> list[Event]:
    """Needs of somebody else each time, four a day, answered within hours by a member of another group."""
    return [
        event
        for number in numbers
        for event in (
            joined(f"n-{number}", "g-0", at=day(0), id=f"n-{number}"),
            seeks(f"n-{number}", SUBJECTS[0], note=f"Frage {number}", at=day(number // 4, hour=8)),
            gives("m-1", SUBJECTS[0], at=day(number // 4, hour=9, minute=number % 60)),
            talked("m-1", f"n-{number}", at=day(number // 4, hour=9, minute=number % 60)),
        )
    ]


def test_a_fitted_card_has_learned_what_was_known_on_the_first_of_the_month_and_nothing_later(tmp_path: Path) -> None:
    """The queries are of January and February 2026; 2026-01-05 is day 0, so that 2026-02-01 is day 27."""
    asked = [query for query in queries() if query["at"] >= format_instant(day(27))]
    early, late = [*past(), *answered(range(4, 60))], [*past(), *answered(range(108, 128))]
    assert rankings(tmp_path, early, asked, card="fitted") != rankings(tmp_path, early, asked)
    assert rankings(tmp_path, late, asked, card="fitted") == rankings(tmp_path, late, asked)
    known = [event for event in early if event.time < LAST]
    assert len(known) < len(early)
    assert rankings(tmp_path, known, asked, card="fitted") == rankings(tmp_path, early, asked, card="fitted")
    shuffled = Random(3).sample(early, len(early))
    assert rankings(tmp_path, shuffled, asked, card="fitted") == rankings(tmp_path, early, asked, card="fitted")


def test_while_there_are_too_few_outcomes_a_fitted_card_is_the_default_one(tmp_path: Path) -> None:
    assert rankings(tmp_path, past(), queries(), card="fitted") == rankings(tmp_path, past(), queries())


def test_load_spreads_the_first_tens_over_more_members(tmp_path: Path) -> None:
    def load(found: bytes) -> int:
        return max(Counter(member for members in ranked(found).values() for member in members[:10]).values())

    asked = [{"query_id": f"q-{n}", "member_id": f"m-{n % MEMBERS}", "at": format_instant(LAST)} for n in range(400)]
    file = tmp_path / "card.json"
    file.write_text(json.dumps({"weights": BY_HAND}))  # of flatter chances: here are only 40 to choose from
    free, capped = (rankings(tmp_path, past(), asked, load=cap, card=str(file)) for cap in (None, 0.3))
    assert load(capped) < 0.9 * load(free)


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_does_the_same(tmp_path: Path) -> None:
    expected = rankings(tmp_path, past(), queries(), top=5, load=0.5)
    files = ("--events", str(tmp_path / "events.jsonl"), "--queries", str(tmp_path / "queries.jsonl"))
    out = ("--out", str(tmp_path / "out"))
    done = weft(tmp_path / "data", "backtest", *files, *out, "--top", "5", "--load", "0.5", "--json")
    assert done.code == 0, done.err
    assert done.json == {"queries": 30, "without_candidates": 0, "out": str(tmp_path / "out")}
    assert (tmp_path / "out").read_bytes() == expected
    assert not (tmp_path / "data").exists()


ONE = encode(joined("m-1")).decode()
ASKED = json.dumps({"query_id": "q", "member_id": "m-1", "at": format_instant(LAST), "subjects": ["Export"]})


@pytest.mark.parametrize(
    ("events", "asked", "options", "said"),
    [
        ("{", "", (), "events.jsonl, line 1: "),
        ('\n\n{"specversion": "1.0"}', "", (), "events.jsonl, line 3: "),
        (ONE, '{"query_id": "q", "member_id": "m 1"}', (), "queries.jsonl, line 1: member_id is not of the form"),
        (ONE, '{"query_id": "q", "member_id": "m-1"}', (), "queries.jsonl, line 1: at is missing"),
        (ONE, "\nnonsense", (), "queries.jsonl, line 2: the line is not JSON (line 1, column 1)"),
        (ONE, "[1]", (), "queries.jsonl, line 1: the line is a list, not an object"),
        (ONE, f"{ASKED}\n\n{ASKED}", (), "queries.jsonl, line 3: query_id q is that of line 1, too"),
        (ONE, ASKED.replace("m-1", "m-9"), (), "queries.jsonl, line 1: there is no member m-9 in events.jsonl"),
        (
            ONE,
            ASKED.replace("subjects", "subject"),
            (),
            "queries.jsonl, line 1: subject is no field of a query: perhaps",
        ),
        (ONE, ASKED.replace('at"', 'att"'), (), "queries.jsonl, line 1: at is missing"),
        (ONE, "", (), "queries.jsonl is empty"),
        ("\n", ASKED, (), "events.jsonl is empty"),
        (ONE, ASKED, ("--card", "no-such-file"), "no-such-file: "),
        (ONE, ASKED, ("--card", "events.jsonl"), "events.jsonl: weights is missing"),
        (None, "", (), "events.jsonl: "),
    ],
)
def test_what_is_wrong_is_one_line_with_the_file_and_the_line(
    tmp_path: Path, events: str | None, asked: str, options: tuple[str, ...], said: str
) -> None:
    if events is not None:
        (tmp_path / "events.jsonl").write_text(events)
    (tmp_path / "queries.jsonl").write_text(asked)
    files = ("--events", "events.jsonl", "--queries", "queries.jsonl", "--out", "rankings.jsonl")
    done = weft(tmp_path / "data", "backtest", *files, *options)
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert done.err.startswith(f"weft: {said}")


def _of_act7(edges: str, points: str) -> bytes:
    return f'{{"weights": {{"act7": {{"edges": {edges}, "points": {points}}}}}}}'.encode()


@pytest.mark.parametrize(
    ("card", "said"),
    [
        (b"{}", "weights is missing; a file of weights is such as {"),
        (b"[1]", " is no object with weights, such as {"),
        (b"null", " is no object with weights, such as {"),
        (b"", "the whole is not JSON (line 1, column 1)"),
        (bytes(Random(7).randbytes(200)), "the whole is not UTF-8"),
        (b'{"weights": [1]}', "weights: [1] is not an object"),
        (b'{"weights": {"act7": [1]}}', "act7: [1] is not an object"),
        (b'{"weights": {"act8": {"edges": [], "points": [1]}}}', '"act8" is no feature: perhaps act7'),
        (_of_act7('["a"]', "[1, 2]"), 'act7, edges 0: "a" is not a whole number'),
        (_of_act7("[1.5]", "[1, 2]"), "act7, edges 0: 1.5 is not a whole number"),
        (_of_act7("[]", "[true]"), "act7, points 0: true is not a whole number"),
        (_of_act7("[]", "[NaN]"), "weights.act7.points[0] is no finite number"),
        (_of_act7("[]", "[10001]"), "act7, points 0: 10001 is more than 10,000"),
        (_of_act7("[]", "[-10001]"), "act7, points 0: -10001 is less than -10,000"),
        (_of_act7("[2, 2]", "[1, 2, 3]"), "act7: its edges do not rise"),
        (_of_act7("[2, 3]", "[1, 2]"), "act7: 2 edges need 3 points, and there are 2"),
        (b'{"weights": {"act7": {"points": [1]}}}', "act7: edges is missing"),
        (b'{"weights": {}, "wieghts": {}}', "wieghts is not a field here"),
        (b'{"weights": {}, "calibration": {"edges": [], "points": [-1]}}', "calibration, points 0: -1 is less than 0"),
    ],
)
def test_what_is_wrong_with_a_card_is_one_line_that_says_where(tmp_path: Path, card: bytes, said: str) -> None:
    (tmp_path / "c.json").write_bytes(card)
    with pytest.raises(Trouble) as trouble:
        rankings(tmp_path, past(), queries(), card=str(tmp_path / "c.json"))
    told = str(trouble.value).removeprefix(str(tmp_path / "c.json")).removeprefix(": ")
    assert told.startswith(said) and "\n" not in told


def test_a_card_without_a_name_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="names no file"):
        rankings(tmp_path, past(), queries(), card="")


# --- the real past ----------------------------------------------------------------------------------------------------


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_the_real_questions_are_ranked_no_worse_than_by_the_best_rule(tmp_path: Path) -> None:
    """The best hand-made rule (RELEVANCE.md, subject_activity) has MRR@10 .2152 and recall@10 .4061."""
    folder = onstartups(tmp_path)
    card = folder / "card.json"  # by hand: the default one was fitted on these very questions
    card.write_text(json.dumps({"weights": BY_HAND}))
    run(folder / "events.jsonl", folder / "queries.jsonl", folder / "rankings.jsonl", top=10, card=str(card))
    truth = {query["query_id"]: set(query["relevant"]) for query in lines(folder / "queries.jsonl")}
    found = ranked((folder / "rankings.jsonl").read_bytes())
    reciprocal = [max(1 / place if one in truth[id] else 0 for place, one in enumerate(found[id], 1)) for id in truth]
    recall = [len(truth[id].intersection(found[id])) / len(truth[id]) for id in truth]
    assert len(truth) == 1_491
    assert sum(reciprocal) / len(truth) >= 0.2152
    assert sum(recall) / len(truth) >= 0.4061


def test_the_real_contacts_are_ranked_without_their_future_and_their_truth(tmp_path: Path) -> None:
    folder = contacts(tmp_path)
    whole = folder / "events.jsonl", folder / "queries.jsonl"
    bare = tmp_path / "known.jsonl", tmp_path / "bare.jsonl"
    asked = lines(whole[1])
    last = max(query["at"] for query in asked)
    known = [event for event in lines(whole[0]) if event["time"] < last]
    without = [{key: query[key] for key in query if key != "relevant"} for query in asked]
    for file, rows in zip(bare, (reversed(known), without), strict=True):
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run(*whole, tmp_path / "of-whole", top=100) == run(*bare, tmp_path / "of-bare", top=100)
    assert (tmp_path / "of-whole").read_bytes() == (tmp_path / "of-bare").read_bytes()
