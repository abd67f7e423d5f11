"""What the report says."""

from rich.console import Console

from services.simulate.report import WAYS, Report, render, tally
from services.simulate.truth import FULL, Truth

TRUTH = Truth(seed=7, members=300)


def test_a_tally_counts_both_sides_of_each_introduction() -> None:
    pairs = [("m-1", "m-101"), ("m-2", "m-102")]
    found = tally(TRUTH, 10, pairs)
    sides = [TRUTH.worth(one, other, 10) for pair in pairs for one, other in (pair, pair[::-1])]

    assert found.introductions == 2
    assert found.mean_worth == sum(sides) / 4 / FULL
    assert found.reached == {"m-1", "m-2", "m-101", "m-102"}


def test_no_introductions_are_worth_nothing() -> None:
    found = tally(TRUTH, 10, [])

    assert (found.mean_worth, found.share_worth_it) == (0, 0)


def test_the_report_shows_every_way_and_how_far_it_is_from_the_best() -> None:
    pairs = [("m-1", f"m-{number}") for number in range(101, 120)]
    report = Report(seed=7, members=300, weeks=2)
    report.tallies = dict.fromkeys(WAYS, tally(TRUTH, 10, pairs))
    console = Console(width=120, record=True)
    with console.capture() as shown:
        console.print(render(report))

    assert all(way in shown.get() for way in WAYS)
    assert "100%" in shown.get()


def test_a_report_without_a_single_week_can_be_shown() -> None:
    with Console(width=120).capture():
        Console(width=120).print(render(Report(seed=7, members=300)))
