"""How members take part: what counts for each number, and what does not."""

from collections.abc import Iterable

import numpy as np
import pytest

from matcher.conduct import USUAL_RATING, USUALLY_ACCEPTS, USUALLY_CAME, USUALLY_REPLIES
from matcher.features import OF_CONDUCT
from matcher.index import Index
from matcher.judging import measured_of
from matcher.reading import Reading
from schemas.codec import Event
from schemas.instants import format_instant
from tests import builders as b
from tests.unit.matcher.worlds import two_suggested, world_of

TODAY = b.day(60)
UNKNOWN = {
    "came14": USUALLY_CAME,
    "replies60": USUALLY_REPLIES,
    "accepts60": USUALLY_ACCEPTS,
    "load28": 0,
    "rated": USUAL_RATING,
}
GROUP = [b.joined(member_id, "g-1") for member_id in ("m-1", "m-2")]
SUGGESTED = two_suggested("i-1", "m-1", "m-2")


def conduct(member_id: str, events: Iterable[Event], at: int = TODAY) -> dict[str, int]:
    index = Index(world_of(event for event in events if event.time < at))
    slot = np.array([index.roster.slots[member_id]])
    measured = measured_of(Reading(index, at), slot, {})
    return {name: int(measured[name][0]) for name in OF_CONDUCT}


def meeting(day: int, *attendees: str, group_id: str | None = "g-1", **more: str) -> Event:
    said = {"type_of": "group", "group_id": group_id} if group_id else {"type_of": "open"}
    return b.met_up(f"t-{day}-{group_id}", *attendees, at=b.day(day), **said, **more)


def test_of_whom_nothing_is_known_everything_is_as_usual():
    assert conduct("m-1", GROUP) == UNKNOWN


def test_whoever_comes_to_their_groups_meetings_is_more_there_than_whoever_does_not():
    events = [*GROUP, *(meeting(day, "m-1") for day in (40, 47, 54))]
    assert conduct("m-1", events)["came14"] > USUALLY_CAME > conduct("m-2", events)["came14"]


def test_what_was_last_week_weighs_more_than_what_was_last_month():
    early, late = (
        [*GROUP, meeting(20, "m-1" if first else "m-2"), meeting(55, "m-2" if first else "m-1")] for first in (1, 0)
    )
    assert conduct("m-1", late)["came14"] > conduct("m-1", early)["came14"]


@pytest.mark.parametrize(
    "others",
    [
        meeting(50, "m-9", group_id="g-2"),
        meeting(50, "m-9", group_id=None),
        b.planned("t-9", at=b.day(50), group_id="g-1"),
    ],
)
def test_other_meetings_are_none_that_one_could_have_missed(others: Event):
    assert conduct("m-1", [*GROUP, others])["came14"] == USUALLY_CAME


def test_whoever_was_not_yet_in_the_group_missed_nothing():
    events = [b.joined("m-1", "g-1", at=b.day(30)), meeting(20, "m-2"), b.joined("m-2", "g-1")]
    assert conduct("m-1", events)["came14"] == USUALLY_CAME


def test_a_meeting_that_is_told_today_counts_tomorrow():
    events = [
        *GROUP,
        b.met_up("t-1", "m-1", at=TODAY, type_of="group", group_id="g-1", held_at=format_instant(b.day(55))),
    ]
    assert conduct("m-1", events, at=TODAY + 1)["came14"] == USUALLY_CAME
    assert conduct("m-1", events, at=b.day(61))["came14"] > USUALLY_CAME


def test_an_answer_counts_yes_or_no_and_silence_once_time_is_up():
    silent, yes, no = (
        SUGGESTED,
        [*SUGGESTED, b.accepted("i-1", "m-1", at=b.day(9))],
        [*SUGGESTED, b.declined("i-1", "m-1", at=b.day(9))],
    )
    assert conduct("m-1", silent)["replies60"] < USUALLY_REPLIES
    assert conduct("m-1", silent, at=b.day(12))["replies60"] == USUALLY_REPLIES, "there is time left"
    assert conduct("m-1", yes)["replies60"] == conduct("m-1", no)["replies60"] > USUALLY_REPLIES
    assert conduct("m-1", yes)["accepts60"] > USUALLY_ACCEPTS > conduct("m-1", no)["accepts60"]


def test_whoever_was_kept_from_answering_let_nothing_pass():
    declined = [*SUGGESTED, b.declined("i-1", "m-2", at=b.day(9)), b.closed("i-1", at=b.day(9))]
    assert conduct("m-1", declined)["replies60"] == USUALLY_REPLIES


def test_a_suggestion_is_a_load_for_four_weeks():
    assert conduct("m-1", SUGGESTED, at=b.day(30))["load28"] == 1
    assert conduct("m-1", SUGGESTED)["load28"] == 0


def test_the_rating_is_that_of_whoever_met_them():
    rated = [*SUGGESTED, b.rated("i-1", "m-2", rating=5, at=b.day(20))]
    assert conduct("m-1", rated)["rated"] > USUAL_RATING == conduct("m-2", rated)["rated"]


def test_whoever_comes_today_is_a_stranger_to_the_day():
    index = Index(world_of(GROUP))
    _ = Reading(index, TODAY).day.conduct.came
    index.follow(index.world.apply(b.joined("m-9", "g-1", at=TODAY)))
    slot = np.array([index.roster.slots["m-9"]])
    assert {name: int(measured_of(Reading(index, TODAY + 1), slot, {})[name][0]) for name in OF_CONDUCT} == UNKNOWN
