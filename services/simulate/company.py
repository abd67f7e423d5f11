"""The members of a simulated network, towards a running Weft: what they are suggested, answer, and do about it.

Everything that is said carries the time of the simulation, and ids that are the same however often it is said.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import orjson

from schemas.instants import DAY_US, MINUTE_US, format_instant, parse_canonical
from services.simulate.answers import DEALS, REFERS, Side, Word, answers, rating
from services.simulate.dice import die
from services.simulate.ledger import Pair, ordered
from services.simulate.people import ABLE, NONE, People
from services.simulate.report import Report
from services.simulate.truth import WORTH_IT, Moment, Truth, number_of

SOURCE = "/answers"
ANSWERED_WITHIN_DAYS = 6  # by the next round


class Said(NamedTuple):
    """An event and who says it (a `Weft-Sender`)."""

    sender: str
    raw: bytes


class Suggested(NamedTuple):
    """A suggestion as a member sees it."""

    introduction_id: str
    member_id: str
    other_id: str
    reasons: list[dict[str, Any]]
    until: int  # µs


class Meeting(NamedTuple):
    """Two who have both accepted, and when they will have met (µs)."""

    introduction_id: str
    pair: Pair
    at: int


class Company:
    """Keeps track of what is open; `truth` decides."""

    def __init__(self, truth: Truth, report: Report) -> None:
        self._truth, self._report = truth, report
        self._until: dict[str, tuple[Pair, int]] = {}  # introduction -> who, and until when it is open
        self.meetings: list[Meeting] = []
        self._deals: dict[int, list[tuple[str, int]]] = defaultdict(list)  # day (µs) -> referral, euros

    def places_taken(self, at: int) -> dict[str, int]:
        """Per member how many suggestions are open at an instant (µs)."""
        self._until = {each: (pair, until) for each, (pair, until) in self._until.items() if until > at}
        taken: dict[str, int] = defaultdict(int)
        for pair, _ in self._until.values():
            for member_id in pair:
                taken[member_id] += 1
        return taken

    def answer(self, suggested: Sequence[Suggested], at: int, day: int) -> list[Said]:
        """What members say in the week after the round at `at` (µs), on the simulation's day `day`."""
        sides = self._sides([(each.member_id, each.other_id) for each in suggested], day)
        said: list[Said] = []
        accepted: dict[str, list[tuple[int, Pair]]] = defaultdict(list)
        for each, side in zip(suggested, sides, strict=True):
            throw = self._throw("answers", each.member_id, each.other_id)
            word, reason = answers(side, each.reasons, throw)
            when = at + 120 * MINUTE_US + (throw >> 32) % (ANSWERED_WITHIN_DAYS * DAY_US)
            pair = ordered(each.member_id, each.other_id)
            self._until.setdefault(each.introduction_id, (pair, each.until))
            if word is Word.ACCEPTS:
                accepted[each.introduction_id].append((when, pair))
            elif word is Word.DECLINES:
                self._until[each.introduction_id] = (pair, when)
            if word is not Word.NOTHING:
                data = {"introduction_id": each.introduction_id, "member_id": each.member_id}
                data |= {"reason": reason} if reason else {}
                said.append(_by_member(when, f"introduction.{word}", data))
        self._agree(accepted, (at // DAY_US + 7) * DAY_US)
        return said

    def _agree(self, accepted: dict[str, list[tuple[int, Pair]]], next_monday: int) -> None:
        """Who both accepted, meet in one of the two weeks that follow, at noon."""
        for introduction_id, words in accepted.items():
            if len(words) == 2:
                made, pair = max(words)
                self._report.made += 1
                self._until[introduction_id] = (pair, made)
                wait = self._throw("meets", *pair) % 11
                self.meetings.append(Meeting(introduction_id, pair, next_monday + wait * DAY_US + 600 * MINUTE_US))

    def due(self, until: int) -> list[Meeting]:
        """Takes out the meetings that are to be held before an instant (µs)."""
        due = [meeting for meeting in self.meetings if meeting.at < until]
        self.meetings = [meeting for meeting in self.meetings if meeting.at >= until]
        return due

    def meet(self, meetings: Iterable[Meeting], day: int) -> list[Said]:
        """What is said of these conversations: by the check-in that they were held, by both how it was."""
        said: list[Said] = []
        for meeting in meetings:
            self._report.met += 1
            one, other = self._sides([meeting.pair, meeting.pair[::-1]], day)
            throw, now = self._throw("met", *meeting.pair), meeting.at
            minutes = 25 + throw % 60
            data = {"member_ids": list(meeting.pair), "minutes": minutes}
            said.append(_said("publisher", now, "conversation.held", data, f"talk-{meeting.introduction_id}"))
            for member_id, side, bits in ((meeting.pair[0], one, throw >> 8), (meeting.pair[1], other, throw >> 28)):
                said += self._tells(meeting, member_id, side, bits, minutes)
        return said

    def _tells(self, meeting: Meeting, member_id: str, side: Side, throw: int, minutes: int) -> list[Said]:
        about = {"introduction_id": meeting.introduction_id, "member_id": member_id}
        said = [_by_member(meeting.at + 60 * MINUTE_US, "introduction.met", {**about, "minutes": minutes})]
        if throw % 100 < 80:
            stars = rating(side, throw >> 7)
            self._report.ratings.append(stars)
            said.append(_by_member(meeting.at + 300 * MINUTE_US, "introduction.rated", {**about, "rating": stars}))
        if side.worth >= WORTH_IT and (throw >> 12) % 100 < REFERS:
            other_id = meeting.pair[meeting.pair[0] == member_id]
            said.append(self._refers(meeting, member_id, other_id, throw >> 14))
        return said

    def _refers(self, meeting: Meeting, member_id: str, other_id: str, throw: int) -> Said:
        referral = f"r-{member_id}-{other_id}"
        self._report.referrals += 1
        if throw % 100 < DEALS:
            self._deals[meeting.at // DAY_US + 10 + throw % 50].append((referral, 200 * (1 + throw % 97)))
        data = {"referral_id": referral, "from_id": member_id, "to_id": other_id}
        data["introduction_id"] = meeting.introduction_id
        return _said("publisher", meeting.at + 400 * MINUTE_US, "referral.passed", data, referral)

    def close_deals(self, until: int) -> list[Said]:
        """The deals that are due before an instant (µs)."""
        said = []
        for day in sorted(day for day in self._deals if (day + 1) * DAY_US <= until):
            for referral, euros in self._deals.pop(day):
                self._report.deals += 1
                self._report.euros += euros
                data = {"referral_id": referral, "amount": f"{euros}.00", "currency": "EUR"}
                said.append(_said("publisher", day * DAY_US + 600 * MINUTE_US, "deal.closed", data, f"deal-{referral}"))
        return said

    def _sides(self, pairs: Sequence[tuple[str, str]], day: int) -> list[Side]:
        ids = sorted({member_id for pair in pairs for member_id in pair})
        place, moment = {member_id: row for row, member_id in enumerate(ids)}, self._truth.moment(ids, day)
        ones, others = [place[one] for one, _ in pairs], [place[other] for _, other in pairs]
        concerns = _concerns(moment)
        worth, promise = moment.worth(ones, others).tolist(), moment.promise(ones, others).tolist()
        return [
            Side(worth[row], promise[row], int(moment.presence[one]), concerns[one]) for row, one in enumerate(ones)
        ]

    def _throw(self, purpose: str, one: str, other: str) -> int:
        return die(self._truth.plan.seed, purpose, number_of(one), number_of(other))


def suggested(member_id: str, views: Iterable[dict[str, Any]], since: int) -> list[Suggested]:
    """What a member has to answer that was suggested at an instant (µs) or later, from what Weft shows them."""
    return [
        Suggested(
            view["introduction_id"],
            member_id,
            view["with"]["member_id"],
            view["reasons"],
            parse_canonical(view["answer_until"]),
        )
        for view in views
        if view["state"] == "suggested" and parse_canonical(view["suggested_at"]) >= since
    ]


def has_something_to_give(people: People) -> np.ndarray:
    """Per member, whether they truly can what somebody may need."""
    return ((people.ability >= ABLE) & (people.gives != NONE)).any(axis=1)


def _concerns(moment: Moment) -> list[frozenset[int]]:
    own = (moment.need > 0) | (moment.ability >= ABLE)
    return [frozenset(np.flatnonzero(row).tolist()) for row in own]


def _by_member(when: int, kind: str, data: dict[str, Any]) -> Said:
    member_id = data["member_id"]
    return _said(f"member:{member_id}", when, kind, data, f"{kind}-{data['introduction_id']}-{member_id}")


def _said(sender: str, when: int, kind: str, data: dict[str, Any], id: str) -> Said:
    envelope = {"specversion": "1.0", "id": id, "source": SOURCE, "type": kind, "time": format_instant(when)}
    return Said(sender, orjson.dumps({**envelope, "data": data}))
