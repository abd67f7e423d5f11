"""What the world says, as rows."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Table

from matcher.introductions import state_of, suggestion
from matcher.seen import shown_until, view_of
from matcher.standing import FOR_EVER_US, spells
from matcher.world import World
from schemas.instants import parse_canonical
from services.views.tables import TABLES

Row = dict[str, Any]
_OF_MEMBER = (
    "name", "email", "company", "profession", "stage", "about", "languages", "introductions_per_round", "digest",
)  # fmt: skip


def rows_of_member(world: World, member_id: str) -> Iterator[tuple[Table, Row]]:
    """Nothing of somebody who never was in a group: of them nobody is told."""
    if member_id not in world.tables["memberships"]:
        return
    paused_until = world.value("members", member_id, "paused_until")
    yield (
        TABLES.members,
        {
            "member_id": member_id,
            **{field: world.value("members", member_id, field) for field in _OF_MEMBER},
            "paused_until": paused_until and parse_canonical(paused_until),
        },
    )
    for spell in spells(world, member_id):
        if spell.end == FOR_EVER_US:
            yield TABLES.memberships, {"member_id": member_id, "group_id": spell.group_id, "since": spell.start}


def rows_of_group(world: World, group_id: str) -> Iterator[tuple[Table, Row]]:
    """The group, whether or not it exists now."""
    if group_id in world.tables["groups"]:
        told = {field: world.value("groups", group_id, field) for field in ("name", "place", "meets")}
        yield TABLES.groups, {"group_id": group_id, **told}


def rows_of_introduction(world: World, introduction_id: str) -> Iterator[tuple[Table, Row]]:
    """What became of it, and what each of the two sees of it, if they still do."""
    one = suggestion(world, introduction_id)
    if one is None:
        return
    cells, state = world.tables["introductions"][introduction_id], state_of(world, introduction_id)
    yield (
        TABLES.introductions,
        {
            "introduction_id": introduction_id,
            "round_id": one.said["round_id"],
            "accepted": any(key.startswith("answer:") and cells[key][4][0] == "accepted" for key in cells),
            "made": state == "made",
            "closed": state == "closed",
            "met": any(key.startswith("met ") for key in cells),
            "rated": any(key.startswith("rated ") for key in cells),
        },
    )
    until = shown_until(world, one)
    for member_id in (one.a, one.b) if until else ():
        yield (
            TABLES.seen,
            {
                "member_id": member_id,
                "introduction_id": introduction_id,
                "other_id": one.other(member_id),
                "is_a": member_id == one.a,
                "since": one.since,
                "shown_until": until,
                "view": view_of(world, one, member_id),
            },
        )


def rows_of_round(world: World, round_id: str) -> Iterator[tuple[Table, Row]]:
    """The round, if it was held and counts."""
    opened, held = world.held_rounds().get(round_id), world.value("rounds", round_id, "held")
    if opened is not None:
        yield (
            TABLES.rounds,
            {
                "round_id": round_id,
                "slot": opened["slot"],
                "as_of": parse_canonical(opened["as_of"]),
                "weights_id": opened["weights_id"],
                **{field: held[field] for field in ("introduction_count", "unmatched", "certificate")},
            },
        )
