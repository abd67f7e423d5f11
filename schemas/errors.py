"""What the door answers when it does not take an event."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event was not admitted: which field (a path such as `data.subject`; empty: the whole), what is wrong
    with it, and what is allowed. `status` is the HTTP status that says the same (RFC 9110)."""

    field: str
    wrong: str
    allowed: str
    status: int = 422

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        return f"{where}{self.wrong}; allowed: {self.allowed}"
