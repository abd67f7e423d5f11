"""Whatever comes in, what comes out is an event or a refusal; and what was admitted comes back as it was."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from schemas.batch import split_batch
from schemas.codec import Event, decode, encode
from schemas.door import OPERATOR, WEFT, admit
from schemas.errors import Refusal, Undecodable
from tests.unit.schemas.mutations import mutations
from tests.unit.schemas.poison import NOW

COUNT = 5_000


def check(raw: bytes) -> bool:
    """Whether the door admits these bytes; AssertionError, or the error itself, where it does anything but its work."""
    answer = admit(raw, NOW, WEFT)
    if isinstance(answer, Refusal):
        assert answer.wrong and answer.allowed and str(answer).isprintable()
        return False
    stored = encode(answer)
    assert decode(stored) == answer
    assert admit(stored, NOW, WEFT) == answer or len(stored) > 65_536
    return True


def check_decoding(raw: bytes) -> None:
    """The reader of the log answers with an event or with its own error."""
    with suppress(Undecodable):
        assert isinstance(decode(raw), Event)


def test_spoilt_events_are_refused_or_whole():
    admitted = sum(check(raw) for raw in mutations(COUNT, seed=1))
    assert 0.02 < admitted / COUNT < 0.5  # both ways are tried


def test_the_reader_of_the_log_fails_in_one_way_only():
    for raw in mutations(COUNT, seed=2):
        check_decoding(raw)


@given(st.binary() | st.text().map(str.encode))
def test_random_bytes_are_refused(raw: bytes):
    assert isinstance(admit(raw, NOW, OPERATOR), Refusal)
    check_decoding(raw)
    assert isinstance(split_batch(raw), list | Refusal)
