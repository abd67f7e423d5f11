"""What is said of relevance: measured by the code that is served, and the document says what was measured."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from benchmarks import asked, backtest, cards, intervals, plots, questions, simulated
from benchmarks.in_process import InProcess
from matcher import asking
from matcher.candidates import of_round
from matcher.features import FEATURES
from matcher.policy import DEFAULT
from services.backtest import read_events, read_queries
from services.demo import running
from services.folder import Folder
from services.lessons import Lessons
from services.simulate import play
from services.simulate.game import Game
from tests.builders import day
from tests.service.test_backtest import LAST, answered, past, queries, rankings, written

FIRST = date(2024, 1, 1)
MANY = 300  # members


# --- the past, measured once ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("load", [None, 0.3])
def test_what_is_measured_once_is_ranked_as_weft_backtest_ranks_it(tmp_path: Path, load: float | None) -> None:
    expected = rankings(tmp_path, past(), queries(), load=load)
    once = asked.asked(*_read(written(tmp_path, past(), queries())))
    file = asked.write(asked.ranked(once, cards.always(cards.shipped()), load), tmp_path / "once.jsonl", 100)
    assert file.read_bytes() == expected


def test_a_round_s_pool_is_ranked_as_if_questions_looked_no_further(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "OF_ASK", of_round(DEFAULT))
        expected = rankings(tmp_path, past(count=MANY), queries())
    fewer = [query.as_in_a_round() for query in _asked_of_many(tmp_path)]
    file = asked.write(asked.ranked(fewer, cards.always(cards.shipped())), tmp_path / "fewer.jsonl", 100)
    assert file.read_bytes() == expected


def test_what_a_pool_holds_bounds_what_its_ranking_finds_and_both_sizes_are_told(tmp_path: Path) -> None:
    relevant = {query["query_id"]: query["relevant"] for query in queries()}
    of_a_question = _asked_of_many(tmp_path)
    of_a_round = [query.as_in_a_round() for query in of_a_question]
    held = [questions.pool_of(pools, relevant) for pools in (of_a_question, of_a_round)]
    for pools, pool in zip((of_a_question, of_a_round), held, strict=True):
        found = [
            len(set(best[: questions.SHOWN]).intersection(relevant[query_id])) / len(relevant[query_id])
            for query_id, best in asked.ranked(pools, cards.always(cards.shipped()))
        ]
        assert 0 < sum(found) / len(found) <= pool["most"]
    assert held[1]["most"] < held[0]["most"] <= 1
    told = json.loads(plots.FIGURES.read_text())["questions"]["pools"]
    assert [row["name"] for row in told] == ["of a question", "of a round"]
    assert all(0 < row["recall@10"] <= row["most"] for row in told)


def _asked_of_many(folder: Path) -> list[asked.Asked]:
    """The queries in a network of more members than a round looks at for one."""
    return asked.asked(*_read(written(folder, past(count=MANY), queries())))


def _read(files: tuple[Path, Path]) -> tuple[list, list]:
    return read_events(files[0]), read_queries(files[1])


def test_a_card_that_is_to_do_without_something_gives_no_points_for_it() -> None:
    lessons = Lessons([*past(), *answered(range(4, 60))])
    whole = set(cards.frozen(lessons, LAST).tables)
    for name, codes in cards.LEFT_OUT.items():
        left_out = {feature.name for feature in FEATURES if feature.code in codes}
        assert left_out & whole or name == "what goes together"  # of which so small a past says nothing
        assert set(cards.frozen(lessons, LAST, codes).tables) == whole - left_out


def test_a_card_of_the_last_outcomes_knows_of_no_later_ones() -> None:
    early, late = [*past(), *answered(range(4, 80))], [*past(), *answered(range(4, 120))]
    at = day(20)
    assert cards.known_at(Lessons(early), at) == cards.known_at(Lessons(late), at) > 30
    assert cards.of_the_last(Lessons(early), 40, at).said() == cards.of_the_last(Lessons(late), 40, at).said()


# --- the simulator, without a server ----------------------------------------------------------------------------------


def test_simulated_weeks_in_one_process_come_to_what_a_running_weft_comes_to(tmp_path: Path) -> None:
    members, weeks, seed = 80, 4, 7
    game = Game(InProcess(lambda *_: None), members, seed, FIRST)  # type: ignore[arg-type]
    for week in range(weeks):
        game.week(week)
    with running(Folder(tmp_path)) as url:
        served = play(url, members, weeks, seed, first=FIRST, tell=lambda line: None)
    assert game.finished().as_dict() == served.as_dict()


def test_the_error_of_a_score_is_how_far_it_is_from_what_came_true() -> None:
    def judged(score: float, came: Iterable[bool]) -> list[simulated.Judged]:
        return [simulated.Judged(9, score, each) for each in came]

    right = judged(0.25, [True, False, False, False] * 5)
    assert simulated.calibration_of(right)["error"] == 0
    assert simulated.calibration_of([*right, *judged(0.65, [False] * 20)])["error"] == pytest.approx(0.325)


def test_an_interval_holds_what_it_is_of_and_narrows_with_what_is_known() -> None:
    few, many = intervals.of_mean([0, 1] * 10), intervals.of_mean([0, 1] * 1_000)
    assert few[0] < many[0] < 0.5 < many[1] < few[1]
    assert intervals.of_share(20, 20)[0] < 1
    assert intervals.of_ratio([1, 1, 4], [2, 2, 8]) == (0.5, 0.5)


# --- the document -----------------------------------------------------------------------------------------------------


def test_the_tables_of_the_document_are_those_of_the_figures() -> None:
    figures, text = json.loads(plots.FIGURES.read_text()), backtest.DOCUMENT.read_text()
    assert backtest.with_tables(text, figures) == text
    assert text.count("<!-- table ") == text.count("<!-- end of table ") == len(list(backtest.told.tables(figures)))


def test_the_plots_of_the_document_are_drawn_from_the_figures(tmp_path: Path) -> None:
    plots.draw(json.loads(plots.FIGURES.read_text()), tmp_path)
    assert set(plots.PLOTS) == {file.stem for file in plots.FOLDER.glob("*.svg")}
    for name in plots.PLOTS:
        assert (tmp_path / f"{name}.svg").read_bytes() == (plots.FOLDER / f"{name}.svg").read_bytes()
        assert f"relevance/{name}.svg" in backtest.DOCUMENT.read_text()
