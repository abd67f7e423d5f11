"""Poison: bytes that the door must refuse from everybody, each with the field and the HTTP status of the refusal.

Any test that takes events in (HTTP, `weft publish`, the log) can hand these over beside healthy ones.
"""

import json
from typing import Any, NamedTuple

from schemas.instants import parse_instant

NOW = parse_instant("2026-03-02T08:00:00Z")  # the door's clock
HEALTHY: dict[str, Any] = {
    "specversion": "1.0",
    "id": "crm-81723",
    "source": "/crm",
    "type": "interest.declared",
    "time": "2026-03-02T07:30:00Z",
    "data": {"member_id": "m-17", "subject": "Unternehmensnachfolge"},
}
_ABSENT = object()


class Poison(NamedTuple):
    """What is wrong, the bytes, and where the door must say that it is."""

    name: str
    raw: bytes
    field: str
    status: int


def line(**changes: Any) -> bytes:
    """The healthy event with attributes of its envelope changed; `None` is JSON's null."""
    changed = {key: value for key, value in (HEALTHY | changes).items() if value is not _ABSENT}
    return json.dumps(changed).encode()


def data(kind: str = "interest.declared", **changes: Any) -> bytes:
    """The healthy event, or another kind, with fields of its data changed."""
    fields = dict(HEALTHY["data"]) if kind == "interest.declared" else {}
    changed = {key: value for key, value in (fields | changes).items() if value is not _ABSENT}
    return line(type=kind, data=changed)


def _swapped(old: str, new: str | bytes) -> bytes:
    """The healthy event with a piece of its text replaced: for what json.dumps would not write."""
    raw = line()
    assert raw.count(old.encode()) == 1
    return raw.replace(old.encode(), new if isinstance(new, bytes) else new.encode())


def _padded_to(size: int) -> bytes:
    raw = line(padding="")
    return raw.replace(b'"padding": ""', b'"padding": "' + b"x" * (size - len(raw)) + b'"')


def _nested(levels: int) -> str:
    return "[" * levels + "]" * levels


BIGGEST = _padded_to(65_536)  # healthy: an unknown attribute of the envelope is tolerated

_NO_JSON = [
    ("nothing at all", b""),
    ("only blanks", b" \n"),
    ("no JSON", b"hello"),
    ("a torn line", line()[:-20]),
    ("two events in one", line() + line()),
    ("a comma too many", line()[:-1] + b",}"),
    ("single quotes", line().replace(b'"', b"'")),
    ("a raw line end in a text", _swapped("m-17", "m\n17")),
    ("a raw NUL in a text", _swapped("m-17", "m\x0017")),
    ("a bad escape", _swapped("m-17", "m\\x17")),
    ("Latin-1", _swapped("Unternehmensnachfolge", "Übergabe".encode("latin-1"))),
    ("UTF-16", line().decode().encode("utf-16")),
    ("a byte order mark", b"\xef\xbb\xbf" + line()),
    ("an overlong slash", _swapped("/crm", b"\xc0\xafcrm")),
    ("a surrogate as UTF-8", _swapped("m-17", b"\xed\xa0\x80")),
    ("a number of 5,000 digits", line(more=0).replace(b'"more": 0', b'"more": ' + b"7" * 5_000)),
    ("30,000 levels, closed again", line(more=0).replace(b'"more": 0', b'"more": ' + b"[" * 30_000 + b"]" * 30_000)),
    ("30,000 levels, never closed", b"[" * 30_000),
    ("30,000 levels of objects", b'{"a":' * 10_000),
    ("a list", b"[" + line() + b"]"),
    ("a text", b'"interest.declared"'),
    ("a number", b"7"),
    ("null", b"null"),
]

_AT_A_PATH = [
    ("a key twice", _swapped('"m-17"', '"m-17", "member_id": "m-18"'), "data.member_id"),
    ("an attribute twice", _swapped('"/crm"', '"/crm", "id": "other"'), "id"),
    ("a key twice, once escaped", _swapped('"m-17"', '"m-17", "member\\u005fid": "m-17"'), "data.member_id"),
    ("a key twice, deep in what is not kept", line(more=[{"a": 1}]).replace(b'"a": 1', b'"a": 1, "a": 1'), "more[0].a"),
    ("NaN", data(weight=float("nan")), "data.weight"),
    ("Infinity", data(weight=float("inf")), "data.weight"),
    ("minus Infinity", data(weight=float("-inf")), "data.weight"),
    ("1e400", data(weight=7).replace(b'"weight": 7', b'"weight": 1e400'), "data.weight"),
    ("NaN in what is not kept", line(more=[0, float("nan")]), "more[1]"),
    ("half a surrogate pair", data(subject="\ud83d"), "data.subject"),
    ("the other half", data(subject="\udf31"), "data.subject"),
    ("two halves the wrong way round", data(subject="\udf31\ud83d"), "data.subject"),
    ("half a surrogate pair as a key", data(**{"\ud83d": 1}), "data"),
    ("33 levels", line(more=0).replace(b'"more": 0', f'"more": {_nested(32)}'.encode()), "more" + "[0]" * 31),
]

_ENVELOPE = [
    ("no specversion", line(specversion=_ABSENT), "specversion"),
    ("CloudEvents 0.3", line(specversion="0.3"), "specversion"),
    ("a specversion that is a number", line(specversion=1.0), "specversion"),
    ("no id", line(id=_ABSENT), "id"),
    ("an id that is a number", line(id=7), "id"),
    ("an empty id", line(id=""), "id"),
    ("an id of 201 characters", line(id="x" * 201), "id"),
    ("an id with a line end", line(id="crm\n1"), "id"),
    ("an id with NUL", line(id="crm\0"), "id"),
    ("no source", line(source=_ABSENT), "source"),
    ("an empty source", line(source=""), "source"),
    ("a source that is null", line(source=None), "source"),
    ("no type", line(type=_ABSENT), "type"),
    ("a kind that does not exist", line(type="interest.declared.v2"), "type"),
    ("a kind in capitals", line(type="Interest.Declared"), "type"),
    ("a kind of 10,000 characters", line(type="interest." * 1_100), "type"),
    ("a type that is a list", line(type=["interest.declared"]), "type"),
    ("no time", line(time=_ABSENT), "time"),
    ("a time without an offset", line(time="2026-03-02T07:30:00"), "time"),
    ("a time that is a number", line(time=1772436600), "time"),
    ("only a day", line(time="2026-03-02"), "time"),
    ("a day that does not exist", line(time="2026-02-30T07:30:00Z"), "time"),
    ("the hour 25", line(time="2026-03-02T25:30:00Z"), "time"),
    ("1970", line(time="1970-01-01T00:00:00Z"), "time"),
    ("just before 2000", line(time="1999-12-31T23:59:59.999999Z"), "time"),
    ("six minutes from now", line(time="2026-03-02T08:06:00Z"), "time"),
    ("a microsecond more than five minutes from now", line(time="2026-03-02T08:05:00.000001Z"), "time"),
    ("2100", line(time="2100-01-01T00:00:00Z"), "time"),
    ("9999, beyond UTC", line(time="9999-12-31T23:59:59-23:59"), "time"),
    ("the year 1, before UTC", line(time="0001-01-01T00:00:00+23:59"), "time"),
    ("Arabic digits", line(time="٢٠٢٦-03-02T07:30:00Z"), "time"),
    ("no data", line(data=_ABSENT), "data"),
    ("data that are null", line(data=None), "data"),
    ("data that are a text", line(data=json.dumps(HEALTHY["data"])), "data"),
    ("data in base64", line(data=_ABSENT, data_base64="e30="), "data"),
]

_DATA = [
    ("an unknown field", data(colour="red"), "data.colour"),
    ("an unknown field with a name to fear", data(**{"a\n\x1b[31m": 1}), 'data["a\\n\\u001b[31m"]'),
    ("an unknown field named DEL", data(**{"\x7f": 1}), 'data["\\u007f"]'),
    ("no member", data(member_id=_ABSENT), "data.member_id"),
    ("a member that is null", data(member_id=None), "data.member_id"),
    ("a member that is a number", data(member_id=17), "data.member_id"),
    ("an empty member id", data(member_id=""), "data.member_id"),
    ("a member id of 65 characters", data(member_id="m" * 65), "data.member_id"),
    ("a name as a member id", data(member_id="Ada Löbner"), "data.member_id"),
    ("a member id with a line end", data(member_id="m-17\n"), "data.member_id"),
    ("an empty subject", data(subject=""), "data.subject"),
    ("a blank subject", data(subject=" \t\n\u00a0"), "data.subject"),
    ("a subject of 201 characters", data(subject="ü" * 201), "data.subject"),
    ("a subject with NUL", data(subject="a\0b"), "data.subject"),
    ("a subject with a terminal's escape", data(subject="\x1b[31mred"), "data.subject"),
    ("a note of 5,001 characters", data(note="x" * 5_001), "data.note"),
    ("a note that is a list", data(note=["x"]), "data.note"),
    ("a weight of 0", data(weight=0), "data.weight"),
    ("a weight above 1", data(weight=1.0000001), "data.weight"),
    ("a weight as a text", data(weight="0.5"), "data.weight"),
    ("a weight that is true", data(weight=True), "data.weight"),
    ("a weight of 10 to the 300", data(weight=1e300), "data.weight"),
    ("confidential as a number", data(confidential=1), "data.confidential"),
    ("confidential as a text", data(confidential="true"), "data.confidential"),
    ("until a day", data(until="2026-06-30"), "data.until"),
    ("until a number", data(until=20260630), "data.until"),
    ("until 2200", data(until="2200-01-01T00:00:00Z"), "data.until"),
    ("a level of 6", data("expertise.declared", member_id="m", subject="s", level=6), "data.level"),
    ("a level of 2.5", data("expertise.declared", member_id="m", subject="s", level=2.5), "data.level"),
    ("a level of 20 digits", data("expertise.declared", member_id="m", subject="s", level=10**20), "data.level"),
    ("one's own endorsement", data("expertise.endorsed", member_id="m", subject="s", by_id="m"), "data.by_id"),
    ("to block oneself", data("member.blocked", member_id="m", other_id="m"), "data.other_id"),
    ("a talk with oneself", data("conversation.held", member_ids=["m", "m"]), "data.member_ids"),
    ("a talk of one", data("conversation.held", member_ids=["m"]), "data.member_ids"),
    ("a talk of three", data("conversation.held", member_ids=["a", "b", "c"]), "data.member_ids"),
    ("a talk ahead", data("conversation.held", member_ids=["a", "b"], held_at="2027-01-01T00:00:00Z"), "data.held_at"),
    ("a referral to oneself", data("referral.passed", referral_id="r", from_id="m", to_id="m"), "data.to_id"),
    ("a deal in words", data("deal.closed", referral_id="r", amount="many", currency="EUR"), "data.amount"),
    ("a deal as a number", data("deal.closed", referral_id="r", amount=12.5, currency="EUR"), "data.amount"),
    ("Arabic digits in a deal", data("deal.closed", referral_id="r", amount="١٢", currency="EUR"), "data.amount"),
    ("a currency in small letters", data("deal.closed", referral_id="r", amount="1", currency="eur"), "data.currency"),
    ("an email without an @", data("member.described", member_id="m", email="ada"), "data.email"),
    ("an email with a header", data("member.described", member_id="m", email="a@b\nBcc: c@d"), "data.email"),
    ("a stage that does not exist", data("member.described", member_id="m", stage="huge"), "data.stage"),
    ("languages in words", data("member.described", member_id="m", languages=["Deutsch"]), "data.languages[0]"),
    ("21 languages", data("member.described", member_id="m", languages=["de"] * 21), "data.languages"),
    ("a weekday 0", data("group.founded", group_id="g", name="n", meets={"weekday": 0}), "data.meets.weekday"),
    ("meets as a text", data("group.founded", group_id="g", name="n", meets="Mondays"), "data.meets"),
    (
        "an attendee who is no id",
        data("meeting.held", meeting_id="e", type_of="open", attendee_ids=["a", "b", "c", "d e"]),
        "data.attendee_ids[3]",
    ),
    (
        "an attendee twice",
        data("meeting.held", meeting_id="e", type_of="open", attendee_ids=["a", "a"]),
        "data.attendee_ids",
    ),
]

POISON = [
    Poison("64 KiB and one byte", _padded_to(65_537), "", 413),
    Poison("a megabyte of brackets", b"[" * 2**20, "", 413),
    *(Poison(name, raw, "", 400) for name, raw in _NO_JSON),
    *(Poison(name, raw, field, 400) for name, raw, field in _AT_A_PATH),
    *(Poison(name, raw, field, 422) for name, raw, field in _ENVELOPE + _DATA),
]
