"""What two members are explained from: what a round knew that was held, or else all that is known of an instant."""

from collections.abc import Collection
from typing import Any, NamedTuple

from matcher.card import Purpose, card_in, card_of
from matcher.policy import Policy
from matcher.scorecard import Card
from schemas.instants import parse_canonical
from services.cuts import AtCut, History, Told, history_of, judged_otherwise
from services.follower import Standing
from services.log import ReadableLog

OF_THAT_INSTANT = "this is all that is known today of that instant, whenever it reached the log"
NO_ROUND = f"no round was held as of then: {OF_THAT_INSTANT}"
NOW = "this is all that is known now"


class Known(NamedTuple):
    """A state, and the card and the policy by which it is judged. `slot`: the date of the round whose they are, if any;
    `is_exact`: this is what that round knew."""

    standing: Standing
    card: Card
    policy: Policy
    says: str
    slot: str | None = None
    is_exact: bool = False

    def as_json(self) -> dict[str, Any]:
        """What it is, in words, too."""
        return {"slot": self.slot, "is_exact": self.is_exact, "says": self.says}


class Round(NamedTuple):
    """A round that was held, and all that it went by; `standing`: the state that it knew, None where that is `gone`."""

    told: Told
    standing: Standing | None
    card: dict[str, Any] | None
    gone: str | None

    @property
    def slot(self) -> str:
        """The date it was for."""
        return str(self.told.opened.data["slot"])

    def judging(self, standing: Standing) -> Known:
        """A state by its card and its policy: what it knew, or, where that is gone, what is known today of its
        instant."""
        card = card_in(self.card) if self.card else card_of(standing.world, Purpose.ROUNDS)
        policy = Policy.of(self.told.opened.data["policy"])
        return Known(standing, card, policy, self._says(), self.slot, is_exact=self.gone is None)

    def _says(self) -> str:
        if self.gone is None:
            return f"this is what the round of {self.slot} knew: what had reached the log when it was opened"
        if self.standing:
            return f"this is what the round of {self.slot} knew, judged as today: {self.gone}"
        says = f"this is not what the round of {self.slot} knew, but all that is known today of that instant"
        return f"{says}: {self.gone}"


def round_at(log: ReadableLog, at: int, counted: Collection[str]) -> Round | None:
    """The round that was held as of an instant (µs), if one was; `counted`: the ids of the rounds that count.
    LogDamaged."""
    history = history_of(log)
    told = [
        one
        for one in history.rounds
        if parse_canonical(one.opened.data["as_of"]) == at and one.opened.data["round_id"] in counted
    ]
    return _read(log, told[-1], history, at) if told else None


def _read(log: ReadableLog, told: Told, history: History, at: int) -> Round:
    weights_id = told.opened.data["weights_id"]
    card = history.cards.get(weights_id)
    state = AtCut(log)
    gone = state.move_to(told, history.erased)
    standing = None if gone else Standing(state.world, at, lambda: state.index)
    if not (gone or card):
        gone = f"the log has no weights {weights_id}"
    return Round(told, standing, card, gone or judged_otherwise(told))
