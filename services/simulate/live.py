"""Keeps a running Weft company: plays a simulated network against it over HTTP, week after week."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import count, islice
from typing import Any

import numpy as np
import orjson

from schemas.instants import DAY_US, MINUTE_US, day_start, format_instant
from schemas.topics import KINDS, Role
from services.admission import REFUSED
from services.client import Client
from services.clock import now_us
from services.simulate.company import Company, Meeting, Said, Suggested, has_something_to_give, suggested
from services.simulate.ledger import Ledger, Pair, Standing, ordered
from services.simulate.life import Life
from services.simulate.network import OLDEST_DAYS
from services.simulate.people import People
from services.simulate.report import BEST, RANDOM, SUBJECTS, WEFT, Report
from services.simulate.rounds import best_round, random_round, subject_round
from services.simulate.stream import days
from services.simulate.truth import Truth, number_of
from services.trouble import Trouble

BATCH_EVENTS = 500
ROUND_HOUR = 4  # of Monday, UTC: six o'clock in Germany, five in winter
LAST_YEAR_WEEKS = 52  # how far back a simulation begins that goes on for ever
Tell = Callable[[str], None]


def play(
    url: str,
    members: int = 200,
    weeks: int | None = 12,
    seed: int = 7,
    *,
    pace_s: float = 0,
    first: date | None = None,
    tell: Tell = print,
) -> Report:
    """Plays `weeks` weeks that lie in the past and end about now against the Weft at `url`; None: for ever, from a
    year ago, and once now is reached at the pace of the calendar.

    Each week: publishes what happened, holds the round, answers the suggestions as the hidden truth has it, meets,
    rates, refers. `members` in the groups at the start (at least 40); `pace_s` seconds of real time a week; `first` a
    Monday to begin on instead; `tell` gets a line a week. Trouble: the Weft cannot be reached, or holds another
    network.
    """
    first = first or _first_monday(weeks or LAST_YEAR_WEEKS)
    game = _Game(url, members, seed, first)
    try:
        for week in count() if weeks is None else range(weeks):
            _wait_until_past(day_start(first) + (week + 1) * 7 * DAY_US)
            tell(game.week(week))
            time.sleep(pace_s)
    except KeyboardInterrupt:
        tell("stopped")
    return game.finished()


def _first_monday(weeks: int) -> date:
    today = date(1970, 1, 1) + timedelta(days=now_us() // DAY_US)
    return today - timedelta(days=today.weekday() + 7 * weeks)


def _wait_until_past(instant: int) -> None:
    while (ahead_s := (instant - now_us()) / 1e6) > 0:
        time.sleep(min(ahead_s, 60))


class _Weft(Client):
    """The Weft that is played against; events go to it in the name of whoever says them."""

    def tell(self, said: Iterable[Said]) -> int:
        """Publishes, a batch for each sender; returns how many events."""
        by_sender: dict[str, list[bytes]] = defaultdict(list)
        for sender, raw in said:
            by_sender[sender].append(raw)
        for sender, raws in by_sender.items():
            for start in range(0, len(raws), BATCH_EVENTS):
                self._batch(sender, raws[start : start + BATCH_EVENTS])
        return sum(map(len, by_sender.values()))

    def _batch(self, sender: str, raws: Sequence[bytes]) -> None:
        headers = {"Content-Type": "application/cloudevents-batch+json", "Weft-Sender": sender}
        answer = self._send("POST", "/events", content=b"[" + b",".join(raws) + b"]", headers=headers)
        for receipt in answer["receipts"]:
            if receipt["status"] == REFUSED:
                raise _refused(self.url, receipt["problem"])


def _refused(url: str, problem: dict[str, Any]) -> Trouble:
    if problem["status"] == 409:
        return Trouble(
            f"{url} holds another network already, or this one from another day; start `weft run` on an empty folder"
        )
    return Trouble(f"{url} refused a simulated event: {problem['detail']}; allowed: {problem.get('allowed')}")


class _Game:
    """One network, the Weft it is played against, and the ways that Weft is compared with."""

    def __init__(self, url: str, members: int, seed: int, first: date) -> None:
        self._weft, self._seed, self._first = _Weft(url), seed, first
        try:
            self._life = Life.begin(seed, members, first)
        except ValueError as wrong:
            raise Trouble(f"weft simulate: {wrong}") from None
        self._truth = Truth(seed, members)
        self._report = Report(seed, members)
        self._company = Company(self._truth, self._report)
        self._ledger = Ledger()
        self._days, self._day = days(self._life), -OLDEST_DAYS
        self._before: dict[str, set[Pair]] = {way: set() for way in (RANDOM, SUBJECTS, BEST)}
        self._joined: dict[str, int] = {}  # newcomer -> the week they joined
        self._first_suggested: dict[str, int] = {}  # member -> the week of their first suggestion

    def week(self, week: int) -> str:
        """Plays one week; returns the line that tells of it."""
        at = day_start(self._first) + 7 * week * DAY_US + ROUND_HOUR * 60 * MINUTE_US
        until = at + 7 * DAY_US
        published = self._publish(self._history(7 * week))  # at first what was before the first week
        pairs, asked = self._round(week, at)
        due = [meeting for meeting in self._company.due(until) if self._is_made(meeting, at)]
        said = self._company.answer(asked, at, 7 * week) + self._company.meet(due, 7 * week)
        published += self._publish(self._history(7 * week + 7))
        published += self._weft.tell(said + self._company.close_deals(until))
        self._report.weeks += 1
        return self._line(week, published, len(pairs), len(due))

    def _history(self, until: int) -> Iterator[str]:
        while self._day < until:
            self._day += 1
            yield from next(self._days)

    def _publish(self, lines: Iterable[str]) -> int:
        published = 0
        while chunk := list(islice(lines, BATCH_EVENTS)):
            events = [(line, orjson.loads(line)) for line in chunk]
            for _, event in events:
                self._ledger.follow(event)
                if event["type"] == "member.joined" and self._day > 0:
                    self._joined.setdefault(event["data"]["member_id"], self._day // 7)
            published += self._weft.tell(Said(_sender(event), line.encode()) for line, event in events)
        return published

    def _round(self, week: int, at: int) -> tuple[list[Pair], list[Suggested]]:
        """Holds the week's round; the pairs, and what members are to answer."""
        standing = self._standing(at)
        held = self._weft.hold_round(at)
        pairs = [ordered(*each["member_ids"]) for each in held["introductions"]]
        self._compare(week, standing, pairs)
        asked = []
        for member_id in sorted({member_id for pair in pairs for member_id in pair}):
            self._first_suggested.setdefault(member_id, week)
            asked += suggested(member_id, self._weft.suggestions(member_id, at + MINUTE_US), held["round_id"])
        return pairs, asked

    def _standing(self, at: int) -> Standing:
        """As the ledger has it, with the room that Weft's own open suggestions leave."""
        standing = self._ledger.standing(format_instant(at))
        taken = self._company.places_taken(at)
        left = [max(0, room - taken.get(member, 0)) for member, room in zip(standing.ids, standing.room, strict=True)]
        return replace(standing, room=left)

    def _compare(self, week: int, standing: Standing, pairs: list[Pair]) -> None:
        """Adds Weft's round to the report, and beside it those of the other ways, each with its own memory."""
        moment = self._truth.moment(standing.ids, 7 * week)
        self._report.tallies[WEFT].add(moment, standing.ids, pairs)
        for way, hold in (
            (RANDOM, lambda one: random_round(one, self._seed, week)),
            (SUBJECTS, subject_round),
            (BEST, lambda one: best_round(one, moment)),
        ):
            found = hold(replace(standing, barred=standing.barred | self._before[way]))
            self._before[way].update(found)
            self._report.tallies[way].add(moment, standing.ids, found)

    def _is_made(self, meeting: Meeting, at: int) -> bool:
        """Whether Weft has made this introduction; it writes that a moment after the second yes has come."""
        member_id = meeting.pair[0]
        for pause_s in (0, 0.1, 0.3, 1, 3):
            time.sleep(pause_s)
            views = self._weft.suggestions(member_id, at + MINUTE_US)
            state = next((v["state"] for v in views if v["introduction_id"] == meeting.introduction_id), "closed")
            if state != "accepted":
                break
        return state == "made"

    def _line(self, week: int, published: int, suggested: int, met: int) -> str:
        monday = self._first + timedelta(days=7 * week)
        worth = ", ".join(f"{way} {tally.mean_worth:.2f}" for way, tally in self._report.tallies.items())
        return f"{monday}  {published:>6,} events  {suggested:>5,} suggested  {met:>5,} met  worth so far: {worth}"

    def finished(self) -> Report:
        """The report; newcomers count who had their two rounds."""
        early = {member: week for member, week in self._joined.items() if week + 2 < self._report.weeks}
        people = People.of(self._truth.plan, np.array([number_of(member) for member in early]))
        for member, able in zip(early, has_something_to_give(people).tolist(), strict=True):
            self._report.newcomers += able
            soon = self._first_suggested.get(member, 1 << 30) <= early[member] + 2
            self._report.newcomers_met_soon += able and soon
        return self._report


def _sender(event: dict[str, Any]) -> str:
    """In whose name an event is published."""
    who = KINDS[event["type"]].who
    if Role.PUBLISHER in who:
        return "publisher"
    return "organiser" if Role.ORGANISER in who else f"member:{event['data']['member_id']}"
