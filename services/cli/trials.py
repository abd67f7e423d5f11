"""Commands for trying Weft out: demo, simulate, backtest."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.rule import Rule

from services.cli.output import Json, at_work, err, out, progress, say_json
from services.trouble import Trouble

DEFAULT_WEEKS = 12
Rankings = Annotated[Path, typer.Option("--out", metavar="FILE", help="rankings.jsonl: whom Weft would have named.")]


def add_to(app: typer.Typer) -> None:
    """Adds this family to the command line."""
    for command in (demo, simulate, backtest, warmup):
        app.command()(command)


def demo() -> None:
    """See the main job done: a simulated network lives through eight weeks, and gets introductions with reasons.

    Example: [bold]weft demo[/bold]
    """
    from services.cli.shown import show_introductions
    from services.demo import MEMBERS, WEEKS, run
    from services.simulate import render

    console = out()
    console.print(f"{MEMBERS} simulated entrepreneurs in groups, {WEEKS} weeks up to now, and a real `weft run`:")
    outcome = run(lambda line: console.print(f"[dim]{line}[/dim]", soft_wrap=True))
    for shown in outcome.shown:
        name, profession = escape(shown.member["name"]), escape(shown.member.get("profession", ""))
        console.print(Rule(f"What {name} ({profession}) is shown", style="dim"))
        show_introductions(shown.introductions, shown.language)
    console.print(Rule("What came of it", style="dim"))
    console.print(render(outcome.report))
    console.print(Rule("Look further", style="dim"))
    member_id = outcome.shown[0].member["member_id"]
    for command in (f"suggest {member_id}", f"ask {member_id} Buchhaltung", "replay --verify", "doctor"):
        console.print(f".venv/bin/weft --data {outcome.folder} {command}", soft_wrap=True)


def simulate(
    out_dir: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where events.jsonl and truth.jsonl go.")
    ] = Path("simulated"),
    members: Annotated[int, typer.Option(min=40, max=1_000_000, metavar="N", help="Members at the start.")] = 200,
    weeks: Annotated[
        int | None, typer.Option(min=1, max=5_200, metavar="N", help="How long; absent: 12, live for ever.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, metavar="N", help="Equal seeds give equal networks.")] = 7,
    live: Annotated[str | None, typer.Option(metavar="URL", help="Keep this running Weft company instead.")] = None,
    pace: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="Live: how long a week takes at least.")] = 0,
    json: Json = False,
) -> None:
    """Simulate a believable network, as files or against a running Weft.

    Live, it publishes week after week what happens, answers the suggestions by its hidden truth, and reports how often
    they were worth it, beside other ways of pairing.

    Example: [bold]weft simulate --members 2000 --weeks 26 --out simulated[/bold]
    """
    if live:
        from services.simulate.live import play
        from services.simulate.report import render

        report = play(live, members, weeks, seed, pace_s=pace, tell=err().print)
        say_json(report.as_dict()) if json else out().print(render(report))
        return
    from services.simulate.files import EVENTS, all_days, write_files

    if (out_dir / EVENTS).exists():
        raise Trouble(f"{out_dir / EVENTS} is there already: name another folder with --out, or remove it first")
    weeks = weeks or DEFAULT_WEEKS
    with progress("simulating", all_days(weeks)) as advance:
        summary = write_files(out_dir, members, weeks, seed, advance=advance)
    if json:
        say_json(summary._asdict())
    else:
        out().print(f"[bold]{summary.events:,}[/bold] events of [bold]{summary.members:,}[/bold] members")
        out().print(f"{summary.events_file}, and what nobody could see: {summary.truth_file}", soft_wrap=True)


def backtest(
    events: Annotated[Path, typer.Option(metavar="FILE", help="events.jsonl: what happened.")],
    queries: Annotated[Path, typer.Option(metavar="FILE", help="queries.jsonl: who looked for what, and when.")],
    rankings: Rankings,
    top: Annotated[int, typer.Option(min=1, metavar="K", help="How many a ranking names.")] = 100,
    card: Annotated[
        str,
        typer.Option(metavar="CARD", help="default, a file of weights, or fitted: learned from the events, monthly."),
    ] = "default",
    load: Annotated[
        float | None, typer.Option(metavar="CAP", help="The share of first tens that a member may have.")
    ] = None,
    json: Json = False,
) -> None:
    """Rank the needs of the past with what was known then, by the code of `ask`.

    Example: [bold]weft backtest --events events.jsonl --queries queries.jsonl --out rankings.jsonl[/bold]
    """
    from services.backtest import run

    with at_work("ranking"):
        ranked = run(events, queries, rankings, top=top, card=card, load=load)
    if json:
        say_json({**ranked._asdict(), "out": str(rankings)})
    else:
        alone = f"{ranked.without_candidates:,} without a candidate"
        queries_ranked = "query" if ranked.queries == 1 else "queries"
        out().print(f"[bold]{ranked.queries:,}[/bold] {queries_ranked} ranked, {alone}")
        out().print(f"{rankings}", soft_wrap=True)


def warmup() -> None:
    """Compile what makes lists in large networks quick, once a machine. Without it, whoever serves 2,000 members or
    more compiles at its start, for half a minute in which lists take longer.

    Example: [bold]weft warmup[/bold]
    """
    begun = time.monotonic()
    with at_work("loading the compiler"):
        from matcher import compiling

    if compiling.place() is None:
        raise Trouble(f"{compiling.NO_PLACE}: {compiling.NAME_A_PLACE}")
    kernels = len(compiling.KERNELS)
    with progress("compiling, once: half a minute", kernels, in_numbers=True) as advance:
        was_cold = compiling.compile_all(advance)
    took = f"compiled in {time.monotonic() - begun:.0f} s" if was_cold else "they were compiled before"
    out().print(f"The {kernels} kernels of large networks are ready: {took}.")
