"""What members and organisers are shown on a terminal."""

import os
from collections.abc import Iterable
from typing import Any

from rich.markup import escape
from rich.table import Table

from matcher.wording import THEM, say, shares
from schemas.instants import MINUTE_US, format_instant, parse_canonical
from services.cli.output import out

LANGUAGE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
MOST_PAIRS = 20  # of a round; all are in its --json
STATES = {"suggested": "not answered yet", "accepted": "you accepted", "made": "both accepted"}
BAR_CHARACTERS = 12


def language() -> str:
    """The reader's: German where the terminal is German, else English."""
    told = next((os.environ[name] for name in LANGUAGE_VARIABLES if os.environ.get(name)), "")
    return "de" if told.startswith("de") else "en"


def show_introductions(introductions: list[dict[str, Any]]) -> None:
    """What a member sees: with whom, why, and what it is to the other."""
    console = out()
    if not introductions:
        console.print("No introductions at the moment.")
    for view in introductions:
        console.print()
        console.print(_headline(view["with"]), soft_wrap=True)
        console.print(f"[dim]{_state(view)}  ·  {view['introduction_id']}[/dim]")
        console.print(_reasons(view["reasons"]))
        gains = [say(reason, language(), THEM) for reason in view["reasons_for_them"] if reason["code"] != "active"]
        if gains:
            console.print(f"   [dim]for them:[/dim] {escape('; '.join(gains))}")


def show_ranked(ranked: list[dict[str, Any]]) -> None:
    """Whom a member could ask, best first."""
    console = out()
    if not ranked:
        console.print("Nobody who may be shown: everybody is known already, is pausing, or has no room.")
    for place, one in enumerate(ranked, start=1):
        console.print()
        console.print(f"[bold]{place:>2}[/bold] {_headline(one['with'])}", soft_wrap=True)
        chance = f"{one['chance'] / 10_000:.1f} % chance"
        console.print(f"   [dim]{one['member_id']}  ·  {one['points']} points  ·  {chance}[/dim]")
        console.print(_reasons(one["reasons"]))


def show_round(held: dict[str, Any], dry_run: bool) -> None:
    """A round for an organiser: its pairs, who got none and why, and what certifies it."""
    console = out()
    pairs, missing = held["introductions"], held["unmatched"]
    told = "would be suggested" if dry_run else "suggested"
    console.print(f"[bold]{len(pairs):,}[/bold] introductions {told}, {len(missing):,} members without one")
    if pairs:
        console.print(_pairs(pairs[:MOST_PAIRS]))
    if len(pairs) > MOST_PAIRS:
        console.print(f"[dim]and {len(pairs) - MOST_PAIRS:,} more: --json shows all[/dim]")
    if missing:
        console.print(f"without one: {_tally(one['why'] for one in missing)}")
    certified = ", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in held["certificate"].items())
    console.print(f"[dim]certified: {certified}[/dim]")
    console.print(f"[dim]round {held['round_id']}[/dim]")


def _pairs(pairs: list[dict[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("a", "b", "score", "why b for a", "why a for b"):
        table.add_column(heading)
    for pair in pairs:
        reasons = (escape(_first(pair["reasons"][side])) for side in ("a", "b"))
        table.add_row(*pair["member_ids"], f"{pair['score'] / 10_000:.0f} %", *reasons)
    return table


def _headline(profile: dict[str, Any]) -> str:
    """Who it is: name, profession, firm; and the address, where it is shared."""
    name = f"[bold]{escape(profile.get('name', profile['member_id']))}[/bold]"
    return "  ·  ".join([name, *(escape(profile[key]) for key in ("profession", "company", "email") if key in profile)])


def _state(view: dict[str, Any]) -> str:
    until = format_instant(parse_canonical(view["answer_until"]) // MINUTE_US * MINUTE_US)[:10]
    told = STATES.get(view["state"], view["state"])
    return told if view["state"] == "made" else f"{told}, until {until}"


def _reasons(reasons: list[dict[str, Any]]) -> Table:
    """Each reason in words, with its share of what speaks for it; what speaks against is shown as such."""
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
    table.add_column(width=2)
    table.add_column(justify="right", width=5)
    table.add_column(width=BAR_CHARACTERS)
    table.add_column()
    for reason, share in zip(reasons, shares(reasons), strict=True):
        against = reason["points"] < 0
        bar = "" if against else "━" * max(1, round(share * BAR_CHARACTERS / 100))
        told = "[red]−[/red]" if against else f"{share} %"
        table.add_row("", told, f"[cyan]{bar}[/cyan]", escape(say(reason, language())))
    return table


def _first(reasons: list[dict[str, Any]]) -> str:
    """The reason that weighs most, as far as it says more than that somebody is there."""
    telling = [reason for reason in reasons if reason["code"] != "active" and reason["points"] > 0]
    return say(telling[0], language()) if telling else ""


def _tally(whys: Iterable[str]) -> str:
    counts: dict[str, int] = {}
    for why in whys:
        counts[why] = counts.get(why, 0) + 1
    return ", ".join(f"{why.replace('_', ' ')} {count:,}" for why, count in sorted(counts.items()))
