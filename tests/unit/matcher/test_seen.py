"""What a member sees: their own side, and nothing of why something has ended."""

import json
from typing import Any

import pytest

from matcher.card import Purpose, default_card
from matcher.seen import seen_by
from schemas.codec import Event
from tests import builders as b
from tests.unit.matcher.worlds import two_suggested, world_of

PROFILE = {"name": "Ida", "company": "Elbtal", "email": "ida@elbtal.de", "about": "Notarin", "stage": "growing"}
SUGGESTED = [*two_suggested(), b.joined("m-2", "g-2", at=b.day(1), **PROFILE)]
ACCEPTED = b.accepted("i-1", "m-2", at=b.day(8))
MADE = [ACCEPTED, b.accepted("i-1", "m-1", at=b.day(9)), b.made("i-1", at=b.day(9))]


def _seen(*more: Event, by: str = "m-1", at: int = b.day(12)) -> list[dict[str, Any]]:
    return seen_by(world_of(event for event in (*SUGGESTED, *more) if event.time < at), by, at)


def test_a_suggestion_shows_who_it_is_and_until_when_to_answer():
    (view,) = _seen()
    assert view["with"] == {"member_id": "m-2"} | {key: told for key, told in PROFILE.items() if key != "email"}
    assert view["state"] == "suggested"
    assert [view["suggested_at"], view["answer_until"]] == ["2026-01-12T00:00:00Z", "2026-01-26T00:00:00Z"]


def test_contact_data_shows_when_it_is_made_and_not_before():
    assert "ida@elbtal.de" not in json.dumps(_seen(*MADE[:-1], at=b.day(12)))
    assert _seen(*MADE)[0]["with"]["email"] == "ida@elbtal.de"


def test_ones_own_points_show_and_the_others_do_not():
    ours, theirs = {"code": "active", "days": 1, "points": 40}, {"code": "active", "days": 2, "points": 60}
    said = {"points": {"a": 40, "b": 60}, "reasons": {"a": [ours], "b": [theirs]}}
    events = [event._replace(data=event.data | said) if "reasons" in event.data else event for event in SUGGESTED]
    (one,), (other,) = (seen_by(world_of(events), member_id, b.day(9)) for member_id in ("m-1", "m-2"))
    assert (one["points"], one["reasons"], one["reasons_for_them"]) == (40, [ours], [{"code": "active", "days": 2}])
    assert (other["points"], other["reasons"]) == (60, [theirs])


def test_a_score_is_provisional_until_its_weights_were_held_against_outcomes():
    as_by_default = default_card(Purpose.ROUNDS).data["calibration"]
    by_default, by_outcomes = b.fitted(at=b.day(1), calibration=as_by_default), b.fitted(at=b.day(1))
    assert [_seen(card)[0]["score_is_provisional"] for card in (by_default, by_outcomes)] == [True, False]


def test_the_others_acceptance_does_not_show():
    assert _seen(ACCEPTED) == _seen()
    assert _seen(ACCEPTED, by="m-2")[0]["state"] == "accepted"


@pytest.mark.parametrize(
    "ending",
    [
        b.declined("i-1", "m-2", at=b.day(9)),
        b.declined("i-1", "m-1", at=b.day(9)),
        b.blocked("m-1", "m-2", at=b.day(9)),
        b.blocked("m-2", "m-1", at=b.day(9)),
        b.prefers("m-2", paused_until=b.day(30), at=b.day(9)),
        b.prefers("m-2", paused_until=b.day(10), at=b.day(9)),
        b.left("m-2", "g-2", at=b.day(9)),
        b.group_closed("g-2", at=b.day(9)),
        b.erased("m-2", at=b.day(9)),
        b.closed("i-1", at=b.day(9)),
    ],
)
def test_what_has_ended_is_gone_and_looks_the_same_for_every_cause(ending: Event):
    assert _seen(ending) == _seen(ACCEPTED, ending) == []
    assert _seen(ending, by="m-2") == []


def test_it_is_gone_when_its_days_are_over_whether_or_not_that_is_written():
    assert len(_seen(at=b.day(21) - 1)) == 1
    assert _seen(at=b.day(21)) == []


def test_what_was_made_stays_for_a_season():
    assert [len(_seen(*MADE, at=b.day(9 + days))) for days in (1, 89, 90)] == [1, 1, 0]


def test_an_attempt_that_was_not_held_shows_nobody_anything():
    assert seen_by(world_of(event for event in SUGGESTED if event.type != "round.held"), "m-1", b.day(9)) == []


def test_the_youngest_comes_first():
    another = two_suggested("i-2", "m-1", "m-3", "r-2")
    later = [b.opened("r-2", "2026-01-15", at=b.day(10)), b.held("r-2", "2026-01-15", at=b.day(10))]
    views = _seen(*(event for event in another if not event.type.startswith("round.")), *later)
    assert [view["introduction_id"] for view in views] == ["i-2", "i-1"]


def test_a_stranger_sees_nothing():
    assert _seen(*MADE, by="m-3") == []


def test_of_two_pairs_that_merged_logs_say_of_one_id_only_those_see_it_who_are_meant():
    other = [b.joined("m-3", "g-3"), b.suggested("i-1", "m-1", "m-3", "r-1", at=b.NEXT_MONDAY + 1, id="merged")]
    assert [view["with"]["member_id"] for view in _seen(*other)] == ["m-3"]
    assert _seen(*other, by="m-2") == []
