"""The pools of candidates as one would write them down: everybody is measured, everybody is sorted. Slow, and the
oracle of every faster way; it shares no function with them above the evidence of one term."""

import numpy as np
from numpy.typing import NDArray

from matcher.candidates import Sizes
from matcher.card import by_hand
from matcher.features import NOTHING, OF_MEMBER, OF_TEXT, of_members, of_pair, of_text
from matcher.needs import Need
from matcher.presence import USUALLY_ACTIVE
from matcher.reading import Reading
from matcher.rules import apart_from
from matcher.tables import Ints

_AS_WORTH = {"seeks120": "subj240", "seekwords120": "words240"}  # fit is symmetric


def dense_pool(
    reading: Reading, sizes: Sizes, available: NDArray[np.bool_], slot: int, need: Need
) -> tuple[list[int], dict[str, list[int]]]:
    """Slots in rising order, and what is measured between the member and each."""
    roster, card = reading.index.roster, by_hand()
    text = of_text(reading, slot, need)
    fit = _prior(reading) + sum(card.points(_AS_WORTH.get(name, name), text[name]) for name in OF_TEXT)
    barred = roster.without_common_language(roster.ids[slot])
    apart = apart_from(reading.index.world, roster.ids[slot], reading.at).values()
    barred[[slot, *(roster.slots[other] for each in apart for other in each)]] = True
    mixes = roster.mixes().tolist()
    eligible = [other for other in range(reading.members) if available[other] and not barred[other]]
    chosen = set(sorted(eligible, key=lambda other: (-int(fit[other]), mixes[other]))[: sizes.personal])
    for ranked in (reading.day.most_active, reading.day.last_heard_of, reading.day.newest):
        chosen.update(set(ranked[: sizes.shared].tolist()) & set(eligible))
    slots: Ints = np.array(sorted(chosen), dtype=np.int64)
    between = {name: text[name][slots] for name in OF_TEXT} | of_pair(reading, slot, slots)
    talked = [reading.index.world.talked.get(roster.ids[other], set()) for other in (slot, *slots.tolist())]
    between["common"] = np.array([len(talked[0] & theirs) for theirs in talked[1:]], dtype=np.int64)
    return slots.tolist(), {name: values.tolist() for name, values in between.items()}


def _prior(reading: Reading) -> Ints:
    """What the card by hand says of everybody by themselves; whoever joined today is a stranger to the day."""
    card, measured = by_hand(), of_members(reading.day.presence)
    nothing = NOTHING if reading.day.presence.is_told else NOTHING | {"act7": USUALLY_ACTIVE}
    total = np.zeros(reading.members, dtype=np.int64)
    for name in OF_MEMBER:
        values = np.full(reading.members, nothing[name], dtype=np.int64)
        values[: len(measured[name])] = measured[name]
        total += card.points(name, values)
    return total
