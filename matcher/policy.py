"""What a network decides about its rounds: whole numbers, written into every `round.opened`, so that a round can be
recomputed whatever the settings are later."""

from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers of a round. Chances, values and prices are in millionths."""

    introductions_per_round: int = 2  # for a member who has not said how many (EVENTS.md)
    close_after_days: int = 14  # two weekly meetings to answer in
    # Fewer and deeper: one chance in twelve that it is worth both their time. Simulated, 600 members, 8 weeks: 2,406
    # introductions of mean worth .300 from 60,000 on, 2,158 of .310 from 80,000, 1,440 of .330 from 130,000.
    least_value: int = 80_000
    personal: int = 64  # one's own list; with the shared ones, enough for a first ten (RELEVANCE.md, Smaller pools)
    shared: int = 32  # each list shared by everyone (active, recent, new): helps a round only as far as they have room
    rest_price: int = 4_000  # what each suggestion of late costs a member who was in it, see prices.py
    explore_bonus: int = 6_000  # what it is worth that a newcomer is seen, see prices.py

    def as_dict(self) -> dict[str, int]:
        """As `round.opened` carries it."""
        return asdict(self)

    @classmethod
    def of(cls, written: dict[str, int]) -> "Policy":
        """The policy that a `round.opened` carries."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in written.items() if name in known})


DEFAULT = Policy()
