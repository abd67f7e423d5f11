"""The contract's table, transcribed by hand, against the models and the topic table: kinds and fields are fixed."""

import pytest

from schemas.codec import decode
from schemas.page import who
from schemas.topics import KINDS, TOPICS, Kind
from tests.unit.schemas.golden import GOLDEN

# topic, type, who, key, data; `?` optional. Kinds and optional fields may be added; nothing here is ever edited.
CONTRACT = """
weft.groups | group.founded | P O | group_id | group_id, name, place?, meets?
weft.groups | group.closed | P O | group_id | group_id
weft.members | member.joined | P | member_id | member_id, group_id, name, email?, company?, profession?, stage?, languages?, about?
weft.members | member.described | P M | member_id | member_id, email?, company?, profession?, stage?, languages?, about?
weft.members | member.left | P M | member_id | member_id, group_id
weft.members | member.preferences_set | P M | member_id | member_id, introductions_per_round?, paused_until?, languages?, digest?
weft.members | member.blocked | M | member_id | member_id, other_id
weft.members | member.unblocked | M | member_id | member_id, other_id
weft.members | member.erased | P M | member_id | member_id
weft.members | organiser.appointed | O | member_id | member_id, group_id?
weft.members | organiser.dismissed | O | member_id | member_id, group_id?
weft.interests | interest.declared | P M | member_id | member_id, subject, weight?, until?, note?, confidential?
weft.interests | interest.withdrawn | P M | member_id | member_id, subject
weft.expertise | expertise.declared | P M | member_id | member_id, subject, level?, note?
weft.expertise | expertise.withdrawn | P M | member_id | member_id, subject
weft.expertise | expertise.endorsed | P M | member_id | member_id, subject, by_id
weft.meetings | meeting.planned | P O | meeting_id | meeting_id, type_of, starts_at, group_id?, seats?, seats_per_table?, place?
weft.meetings | meeting.held | P O | meeting_id | meeting_id, type_of, attendee_ids, held_at?, minutes?, group_id?
weft.meetings | conversation.held | P M | smaller member id | member_ids, held_at?, minutes?, meeting_id?
weft.introductions | introduction.suggested | W | introduction_id | introduction_id, round_id, member_ids, points, value, score, reasons, weights_id
weft.introductions | introduction.accepted | M | introduction_id | introduction_id, member_id
weft.introductions | introduction.declined | M | introduction_id | introduction_id, member_id, reason?
weft.introductions | introduction.made | W | introduction_id | introduction_id
weft.introductions | introduction.closed | W | introduction_id | introduction_id
weft.introductions | introduction.met | P M | introduction_id | introduction_id, member_id, minutes?
weft.introductions | introduction.rated | M | introduction_id | introduction_id, member_id, rating
weft.introductions | pair.vetoed | O | smaller member id | member_ids, until?
weft.introductions | referral.passed | P M | referral_id | referral_id, from_id, to_id, introduction_id?
weft.introductions | deal.closed | P M | referral_id | referral_id, amount, currency
weft.rounds | round.opened | W | round_id | round_id, slot, as_of, seed, cut, weights_id, policy, judgement
weft.rounds | round.held | W | round_id | round_id, slot, introduction_count, digest, unmatched, certificate
weft.rounds | weights.fitted | W | weights_id | weights_id, weights, calibration, fitted_on, as_of
"""  # noqa: E501
ROWS = [row.split(" | ") for row in CONTRACT.strip().splitlines()]


def fields(kind: Kind) -> list[str]:
    """The fields of a kind, `?` after those that are optional."""
    return [name if field.is_required() else f"{name}?" for name, field in kind.model.model_fields.items()]


@pytest.mark.parametrize("row", ROWS, ids=[row[1] for row in ROWS])
def test_a_kind_is_as_the_contract_has_it(row: list[str]):
    topic, type_, said_by, key, data = row
    kind = KINDS[type_]
    assert (kind.topic, who(kind), kind.keyed_by) == (topic, said_by, key)
    promised = data.split(", ")
    assert fields(kind)[: len(promised)] == promised
    assert all(added.endswith("?") for added in fields(kind)[len(promised) :])


def test_the_kinds_and_topics_are_those_of_the_contract():
    assert [row[1] for row in ROWS] == list(KINDS)
    assert list(dict.fromkeys(row[0] for row in ROWS)) == TOPICS


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.type)
def test_an_optional_field_may_be_absent_and_may_be_cleared(kind: Kind):
    whole = decode(GOLDEN[kind.type]).data
    for name, field in kind.model.model_fields.items():
        if not field.is_required():
            absent = {key: value for key, value in whole.items() if key != name}
            assert kind.model.model_validate(absent).model_dump(exclude_unset=True) == absent
            cleared = whole | {name: None}
            assert kind.model.model_validate(cleared).model_dump(exclude_unset=True) == cleared


def _texts(path: str, value: object) -> list[str]:
    """The paths of all in a value that is neither a number, an id nor an instant."""
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in _texts(key, inner)]
    if isinstance(value, list):
        return [found for inner in value for found in _texts(path, inner)]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return [] if is_number or path.endswith(("_id", "_ids", "_at", "until")) else [path]


@pytest.mark.parametrize(
    "kind",
    [kind for kind in KINDS.values() if {"member_id", "member_ids"} & kind.model.model_fields.keys()],
    ids=lambda kind: kind.type,
)
def test_of_a_member_only_ids_instants_and_numbers_stay_in_clear(kind: Kind):
    data = decode(GOLDEN[kind.type]).data
    assert set(kind.personal) <= data.keys()
    assert [path for field, value in data.items() if field not in kind.personal for path in _texts(field, value)] == []
    assert kind.owners(data) == sorted(data.get("member_ids", {data.get("member_id"), data.get("by_id")} - {None}))
