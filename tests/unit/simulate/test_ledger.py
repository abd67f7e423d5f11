"""What anybody could know before a round."""

from typing import Any

from services.simulate.ledger import Ledger

AT = "2026-01-12T04:00:00Z"


def _after(*events: tuple[str, dict[str, Any]]) -> Ledger:
    ledger = Ledger()
    for kind, data in (("member.joined", {"member_id": "m-1", "group_id": "g-1"}), *events):
        ledger.follow({"type": kind, "data": data})
    return ledger


def _about(**data: Any) -> dict[str, Any]:
    return {"member_id": "m-1", **data}


def test_who_has_joined_is_there_with_two_places() -> None:
    standing = _after().standing(AT)

    assert (standing.ids, standing.room) == (["m-1"], [2])


def test_who_has_left_pauses_or_wants_none_is_not() -> None:
    for kind, data in (
        ("member.left", _about(group_id="g-1")),
        ("group.closed", {"group_id": "g-1"}),
        ("member.preferences_set", _about(paused_until="2026-02-01T00:00:00Z")),
        ("member.preferences_set", _about(introductions_per_round=0)),
    ):
        assert not _after((kind, data)).standing(AT).ids


def test_a_pause_ends_by_itself() -> None:
    assert _after(("member.preferences_set", _about(paused_until="2026-01-01T00:00:00Z"))).standing(AT).ids


def test_a_confidential_interest_is_not_known() -> None:
    ledger = _after(("interest.declared", _about(subject="Verkauf", confidential=True)))

    assert ledger.standing(AT).seeks == [{}]


def test_who_talked_or_is_blocked_is_barred_until_unblocked() -> None:
    talked = _after(("conversation.held", {"member_ids": ["m-2", "m-1"]}))
    blocked = _after(("member.blocked", _about(other_id="m-3")))

    assert talked.standing(AT).barred == {("m-1", "m-2")}
    assert blocked.standing(AT).barred == {("m-1", "m-3")}
    blocked.follow({"type": "member.unblocked", "data": _about(other_id="m-3")})
    assert not blocked.standing(AT).barred
