"""What the real past says of the judgement: rankings of its queries by Weft's cards, beside the peers of peers.py."""

import sys
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import asked, cards, comparison, intervals, real
from benchmarks.asked import Asked, CardAt
from benchmarks.comparison import Measured
from matcher.card import by_hand
from schemas.codec import Event
from services.backtest import SHOWN, read_events, read_queries
from services.collecting import uncollected
from services.lessons import Lessons

LOADS = (0.5, 0.35, 0.25)
TOP = 50  # as deep as the peers rank
PROMISED = "Weft, learning monthly"
FROZEN = "Weft, learned once before them"
HAND = "Weft, card by hand"
SHIPPED = "Weft, default card"
ANSWERS = ((0, 2), (3, 9), (10, 49), (50, 1_000_000))  # how many a relevant member gave before the query
Row = dict[str, Any]
Truth = dict[str, list[str]]  # by query, who turned out to be relevant


def questions(data: real.Data) -> dict[str, Any]:
    """Questions between entrepreneurs: the rankings, what they rest on, the pools, and how much is to be learned."""
    past = _Past(data)
    peers = {name: comparison.peer(data, name).file for name in _peers()}
    tell("learning month by month")
    lessons = Lessons(past.events)
    promised = past.cards_by_instant(cards.monthly(lessons))
    ours = {
        HAND: past.ranked(HAND, cards.always(by_hand())),
        f"{SHIPPED} *": past.ranked(SHIPPED, cards.always(cards.shipped())),
        FROZEN: past.ranked(FROZEN, cards.always(cards.frozen(lessons, past.begin))),
        PROMISED: past.ranked(PROMISED, promised),
    }
    for load in LOADS:
        name = f"{PROMISED}, --load {load}"
        ours[name] = past.ranked(name, promised, load)
    tell("learning with one thing left out at a time, and from fewer outcomes")
    return {
        "queries": len(past.asked),
        "rows": past.rows(peers | ours),
        "without": past.rows({"everything": ours[FROZEN]} | dict(past.without(lessons))),
        "few": past.by_answers(peers[real.BEST_RULE], ours[PROMISED]),
        "pools": past.pools(ours[PROMISED], promised),
        "curve": past.curve(lessons, peers[real.BEST_RULE]),
    }


def contacts(data: real.Data) -> dict[str, Any]:
    """Contacts in a workplace, where nobody states a need: the default card, which has not seen them."""
    past = _Past(data)
    card = cards.always(cards.shipped())
    ours = past.ranked(SHIPPED, card)
    peers = {name: comparison.peer(data, name).file for name in _peers()}
    return {"queries": len(past.asked), "rows": past.rows({SHIPPED: ours} | peers), "pools": past.pools(ours, card)}


def _peers() -> list[str]:
    """The best rule first: what all are compared with."""
    return [real.BEST_RULE, *(name for name in comparison.peers_here() if name != real.BEST_RULE)]


def tell(doing: str) -> None:
    """What is being done, for whoever waits."""
    print(f"{doing} …", file=sys.stderr, flush=True)


class _Past:
    """The queries of some data, measured once, and what measure.py says of rankings of them."""

    def __init__(self, data: real.Data) -> None:
        tell("reading the past, as it was at each query")
        self._data = data
        with uncollected():
            self.events = read_events(data.events)
        self.asked = asked.asked(self.events, read_queries(data.queries))
        self.begin = self.asked[0].at
        self._relevant: Truth = {line["query_id"]: line["relevant"] for line in comparison.lines(data.queries)}

    def ranked(self, name: str, card_at: CardAt, load: float | None = None) -> Path:
        """A file of rankings, named for what made them."""
        return self._written(name, asked.ranked(self.asked, card_at, load))

    def _written(self, name: str, rankings: Iterator[tuple[str, list[str]]]) -> Path:
        return asked.write(rankings, self._data.events.parent / f"{name.replace(' ', '-')}.jsonl", TOP)

    def cards_by_instant(self, card_at: CardAt) -> CardAt:
        """Those in force at the queries: each fitted once, however many rankings use it."""
        return {query.at: card_at(query.at) for query in self.asked}.__getitem__

    def rows(self, rankings: dict[str, Path]) -> list[Row]:
        """What is measured of each, and how it differs from the first."""
        measured = comparison.measured(self._data, list(rankings.values()))
        return [_row(name, found) for name, found in zip(rankings, measured, strict=True)]

    def without(self, lessons: Lessons) -> Iterator[tuple[str, Path]]:
        """Learned once before the queries, with one thing left out at a time."""
        for name, codes in cards.LEFT_OUT.items():
            card = cards.frozen(lessons, self.begin, codes)
            yield f"without {name}", self.ranked(f"without {name}", cards.always(card))

    def curve(self, lessons: Lessons, rule: Path) -> list[Row]:
        """Learned once from the last outcomes before the queries, fewer and more of them."""
        known = cards.known_at(lessons, self.begin)
        counts = [count for count in cards.CURVE if count < known] + [known]
        files = {
            str(count): self.ranked(f"last {count}", cards.always(cards.of_the_last(lessons, count, self.begin)))
            for count in counts
        }
        return self.rows({real.BEST_RULE: rule, "0": self.ranked(HAND, cards.always(by_hand()))} | files)

    def pools(self, of_a_question: Path, card_at: CardAt) -> list[Row]:
        """How many of the relevant are candidates at all, for a question and for a round, and how the same card ranks
        either; `of_a_question` are its rankings of the former."""
        fewer = [query.as_in_a_round() for query in self.asked]
        of_a_round = self._written("of a round", asked.ranked(fewer, card_at))
        ranked = self.rows({"of a question": of_a_question, "of a round": of_a_round})
        held = [pool_of(queries, self._relevant) for queries in (self.asked, fewer)]
        return [row | pool for row, pool in zip(ranked, held, strict=True)]

    def by_answers(self, rule: Path, ours: Path) -> list[Row]:
        """How many of the relevant members are found, by how many answers they had given before."""
        given = _answers_given(self.events)
        theirs, weft = ({line["query_id"]: line["ranked"] for line in comparison.lines(file)} for file in (rule, ours))
        rows = []
        for least, most in ANSWERS:
            those = {
                query.query_id: {
                    one for one in self._relevant[query.query_id] if least <= bisect_left(given[one], query.at) <= most
                }
                for query in self.asked
            }
            in_pool = sum(len(those[query.query_id].intersection(query.member_ids)) for query in self.asked)
            rows.append({"least": least, "most": most, "in_pool": in_pool, **_found(those, theirs, weft)})
        return rows


def pool_of(queries: Sequence[Asked], relevant: Truth) -> Row:
    """What the pools of queries hold: how many candidates, which share of all who are relevant, and what recall@10 the
    best order of them would have: no ranking has more."""
    found = [len(set(query.member_ids).intersection(relevant[query.query_id])) for query in queries]
    counts = [len(relevant[query.query_id]) for query in queries]
    first = [min(SHOWN, held) / count for held, count in zip(found, counts, strict=True)]
    return {
        "size": sum(len(query.member_ids) for query in queries) / len(queries),
        "recall": sum(found) / sum(counts),
        "interval": intervals.of_ratio(found, counts),
        "most": sum(first) / len(first),
    }


def _found(those: dict[str, set[str]], theirs: dict[str, list[str]], weft: dict[str, list[str]]) -> Row:
    counts = [len(members) for members in those.values()]

    def found(ranked: dict[str, list[str]], depth: int) -> list[int]:
        return [len(members.intersection(ranked[query_id][:depth])) for query_id, members in those.items()]

    gained = [one - other for one, other in zip(found(weft, 10), found(theirs, 10), strict=True)]
    return {
        "relevant": sum(counts),
        "rule": [sum(found(theirs, depth)) / sum(counts) for depth in (10, TOP)],
        "weft": [sum(found(weft, depth)) / sum(counts) for depth in (10, TOP)],
        "interval": intervals.of_ratio(found(weft, 10), counts),
        "against": intervals.of_ratio(gained, counts),
    }


def _answers_given(events: Sequence[Event]) -> defaultdict[str, list[int]]:
    """Per member, the instants at which they showed expertise in a conversation: their answers (RELEVANCE.md, 6)."""
    talked = {
        (event.time, member_id)
        for event in events
        if event.type == "conversation.held"
        for member_id in event.data["member_ids"]
    }
    shown = {(event.time, event.data["member_id"]) for event in events if event.type == "expertise.declared"} & talked
    given: defaultdict[str, list[int]] = defaultdict(list)
    for time, member_id in sorted(shown):
        given[member_id].append(time)
    return given


def _row(name: str, found: Measured) -> Row:
    return {"name": name, **found.figures, "against": found.against}
