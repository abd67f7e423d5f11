"""Commands about members: suggest, ask, explain, round."""

from enum import StrEnum
from typing import Annotated

import typer

from services.cli.opening import answering, deciding, nobody, read_here
from services.cli.output import Json, an_id, at_work, say_json
from services.folder import Folder


def add_to(app: typer.Typer) -> None:
    """Adds this family to the command line."""
    app.command()(suggest)
    app.command()(ask)
    app.command()(explain)
    app.command("round")(hold_round)


def _instant(text: str) -> int:
    from pydantic_core import PydanticCustomError

    from schemas.fields import instant_us

    try:
        return instant_us(text)
    except PydanticCustomError as wrong:
        raise typer.BadParameter(f"{text} {wrong.message()}; such as 2026-03-02T07:30:00Z") from None


Member = Annotated[str, typer.Argument(metavar="MEMBER", help="The member's id.", callback=an_id)]
At = Annotated[
    int | None, typer.Option(parser=_instant, metavar="INSTANT", help="As things stood then (RFC 3339); absent: now.")
]


def suggest(context: typer.Context, member: Member, at: At = None, json: Json = False) -> None:
    """Show the introductions that a member sees.

    Example: [bold]weft suggest m-17[/bold]
    """
    with answering(context.obj.folder, member) as network, at_work("reading the log"):
        introductions = network.suggestions(member, at)
    if json:
        say_json({"member_id": member, "introductions": introductions})
        return
    from services.cli.shown import show_introductions

    show_introductions(introductions)


def ask(
    context: typer.Context,
    member: Member,
    subjects: Annotated[
        list[str] | None, typer.Argument(metavar="SUBJECT…", help="What they look for; absent: all they declared.")
    ] = None,
    note: Annotated[str, typer.Option(metavar="TEXT", help="More about it, in any words.")] = "",
    at: At = None,
    top: Annotated[int, typer.Option(min=1, max=1_000, metavar="K", help="How many to show.")] = 10,
    json: Json = False,
) -> None:
    """Ask who could help a member with a need, now.

    Example: [bold]weft ask m-17 Unternehmensnachfolge --note "wer hat schon verkauft?"[/bold]
    """
    subjects = subjects or []
    _check_need(subjects, note)
    with answering(context.obj.folder, member) as network, at_work("reading the log"):
        ranked = network.ask(member, subjects, note, top, at)
    if json:
        say_json(
            {"ranked": [{key: one[key] for key in ("member_id", "points", "chance", "reasons")} for one in ranked]}
        )
        return
    from services.cli.shown import show_ranked

    show_ranked(ranked)


def _check_need(subjects: list[str], note: str) -> None:
    """As a running Weft does: the same need is taken, or refused, either way."""
    from pydantic import ValidationError

    from services.amiss import allowed_at, wrong_with
    from services.inbox import Need

    try:
        Need(subjects=subjects, note=note)
    except ValidationError as found:
        first = found.errors(include_url=False)[0]
        what = _named(first["loc"], len(subjects))
        is_empty = not str(first["input"]).strip()
        allowed = "name what you look for" if is_empty else allowed_at(Need, first["loc"], first)
        raise typer.BadParameter(f"{what} {wrong_with(first)}: {allowed}") from None


def _named(place: tuple[str | int, ...], subjects: int) -> str:
    """A part of a need, as it was typed."""
    if place[0] == "note":
        return "--note"
    if len(place) == 1:
        return "the list of subjects"
    return "the subject" if subjects == 1 else f"subject {int(place[1]) + 1}"


class For(StrEnum):
    """What two members are explained for."""

    ROUNDS = "rounds"
    QUESTIONS = "questions"


def explain(
    context: typer.Context,
    member: Annotated[str, typer.Argument(metavar="MEMBER", help="For whom.", callback=an_id)],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="Who is suggested to them, or not.", callback=an_id)],
    purpose: Annotated[For, typer.Option("--for", help="As a round judges them, or as ask does.")] = For.ROUNDS,
    at: At = None,
    every: Annotated[bool, typer.Option("--all", help="Also the features that are worth nothing here.")] = False,
    json: Json = False,
) -> None:
    """Explain why one member is suggested to another, or not, in both directions.

    First what keeps the two apart. Then each feature: what was measured, its
    points by the card in force, what would change them, and the events that
    say so. As of a round that was held (--at), it is what that round knew.
    With --for questions: as an answer to what each of them looks for.

    For whoever runs the network, not for members: they may not know all of it.
    What somebody looks for confidentially is not used, and not shown.

    Example: [bold]weft explain m-17 m-42 --at 2026-03-02T06:00:00Z[/bold]
    """
    if member == other:
        raise typer.BadParameter(f"{member} twice: name two members")
    from services.answering import NotThereYet

    folder: Folder = context.obj.folder
    try:
        with read_here(folder) as network, at_work("reading the log"):
            explain_pair = network.explain if purpose is For.ROUNDS else network.explain_asked
            explained = explain_pair(member, other, at)
    except NotThereYet as missing:
        raise nobody(folder, missing.member_id, missing.joined, missing.slot) from None
    if json:
        say_json(explained)
        return
    from services.cli.explained import show_explanation

    show_explanation(explained, every=every)


def hold_round(
    context: typer.Context,
    at: At = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show it; nothing is written.")] = False,
    bound: Annotated[
        bool,
        typer.Option(
            "--bound",
            help="Show also how much of the best possible it reaches, by a linear program: seconds for 100,000 pairs, "
            "half a minute and 1.2 GB for a million, which is the most.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Hold a round: suggest introductions to everybody who has room.

    There is one a day: a round of a date that has one already is refused.

    Example: [bold]weft round --at 2026-03-02T06:00:00Z --dry-run[/bold]
    """
    with deciding(context.obj.folder, leading=True) as network, at_work("holding the round"):
        held = network.hold_round(at, dry_run=dry_run, bound=bound)
    if json:
        say_json(held)
        return
    from services.cli.shown import show_round

    show_round(held, dry_run)
