"""Ranking the needs of the past with what was known then, by the code of `ask`: how good would Weft have been?"""

import json
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TextIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from matcher.asking import own_need, rank
from matcher.card import Purpose, card_in, default_card
from matcher.index import Index
from matcher.needs import Need, stated_need
from matcher.prices import Ascent
from matcher.scorecard import Card
from matcher.tables import MILLION
from schemas import strict_json
from schemas.codec import Event
from schemas.door import WEFT, admit
from schemas.errors import Refusal, Refused
from schemas.fields import Id, Instant, Subject, Text
from schemas.instants import parse_canonical
from services.amiss import path, plainly, wrong_with
from services.cards import read_card
from services.clock import now_us
from services.collecting import uncollected
from services.learning import Monthly
from services.lessons import Lessons
from services.past import Past
from services.trouble import Trouble

SHOWN = 10  # a query shows its first ten
MISSPELT = 0.85  # of difflib: `subject` for `subjects`, `notes` for `note`
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
    asked = _known(_queries_by_line(queries), past.events, queries, events)
    default = _card("default")
    monthly = Monthly(Lessons(past.events), default) if card == "fitted" else None
    fixed = default if monthly else _card(card)
    prices = Ascent(round(load * MILLION), PRICE_STEP) if load else None
    empty = 0
    with _opened(out) as file:
        for query in sorted(asked, key=lambda query: (query.at, query.query_id)):
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
    return read_card(named)


# --- files ----------------------------------------------------------------------------------------------------------


def read_events(file: Path) -> list[Event]:
    """The events of a file, one a line. Trouble: a line is not one, or there is none."""
    now = now_us()
    return [_event(file, number, raw, now) for number, raw in _lines(file, "events")]


def _event(file: Path, number: int, raw: bytes, now: int) -> Event:
    answer = admit(raw, now, WEFT)
    if isinstance(answer, Refusal):
        raise Trouble(f"{file}, line {number}: {answer}")
    return answer


def read_queries(file: Path) -> list[Query]:
    """The queries of a file. Trouble: a line is not one, there is none, or one twice."""
    return list(_queries_by_line(file).values())


def _queries_by_line(file: Path) -> dict[int, Query]:
    found: dict[int, Query] = {}
    lines: dict[str, int] = {}  # by the query's id
    for number, raw in _lines(file, "queries"):
        found[number] = query = _query(file, number, raw)
        before = lines.setdefault(query.query_id, number)
        if before != number:
            raise Trouble(
                f"{file}, line {number}: query_id {query.query_id} is that of line {before}, too: name each once"
            )
    return found


def _known(queries: dict[int, Query], past: list[Event], file: Path, events: Path) -> list[Query]:
    """The queries, if they are of these events: somebody who joins later is nobody yet, and ranked nobody. Trouble:
    none of those who ask ever joined."""
    members = {event.data["member_id"] for event in past if event.type == "member.joined"}
    if members.isdisjoint(query.member_id for query in queries.values()):
        number, query = next(iter(queries.items()))
        raise Trouble(
            f"{file}, line {number}: there is no member {query.member_id} in {events}, nor any other who asks"
        )
    return list(queries.values())


def _query(file: Path, number: int, raw: bytes) -> Query:
    try:
        said = strict_json.read(raw)
        query = Query.model_validate(said)
    except Refused as wrong:
        raise Trouble(f"{file}, line {number}: {plainly(wrong.refusal, 'the line')}") from None
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        misspelt = _misspelt(first["input"]) if first["type"] == "missing" else ""
        told = f"{path(first['loc']) or 'the line'} {wrong_with(first)}{misspelt}"
        raise Trouble(f"{file}, line {number}: {told}") from None
    if misspelt := _misspelt(said):
        raise Trouble(f"{file}, line {number}: {misspelt}")
    return query


def _misspelt(said: dict[str, Any]) -> str:
    """Other keys are ignored, but not one that looks like a field which is not there."""
    for field in Query.model_fields:
        close = get_close_matches(field, said, n=1, cutoff=MISSPELT) if field not in said else []
        if close:
            return f"{close[0]} is no field of a query: perhaps {field}"
    return ""


def _lines(file: Path, what: str) -> Iterator[tuple[int, bytes]]:
    is_empty = True
    try:
        with open(file, "rb") as opened:
            for number, line in enumerate(opened, start=1):
                if line.strip():
                    is_empty = False
                    yield number, line.strip()
    except OSError as wrong:
        raise Trouble(f"{file}: {wrong.strerror}") from None
    if is_empty:
        raise Trouble(f"{file} is empty: it should have {what}, one a line")


def _opened(out: Path) -> TextIO:
    try:
        return open(out, "w")
    except OSError as wrong:
        raise Trouble(f"{out}: {wrong.strerror}") from None
