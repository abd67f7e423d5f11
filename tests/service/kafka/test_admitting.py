"""What becomes of records of `weft.intake`, without a broker: the door, duplicates, conflicts, and what is kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.codec import Event, encode
from services.kafka.admitting import Brought, Decided, Place, decide, intake_key
from services.kafka.identities import Identities, Identity
from services.kafka.signing import signed
from services.log import LogFull, Verdict
from services.log.keys import KeyStore, create, folder_of
from services.log.reader import open_database
from services.log.sealing import Sealing
from tests import builders as b

NOW = b.day(30)
SECRET = b"s" * 32


@pytest.fixture
def sealing(tmp_path: Path) -> Iterator[Sealing]:
    create(folder_of(tmp_path / "log"), "one", connect=open_database)
    sealing = Sealing(KeyStore(folder_of(tmp_path / "log"), connect=open_database))
    yield sealing
    sealing.close()


@pytest.fixture
def identities(tmp_path: Path) -> Iterator[Identities]:
    identities = Identities(tmp_path / "0.db", "one", SECRET)
    yield identities
    identities.close()


def brought(value: bytes, *, offset: int = 0, headers: list[tuple[str, bytes]] | None = None) -> Brought:
    return Brought("weft.intake/0", offset, b"key", value, headers or [], NOW)


def decided(values: list[bytes], identities: Identities, sealing: Sealing, place: Place | None = None) -> Decided:
    batch = [brought(value, offset=offset) for offset, value in enumerate(values)]
    return decide(batch, identities, place or Place(0, 1), sealing, SECRET)


def test_what_is_new_goes_on_in_order(identities: Identities, sealing: Sealing) -> None:
    events = [b.joined("m-1"), b.seeks("m-1", "Nachfolge"), b.gives("m-1", "Export")]
    found = decided([encode(event) for event in events], identities, sealing)
    assert (found.events, found.refused, found.duplicates) == (events, [], 0)


def test_the_same_again_is_a_duplicate_within_a_batch_and_after_it_was_kept(
    identities: Identities, sealing: Sealing
) -> None:
    one = encode(b.joined("m-1", id="1"))
    first = decided([one, one], identities, sealing)
    assert (len(first.events), first.duplicates) == (1, 1)
    assert len(decided([one], identities, sealing).events) == 1  # decided is not kept
    identities.keep(first.fresh)
    assert decided([one], identities, sealing).duplicates == 1


def test_another_content_under_one_id_is_a_conflict_and_told_with_its_reason(
    identities: Identities, sealing: Sealing
) -> None:
    one, other = encode(b.joined("m-1", id="1")), encode(b.joined("m-2", id="1"))
    found = decided([one, other], identities, sealing)
    assert [event.data["member_id"] for event in found.events] == ["m-1"]
    [refused] = found.refused
    assert (refused.raw, refused.refusal.status) == (other, 409)


@pytest.mark.parametrize("poison", [b"", b"{", b"[]", b"\xff\xfe", b'{"id": NaN}', b"x" * 70_000])
def test_poison_is_refused_and_harms_nobody_else(poison: bytes, identities: Identities, sealing: Sealing) -> None:
    found = decided([encode(b.joined("m-1")), poison, encode(b.joined("m-2"))], identities, sealing)
    assert len(found.events) == 2
    assert [refused.raw for refused in found.refused] == [poison]


def test_the_brokers_clock_is_the_doors(identities: Identities, sealing: Sealing) -> None:
    late = encode(b.joined("m-1", at=NOW + 10 * 60 * 1_000_000))
    assert "time" in str(decided([late], identities, sealing).refused[0].refusal)


def test_a_record_that_the_gateway_has_not_signed_is_a_publishers(identities: Identities, sealing: Sealing) -> None:
    blocked = b.blocked("m-1", "m-2")
    value = sealing.seal([blocked])[0]
    batch = [
        brought(encode(blocked)),
        brought(encode(blocked), headers=[("weft-sender", b"operator"), ("weft-signature", b"x" * 32)]),
        brought(value, headers=signed(SECRET, value, "member:m-2")),
        brought(value, headers=signed(b"another" * 4, value, "member:m-1")),
        brought(value, headers=signed(SECRET, value, "member:m-1")),
    ]
    found = decide(batch, identities, Place(0, 1), sealing, SECRET)
    assert found.events == [blocked]
    assert [one.brought for one in found.refused] == batch[:4]


def test_a_signature_is_of_one_value_and_one_sender(identities: Identities, sealing: Sealing) -> None:
    one, other = sealing.seal([b.blocked("m-1", "m-2"), b.blocked("m-1", "m-3")])
    moved = brought(other, headers=signed(SECRET, one, "member:m-1"))
    found = decide([moved], identities, Place(0, 1), sealing, SECRET)
    assert (found.events, len(found.refused)) == ([], 1)


def test_of_whoever_was_erased_meanwhile_nothing_is_kept_and_nothing_refused(
    identities: Identities, sealing: Sealing
) -> None:
    value = sealing.seal([b.seeks("m-1", "Nachfolge")])[0]
    sealing.seal([b.erased("m-1")])
    batch = [brought(value, headers=signed(SECRET, value, "publisher"))]
    found = decide(batch, identities, Place(0, 1), sealing, SECRET)
    assert (found.events, found.refused) == ([], [])


def test_what_came_by_another_key_is_passed_on_to_where_it_belongs(identities: Identities, sealing: Sealing) -> None:
    events = [b.joined(f"m-{number}") for number in range(20)]
    found = decided([encode(event) for event in events], identities, sealing, Place(1, 4))
    assert found.events == [event for event in events if Place(1, 4).is_of(event)]
    assert [key for _, key in found.elsewhere] == [intake_key(e) for e in events if not Place(1, 4).is_of(e)]


# --- identities -----------------------------------------------------------------------------------------------------


def test_identities_outlive_their_process(tmp_path: Path) -> None:
    first = Identities(tmp_path / "0.db", "one", SECRET)
    event = b.joined("m-1", id="1")
    first.keep([first.of(event, b"")], {"weft.members/0": 5})
    first.close()
    again = Identities(tmp_path / "0.db", "one", SECRET)
    assert again.verdicts([again.of(event, b"")]) == [Verdict.DUPLICATE]
    assert again.positions == {"weft.members/0": 5}


@pytest.mark.parametrize("spoil", [b"", b"not a database at all, but long enough to be looked at" * 40])
def test_a_file_that_is_damaged_begins_anew(tmp_path: Path, spoil: bytes) -> None:
    (tmp_path / "0.db").write_bytes(spoil)
    assert Identities(tmp_path / "0.db", "one", SECRET).positions == {}


def test_a_disk_that_is_full_is_said_to_be(identities: Identities) -> None:
    identities._connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(LogFull, match="make room"):
        identities.keep([Identity(bytes([n // 256, n % 256]) * 8, b"c" * 16) for n in range(5_000)])


def test_a_file_of_another_log_begins_anew(tmp_path: Path) -> None:
    one = Identities(tmp_path / "0.db", "one", SECRET)
    one.keep([one.of(b.joined("m-1"), b"")], {"weft.members/0": 5})
    one.close()
    other = Identities(tmp_path / "0.db", "other", SECRET)
    assert (other.positions, other.verdicts([other.of(b.joined("m-1"), b"")])) == ({}, [Verdict.ACCEPTED])


def test_what_can_be_read_no_more_is_a_duplicate_whatever_is_said(tmp_path: Path) -> None:
    one = Identities(tmp_path / "0.db", "one", SECRET)
    remains: Event = b.joined("m-1", id="1")._replace(content="")
    one.keep([one.of(remains, b"")])
    assert one.verdicts([one.of(b.joined("m-1", id="1"), b"")]) == [Verdict.DUPLICATE]


def test_nothing_that_was_said_can_be_read_in_the_file(tmp_path: Path) -> None:
    one = Identities(tmp_path / "0.db", "one", SECRET)
    event = b.seeks("m-canary", "Kanarienvogel", id="canary-id", source="/canary")
    one.keep([one.of(event, b"")])
    one.close()
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert not [word for word in (b"canary", b"Kanarien", event.content.encode()) if word in stored]


def test_once_a_member_is_erased_nobody_can_try_guesses_of_what_they_said(
    identities: Identities, sealing: Sealing
) -> None:
    said, guess = b.seeks("m-1", "Insolvenz", id="1"), b.seeks("m-1", "Export", id="1")
    found = decided([encode(said)], identities, sealing)
    identities.keep(found.fresh)
    assert len(decided([encode(guess)], identities, sealing).refused) == 1
    sealing.seal([b.erased("m-1")])
    for each in (said, guess):
        assert decided([encode(each)], identities, sealing).duplicates == 1
    assert sealing.owners_secrets([said]) == [None]
    assert found.fresh[0].content not in (identities.of(said, b"").content, identities.of(said, None).content)
