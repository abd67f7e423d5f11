"""What a simulated network tells: believable, in order, and admitted."""

from collections import Counter
from datetime import date
from itertools import pairwise

import pytest

from schemas.codec import Event
from schemas.door import ORGANISER, PUBLISHER, Sender, admit, member
from schemas.instants import parse_instant
from schemas.topics import KINDS, Role
from services.simulate import history
from services.simulate.people import ABLE, People
from services.simulate.subjects import SUBJECTS
from services.simulate.truth import Truth, number_of
from tests.unit.simulate.told import events, lines, said

NOW = parse_instant("2025-06-01T00:00:00Z")
YEAR = (400, 50, 16)  # a network in which everything happens once
OUTSIDE = {kind for kind, row in KINDS.items() if row.who != {Role.WEFT} and not kind.startswith("introduction.")}


def _sender(kind: str, data: dict[str, str]) -> Sender:
    who = KINDS[kind].who
    if Role.PUBLISHER in who:
        return PUBLISHER
    return ORGANISER if Role.ORGANISER in who else member(data["member_id"])


def test_the_door_admits_every_line_from_whoever_may_say_it() -> None:
    for line, event in zip(lines(), events(), strict=True):
        answer = admit(line, NOW, _sender(event["type"], event["data"]))
        assert isinstance(answer, Event), (answer, line)


def test_a_year_has_every_kind_that_others_than_weft_publish() -> None:
    assert {event["type"] for event in events(*YEAR)} == OUTSIDE


def test_the_lines_of_a_year_hold_to_the_language() -> None:
    for event in events(*YEAR):
        KINDS[event["type"]].model.model_validate(event["data"])


def test_lines_come_in_the_order_of_time_and_no_id_twice() -> None:
    assert all(one["time"] <= other["time"] for one, other in pairwise(events(*YEAR)))
    assert len({(event["source"], event["id"]) for event in events(*YEAR)}) == len(events(*YEAR))


def test_equal_arguments_give_equal_bytes_and_another_seed_another_network() -> None:
    assert tuple(history(60, 4, 7)) == lines()
    assert tuple(history(60, 4, 8)) != lines()


def test_a_longer_history_begins_with_the_shorter_one() -> None:
    assert tuple(history(60, 6, 7))[: len(lines())] == lines()


def test_nothing_happens_on_a_monday_before_the_round_is_held() -> None:
    for event in events(*YEAR):
        if date.fromisoformat(event["time"][:10]).weekday() == 0 and event["time"] >= "2024-01-01":
            assert event["time"][11:] > "04:00:00Z"


def test_a_history_begins_on_a_monday() -> None:
    with pytest.raises(ValueError, match="Monday"):
        next(history(60, 1, 7, first=date(2024, 1, 2)))


# --- believable ------------------------------------------------------------------------------------------------------


def test_most_members_come_to_most_meetings_and_guests_look_in() -> None:
    sizes = [len(meeting["attendee_ids"]) for meeting in said("meeting.held", *YEAR) if meeting["type_of"] == "group"]

    assert 12 < sum(sizes) / len(sizes) < 26


def test_guests_come_before_they_join() -> None:
    joined = {event["data"]["member_id"]: event["time"] for event in events(*YEAR) if event["type"] == "member.joined"}
    early = [
        member_id
        for event in events(*YEAR)
        if event["type"] == "meeting.held"
        for member_id in event["data"]["attendee_ids"]
        if event["time"] < joined.get(member_id, "9")
    ]

    assert len(set(early)) > 20


def test_at_open_evenings_some_hop_and_some_talk() -> None:
    evenings = {meeting["meeting_id"] for meeting in said("meeting.held", *YEAR) if meeting["type_of"] == "open"}
    talks = [talk for talk in said("conversation.held", *YEAR) if talk.get("meeting_id") in evenings]
    number = Counter(member_id for talk in talks for member_id in talk["member_ids"])
    short = sum(talk["minutes"] < 10 for talk in talks) / len(talks)

    assert 0.3 < short < 0.8
    assert max(talk["minutes"] for talk in talks) > 30
    assert len(number) > 100


def test_needs_are_named_in_three_ways() -> None:
    subjects = [interest["subject"] for interest in said("interest.declared", *YEAR)]
    plain = {subject.name for subject in SUBJECTS}
    other = {word for subject in SUBJECTS for word in (*subject.also, *subject.en)}
    shares = [sum(subject in words for subject in subjects) / len(subjects) for words in (plain, other)]

    assert 0.4 < shares[0] < 0.6
    assert 0.2 < shares[1] < 0.4
    assert sum(shares) < 0.9


def test_declared_expertise_is_mostly_but_not_always_true_and_endorsed_expertise_more_often() -> None:
    truth = Truth(seed=YEAR[2], members=YEAR[0])
    names = {word: number for number, each in enumerate(SUBJECTS) for word in (each.name, *each.also, *each.en)}

    def true_share(kind: str) -> float:
        able = []
        for data in said(kind, *YEAR):
            people = People.of(truth.plan, [number_of(data["member_id"])])
            place = people.gives[0].tolist().index(names[data["subject"]])
            able.append(people.ability[0, place] >= ABLE)
        return sum(able) / len(able)

    assert 0.75 < true_share("expertise.declared") < 0.95
    assert true_share("expertise.endorsed") > true_share("expertise.declared")
