"""POST /events: what is answered, and what of it is in the log."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from schemas.codec import envelope
from services.guard import LONGEST_BODY_BYTES
from services.log.reader import open_database
from tests.builders import blocked, day, held, joined, made, seeks, vetoed
from tests.service.served import CLOUDEVENT, Served, served

PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def weft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("data")) as running:
        yield running


def problem(response: httpx.Response) -> dict[str, Any]:
    assert response.headers["content-type"] == PROBLEM
    said = response.json()
    assert said["status"] == response.status_code and said["title"] and said["type"] == "about:blank"
    return said


def kept(weft: Served) -> list[str]:
    return [record.event.id for record in weft.network.log.read()]


# --- one event ------------------------------------------------------------------------------------------------------


def test_an_accepted_event_is_in_the_log_and_sent_again_a_duplicate(weft: Served) -> None:
    event = joined("m-1", id="e-1")
    first, second = weft.post_event(event), weft.post_event(event)
    assert (first.status_code, first.json()) == (202, {"source": "/crm", "id": "e-1", "status": "accepted"})
    assert (second.status_code, second.json()["status"]) == (202, "duplicate")
    assert kept(weft).count("e-1") == 1


def test_other_content_under_a_known_name_is_a_conflict(weft: Served) -> None:
    weft.post_event(joined("m-2", id="e-2"))
    said = problem(weft.post_event(joined("m-2", id="e-2", name="Eva")))
    assert (said["status"], said["field"]) == (409, "id")


def test_a_refusal_names_the_field_what_was_wrong_and_what_is_allowed(weft: Served) -> None:
    said = problem(weft.post_event(seeks("m 1", "Nachfolge")))
    assert (said["status"], said["field"]) == (422, "data.member_id")
    assert "data.member_id" in said["detail"] and "A-Z" in said["allowed"]


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"\xff\xfe", b'{"a": NaN}', b"{" * 10_000], ids=repr)
def test_what_is_no_event_at_all_is_refused_too(weft: Served, body: bytes) -> None:
    assert problem(weft.http.post("/events", content=body, headers=CLOUDEVENT))["status"] in (400, 422)


def test_a_dry_run_says_what_would_be_and_keeps_nothing(weft: Served) -> None:
    before = kept(weft)
    assert weft.post_event(joined("m-3"), dry_run="true").json()["status"] == "accepted"
    assert problem(weft.post_event(seeks("m 3", "x"), dry_run="true"))["status"] == 422
    assert kept(weft) == before


# --- who may say what -----------------------------------------------------------------------------------------------


def test_a_member_speaks_only_for_themselves(weft: Served) -> None:
    block = blocked("m-1", "m-2")
    assert weft.post_event(block, sender="member:m-1").status_code == 202
    assert problem(weft.post_event(block, sender="member:m-2"))["status"] == 403
    assert problem(weft.post_event(block, sender="publisher"))["status"] == 403


def test_organisers_veto_and_the_operator_speaks_for_all_but_weft(weft: Served) -> None:
    assert weft.post_event(vetoed("m-1", "m-2"), sender="organiser").status_code == 202
    assert weft.post_event(blocked("m-5", "m-6"), sender="operator").status_code == 202
    for event in (made("i-1"), held()):
        assert problem(weft.post_event(event, sender="operator"))["status"] == 403


def test_a_sender_that_does_not_exist_is_refused(weft: Served) -> None:
    assert problem(weft.post_event(joined("m-1"), sender="weft"))["status"] == 422


# --- batches --------------------------------------------------------------------------------------------------------


def test_a_batch_tells_each_event_its_fate_in_order(weft: Served) -> None:
    events = [joined("m-7", id="b-1"), seeks("m 7", "x", id="b-2"), joined("m-7", id="b-1")]
    answer = weft.http.post("/events", content=orjson.dumps([envelope(event) for event in events]), headers=CLOUDEVENT)
    said = answer.json()
    assert answer.status_code == 202
    assert (said["accepted"], said["duplicate"], said["refused"]) == (1, 1, 1)
    assert [(one["id"], one["status"]) for one in said["receipts"]] == [
        ("b-1", "accepted"),
        ("b-2", "refused"),
        ("b-1", "duplicate"),
    ]
    assert said["receipts"][1]["problem"]["field"] == "data.member_id"


def test_an_empty_batch_is_fine_and_a_torn_one_is_not(weft: Served) -> None:
    assert weft.http.post("/events", content=b"[]", headers=CLOUDEVENT).json()["receipts"] == []
    assert problem(weft.http.post("/events", content=b'[{"id": "x"}', headers=CLOUDEVENT))["status"] == 400


# --- what is turned away --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_long_is_refused_before_it_is_read(weft: Served, chunked: bool) -> None:
    pieces = [b"[" + b" " * LONGEST_BODY_BYTES, b"]"]
    body: Any = iter(pieces) if chunked else b"".join(pieces)
    assert problem(weft.http.post("/events", content=body, headers=CLOUDEVENT))["status"] == 413


def test_what_is_not_said_to_be_json_is_refused(weft: Served) -> None:
    for headers in ({}, {"Content-Type": "text/plain"}):
        assert problem(weft.http.post("/events", content=b"{}", headers=headers))["status"] == 415


def test_what_is_compressed_is_refused(weft: Served) -> None:
    for encoding, status in (("gzip", 415), ("identity", 400)):
        answered = weft.http.post("/events", content=b"{", headers=CLOUDEVENT | {"Content-Encoding": encoding})
        assert problem(answered)["status"] == status


def test_every_other_address_and_method_is_a_problem_too(weft: Served) -> None:
    assert problem(weft.http.get("/nothing"))["status"] == 404
    wrong_method = weft.http.put("/events")
    assert problem(wrong_method)["status"] == 405 and wrong_method.headers["allow"] == "POST"


def test_other_hosts_and_pages_of_other_origins_are_turned_away(weft: Served) -> None:
    assert problem(weft.http.get("/healthz", headers={"Host": "weft.example.org"}))["status"] == 421
    assert problem(weft.http.get("/healthz", headers={"Origin": "https://example.org"}))["status"] == 403
    assert weft.http.get("/healthz").json() == {"status": "alive"}


# --- a full disk ----------------------------------------------------------------------------------------------------


def test_a_full_disk_is_503_with_retry_after_and_passes_by_itself(tmp_path: Path) -> None:
    opened_here: list[sqlite3.Connection] = []  # and not by the thread that follows: the last of them is the writer's

    def connect(path: Path) -> sqlite3.Connection:
        connection = open_database(path)
        if threading.current_thread() is threading.main_thread():
            opened_here.append(connection)
        return connection

    def limit(pages: int) -> None:
        opened_here[-1].execute(f"PRAGMA max_page_count = {pages}")  # 1: SQLite takes it to mean as large as it is now

    with served(tmp_path, connect=connect) as weft:
        assert weft.post_event(joined("m-1")).status_code == 202
        limit(1)
        late = [seeks("m-1", f"subject {number}", note="x" * 1_000, at=day(1)) for number in range(50)]
        answers = [weft.post_event(event) for event in late]
        full = [answer for answer in answers if answer.status_code == 503]
        assert full and int(full[0].headers["retry-after"]) > 0 and "full" in problem(full[0])["detail"]
        assert weft.introductions("m-1") == []
        limit(100_000)
        assert {weft.post_event(event).status_code for event in late} == {202}
        assert len(kept(weft)) == 51
