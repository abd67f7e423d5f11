"""What tests build is what the door would admit."""

import inspect

import pytest

from schemas.codec import Event, encode
from schemas.door import WEFT, admit
from schemas.topics import KINDS
from tests import builders as b

BUILT = [
    b.founded(), b.group_closed(), b.joined("m-1"), b.described("m-1", stage="growing"), b.left("m-1"),
    b.prefers("m-1", paused_until=b.day(30)), b.blocked("m-1", "m-2"), b.unblocked("m-1", "m-2"), b.erased("m-1"),
    b.appointed("m-1"), b.dismissed("m-1"), b.seeks("m-1", "x", until=b.day(9)), b.seeks_no_more("m-1", "x"),
    b.gives("m-1", "x", level=4), b.gives_no_more("m-1", "x"), b.endorsed("m-1", "x", "m-2"), b.planned("e"),
    b.met_up("e", "m-1", "m-2"), b.talked("m-1", "m-2", minutes=30), b.suggested("i", "m-1", "m-2"),
    b.accepted("i", "m-1"), b.declined("i", "m-1", reason="known"), b.made("i"), b.closed("i"), b.met("i", "m-1"),
    b.rated("i", "m-1"), b.vetoed("m-1", "m-2"), b.passed("f", "m-1", "m-2"), b.deal("f"), b.opened(), b.held(),
    b.fitted(),
]  # fmt: skip


@pytest.mark.parametrize("event", BUILT, ids=[event.type for event in BUILT])
def test_what_a_builder_builds_the_door_admits_unchanged(event: Event):
    assert admit(encode(event), b.day(60), WEFT) == event


def test_there_is_a_builder_for_every_kind():
    assert [event.type for event in BUILT] == list(KINDS)


def test_the_same_call_is_the_same_event_and_another_call_another_one():
    assert b.joined("m-1") == b.joined("m-1")
    assert b.joined("m-1").id != b.joined("m-1", at=b.day(1)).id
    assert b.joined("m-1", id="crm-1", source="/app")[1:3] == ("/app", "crm-1")


def test_every_builder_is_called_here():
    builders = [name for name, made in inspect.getmembers(b, inspect.isfunction) if made.__module__ == b.__name__]
    assert len([name for name in builders if not name.startswith("_")]) == len(BUILT) + 2  # day and said
