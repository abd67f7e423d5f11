"""The tables of the views. Every row is of a generation, and readers see the one that `generation` names.

No migrations: the tables are named by a hash of their shape, so that another version of them lies beside these, and is
filled from the log. Instants are µs since 1970.
"""

from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import JSON, BigInteger, Boolean, Column, Integer, MetaData, Table, Text
from sqlalchemy.schema import CreateTable

PREFIX = "weft_views_"


class Tables(NamedTuple):
    """All tables of the views."""

    generation: Table
    members: Table
    memberships: Table
    groups: Table
    introductions: Table
    seen: Table
    rounds: Table
    scored: Table
    scores: Table


_DRAFT = MetaData()


def _key(name: str, kind: Any = Text, *, index: bool = False) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False, index=index)


def _of_generation(name: str, *columns: Column[Any]) -> Table:
    return Table(name, _DRAFT, _key("generation", BigInteger), *columns)


_DRAFTS = Tables(
    # One row: what readers see, which version of Weft made it, and how far log and scores were read for it.
    generation=Table(
        "generation",
        _DRAFT,
        _key("number", BigInteger),
        Column("log_id", Text, nullable=False),
        Column("code", Text, nullable=False),
        Column("log", JSON, nullable=False),
        Column("scores", JSON, nullable=False),
        Column("as_of", BigInteger, nullable=False),
    ),
    # Everybody who is, or was, in a group.
    members=_of_generation(
        "members",
        _key("member_id"),
        Column("name", Text),
        Column("email", Text),
        Column("company", Text),
        Column("profession", Text),
        Column("stage", Text),
        Column("about", Text),
        Column("languages", JSON),
        Column("introductions_per_round", Integer),
        Column("paused_until", BigInteger),
        Column("digest", Text),
    ),
    # The groups that they are in now.
    memberships=_of_generation(
        "memberships",
        _key("member_id"),
        _key("group_id", index=True),
        Column("since", BigInteger, nullable=False),
    ),
    groups=_of_generation(
        "groups",
        _key("group_id"),
        Column("name", Text),
        Column("place", Text),
        Column("meets", JSON),
    ),
    # The suggestions of held rounds and what came of them, for organisers: nobody is named.
    introductions=_of_generation(
        "introductions",
        _key("introduction_id"),
        Column("round_id", Text, nullable=False, index=True),
        Column("accepted", Boolean, nullable=False),
        Column("made", Boolean, nullable=False),
        Column("closed", Boolean, nullable=False),
        Column("met", Boolean, nullable=False),
        Column("rated", Boolean, nullable=False),
    ),
    # What one of the two sees of an introduction. What is not shown any more has no row, whatever ended it.
    seen=_of_generation(
        "seen",
        _key("member_id"),
        _key("introduction_id", index=True),
        Column("other_id", Text, nullable=False, index=True),
        Column("is_a", Boolean, nullable=False),
        Column("since", BigInteger, nullable=False),
        Column("shown_until", BigInteger, nullable=False),
        Column("view", JSON, nullable=False),
    ),
    rounds=_of_generation(
        "rounds",
        _key("round_id"),
        Column("slot", Text, nullable=False),
        Column("as_of", BigInteger, nullable=False),
        Column("weights_id", Text, nullable=False),
        Column("introduction_count", Integer, nullable=False),
        Column("unmatched", JSON, nullable=False),
        Column("certificate", JSON, nullable=False),
    ),
    # Of when a member's scores are, and each candidate in a row, so that one who is erased goes alone.
    scored=_of_generation(
        "scored",
        _key("member_id"),
        Column("day", Text, nullable=False),
        Column("positions", JSON, nullable=False),
    ),
    scores=_of_generation(
        "scores",
        _key("member_id"),
        _key("place", Integer),
        Column("candidate_id", Text, nullable=False, index=True),
        Column("points", BigInteger, nullable=False),
        Column("chance", BigInteger, nullable=False),
        Column("reasons", JSON, nullable=False),
    ),
)

SHAPE = sha256("".join(str(CreateTable(table)) for table in _DRAFTS).encode()).hexdigest()[:8]
METADATA = MetaData()
TABLES = Tables(*(table.to_metadata(METADATA, name=f"{PREFIX}{table.name}_{SHAPE}") for table in _DRAFTS))
OF_GENERATION = TABLES[1:]
# One row: by what the database is known, whichever version of the views is in it.
KNOWN_AS = Table(PREFIX.rstrip("_"), METADATA, Column("id", Text, primary_key=True))
