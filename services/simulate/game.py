"""A simulated network, the Weft it is played against, and the ways of pairing that Weft is compared with."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice

import numpy as np
import orjson

from schemas.instants import DAY_US, MINUTE_US, day_start, format_instant
from services.simulate.company import Company, Meeting, Said, Suggested, has_something_to_give, suggested
from services.simulate.ledger import Ledger, Pair, Standing, ordered
from services.simulate.life import Life
from services.simulate.network import OLDEST_DAYS
from services.simulate.people import People
from services.simulate.report import BEST, RANDOM, SUBJECTS, WAYS, WEFT, Report
from services.simulate.rounds import best_round, random_round, subject_round
from services.simulate.stream import days
from services.simulate.truth import Truth, number_of
from services.simulate.weft import BATCH_EVENTS, Weft, sender_of
from services.trouble import Trouble

ROUND_US = 4 * 60 * MINUTE_US  # after Monday began, UTC: six o'clock in Germany, five in winter; nothing is before
LARGEST_COMPARED = 5_000  # members: beyond, looking at all pairs takes longer than everything else
MADE_PAUSES_S = (0, 0.1, 0.3, 1, 3)  # Weft writes that an introduction is made a moment after the second yes


class Game:
    """The play, week by week; `Trouble`: no such network can be made, or what Weft has against it."""

    def __init__(self, weft: Weft, members: int, seed: int, first: date) -> None:
        try:
            life = Life.begin(seed, members, first)
        except ValueError as wrong:
            raise Trouble(f"weft simulate: {wrong}") from None
        self._weft, self._seed, self._first = weft, seed, first
        self._days, self._day = days(life), -OLDEST_DAYS
        self._truth, self._report, self._ledger = Truth(seed, members), Report(seed, members), Ledger()
        self._company = Company(self._truth, self._report)
        self._before: dict[str, set[Pair]] = {way: set() for way in (RANDOM, SUBJECTS, BEST)}
        self._joined: dict[str, int] = {}  # newcomer -> the week they joined
        self._first_suggested: dict[str, int] = {}  # member -> the week of their first suggestion

    def week(self, week: int) -> str:
        """Plays one week; returns the line that tells of it."""
        at = day_start(self._first) + 7 * week * DAY_US + ROUND_US
        published = self._publish(self._until(7 * week))  # at first what was before the first week
        pairs, asked = self._round(week, at)
        until = at + 7 * DAY_US - ROUND_US
        due = [meeting for meeting in self._company.due(until) if self._is_made(meeting, at)]
        said = self._company.answer(asked, at, 7 * week) + self._company.meet(due, 7 * week)
        published += self._publish(self._until(7 * week + 7))
        published += self._weft.tell(said + self._company.close_deals(until))
        self._report.weeks += 1
        return self._line(week, published, len(pairs), len(due))

    def finished(self) -> Report:
        """The report; of newcomers it counts those who have had their two rounds."""
        early = [member for member, week in self._joined.items() if week + 2 < self._report.weeks]
        people = People.of(self._truth.plan, np.array([number_of(member) for member in early], np.int64))
        able = [member for member, gives in zip(early, has_something_to_give(people), strict=True) if gives]
        soon = [member for member in able if self._first_suggested.get(member, 1 << 30) <= self._joined[member] + 2]
        self._report.newcomers, self._report.newcomers_met_soon = len(able), len(soon)
        return self._report

    # --- what happens -------------------------------------------------------------------------------------------------

    def _until(self, day: int) -> Iterator[str]:
        while self._day < day:
            self._day += 1
            yield from next(self._days)

    def _publish(self, lines: Iterable[str]) -> int:
        published = 0
        while chunk := [(line, orjson.loads(line)) for line in islice(lines, BATCH_EVENTS)]:
            for _, event in chunk:
                member_id = event["data"].get("member_id")
                if event["type"] == "member.joined" and self._day > 0 and member_id not in self._ledger.groups:
                    self._joined[member_id] = self._day // 7
                self._ledger.follow(event)
            published += self._weft.tell(Said(sender_of(event), line.encode()) for line, event in chunk)
        return published

    # --- what Weft suggests -------------------------------------------------------------------------------------------

    def _round(self, week: int, at: int) -> tuple[list[Pair], list[Suggested]]:
        """Holds the week's round; its pairs, and what members are to answer."""
        standing = self._standing(at)
        held = self._weft.round_of(at)
        if held is None:  # the timer has held it, and does not tell us: everybody is asked what they see by now
            among, seen_at = standing.ids, None
        else:
            among = sorted({member_id for each in held["introductions"] for member_id in each["member_ids"]})
            seen_at = at + MINUTE_US
        asked = [
            each
            for member_id in among
            for each in suggested(member_id, self._weft.suggestions(member_id, seen_at), since=at)
        ]
        for each in asked:
            self._first_suggested.setdefault(each.member_id, week)
        pairs = sorted({ordered(each.member_id, each.other_id) for each in asked})
        self.compare(week, standing, pairs)
        return pairs, asked

    def _standing(self, at: int) -> Standing:
        """As the ledger has it, with the room that Weft's own open suggestions leave."""
        standing = self._ledger.standing(format_instant(at))
        taken = self._company.places_taken(at)
        left = [max(0, room - taken.get(member, 0)) for member, room in zip(standing.ids, standing.room, strict=True)]
        return replace(standing, room=left)

    def compare(self, week: int, standing: Standing, pairs: list[Pair]) -> dict[str, list[Pair]]:
        """Adds Weft's round to the report, and beside it those of the other ways, each with its own memory; returns
        them all, best pairs first where a way has an order."""
        moment = self._truth.moment(standing.ids, 7 * week)
        held = {WEFT: pairs}
        if len(standing.ids) <= LARGEST_COMPARED:
            for way, hold in (
                (RANDOM, lambda one: random_round(one, self._seed, week)),
                (SUBJECTS, subject_round),
                (BEST, lambda one: best_round(one, moment)),
            ):
                held[way] = hold(replace(standing, barred=standing.barred | self._before[way]))
                self._before[way].update(held[way])
        for way, found in held.items():
            self._report.tallies[way].add(moment, standing.ids, found)
        return held

    def _is_made(self, meeting: Meeting, at: int) -> bool:
        for pause_s in MADE_PAUSES_S:
            time.sleep(pause_s)
            views = self._weft.suggestions(meeting.pair[0], at + MINUTE_US)
            state = next((v["state"] for v in views if v["introduction_id"] == meeting.introduction_id), "closed")
            if state != "accepted":
                break
        return state == "made"

    def _line(self, week: int, published: int, suggested: int, met: int) -> str:
        monday = self._first + timedelta(days=7 * week)
        tallies = self._report.tallies
        worth = "  ".join(f"{short} {tallies[way].mean_worth:.2f}" for way, short in WAYS.items() if tallies[way].worth)
        return f"{monday} {published:>7,} events {suggested:>6,} suggested {met:>6,} met   worth: {worth}"
