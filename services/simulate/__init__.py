"""A believable entrepreneurs' network from a seed: its events, its hidden truth, and a company for a running Weft.

What others call:

    history(members, weeks, seed)           its events as lines, in the order of time
    write_files(folder, members, weeks, seed)   events.jsonl and truth.jsonl
    play(url, members, weeks, seed)         against a running Weft; returns a report, `render` shows it
    Truth(seed, members).worth(a, b, day)   what b's time is worth to a
"""

from services.simulate.files import Summary, all_days, truth_of, write_files
from services.simulate.live import play
from services.simulate.report import Report, render, tally
from services.simulate.stream import FIRST_DAY, history
from services.simulate.truth import Truth

__all__ = [
    "FIRST_DAY",
    "Report",
    "Summary",
    "Truth",
    "all_days",
    "history",
    "play",
    "render",
    "tally",
    "truth_of",
    "write_files",
]
