"""Ranking the needs of the past with what was known then, by the code of `ask`: how good would Weft have been?"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple, TextIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from matcher.asking import own_need, rank
from matcher.card import BY_HAND, DEFAULT_CALIBRATION, Purpose, card_in, default_card
from matcher.index import Index
from matcher.needs import Need, stated_need
from matcher.prices import Ascent
from matcher.scorecard import Card
from matcher.tables import MILLION
from schemas.codec import Event
from schemas.door import WEFT, admit
from schemas.errors import Refusal
from schemas.events import Table
from schemas.fields import Id, Instant, Subject, Text
from schemas.instants import parse_canonical
from services.clock import now_us
from services.collecting import uncollected
from services.learning import Monthly
from services.lessons import Lessons
from services.past import Past
from services.trouble import Trouble

SHOWN = 10  # a query shows its first ten
PRICE_STEP = 500  # millionths of a chance: about .8 / (1,500 queries in a season), RELEVANCE.md section 3


class Query(BaseModel):
    """One line of queries.jsonl; what else stands there, the truth above all, is not read."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    query_id: Annotated[str, Field(min_length=1)]
    member_id: Id
    at: Instant
    subjects: list[Subject] | None = None
    note: Text | None = None


class Ranked(NamedTuple):
    """How many queries were ranked, and for how many of them nobody was found."""

    queries: int
    without_candidates: int


def run(
    events: Path, queries: Path, out: Path, *, top: int, card: str = "default", load: float | None = None
) -> Ranked:
    """Writes a ranking for every query, in the order of their instants. A ranking sees only events before its query.

    `card` is `default`, `fitted` (learned from the events, anew on the first of each month, from what was known then)
    or a file with `{"weights": …, "calibration": …}`; `load` caps a member's share of first tens. Trouble: a file
    cannot be read.
    """
    if load is not None and not 0 < load <= 1:
        raise Trouble(f"--load {load}: a share of first tens is more than 0 and at most 1")
    if out.exists() and any(out.samefile(given) for given in (events, queries) if given.exists()):
        raise Trouble(f"{out} is one of the files that are read: name another one for the rankings")
    with uncollected():
        past = Past(read_events(events))
    default = _card("default")
    monthly = Monthly(Lessons(past.events), default) if card == "fitted" else None
    fixed = default if monthly else _card(card)
    prices = Ascent(round(load * MILLION), PRICE_STEP) if load else None
    empty = 0
    asked = sorted(read_queries(queries), key=lambda query: (query.at, query.query_id))
    with _opened(out) as file:
        for query in asked:
            at = parse_canonical(query.at)
            past.move_to(at)
            ranking = rank(
                past.index,
                monthly.card_at(at) if monthly else fixed,
                query.member_id,
                need_of(past.index, query, at),
                at,
                price=prices.of if prices else None,
            )
            ranked = ranking.member_ids(top) if ranking else []
            if prices:
                prices.shown(ranked[:SHOWN])
            empty += not ranked
            file.write(json.dumps({"query_id": query.query_id, "ranked": ranked}) + "\n")
    return Ranked(len(asked), empty)


def need_of(index: Index, query: Query, at: int) -> Need:
    """What a query looks for: what it says, or else what the member does as they stand."""
    if query.subjects is None:
        return own_need(index, query.member_id, at)
    return stated_need(query.subjects, query.note or "")


def _card(named: str) -> Card:
    if named == "default":
        return card_in(default_card(Purpose.QUESTIONS).data)
    try:
        said = json.loads(Path(named).read_bytes())
        tables = {name: Table.model_validate(told).model_dump() for name, told in said["weights"].items()}
        return Card.of(named, tables, said.get("calibration", DEFAULT_CALIBRATION))
    except OSError as wrong:
        raise Trouble(f"{named}: {wrong.strerror}; --card takes default, fitted, or a file of weights") from None
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        example = {"weights": {"act7": BY_HAND["profession"]}}
        raise Trouble(f"{named} is not a file of weights ({wrong}); such as {json.dumps(example)}") from None


# --- files ----------------------------------------------------------------------------------------------------------


def read_events(file: Path) -> list[Event]:
    """The events of a file, one a line. Trouble: a line is not one."""
    now = now_us()
    return [_event(file, number, raw, now) for number, raw in _lines(file)]


def _event(file: Path, number: int, raw: bytes, now: int) -> Event:
    answer = admit(raw, now, WEFT)
    if isinstance(answer, Refusal):
        raise Trouble(f"{file}, line {number}: {answer}")
    return answer


def read_queries(file: Path) -> list[Query]:
    """The queries of a file, one a line. Trouble: a line is not one."""
    return [_query(file, number, raw) for number, raw in _lines(file)]


def _query(file: Path, number: int, raw: bytes) -> Query:
    try:
        return Query.model_validate_json(raw)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the line"
        raise Trouble(f"{file}, line {number}: {field}: {first['msg']}") from None


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with open(file, "rb") as opened:
            for number, line in enumerate(opened, start=1):
                if line.strip():
                    yield number, line.strip()
    except OSError as wrong:
        raise Trouble(f"{file}: {wrong.strerror}") from None


def _opened(out: Path) -> TextIO:
    try:
        return open(out, "w")
    except OSError as wrong:
        raise Trouble(f"{out}: {wrong.strerror}") from None
