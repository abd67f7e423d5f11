"""What the door answers when it does not take an event, and what a reader says of bytes that are none."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event was not admitted: which field (a path such as `data.subject`; empty: the whole), what is wrong
    with it, and what is allowed. It names fields and kinds, never values: it goes into logs, and values are personal.
    `status` is the HTTP status that says the same (RFC 9110)."""

    field: str
    wrong: str
    allowed: str
    status: int = 422

    def __str__(self) -> str:
        where = self.field or "the event"
        return f"{where} {self.wrong}; allowed: {self.allowed}"


class Refused(Exception):
    """Carries a `Refusal` up to the door, which returns it; nobody else sees this."""

    def __init__(self, field: str, wrong: str, allowed: str, status: int = 422) -> None:
        self.refusal = Refusal(field, wrong, allowed, status)


class Undecodable(ValueError):
    """These bytes were not written by Weft: the log is damaged, restore it from a backup."""
