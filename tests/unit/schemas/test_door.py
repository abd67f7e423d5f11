"""What the door takes, and what it makes of it."""

import json
from typing import Any

import pytest

from schemas.codec import Event, encode
from schemas.door import OPERATOR, ORGANISER, PUBLISHER, WEFT, Sender, admit, member
from schemas.errors import Refusal
from schemas.instants import SECOND_US, parse_instant
from schemas.topics import KINDS, Role
from tests import builders as b
from tests.unit.schemas.golden import GOLDEN
from tests.unit.schemas.poison import HEALTHY, NOW, data, line


def admitted(raw: bytes, sender: Sender = OPERATOR, now: int = NOW) -> Event:
    answer = admit(raw, now, sender)
    assert isinstance(answer, Event), str(answer)
    return answer


def refused(raw: bytes, sender: Sender = OPERATOR) -> Refusal:
    answer = admit(raw, NOW, sender)
    assert isinstance(answer, Refusal), "admitted"
    return answer


# --- what is kept ---------------------------------------------------------------------------------------------------


def test_an_event_is_what_its_envelope_and_data_say():
    event = admitted(line())
    assert event[:4] == (parse_instant("2026-03-02T07:30:00Z"), "/crm", "crm-81723", "interest.declared")
    assert event.data == HEALTHY["data"]


def test_absent_stays_absent_and_null_stays_null():
    assert admitted(data(note=None)).data == HEALTHY["data"] | {"note": None}
    assert admitted(data("member.described", member_id="m")).data == {"member_id": "m"}


def test_instants_become_utc_and_digits_beyond_microseconds_are_cut_off():
    event = admitted(data(until="2026-06-30T23:59:59.1234567+02:00"))
    assert event.data["until"] == "2026-06-30T21:59:59.123456Z"


def test_other_attributes_and_extensions_are_tolerated_and_not_kept():
    extended = line(datacontenttype="application/json", subject="m-17", traceparent="00-0af7", more=[{"a": None}])
    assert admitted(extended) == admitted(line())


@pytest.mark.parametrize(
    "same",
    [
        line(time="2026-03-02T08:30:00+01:00"),
        line(time="2026-03-02t07:30:00.000000z"),
        json.dumps(dict(reversed(HEALTHY.items())), indent=2).encode(),
        line(data=dict(reversed(HEALTHY["data"].items()))),
        line().replace(b"m-17", b"\\u006d-17"),
    ],
)
def test_a_duplicate_written_differently_has_the_same_content(same: bytes):
    assert admitted(same) == admitted(line())


def test_whole_numbers_are_the_same_however_they_are_written():
    said = ["1", "1.0", "1e0", "10E-1"]
    events = [admitted(data(weight=7).replace(b'"weight": 7', b'"weight": ' + way.encode())) for way in said]
    assert len({event.content for event in events}) == 1
    assert [type(event.data["weight"]) for event in events] == [int] * 4


def test_a_whole_number_may_be_written_with_a_point_where_json_schema_would_take_it():
    assert admitted(data("expertise.declared", member_id="m", subject="s", level=3.0)).data["level"] == 3


def test_free_text_may_be_in_any_language_and_on_several_lines():
    for text in ("Übergabe", "事業承継", "خلافة", "🌱 neu", "a\tb\r\nc", "x" * 200, "é" * 200):
        assert admitted(data(subject=text)).data["subject"] == text


def test_32_levels_are_deep_enough():
    assert admitted(line(more=json.loads("[" * 31 + "]" * 31)))


# --- when it is -----------------------------------------------------------------------------------------------------


def test_five_minutes_ahead_of_the_doors_clock_is_not_yet_the_future():
    raw = line(time="2026-03-02T08:05:00Z")
    assert admitted(raw)
    assert isinstance(admit(raw, NOW - 1, OPERATOR), Refusal)
    assert admitted(line(time="2000-01-01T00:00:00Z"))


def test_what_happened_cannot_lie_ahead_but_what_is_planned_can():
    talked = data("conversation.held", member_ids=["a", "b"], held_at="2026-03-02T08:05:00Z")
    assert admitted(talked) and isinstance(admit(talked, NOW - SECOND_US, OPERATOR), Refusal)
    assert admitted(data("meeting.planned", meeting_id="e", type_of="open", starts_at="2027-01-01T00:00:00Z"))
    assert admitted(data(until="2199-12-31T23:59:59Z"))


# --- what a refusal says --------------------------------------------------------------------------------------------


def test_a_refusal_says_where_what_and_what_is_allowed():
    said = str(refused(data(weight=2)))
    assert said == "data.weight is too large; allowed: a number above 0, at most 1, or null"


def test_an_unknown_kind_is_told_the_nearest():
    refusal = refused(line(type="interest.declard"))
    assert refusal.field == "type" and refusal.allowed.endswith("the nearest is interest.declared")


def test_an_unknown_field_is_told_those_that_there_are():
    assert "subject, weight, until, note, confidential" in refused(data(topic="x")).allowed


def test_no_refusal_repeats_a_value():
    secret = "Geheimnis"
    spoilt: list[dict[str, Any]] = [
        {"member_id": secret + " x"},
        {"subject": secret * 99},
        {"weight": secret},
        {"note": [secret]},
        {"until": secret},
        {"confidential": {secret: secret}},
    ]
    for changes in spoilt:
        assert secret not in str(refused(data(**changes)))
    for field in ("specversion", "type", "time"):
        assert secret not in str(refused(line(**{field: secret})))
    assert secret not in str(refused(line(source=secret * 99))) + str(refused(line()[:-1] + secret.encode()))


# --- who may say what -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["introduction.suggested", "introduction.made", "round.held", "weights.fitted"])
def test_what_weft_decides_nobody_else_may_say(kind: str):
    admitted(GOLDEN[kind], WEFT)
    for sender in (PUBLISHER, ORGANISER, OPERATOR, member("m-17")):
        refusal = refused(GOLDEN[kind], sender)
        assert (refusal.field, refusal.status, refusal.allowed) == ("type", 403, "Weft itself")


@pytest.mark.parametrize(
    ("kind", "may", "may_not"),
    [
        ("group.founded", [PUBLISHER, ORGANISER], [member("m-17")]),
        ("member.joined", [PUBLISHER], [ORGANISER, member("m-17")]),
        ("member.blocked", [member("m-17")], [PUBLISHER, ORGANISER]),
        ("organiser.appointed", [ORGANISER], [PUBLISHER, member("m-17")]),
        ("meeting.held", [PUBLISHER, ORGANISER], [member("m-17")]),
        ("pair.vetoed", [ORGANISER], [PUBLISHER, member("m-17")]),
    ],
)
def test_each_says_what_the_table_lets_them_say(kind: str, may: list[Sender], may_not: list[Sender]):
    for sender in [*may, OPERATOR, WEFT]:
        admitted(GOLDEN[kind], sender)
    for sender in may_not:
        assert refused(GOLDEN[kind], sender).status == 403


@pytest.mark.parametrize(
    ("event", "speaker", "field"),
    [
        (b.described("m-1"), "m-1", "data.member_id"),
        (b.blocked("m-1", "m-2"), "m-1", "data.member_id"),
        (b.seeks("m-1", "x"), "m-1", "data.member_id"),
        (b.endorsed("m-1", "x", "m-2"), "m-2", "data.by_id"),
        (b.talked("m-1", "m-2"), "m-1", "data.member_ids"),
        (b.talked("m-1", "m-2"), "m-2", "data.member_ids"),
        (b.rated("i-1", "m-1"), "m-1", "data.member_id"),
        (b.passed("f-1", "m-1", "m-2"), "m-1", "data.from_id"),
        (b.passed("f-1", "m-1", "m-2"), "m-2", "data.from_id"),
    ],
)
def test_members_speak_for_themselves_only(event: Event, speaker: str, field: str):
    admitted(encode(event), member(speaker))
    refusal = refused(encode(event), member("m-9"))
    assert (refusal.field, refusal.status) == (field, 403)
    assert refused(encode(event), member("m-3")) == refusal  # and learn nothing about whom it names


def test_every_kind_that_members_say_names_who_speaks_except_a_deal():
    silent = [kind.type for kind in KINDS.values() if Role.MEMBER in kind.who and not kind.spoken_by]
    assert silent == ["deal.closed"]
    for kind in KINDS.values():
        if Role.MEMBER in kind.who:
            assert set(kind.spoken_by) <= set(kind.model.model_fields)


def test_a_member_who_organises_may_say_of_others_what_organisers_say():
    organising = Sender(frozenset({Role.MEMBER, Role.ORGANISER}), member_id="m-9")
    admitted(encode(b.vetoed("m-1", "m-2")), organising)
    assert refused(encode(b.described("m-1")), organising).status == 403


@pytest.mark.parametrize("source", ["/weft", "/weft/inbox", "/weft/"])
def test_wefts_own_source_is_nobody_elses(source: str):
    admitted(line(source=source), WEFT)
    refusal = refused(line(source=source), OPERATOR)
    assert (refusal.field, refusal.status) == ("source", 403)


def test_a_source_that_only_begins_like_wefts_is_somebody_elses():
    admitted(line(source="/wefter"))


def test_a_service_with_a_token_publishes_from_its_own_source_only():
    bound = Sender(frozenset({Role.PUBLISHER}), source="/crm")
    admitted(line(), bound)
    assert refused(line(source="/calendar"), bound).status == 403
    assert refused(line(source="/crm/other"), bound).status == 403
