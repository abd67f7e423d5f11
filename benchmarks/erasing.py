"""Erasing: one member of a log with a million events, by the clock, in a process that runs.

From the request to when nobody is shown them (an answer to `ask`, and a page, read after it), and to when every part of
Weft has confirmed.
"""

from collections.abc import Iterator
from contextlib import closing

from benchmarks.figure import Figure, wall_s
from benchmarks.inputs import MEMBERS, copied, network, scratch
from services.collecting import uncollected
from services.log.sqlite import SqliteLog
from services.network import Network
from services.settings import Settings

EVENTS = 1_000_000
SHOWN_FLOOR_S, CONFIRMED_FLOOR_S = 1, 600


def measure() -> Iterator[Figure]:
    """The two waits, and how long a question takes that comes between them."""
    source = network(EVENTS)
    with scratch() as beside:
        folder = copied(source, beside / "data")
        with closing(SqliteLog(folder.log)) as log:
            weft = Network(log, folder, Settings())
            with uncollected():
                weft.start()
            member_id, other_id = _two_with_much_in_common(weft)
            erased_s = wall_s(lambda: weft.erase(member_id))
            shown: list[str] = []
            page_s = wall_s(lambda: weft.suggestions(other_id))
            ask_s = wall_s(lambda: shown.extend(one["member_id"] for one in weft.ask(other_id, [], top=1_000)))
            assert member_id not in shown
            confirmed_s = wall_s(weft.confirm_erasures)
            assert not weft.erasures()[0]["waiting"]
    yield Figure("erase, until no page shows them", erased_s + page_s, "s", MEMBERS, SHOWN_FLOOR_S, less_is_better=True)
    yield Figure("erase, until no question does", erased_s + ask_s, "s", MEMBERS, SHOWN_FLOOR_S, less_is_better=True)
    total = erased_s + ask_s + confirmed_s
    yield Figure("erase, until all confirm", total, "s", MEMBERS, CONFIRMED_FLOOR_S, less_is_better=True)


def _two_with_much_in_common(weft: Network) -> tuple[str, str]:
    """Somebody who is named by much, and somebody who is shown them."""
    with weft.standing() as standing:
        here = [
            member_id for member_id in standing.world.named if standing.index.roster.slots.get(member_id) is not None
        ]
        other_id = max(here, key=lambda member_id: (len(standing.world.named[member_id]), member_id))
    ranked = weft.ask(other_id, [], top=1)
    return ranked[0]["member_id"], other_id
