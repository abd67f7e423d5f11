"""The Weft that is played against; events go to it in the name of whoever says them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from schemas.topics import KINDS, Role
from services.admission import REFUSED
from services.client import Client
from services.simulate.company import Said
from services.trouble import Trouble

BATCH_EVENTS = 500


class Weft(Client):
    """A running Weft. Trouble: it cannot be reached, holds another network, or refuses what is said."""

    def tell(self, said: Iterable[Said]) -> int:
        """Publishes, a batch for each sender; returns how many events."""
        by_sender: dict[str, list[bytes]] = defaultdict(list)
        for sender, raw in said:
            by_sender[sender].append(raw)
        for sender, raws in by_sender.items():
            for start in range(0, len(raws), BATCH_EVENTS):
                self._batch(sender, raws[start : start + BATCH_EVENTS])
        return sum(map(len, by_sender.values()))

    def round_of(self, at: int) -> dict[str, Any] | None:
        """Holds a round as of an instant (µs); None: Weft's own timer was first."""
        try:
            return self.hold_round(at)
        except Trouble as wrong:
            if "held already" in str(wrong):
                return None
            raise

    def _batch(self, sender: str, raws: Sequence[bytes]) -> None:
        headers = {"Content-Type": "application/cloudevents-batch+json", "Weft-Sender": sender}
        answer = self._send("POST", "/events", content=b"[" + b",".join(raws) + b"]", headers=headers)
        for receipt in answer["receipts"]:
            if receipt["status"] == REFUSED:
                raise _refused(self.url, receipt["problem"])


def sender_of(event: dict[str, Any]) -> str:
    """In whose name an event is published."""
    who = KINDS[event["type"]].who
    if Role.PUBLISHER in who:
        return "publisher"
    return "organiser" if Role.ORGANISER in who else f"member:{event['data']['member_id']}"


def _refused(url: str, problem: dict[str, Any]) -> Trouble:
    if problem["status"] == 409:
        return Trouble(
            f"{url} holds another network already, or this one from another day; start `weft run` on an empty folder"
        )
    return Trouble(f"{url} refused a simulated event: {problem['detail']}; allowed: {problem.get('allowed')}")
