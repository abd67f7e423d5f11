"""Kernels: the inner loops of large networks, compiled by numba when first called and kept on disk from then on.

Whole numbers only, so that every sum is the same in any order. What is called for each posting is given arrays: to hand
over a tuple of them takes a tenth of a microsecond. A kernel holds no lock: callers may run it in several
threads, each with a workspace of its own. Imported where a network is large, and nowhere before: numba takes half a
second to load. What numba keeps belongs to this file's text: whoever reorders the fields of Field, Space or Crossing
changes a line here, too.
"""

# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False
import numpy as np
from numba import njit

from matcher import pairing

_kernel = njit(cache=True, nogil=True)
walk = _kernel(pairing.walk)
_STRENGTH_ONE, _STEP = 1_000, 256  # literals: what is compiled does not notice when another module changes


@_kernel
def add(slots, amounts, factor, column, sums, touched, count):
    """Adds `factor · amounts` of these slots to a column of the sums; whoever had none before goes behind the first
    `count` of `touched`. Returns how many are touched then."""
    for place in range(len(slots)):
        amount = factor * amounts[place]
        if amount:
            slot = slots[place]
            if _is_untouched(sums, slot):
                touched[count] = slot
                count += 1
            sums[slot, column] += amount
    return count


@_kernel
def _is_untouched(sums, slot):
    return not (sums[slot, 0] or sums[slot, 1] or sums[slot, 2] or sums[slot, 3])


@_kernel
def choose(field, space, count, never, strange):
    """The pool of a member whose strands were added to the space (`count` are touched): slots in rising order, and the
    sums of each. Leaves the space as it was before the first strand.

    1. Nobody of `never` and of the `strange` languages is looked at.
    2. Fits are counted, not kept in order: `counts` says how many touched have each.
    3. Untouched ones have but their prior: the field's order is walked until as many as a list is long are found, or
       until so many of the touched are better.
    4. The fit of the last on the list is read off the counts; whoever has more is on it, and of those who have as much
       the least mixes.
    5. What all share joins them.
    """
    sums, touched, barred = space.sums, space.touched, space.barred
    barred[never] = 1
    able = _count_touched(field, space, count, strange)
    walked = _walk(field, space, strange, _last_of(space.counts, field.personal))
    floor = _last_of(space.counts, field.personal)
    chosen = np.empty(field.personal + len(field.shared), dtype=np.int64)
    size = _take(field, space, able, walked, floor, chosen)
    barred[chosen[:size]] = 1
    for slot in field.shared:
        if _may_meet(field.available, barred, field.tongues, strange, slot):
            chosen[size] = slot
            size += 1
    barred[chosen[:size]] = 0
    barred[never] = 0
    chosen = np.sort(chosen[:size])
    values = np.empty((size, 4), dtype=np.int64)
    for place in range(size):
        for column in range(4):
            values[place, column] = sums[chosen[place], column] // _STRENGTH_ONE
    for place in range(count):
        for column in range(4):
            sums[touched[place], column] = 0
    return chosen, values


@_kernel
def choose_each(field, space, crossing, members, never_starts, never, strange, chosen, values, sizes):
    """The pools of these members, row by row: `choose` of each, with the strands read off the crossing."""
    of_terms = crossing.given_starts, crossing.given_slots, crossing.given_worths
    of_seekers = crossing.sought_starts, crossing.sought_slots, crossing.sought_strengths
    sums, touched, is_word = space.sums, space.touched, crossing.is_word
    for row in range(len(members)):
        member, count = members[row], 0
        for place in range(crossing.seeks_starts[member], crossing.seeks_starts[member + 1]):
            term, strength = crossing.seeks_terms[place], np.int64(crossing.seeks_strengths[place])
            count = _add_term(of_terms, term, strength, is_word[term], sums, touched, count)
        for place in range(crossing.gives_starts[member], crossing.gives_starts[member + 1]):
            term, worth = crossing.gives_terms[place], np.int64(crossing.gives_worths[place])
            count = _add_term(of_seekers, term, worth, 2 + is_word[term], sums, touched, count)
        never_theirs = never[never_starts[row] : never_starts[row + 1]]
        slots, theirs = choose(field, space, count, never_theirs, strange[row])
        sizes[row] = len(slots)
        chosen[row, : len(slots)] = slots
        values[row, : len(slots)] = theirs


@_kernel
def _add_term(postings, term, factor, column, sums, touched, count):
    starts, slots, amounts = postings
    begin, end = starts[term], starts[term + 1]
    return add(slots[begin:end], amounts[begin:end], factor, column, sums, touched, count)


@_kernel
def _may_meet(available, barred, tongues, strange, slot):
    return available[slot] and not barred[slot] and not (len(strange) and strange[tongues[slot]])


@_kernel
def _count_touched(field, space, count, strange):
    """Counts the fits of the touched; those who may be met come to stand before all others. Returns how many."""
    prior, available, tongues, barred = field.prior, field.available, field.tongues, space.barred
    sums, touched, fits, counts, able = space.sums, space.touched, space.fits, space.counts, 0
    subject_edges, subject_points, subject_begins = field.subjects
    word_edges, word_points, word_begins = field.words
    for place in range(count):
        slot = touched[place]
        if _may_meet(available, barred, tongues, strange, slot):
            fit = np.int64(prior[slot] - space.least)
            for column in range(4):
                value = sums[slot, column]
                if value and column & 1:
                    fit += _points(value // _STRENGTH_ONE, word_edges, word_points, word_begins)
                elif value:
                    fit += _points(value // _STRENGTH_ONE, subject_edges, subject_points, subject_begins)
            touched[place], touched[able] = touched[able], slot
            fits[able] = fit
            counts[fit] += 1
            able += 1
    return able


@_kernel
def _points(value, edges, points, begins):
    """Of the bin of a value, searched from where its step begins."""
    bin = begins[min(value // _STEP, len(begins) - 1)]
    while bin < len(edges) and edges[bin] <= value:
        bin += 1
    return points[bin]


@_kernel
def _last_of(counts, size):
    """The fit of the last of the `size` best; -1 where there are fewer."""
    best = 0
    for fit in range(len(counts) - 1, -1, -1):
        best += counts[fit]
        if best >= size:
            return fit
    return -1


@_kernel
def _walk(field, space, strange, floor):
    """The first untouched of the field who may be met and have at least `floor`; counted, too."""
    prior, available, tongues, barred = field.prior, field.available, field.tongues, space.barred
    sums, counts, order = space.sums, space.counts, field.order
    found, walked = np.empty(field.personal, dtype=np.int64), 0
    for slot in order:
        fit = prior[slot] - space.least
        if walked == len(found) or fit < floor:
            break
        if _is_untouched(sums, slot) and _may_meet(available, barred, tongues, strange, slot):
            found[walked] = slot
            counts[fit] += 1
            walked += 1
    return found[:walked]


@_kernel
def _take(field, space, able, walked, floor, chosen):
    """Who is on the list; returns how many. Takes the counts back."""
    prior, mixes, touched, fits, counts = field.prior, field.mixes, space.touched, space.fits, space.counts
    ties = np.empty(counts[floor] if floor >= 0 else 0, dtype=np.int64)
    size = tied = 0
    for place in range(able + len(walked)):
        if place < able:
            slot, fit = np.int64(touched[place]), np.int64(fits[place])
        else:
            slot = walked[place - able]
            fit = np.int64(prior[slot] - space.least)
        counts[fit] = 0
        if fit > floor:
            chosen[size] = slot
            size += 1
        elif fit == floor:
            ties[tied] = slot
            tied += 1
    left = min(field.personal - size, tied)
    if left > 0:
        last = np.partition(mixes[ties], left - 1)[left - 1]
        for slot in ties:
            if mixes[slot] <= last:
                chosen[size] = slot
                size += 1
    return size
