"""The member endpoints: what a member sees, what an answer changes, and what nobody can tell from outside."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas.codec import Event
from services import rounds
from tests.builders import (
    accepted,
    blocked,
    closed,
    day,
    declined,
    described,
    erased,
    founded,
    gives,
    joined,
    left,
    opened,
    prefers,
    seeks,
    suggested,
)
from tests.service.served import Served, eventually, one_suggestion, served


@pytest.fixture
def weft(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as running:
        running.network.log.append(one_suggestion())
        yield running


def kinds(weft: Served) -> list[str]:
    return [record.event.type for record in weft.network.log.read()]


# --- what a member sees ---------------------------------------------------------------------------------------------


def test_a_member_sees_with_whom_and_why_but_no_address_and_not_the_points_of_the_other(weft: Served) -> None:
    (view,) = weft.introductions("m-1")
    assert view["with"] == {"member_id": "m-2", "name": "Bo", "profession": "Gießer"}
    assert view["reasons"] == [{"code": "gives_what_you_seek", "subject": "Nachfolge", "points": 100}]
    assert view["reasons_for_them"] == [{"code": "gives_what_you_seek", "subject": "Nachfolge"}]


def test_a_read_after_a_write_sees_the_write(weft: Served) -> None:
    for number in range(20):
        weft.post_event(joined("m-1", "g-1", name=f"Ada {number}", at=day(8) + number))
        weft.clock.now += 1_000
        assert weft.introductions("m-2")[0]["with"]["name"] == f"Ada {number}"


def test_a_name_is_put_right_by_joining_again_and_by_nothing_else(weft: Served) -> None:
    assert weft.post_event(described("m-1", name="Ada B.", at=day(8))).status_code == 422
    assert weft.post_event(joined("m-1", "g-1", name="Ada B.", at=day(8))).status_code == 202
    weft.clock.now += 1_000
    assert weft.introductions("m-2")[0]["with"]["name"] == "Ada B."


def test_at_an_instant_that_has_passed_things_are_as_they_stood_then(weft: Served) -> None:
    assert weft.introductions("m-1", at="2026-01-11T00:00:00Z") == []
    assert len(weft.introductions("m-1", at="2026-01-12T00:00:01Z")) == 1


# --- answers --------------------------------------------------------------------------------------------------------


def test_once_both_have_accepted_it_is_made_and_shows_the_address(weft: Served) -> None:
    (mine,) = weft.say("m-1", "i-1", "accept").json()["introductions"]
    assert mine["state"] == "accepted" and "email" not in mine["with"]
    assert weft.introductions("m-2")[0]["state"] == "suggested"
    (theirs,) = weft.say("m-2", "i-1", "accept").json()["introductions"]
    assert theirs["state"] == "made" and theirs["with"]["email"] == "ada@example.org"
    assert kinds(weft).count("introduction.made") == 1


def test_to_accept_again_changes_nothing(weft: Served) -> None:
    for _ in range(3):
        assert weft.say("m-1", "i-1", "accept").status_code == 200
    assert kinds(weft).count("introduction.accepted") == 1


def test_a_decline_ends_it_for_both_and_the_reason_stays_in_the_log(weft: Served) -> None:
    assert weft.say("m-1", "i-1", "decline", reason="known").json()["introductions"] == []
    assert weft.introductions("m-2") == []
    assert kinds(weft)[-2:] == ["introduction.declined", "introduction.closed"]


def test_what_is_said_by_an_event_counts_as_what_is_said_here(weft: Served) -> None:
    for member_id in ("m-1", "m-2"):
        assert weft.post_event(accepted("i-1", member_id, at=day(8)), sender=f"member:{member_id}").status_code == 202
    weft.clock.now += 1_000
    assert eventually(lambda: weft.introductions("m-1")[0]["state"] == "made")


def test_how_it_went_can_be_told_once_it_is_made(weft: Served) -> None:
    early = weft.say("m-1", "i-1", "rate", rating=5)
    assert (early.status_code, early.headers["content-type"]) == (409, "application/problem+json")
    for member_id in ("m-1", "m-2"):
        weft.say(member_id, "i-1", "accept")
    assert weft.say("m-1", "i-1", "met", minutes=40).status_code == 200
    assert weft.say("m-1", "i-1", "rate", rating=5).status_code == 200
    assert weft.say("m-1", "i-1", "decline").status_code == 409
    assert kinds(weft)[-2:] == ["introduction.met", "introduction.rated"]


def test_a_suggestion_expires_and_is_closed_within_the_hour(weft: Served) -> None:
    weft.clock.now = day(7 + 15)
    assert weft.introductions("m-1") == []
    assert eventually(lambda: "introduction.closed" in kinds(weft))


# --- what nobody can tell from outside --------------------------------------------------------------------------------

ENDINGS: dict[str, Callable[[], Event]] = {
    "declined": lambda: declined("i-1", "m-2", at=day(8)),
    "blocked": lambda: blocked("m-2", "m-1", at=day(8)),
    "paused": lambda: prefers("m-2", paused_until=day(90), at=day(8)),
    "left": lambda: left("m-2", "g-2", at=day(8)),
    "erased": lambda: erased("m-2", at=day(8)),
    "closed": lambda: closed("i-1", at=day(8)),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_block_a_pause_an_erasure_and_what_never_was_look_the_same(weft: Served, ending: str) -> None:
    weft.network.log.append([ENDINGS[ending]()])
    assert weft.introductions("m-1") == []
    answers = {weft.say("m-1", introduction_id, "accept").content for introduction_id in ("i-1", "never-was")}
    answers.add(weft.say("m-3", "i-1", "accept").content)  # no such member
    (answer,) = answers
    assert b'"status":404' in answer


def test_an_introduction_of_others_is_none(weft: Served) -> None:
    weft.network.log.append([joined("m-3", "g-3")])
    assert weft.say("m-3", "i-1", "accept").status_code == 404
    assert "introduction.accepted" not in kinds(weft)


def test_a_suggestion_whose_round_was_never_held_is_none(weft: Served) -> None:
    attempt = [opened("r-2", slot="2026-01-13"), suggested("i-2", "m-1", "m-2", "r-2", at=day(7))]
    weft.network.log.append(attempt)
    assert [view["introduction_id"] for view in weft.introductions("m-1")] == ["i-1"]


# --- asking -----------------------------------------------------------------------------------------------------------


def test_whoever_asks_is_shown_who_gives_it_with_reasons_that_add_up(weft: Served) -> None:
    people = [joined(f"m-{number}", f"g-{number % 3}", name=f"N{number}") for number in range(10, 20)]
    weft.network.log.append([*people, founded(), gives("m-15", "Buchhaltung")])
    asked = weft.http.post("/members/m-10/ask", json={"subjects": ["Buchhaltung"], "note": "wer kann das?", "top": 3})
    first, *rest = asked.json()["ranked"]
    assert (first["member_id"], first["with"]["name"]) == ("m-15", "N15") and len(rest) <= 2
    assert set(first) == {"member_id", "points", "chance", "price", "reasons", "with"} and first["price"] == 0
    assert sum(reason["points"] for reason in first["reasons"]) == first["points"]


def test_whoever_asks_without_a_word_asks_for_all_they_look_for_what_is_confidential_too(weft: Served) -> None:
    people = [joined(f"m-{number}", f"g-{number % 3}") for number in range(10, 20)]
    weft.network.log.append([*people, gives("m-15", "Insolvenz"), seeks("m-10", "Insolvenz", confidential=True)])
    first = weft.http.post("/members/m-10/ask", json={}).json()["ranked"][0]
    reasons = {reason["code"]: reason for reason in first["reasons"]}
    assert (first["member_id"], reasons["gives_what_you_seek"]["subject"]) == ("m-15", "Insolvenz")


def test_an_unknown_member_cannot_ask(weft: Served) -> None:
    assert weft.http.post("/members/m-99/ask", json={"subjects": ["x"]}).status_code == 404


@pytest.mark.parametrize("need", [{"subjects": [1]}, {"subjects": "x"}, {"subjects": ["x"], "tpo": 3}], ids=repr)
def test_a_need_that_is_none_is_refused_with_its_field(weft: Served, need: dict[str, object]) -> None:
    answer = weft.http.post("/members/m-1/ask", json=need)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["field"]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/members/m-1/ask", b"[]", "the body is a list, not an object: an object with subjects, note, top, at"),
        ("/members/m-1/ask", b"", "the body is missing: an object with subjects"),
        ("/members/m-1/ask", b'{"subjects":["x"', "the body is not JSON (at character 17)"),
        ("/members/m-1/ask", b"\xff", "the body cannot be read as JSON: send it in UTF-8"),
        ("/members/m-1/ask", b'{"subjects": [" "]}', "subjects[0] is empty: text of 1 to 200 characters"),
        ("/members/m-1/ask", b'{"subjects": ["a\\u0001"]}', "subjects[0] has a control character: text of"),
        ("/members/m-1/ask", b'{"tpo": 3}', "tpo is not a field here: an object with subjects, note, top, at"),
        ("/members/m-1/ask", b'{"top": 0}', "top is too small: a whole number from 1 to 1,000"),
        ("/members/m-1/ask", b'{"at": "soon"}', "at is not an instant: an RFC 3339 instant with an offset, such as"),
        ("/members/m-1/introductions/i-1/rate", b"{}", "rating is missing: a whole number from 1 to 5"),
        ("/members/m-1/introductions/i-1/decline", b'{"reason": "x"}', "reason is none of the words that are allowed"),
        ("/rounds", b'{"dry_run": 1}', "dry_run is a number, not true or false: true or false"),
        ("/weights", b"[]", "the body is a list, not an object: an object with dry_run"),
        ("/members/m 1/ask", b"{}", "member_id is not of the form that is allowed: 1 to 64 characters of A-Z a-z 0-9"),
    ],
)
def test_what_is_wrong_with_a_request_is_said_in_our_words_with_what_is_allowed(
    weft: Served, path: str, body: bytes, said: str
) -> None:
    answer = weft.http.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422) and answer.json()["detail"].startswith(said)


def test_a_body_that_is_not_said_to_be_json_and_an_instant_in_an_address_are_told_what_to_send(weft: Served) -> None:
    unsaid = weft.http.post("/members/m-1/ask", content=b"{}").json()["detail"]
    assert unsaid == "the body is not said to be JSON: send Content-Type: application/json"
    soon = weft.http.get("/members/m-1/introductions", params={"at": "soon"}).json()["detail"]
    assert soon.startswith("at is not an instant") and "2026-03-02T07:30:00Z" in soon


# --- rounds -----------------------------------------------------------------------------------------------------------


def test_a_round_is_previewed_held_once_and_seen(weft: Served) -> None:
    weft.network.log.append([joined("m-3", "g-3"), joined("m-4", "g-4"), seeks("m-3", "Holz"), gives("m-4", "Holz")])
    preview = weft.http.post("/rounds", json={"dry_run": True}).json()
    bounded = weft.http.post("/rounds", json={"dry_run": True, "bound": True}).json()
    assert bounded["certificate"]["value"] <= bounded.pop("lp_upper_bound") and bounded == preview
    held = weft.http.post("/rounds", json={}).json()
    assert preview["introductions"] == held["introductions"] and held["introductions"]
    one, other = held["introductions"][0]["member_ids"]
    assert other in [view["with"]["member_id"] for view in weft.introductions(one)]
    again = weft.http.post("/rounds")
    assert (again.status_code, again.headers["content-type"]) == (409, "application/problem+json")


def test_nobody_who_reads_or_answers_waits_for_a_round(weft: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, finish, hold = threading.Event(), threading.Event(), rounds.hold

    def slow(*args: Any, **more: Any) -> dict[str, Any]:
        begun.set()
        assert finish.wait(10)
        return hold(*args, **more)

    monkeypatch.setattr(rounds, "hold", slow)
    with ThreadPoolExecutor(1) as organiser:
        held = organiser.submit(httpx.post, f"{weft.http.base_url}/rounds", json={}, trust_env=False, timeout=20)
        assert begun.wait(10)
        assert weft.say("m-1", "i-1", "accept").json()["introductions"][0]["state"] == "accepted"
        finish.set()
        assert held.result().status_code == 200
