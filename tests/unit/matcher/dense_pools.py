"""The pools of candidates as one would write them down: everybody is measured, everybody is sorted. Slow, and the
oracle of every faster way; it shares no function with them above the evidence of one term, and what the day says of
each member."""

import numpy as np
from numpy.typing import NDArray

from matcher.candidates import Sizes
from matcher.card import by_hand
from matcher.features import NOTHING, OF_MEMBER, OF_TEXT, of_members
from matcher.needs import FULL, Need
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
    text = _text(reading, slot, need)
    fit = _prior(reading) + sum(card.points(_AS_WORTH.get(name, name), text[name]) for name in OF_TEXT)
    barred = roster.without_common_language(roster.ids[slot])
    apart = apart_from(reading.index.world, roster.ids[slot], reading.at).values()
    barred[[slot, *(roster.slots[other] for each in apart for other in each if other in roster.slots)]] = True
    mixes = roster.mixes().tolist()
    eligible = [other for other in range(reading.members) if available[other] and not barred[other]]
    chosen = set(sorted(eligible, key=lambda other: (-int(fit[other]), mixes[other]))[: sizes.personal])
    for ranked in (reading.day.most_active, reading.day.last_heard_of, reading.day.newest):
        chosen.update(set(ranked[: sizes.shared].tolist()) & set(eligible))
    slots = sorted(chosen)
    between = {name: [int(text[name][other]) for other in slots] for name in OF_TEXT}
    return slots, between | _of_two(reading, slot, slots)


def _text(reading: Reading, slot: int, need: Need) -> dict[str, Ints]:
    """What everybody gives of the need, and seeks of what the member gives: whatever anybody seeks is looked at."""
    total = {name: np.zeros(reading.members, dtype=np.int64) for name in OF_TEXT}
    of_kinds = zip(OF_TEXT[:2], OF_TEXT[2:], (need.subjects, need.words), reading.index.seeking(), strict=True)
    for is_word, (gives, seeks, terms, postings) in enumerate(of_kinds):
        for term, strength in terms.items():
            givers, worths = reading.given(term, bool(is_word))
            total[gives][givers] += strength * worths
        for term in list(postings.by_term):
            givers, worths = reading.given(term, bool(is_word))
            seekers, strengths = reading.sought(term, bool(is_word))
            total[seeks][seekers] += strengths * worths[givers == slot].sum()
    return {name: sums // FULL for name, sums in total.items()}


def _of_two(reading: Reading, slot: int, others: list[int]) -> dict[str, list[int]]:
    """What two members have together: whom both have talked to, a profession, a stage."""
    ids, talked = reading.index.roster.ids, reading.index.world.talked
    professions, stages = reading.professions.tolist(), reading.stages.tolist()
    common = [len(talked.get(ids[slot], set()) & talked.get(ids[other], set())) for other in others]
    two = [(professions[slot], professions[other], stages[slot], stages[other]) for other in others]
    profession = [1 + (mine == theirs) if mine and theirs else 0 for mine, theirs, _, _ in two]
    stage = [1 + abs(mine - theirs) if mine and theirs else 0 for _, _, mine, theirs in two]
    return {"common": common, "profession": profession, "stage": stage}


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
