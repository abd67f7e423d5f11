"""Every known poison is refused, at the field that is wrong, without repeating what it said."""

import pytest

from schemas.codec import Event
from schemas.door import OPERATOR, WEFT, admit
from schemas.errors import Refusal
from tests.unit.schemas.poison import BIGGEST, NOW, POISON, Poison, line


@pytest.mark.parametrize("poison", POISON, ids=[poison.name for poison in POISON])
def test_poison_is_refused_at_its_field(poison: Poison):
    for sender in (OPERATOR, WEFT):
        refusal = admit(poison.raw, NOW, sender)
        assert isinstance(refusal, Refusal), "admitted"
        assert (refusal.field, refusal.status) == (poison.field, poison.status), str(refusal)
        assert refusal.wrong and refusal.allowed
        assert str(refusal).isprintable()


def test_what_poison_was_made_from_is_healthy():
    assert isinstance(admit(line(), NOW, OPERATOR), Event)
    assert len(BIGGEST) == 65_536 and isinstance(admit(BIGGEST, NOW, OPERATOR), Event)
