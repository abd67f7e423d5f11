"""Who hands an event in, and what they may say (the column `who` of EVENTS.md)."""

from dataclasses import dataclass
from typing import Any

from schemas.errors import Refused
from schemas.topics import Kind, Role

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

_NAMED = {"publisher": PUBLISHER, "organiser": ORGANISER, "operator": OPERATOR}


def member(member_id: str) -> Sender:
    """The member `member_id`, speaking for themselves."""
    return Sender(frozenset({Role.MEMBER}), member_id=member_id)


def sender_named(name: str) -> Sender:
    """The sender of a `Weft-Sender` header: a role, or `member:` and an id. KeyError: there is no such role."""
    return member(name.removeprefix("member:")) if name.startswith("member:") else _NAMED[name]


def check_role(sender: Sender, kind: Kind) -> None:
    """Refuses a kind that nobody in the sender's roles may publish."""
    if sender.roles.isdisjoint(kind.who):
        raise Refused("type", f"{kind.type} is not for {_listed(sender.roles)} to say", _listed(kind.who), 403)


def check_source(sender: Sender, source: str) -> None:
    """Refuses a source that is not the sender's."""
    if Role.WEFT not in sender.roles and (source == WEFT_SOURCE or source.startswith(WEFT_SOURCE + "/")):
        raise Refused("source", f"is Weft's own ({WEFT_SOURCE})", "the name of the service that publishes", 403)
    if sender.source is not None and source != sender.source:
        raise Refused("source", "is not the one that this sender's token is bound to", "the sender's own source", 403)


def check_member(sender: Sender, kind: Kind, data: dict[str, Any]) -> None:
    """Refuses what a member says about somebody else, unless another of their roles may say it of anybody."""
    if sender.member_id is None or sender.roles & kind.who != {Role.MEMBER}:
        return
    speakers = kind.speakers(data)
    if speakers and sender.member_id not in speakers:
        field, *others = (f"data.{name}" for name in kind.spoken_by)
        allowed = " or in ".join(["the sender's own member id", *others])
        raise Refused(field, "is not the member who sends this", allowed, 403)


def _listed(roles: frozenset[Role]) -> str:
    return " or ".join(f"{role}s" if role is not Role.WEFT else "Weft itself" for role in Role if role in roles)
