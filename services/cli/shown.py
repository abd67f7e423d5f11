"""What members and organisers are shown on a terminal."""

import os
from collections.abc import Iterable
from datetime import date
from typing import Any

import orjson
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from matcher.wording import THEM, say, shares, speaks_against, tells_nothing
from services.cli.output import out

LANGUAGE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
MOST_PAIRS = 20  # of a round; all are in its --json
FRAME = {  # what stands around the reasons, in the reader's language
    "en": {
        "none": "No introductions at the moment.",
        "suggested": "not answered yet, until {until}",
        "accepted": "you accepted, the other has until {until}",
        "made": "both accepted",
        "them": "for them",
        "nobody": "Nobody who may be shown: all others are of the group, known already, pausing, or have no room.",
        "point": "1 point",
        "points": "{points} points",
        "chance": "{chance} % chance",
        "price": "less {price} % for having been suggested of late",
        "ranked": "The chance is that, of all candidates, this is the one who helps: 100 % where there is only one. "
        "Who is likeliest comes first; whoever was suggested of late a little later.",
    },
    "de": {
        "none": "Zurzeit keine Vorschläge.",
        "suggested": "noch nicht beantwortet, Zeit bis {until}",
        "accepted": "von Ihnen angenommen, die andere Seite hat Zeit bis {until}",
        "made": "von beiden angenommen",
        "them": "Was die andere Seite davon hat",
        "nobody": "Niemand, der gezeigt werden darf: Alle anderen sind aus der eigenen Gruppe, schon bekannt, machen "
        "Pause oder sind ausgelastet.",
        "point": "1 Punkt",
        "points": "{points} Punkte",
        "chance": "{chance} % Aussicht",
        "price": "abzüglich {price} %, weil zuletzt schon vorgeschlagen",
        "ranked": "Die Aussicht sagt, wie wahrscheinlich unter allen, die infrage kommen, gerade diese Person hilft: "
        "100 %, wo es nur eine gibt. Die beste steht oben; wer zuletzt schon vorgeschlagen wurde, etwas weiter unten.",
    },
}
BAR_CHARACTERS = 12


def language() -> str:
    """The reader's: German where the terminal is German, else English."""
    told = next((os.environ[name] for name in LANGUAGE_VARIABLES if os.environ.get(name)), "")
    return "de" if told.startswith("de") else "en"


def show_introductions(introductions: list[dict[str, Any]], spoken: str | None = None) -> None:
    """What a member sees: with whom, why, and what it is to the other; `spoken` is the language, else the reader's."""
    console, spoken = out(), spoken or language()
    if not introductions:
        console.print(FRAME[spoken]["none"])
    for view in introductions:
        console.print()
        console.print(_headline(view["with"]), soft_wrap=True)
        console.print(f"[dim]{_state(view, spoken)}  ·  {view['introduction_id']}[/dim]", soft_wrap=True)
        console.print(_reasons(view["reasons"], spoken))
        named = [each for each in view["reasons_for_them"] if each["code"] != "active" and not speaks_against(each)]
        if named:
            gains = [say(reason, spoken, THEM) for reason in named]
            told = f"[dim]{FRAME[spoken]['them']}:[/dim] {escape('; '.join(gains))}"
            console.print(Padding(Text.from_markup(told), (0, 0, 0, 3)))


def show_ranked(ranked: list[dict[str, Any]]) -> None:
    """Whom a member could ask, best first, and what decided the order."""
    console, spoken = out(), language()
    if not ranked:
        console.print(FRAME[spoken]["nobody"])
        return
    for place, one in enumerate(ranked, start=1):
        console.print()
        console.print(f"[bold]{place:>2}[/bold] {_headline(one['with'])}", soft_wrap=True)
        console.print(f"   [dim]{one['member_id']}  ·  {'  ·  '.join(_weighed(one, spoken))}[/dim]", soft_wrap=True)
        console.print(_reasons(one["reasons"], spoken))
    console.print(f"\n[dim]{FRAME[spoken]['ranked']}[/dim]")


def _weighed(one: dict[str, Any], spoken: str) -> list[str]:
    """What a place among the ranked comes of: points, chance, and the price where there is one."""
    frame, points = FRAME[spoken], one["points"]
    told = [frame["point"] if points == 1 else frame["points"].format(points=_number(points, 0, spoken))]
    told.append(frame["chance"].format(chance=_number(one["chance"] / 10_000, 1, spoken)))
    if one["price"]:
        told.append(frame["price"].format(price=_number(one["price"] / 10_000, 1, spoken)))
    return told


def _number(value: float, digits: int, spoken: str) -> str:
    """A number as it is written in a language, with a real minus sign."""
    written = f"{value:,.{digits}f}".replace("-", "−")
    return written.translate(str.maketrans(",.", ".,")) if spoken == "de" else written


def show_round(held: dict[str, Any], dry_run: bool) -> None:
    """A round for an organiser: its pairs, who got none and why, and what certifies it."""
    console = out()
    pairs, missing = held["introductions"], held["unmatched"]
    told = "would be suggested" if dry_run else "suggested"
    console.print(f"[bold]{_count(pairs, 'introduction')}[/bold] {told}, {_count(missing, 'member')} without one")
    if pairs:
        console.print(_pairs(pairs[:MOST_PAIRS]))
    if len(pairs) > MOST_PAIRS:
        console.print(f"[dim]and {len(pairs) - MOST_PAIRS:,} more: --json shows all[/dim]")
    if pairs and held["score_is_provisional"]:
        console.print("[dim]scores are provisional: too few introductions have an outcome yet[/dim]")
    if missing:
        console.print(f"without one: {_tally(one['why'] for one in missing)}")
    console.print(f"[dim]{_certified(held['certificate'])}[/dim]")
    if "why_no_bound" in held:
        console.print(f"[dim]what no choice of pairs exceeds is left out: {held['why_no_bound']}[/dim]")
    elif "lp_upper_bound" in held:
        console.print(f"[dim]{_reached(held['certificate']['value'], held['lp_upper_bound'])}[/dim]")
    console.print(f"[dim]round {held['round_id']}[/dim]")


def _certified(certificate: dict[str, int]) -> str:
    """What certifies a round: its size, that it is stable, and its worth beside what none exceeds."""
    blocking = certificate["blocking_pairs"]
    stable = f"{blocking:,} pairs block it" if blocking else "stable"
    sizes = "{worthy_pairs:,} of {pairs:,} pairs of {members:,} members are worth it".format(**certificate)
    worth, most = _hundredths(certificate["value"]), _hundredths(_up(certificate["upper_bound"]))
    return f"certified: {stable}; {sizes}\nworth {worth} introductions that serve both; no choice is worth over {most}"


def _hundredths(millionths: int) -> str:
    """A sum of chances as so many introductions, rounded down."""
    return f"{millionths // 10_000 / 100:,.2f}"


def _up(millionths: int) -> int:
    """A bound, rounded up, since less is not proven."""
    return -(-millionths // 10_000) * 10_000


def _reached(value: int, upper_bound: int) -> str:
    """How much of the best possible a round is worth; rounded down, since more is not proven."""
    if not upper_bound:
        return "no choice of pairs would be worth anything, as a linear program says"
    share = f"{value * 1000 // upper_bound / 10:.1f} %"
    return f"a linear program allows {_hundredths(_up(upper_bound))}: worth at least {share} of the best choice"


KEPT: dict[str, dict[str, Any]] = {  # the headings of what is kept about a member, in the reader's language
    "en": {
        "title": "What Weft keeps about {member}, as of {at}",
        "groups": "In the groups",
        "introductions": "Introductions that were suggested",
        "events": "Everything that was said, oldest first",
        "weighed": "by the weights {weights_id}; --json shows them",
        "fields": {},
        "points": "{points:,} points",
        "states": {"suggested": "suggested", "made": "made", "closed": "ended"},
    },
    "de": {
        "title": "Was Weft über {member} speichert, Stand {at}",
        "groups": "In den Gruppen",
        "introductions": "Vorschläge",
        "events": "Alle Meldungen, älteste zuerst",
        "weighed": "nach den Gewichten {weights_id}; --json zeigt sie",
        "fields": {
            "name": "Name",
            "company": "Firma",
            "profession": "Beruf",
            "stage": "Phase",
            "about": "Über sich",
            "email": "E-Mail",
            "languages": "Sprachen",
            "introductions_per_round": "Vorschläge je Runde",
            "paused_until": "Pause bis",
            "digest": "Mail",
        },
        "points": "{points:,} Punkte",
        "states": {"suggested": "vorgeschlagen", "made": "zustande gekommen", "closed": "beendet"},
    },
}


def show_export(exported: dict[str, Any]) -> None:
    """All that is kept about a member, for them to read."""
    console, spoken = out(), language()
    words = KEPT[spoken]
    title = words["title"].format(member=exported["member_id"], at=exported["as_of"])
    console.print(f"[bold]{escape(title)}[/bold]\n", soft_wrap=True)
    profile = {name: value for name, value in exported["profile"].items() if name != "member_id"}
    for name, value in profile.items():
        label = words["fields"].get(name, name.replace("_", " "))
        console.print(f"   [dim]{label}[/dim]  {escape(_plain(value))}", soft_wrap=True)
    console.print(f"\n[bold]{words['groups']}[/bold]  {escape(', '.join(exported['groups'])) or '–'}", soft_wrap=True)
    console.print(f"\n[bold]{words['introductions']}[/bold]")
    for one in exported["introductions"]:
        points = words["points"].format(points=one["points"])
        console.print(f"\n   {one['suggested_at'][:10]}  ·  {words['states'][one['state']]}  ·  {points}")
        console.print(_reasons(one["reasons"], spoken))
        weighed = words["weighed"].format(weights_id=one["weights_id"])
        console.print(f"   [dim]{escape(weighed)}[/dim]", soft_wrap=True)
    console.print(f"\n[bold]{words['events']}[/bold]\n")
    for event in exported["events"]:
        said = ", ".join(f"{name} {_plain(value)}" for name, value in event["data"].items() if name != "member_id")
        console.print(f"   {event['time'][:16]}  [bold]{event['type']}[/bold]  {escape(said)}", soft_wrap=True)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _count(things: list[Any], name: str) -> str:
    return f"{len(things):,} {name}" if len(things) == 1 else f"{len(things):,} {name}s"


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


def _state(view: dict[str, Any], spoken: str) -> str:
    day = date.fromisoformat(view["answer_until"][:10])
    return FRAME[spoken][view["state"]].format(until=f"{day:%d.%m.%Y}" if spoken == "de" else f"{day.day} {day:%B %Y}")


def _reasons(reasons: list[dict[str, Any]], spoken: str) -> Table:
    """Each reason in words, with its share of what speaks for it; what speaks against is shown as such."""
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
    table.add_column(width=2)
    table.add_column(justify="right", width=5)
    table.add_column(width=BAR_CHARACTERS)
    table.add_column()
    told_of = [reason for reason in reasons if not tells_nothing(reason)]
    for reason, share in zip(told_of, shares(told_of), strict=True):
        against = reason["points"] < 0
        bar = "" if against else "━" * max(1, round(share * BAR_CHARACTERS / 100))
        told = "[red]−[/red]" if against else f"{share} %"
        table.add_row("", told, f"[cyan]{bar}[/cyan]", escape(say(reason, spoken)))
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
