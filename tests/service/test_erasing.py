"""Forgetting a member, over HTTP and on the command line: nobody is shown them, and every part confirms."""

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from schemas.codec import Event, encode
from schemas.door import PUBLISHER
from services import admission
from services.log.reader import LogReader
from services.log.sqlite import SqliteLog
from services.settings import Settings
from services.unreadable import Unreadable
from tests.builders import (
    accepted,
    blocked,
    day,
    deal,
    declined,
    described,
    endorsed,
    erased,
    gives,
    joined,
    met_up,
    passed,
    seeks,
    talked,
    vetoed,
)
from tests.service.processes import running, weft
from tests.service.served import Served, eventually, one_suggestion, served

PEOPLE = [
    *(joined(f"m-{number}", f"g-{number % 2}", name=f"Name {number}", id=f"j-{number}") for number in range(1, 9)),
    seeks("m-3", "Holzbau", note="für die neue Halle", at=day(1)),
    gives("m-4", "Holzbau", at=day(1)),
]


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as serving:
        serving.network.log.append([*one_suggestion(), *PEOPLE[2:]])
        yield serving


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "events.jsonl").write_bytes(b"\n".join(map(encode, PEOPLE)))
    assert weft(tmp_path / "data", "publish", str(tmp_path / "events.jsonl")).code == 0
    return tmp_path / "data"


def kinds(network: Served) -> list[str]:
    return [record.event.type for record in network.network.log.read()]


# --- over HTTP --------------------------------------------------------------------------------------------------------


def test_whoever_is_erased_is_shown_to_nobody_and_what_was_open_with_them_is_closed(network: Served) -> None:
    assert network.introductions("m-2")
    answer = network.http.post("/members/m-1/erase")
    assert (answer.status_code, answer.json()["member_id"]) == (202, "m-1")
    assert network.introductions("m-2") == []
    assert kinds(network)[-2:] == ["member.erased", "introduction.closed"]
    assert network.http.get("/members/m-1/introductions").status_code == 404
    assert network.http.get("/members/m-1/export").status_code == 404


@pytest.mark.parametrize("way", ["one", "batch"])
def test_an_erasure_that_a_service_publishes_is_the_same(network: Served, way: str) -> None:
    event = erased("m-1", at=day(7))
    if way == "one":
        assert network.post_event(event).json()["status"] == "accepted"
    else:
        [receipt] = admission.take(network.network.append, [encode(event)], network.network.clock(), PUBLISHER)
        assert receipt.status == "accepted"
    assert network.introductions("m-2") == []
    assert kinds(network)[-2:] == ["member.erased", "introduction.closed"]


def test_an_erasure_that_is_refused_ends_nothing(network: Served) -> None:
    network.post_event(seeks("m-5", "Zoll", id="e-9", at=day(2)))
    assert network.post_event(erased("m-1", id="e-9", at=day(7))).status_code == 409
    assert network.introductions("m-2") and "introduction.closed" not in kinds(network)


def test_erasing_twice_says_it_once(network: Served) -> None:
    for _ in range(2):
        network.http.post("/members/m-1/erase")
    assert kinds(network).count("member.erased") == 1


def test_what_waits_for_its_time_is_forgotten_as_well(network: Served) -> None:
    network.post_event(seeks("m-1", "Geheimwort", at=day(8) + 100_000_000))
    network.http.post("/members/m-1/erase")
    with network.network.standing():
        assert network.network.follower._horizon.waiting() == []


def test_every_part_confirms_before_long(network: Served) -> None:
    network.http.post("/members/m-1/erase")

    def confirmed() -> bool:
        [status] = network.http.get("/erasures").json()["erasures"]
        return status["waiting"] == [] and "snapshot" in status["confirmed"]

    eventually(confirmed)


def test_a_part_that_cannot_forget_yet_is_named_and_asked_again(
    network: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as stuck:
        stuck.setattr(Unreadable, "forget", _no_disk)
        network.http.post("/members/m-1/erase")
        eventually(lambda: _waiting(network) == ["unreadable"])
    eventually(lambda: _waiting(network) == [])


def _no_disk(*_: object) -> int:
    raise OSError(5, "Input/output error")


def _waiting(network: Served) -> list[str]:
    return list(network.http.get("/erasures").json()["erasures"][0]["waiting"])


def test_nobody_who_asks_is_shown_them(network: Served) -> None:
    def shown() -> set[str]:
        ranked = network.http.post("/members/m-3/ask", json={"subjects": ["Holzbau"]}).json()["ranked"]
        return {one["member_id"] for one in ranked}

    assert "m-4" in shown()
    network.http.post("/members/m-4/erase")
    assert shown() and "m-4" not in shown()


def test_who_is_not_known_cannot_be_erased_and_who_was_can_be_again(network: Served) -> None:
    assert network.http.post("/members/m-99/erase").status_code == 404
    assert [network.http.post("/members/m-1/erase").status_code for _ in range(2)] == [202, 202]


def test_the_network_s_key_is_rotated_under_way(network: Served) -> None:
    before = kinds(network)
    assert network.http.post("/keys/rotate").json()["keys"] == 8
    assert network.post_event(seeks("m-5", "Zoll", at=day(2))).json()["status"] == "accepted"
    assert kinds(network) == [*before, "interest.declared"]


# --- what is kept about a member --------------------------------------------------------------------------------------


def test_a_member_reads_all_that_is_kept_about_them_and_no_name_of_another(network: Served) -> None:
    network.network.log.append(
        [
            described("m-1", company="Elbe AG", email="ada@example.org", at=day(1)),
            seeks("m-1", "Insolvenz", confidential=True, at=day(2)),
            endorsed("m-1", "Nachfolge", "m-5", at=day(2)),
            talked("m-1", "m-6", at=day(3)),
            met_up("t-1", "m-1", "m-7", at=day(4)),
            deal("r-1", at=day(5)),
            passed("r-1", "m-1", "m-7", at=day(5)),
            deal("r-2", at=day(5)),
        ]
    )
    exported = network.http.get("/members/m-1/export").json()
    assert exported["profile"]["company"] == "Elbe AG" and exported["profile"]["email"] == "ada@example.org"
    said = [event["type"] for event in exported["events"]]
    assert {"member.joined", "interest.declared", "expertise.endorsed", "conversation.held", "meeting.held"} <= {*said}
    assert said.count("deal.closed") == 1  # their own alone
    [one] = exported["introductions"]
    assert (one["reasons"][0]["subject"] == "Nachfolge" and one["weights_id"] in exported["weights"]) or one["points"]
    text = json.dumps(exported)
    assert not any(f'"m-{number}"' in text for number in range(2, 9)) and "Bo" not in text


@pytest.mark.parametrize(
    "hidden",
    [blocked("m-2", "m-1", at=day(7)), declined("i-1", "m-2", at=day(7)), accepted("i-1", "m-2", at=day(7))],
    ids=lambda event: event.type,
)
def test_what_is_another_s_to_know_is_not_in_it(network: Served, hidden: Event) -> None:
    def told() -> list[str]:
        return [event["type"] for event in network.http.get("/members/m-1/export").json()["events"]]

    before = told()
    network.network.log.append([hidden])
    assert told() == before


def test_a_veto_is_told_without_the_other(network: Served) -> None:
    network.network.log.append([vetoed("m-1", "m-2", at=day(3))])
    [veto] = [e for e in network.http.get("/members/m-1/export").json()["events"] if e["type"] == "pair.vetoed"]
    assert veto["data"]["member_ids"] == ["m-1", "another member"]


# --- on the command line ----------------------------------------------------------------------------------------------


def test_weft_erase_forgets_and_every_part_confirms(data: Path) -> None:
    assert weft(data, "erase", "m-3", "--json").code == 2  # it asks nothing, so it needs a --yes
    [status] = weft(data, "erase", "m-3", "--yes", "--json").json["erasures"]
    assert (status["member_id"], status["waiting"]) == ("m-3", [])
    assert weft(data, "erase", "--status", "--json").json["erasures"] == [status]
    assert weft(data, "suggest", "m-3").code == 1
    table = weft(data, "erase", "--status")
    assert table.code == 0 and "m-3" in table.out and "snapshot" in table.out


def test_weft_erase_asks_before_and_leaves_all_as_it_is_at_a_no(data: Path) -> None:
    ended = weft(data, "erase", "m-3", stdin=b"n\n")
    assert (ended.code, ended.out.strip()) == (1, "") and "cannot be taken back" in ended.err
    assert weft(data, "erase", "--status").out == "Nobody was erased.\n"


def test_it_goes_through_a_running_weft(data: Path) -> None:
    with running(data):
        [status] = weft(data, "erase", "m-3", "--yes", "--json").json["erasures"]
        assert status["waiting"] == []
        assert weft(data, "keys", "rotate", "--json").json["keys"] == len(PEOPLE) - 2 - 1
        assert weft(data, "export", "m-4", "--json").json["member_id"] == "m-4"


def test_wrong_use_of_erase_is_2(data: Path) -> None:
    for words in (("erase",), ("erase", "m-3", "--status"), ("erase", "", "--yes"), ("export", "Ada Brandt")):
        assert (weft(data, *words).code, weft(data, *words).err.count("\n")) == (2, 1)
    assert "was not erased" in weft(data, "erase", "m-3").err  # nobody answered
    unknown = weft(data, "erase", "m-99", "--yes")
    assert (unknown.code, unknown.err.count("\n")) == (1, 1) and "no member m-99" in unknown.err
    assert (weft(data, "keys").code, weft(data, "keys").err.count("\n")) == (2, 1)


def test_whom_a_file_erases_every_part_forgets_without_a_running_weft(data: Path) -> None:
    refuse(data, b'{"member_id": "m-3"}')
    (data.parent / "erased.jsonl").write_bytes(encode(erased("m-3", at=day(5))))
    assert weft(data, "publish", str(data.parent / "erased.jsonl")).code == 0
    [status] = weft(data, "erase", "--status", "--json").json["erasures"]
    assert status["waiting"] == [] and weft(data, "refused").out == ""


def test_what_was_open_with_whom_a_file_erases_is_closed_without_a_running_weft(tmp_path: Path) -> None:
    with closing(SqliteLog(tmp_path / "data" / "log")) as log:
        log.append(one_suggestion())
    (tmp_path / "erased.jsonl").write_bytes(encode(erased("m-1", at=day(5))))
    assert weft(tmp_path / "data", "publish", str(tmp_path / "erased.jsonl")).code == 0
    with closing(LogReader(tmp_path / "data" / "log")) as log:
        said = [record.event.type for record in log.read()]
    assert said[-2:] == ["member.erased", "introduction.closed"]
    exported = tmp_path / "exported.jsonl"
    assert weft(tmp_path / "data", "export", "--out", str(exported)).code == 0
    assert weft(tmp_path / "restored", "publish", str(exported), "--restore").code == 0
    with closing(LogReader(tmp_path / "restored" / "log")) as log:
        assert [record.event.type for record in log.read()] == said


def test_whoever_is_only_named_can_be_told_of_and_erased_as_well(data: Path) -> None:
    (data.parent / "more.jsonl").write_bytes(encode(seeks("m-90", "Insolvenz", at=day(5))))
    weft(data, "publish", str(data.parent / "more.jsonl"))
    assert "Insolvenz" in weft(data, "export", "m-90").out
    assert weft(data, "erase", "m-90", "--yes").code == 0


def test_where_a_part_cannot_clear_up_it_is_said_that_the_member_is_erased(data: Path) -> None:
    (data / "snapshots").rename(data / "elsewhere")
    (data / "snapshots").write_text("no folder")
    ended = weft(data, "erase", "m-3", "--yes")
    assert (ended.code, ended.err.count("\n")) == (1, 1) and "m-3 is erased" in ended.err
    [status] = weft(data, "erase", "--status", "--json").json["erasures"]
    assert status["waiting"] == ["snapshot"]


def test_a_refused_line_that_names_somebody_erased_before_is_not_kept(data: Path) -> None:
    weft(data, "erase", "m-3", "--yes")
    refuse(data, b'{"member_id": "m-3", "name": "Name 3"}')
    assert "Name 3" not in weft(data, "refused").out and weft(data, "refused").out.count("\n") == 1


def test_files_with_people_in_them_are_their_owners_alone(data: Path, tmp_path: Path) -> None:
    weft(data, "export", "--out", str(tmp_path / "all.jsonl"))
    files = [tmp_path / "all.jsonl", refuse(data, b"[")]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


@pytest.mark.parametrize("language", ["en_GB.UTF-8", "de_DE.UTF-8"])
def test_weft_export_tells_a_member_in_their_language(data: Path, language: str) -> None:
    told = weft(data, "export", "m-3", LC_ALL=language).out
    assert "Name 3" in told and "für die neue Halle" in told
    assert ("Was Weft über m-3 speichert" if language[:2] == "de" else "What Weft keeps about m-3") in told


def test_a_file_name_in_the_place_of_a_member_is_said(data: Path) -> None:
    ended = weft(data, "export", "events.jsonl")
    assert (ended.code, ended.err.count("\n")) == (1, 1) and "no member events.jsonl" in ended.err


# --- what was refused -------------------------------------------------------------------------------------------------


def refuse(data: Path, *lines: bytes) -> Path:
    (data.parent / "bad.jsonl").write_bytes(b"\n".join(lines))
    ended = weft(data, "publish", str(data.parent / "bad.jsonl"), "--json")
    return data.parent / ended.json["refused_file"]


def test_what_was_refused_lies_sealed_and_is_shown_to_who_has_the_keys(data: Path) -> None:
    file = refuse(data, b'{"note": "geheim", "member_id": "m-3"}')
    assert file.parent == data / "refused" and b"geheim" not in file.read_bytes()
    assert "geheim" in weft(data, "refused", str(file)).out and "geheim" in weft(data, "refused").out
    assert weft(data, "refused", "nowhere").err.count("\n") == 1


def test_what_names_somebody_erased_goes_and_the_rest_stays(data: Path) -> None:
    file = refuse(
        data, b'{"member_id": "m-3"}', b'{"member_id": "m-4"}', b'{"member_id": "m-30"}', rb'{"a": "\u006d-3"}', b"["
    )
    age = file.stat().st_mtime
    weft(data, "erase", "m-3", "--yes")
    left = [json.loads(line)["event"] for line in weft(data, "refused").out.splitlines()]
    assert left == ['{"member_id": "m-4"}', '{"member_id": "m-30"}', "["]
    assert file.stat().st_mtime == age
    refuse(data, b'{"member_id": "m-4"}')
    weft(data, "erase", "m-4", "--yes")
    assert weft(data, "refused").out.count("\n") == 2


NAMING = [b'{"member_id":"m-3","member_id":"m-4"}', b"geht an m-3.", b'{"data":{"Frau Muster m-3":1}}']


@pytest.mark.parametrize("line", NAMING, ids=repr)
def test_however_a_refused_line_names_somebody_it_goes(data: Path, line: bytes) -> None:
    file = refuse(data, line)
    assert b"Muster" not in file.read_bytes() and b"bad.jsonl" not in file.read_bytes()
    weft(data, "erase", "m-3", "--yes")
    assert weft(data, "refused").out == ""


def test_a_torn_line_among_the_refused_harms_nobody(data: Path) -> None:
    file = refuse(data, b"[")
    file.write_bytes(file.read_bytes() + b'{"sealed": "AAA')
    assert weft(data, "erase", "m-3", "--yes").code == 0
    assert weft(data, "refused").out.count("\n") == 1


def test_it_is_kept_for_as_many_days_as_the_settings_say(data: Path) -> None:
    file = refuse(data, b"[")
    written = int(file.stat().st_mtime * 1_000_000)
    days = Settings().unreadable_days
    with closing(LogReader(data / "log")) as log:
        unreadable = Unreadable(data / "refused", log.sealing)
        assert unreadable.expire(written + days * (day(1) - day(0)) - 1, days) == 0
        assert unreadable.expire(written + days * (day(1) - day(0)) + 1_000_000, days) == 1
    assert not file.exists()


def test_whoever_publishes_clears_away_what_is_too_old(data: Path) -> None:
    file = refuse(data, b"[")
    os.utime(file, (0, 0))
    refuse(data, b"]")
    assert not file.exists()
