"""The one door: bytes in, an event or a refusal out. Strict, so that everything behind it may be sure.

What may come in is anything; what comes out is an `Event` or a `Refusal`, never an exception. The clock is an argument.
"""

import json
from dataclasses import dataclass, field
from typing import Any, NoReturn

import orjson
from pydantic import ValidationError

from schemas.codec import Event, event_of
from schemas.errors import Refusal
from schemas.fields import past_instant_us
from schemas.topics import KINDS, Role

BIGGEST_BYTES = 65_536
DEEPEST = 32
WEFT_SOURCE = "/weft"  # Weft's own events, and those of its pages ("/weft/…"): nobody else may use it


@dataclass(frozen=True, slots=True)
class Sender:
    """Who hands an event in: the roles they may speak in; a member only for themselves; a service, once tokens bind
    it, only from its own source."""

    roles: frozenset[Role]
    member_id: str | None = None
    source: str | None = None


PUBLISHER = Sender(frozenset({Role.PUBLISHER}))
ORGANISER = Sender(frozenset({Role.ORGANISER}))
OPERATOR = Sender(frozenset({Role.PUBLISHER, Role.MEMBER, Role.ORGANISER}))  # whoever owns the data folder
WEFT = Sender(frozenset(Role))


def member(member_id: str) -> Sender:
    """The member `member_id`, speaking for themselves."""
    return Sender(frozenset({Role.MEMBER}), member_id=member_id)
