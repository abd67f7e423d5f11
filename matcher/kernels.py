"""Kernels: the inner loops of large networks, compiled by numba when first called and kept on disk from then on.

Whole numbers only, so that every sum is the same in any order. Sums are added up for a *stretch* of slots at a time,
which the processor's cache holds: to add to memory takes ten times as long. A kernel holds no lock: callers may run it
in several threads, each with a workspace of its own. Imported where a network is large, and nowhere before: numba takes
half a second to load. What numba keeps belongs to this file's text: whoever reorders the fields of Field, Space, Bundle
or Crossing changes a line here, too.
"""

# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False
import numpy as np
from numba import njit

from matcher import pairing


def _kernel(function):
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba finds no folder to keep it in: each process compiles it for itself
        return njit(nogil=True)(function)


walk = _kernel(pairing.walk)
_STEP_BITS = 18  # a literal: what is compiled does not notice when another module changes
_NEVER = 1 << 62


@_kernel
def choose(field, space, bundle, subjects, count, never, strange):
    """The pool of a member whose `count` strands are in the bundle, those of `subjects` first: slots in rising order,
    and the sums of each."""
    slots = np.sort(_choose(field, space, bundle, subjects, count, never, strange)[0])
    sums = np.zeros((len(slots), 4), dtype=np.int64)
    _write_down(slots, space.places, space.bits)
    _add_to_those(bundle, 0, count, space.bits, space.places, sums)
    space.bits[slots >> 5] = 0
    return slots, sums


@_kernel
def choose_each(field, space, bundle, crossing, members, never_starts, never, strange, weights, chosen, values, sizes):
    """The same for each of these members, for what they look for as they stand; in `bundle` is room for the strands of
    one. Members and slots are places in the crossing's order."""
    sums, order = space.found_sums, crossing.order
    gives = crossing.gives_starts, crossing.gives_terms, crossing.gives_worths
    seeks = crossing.seeks_starts, crossing.seeks_terms, crossing.seeks_strengths
    for row in range(len(members)):
        never_theirs = never[never_starts[row] : never_starts[row + 1]]
        subjects, count = _bundle(bundle, crossing, members[row])
        slots, found = _choose(field, space, bundle, subjects, count, never_theirs, strange[row])
        theirs, in_order = values[row], np.argsort(order[slots])
        _weigh(crossing, members[row], weights, 1)
        for place in range(len(slots)):
            which = in_order[place]
            chosen[row, place] = order[slots[which]]
            if which < len(found):
                for column in range(4):
                    theirs[place, column] = sums[found[which], column]
            else:
                _sum_row(*gives, 0, crossing.is_word, slots[which], weights, theirs, place)
                _sum_row(*seeks, 2, crossing.is_word, slots[which], weights, theirs, place)
        _weigh(crossing, members[row], weights, 0)
        sizes[row] = len(slots)


@_kernel
def _choose(field, space, bundle, subjects, count, never, strange):
    """The slots of a pool, in no order, those of the personal list first; and where the space has these.

    1. Subjects are added up, stretch by stretch; who cannot be on the list, whatever words add, is let go at once.
    2. Who is left, and who could be on the list by words alone, is a candidate.
    3. Words are added up for candidates. (The split of MaxScore: Turtle, Flood: Query evaluation: strategies and
       optimizations, 1995.)
    """
    space.barred[never] = 1
    slack = _most_of(field.words, bundle, subjects, count)
    floor = _add_subjects(field, space, bundle, subjects, slack, strange)
    _mark(field, space, floor - slack, strange)
    _add_to_those(bundle, subjects, count, space.bits, space.places, space.found_sums)
    _measure(field, space)
    chosen = _chosen(field, space, strange)
    space.barred[never] = 0
    return chosen


# --- what ties a member to others -------------------------------------------------------------------------------------


@_kernel
def _bundle(bundle, crossing, member):
    """The strands of one member, those of subjects first; how many those are, and all."""
    count = subjects = 0
    for of_words in range(2):
        subjects = count
        for place in range(crossing.seeks_starts[member], crossing.seeks_starts[member + 1]):
            term, strength = crossing.seeks_terms[place], crossing.seeks_strengths[place]
            if crossing.is_word[term] == of_words:
                _put(bundle, count, crossing.given_starts, crossing.most_worth, term, strength, of_words)
                count += 1
        for place in range(crossing.gives_starts[member], crossing.gives_starts[member + 1]):
            term, worth = crossing.gives_terms[place], crossing.gives_worths[place]
            if crossing.is_word[term] == of_words:
                _put(bundle, count, crossing.sought_starts, crossing.most_strength, term, worth, 2 + of_words)
                count += 1
    return subjects, count


@_kernel
def _put(bundle, place, starts, most, term, factor, column):
    bundle.begins[place], bundle.ends[place] = starts[term], starts[term + 1]
    bundle.factors[place], bundle.columns[place], bundle.most[place] = factor, column, most[term]


@_kernel
def _most_of(worth, bundle, first, last):
    """The points that these strands can come to, of subjects or of words, both ways."""
    given = sought = 0
    for strand in range(first, last):
        if bundle.columns[strand] < 2:
            given += bundle.factors[strand] * bundle.most[strand]
        else:
            sought += bundle.factors[strand] * bundle.most[strand]
    edges, points, begins = worth.edges, worth.points, worth.begins
    return _points(given, edges, points, begins) + _points(sought, edges, points, begins)


# --- subjects ---------------------------------------------------------------------------------------------------------


@_kernel
def _add_subjects(field, space, bundle, subjects, slack, strange):
    """Adds up the strands of subjects, and writes down who could be on the list if words add as many points as `slack`.
    Returns a fit that as many as a list is long have at least."""
    stretch, length, counts, found = len(space.touched), len(field.prior), space.counts, 0
    slots, amounts, sums, touched = bundle.slots, bundle.amounts, space.sums, space.touched
    reach, cursors = _most_of(field.subjects, bundle, 0, subjects), bundle.begins[:subjects].copy()
    counts[:], space.found[0] = 0, 0
    floor = _floor_of_the_field(field, space, strange)
    for begin in range(0, length, stretch):
        best, count = field.best[begin // stretch] - space.least, 0
        if best + reach + slack < floor:
            break
        for strand in range(subjects):
            cursors[strand], count = _add(
                slots, amounts, cursors[strand], bundle.ends[strand], begin, begin + stretch,
                bundle.factors[strand], bundle.columns[strand] // 2, sums, touched, count,
            )  # fmt: skip
        _sift(field, space, begin, count, floor - slack, best, strange)
        if space.found[0] > found:
            found, floor = space.found[0], max(floor, _last_of(counts, field.personal))
    return floor


@_kernel
def _add(slots, amounts, place, behind, begin, end, factor, column, sums, touched, count):
    """Adds up one strand in a stretch; where its next begins, and how many of the stretch are touched then."""
    while place < behind and slots[place] < end:
        local, amount = slots[place] - begin, factor * amounts[place]
        if amount:
            if not (sums[local, 0] | sums[local, 1]):
                touched[count] = local
                count += 1
            sums[local, column] += amount
        place += 1
    return place, count


@_kernel
def _sift(field, space, begin, count, least, best, strange):
    """Writes down who of a stretch has a fit of `least`, and leaves it clean; `best` is the best that anybody of it has
    by themselves."""
    sums, touched, prior, counts = space.sums, space.touched, field.prior, space.counts
    edges, points, begins = field.subjects.edges, field.subjects.points, field.subjects.begins
    in_one, in_either = _value_of(field.subjects, least - best), _value_of(field.subjects, (least - best + 1) // 2)
    found = space.found[0]
    for place in range(count):
        local = touched[place]
        helps, helped = sums[local, 0], sums[local, 1]
        sums[local, 0] = sums[local, 1] = 0
        if max(helps, helped) >= (in_either if min(helps, helped) else in_one):
            slot, fit = begin + local, prior[begin + local] - space.least
            fit += _points(helps, edges, points, begins) + _points(helped, edges, points, begins)
            if fit >= least and _may_meet(field.available, space.barred, field.tongues, strange, slot):
                space.found_slots[found], space.found_fits[found] = slot, fit
                space.found_sums[found, 0], space.found_sums[found, 2] = helps, helped
                found += 1
                counts[fit] += 1
    space.found[0] = found


@_kernel
def _value_of(worth, points):
    """The least value that is worth so many points."""
    bin = np.searchsorted(worth.points, points)
    return 0 if not bin else worth.edges[bin - 1] if bin <= len(worth.edges) else _NEVER


@_kernel
def _floor_of_the_field(field, space, strange):
    """A fit that as many as a list is long have, whatever ties them; 0 where there are fewer."""
    left = field.personal
    for slot in field.order:
        if _may_meet(field.available, space.barred, field.tongues, strange, slot):
            left -= 1
            if not left:
                return field.prior[slot] - space.least
    return 0


# --- words ------------------------------------------------------------------------------------------------------------


@_kernel
def _mark(field, space, least, strange):
    """Candidates: of those who were written down who has `least`, and behind them whoever has as much by themselves."""
    slots, fits, sums = space.found_slots, space.found_fits, space.found_sums
    places, bits, count = space.places, space.bits, 0
    for place in range(space.found[0]):
        if fits[place] >= least:
            slots[count], sums[count, 0], sums[count, 2] = slots[place], sums[place, 0], sums[place, 2]
            count += 1
    sums[:count, 1] = sums[:count, 3] = 0
    _write_down(slots[:count], places, bits)
    for slot in field.order:
        if field.prior[slot] - space.least < least:
            break
        is_candidate = bits[slot >> 5] >> (slot & 31) & 1
        if not is_candidate and _may_meet(field.available, space.barred, field.tongues, strange, slot):
            slots[count] = slot
            sums[count, 0] = sums[count, 1] = sums[count, 2] = sums[count, 3] = 0
            count += 1
    _write_down(slots[:count], places, bits)
    space.found[0] = count


@_kernel
def _write_down(slots, places, bits):
    """Where each of these slots is, and that it is one of them."""
    for place in range(len(slots)):
        slot = slots[place]
        places[slot] = place
        bits[slot >> 5] |= 1 << (slot & 31)


@_kernel
def _add_to_those(bundle, first, last, bits, places, sums):
    """Adds up strands for those alone who are written down. One bit a member fits the cache; most postings need no
    more."""
    for strand in range(first, last):
        slots, factor, column = bundle.slots, bundle.factors[strand], bundle.columns[strand]
        for posting in range(bundle.begins[strand], bundle.ends[strand]):
            slot = slots[posting]
            if bits[slot >> 5] >> (slot & 31) & 1:
                sums[places[slot], column] += factor * bundle.amounts[posting]


@_kernel
def _measure(field, space):
    """The whole fits of candidates; takes their bits back."""
    slots, fits, sums, counts = space.found_slots, space.found_fits, space.found_sums, space.counts
    subjects, words = field.subjects, field.words
    subject_edges, subject_points, subject_begins = subjects.edges, subjects.points, subjects.begins
    word_edges, word_points, word_begins = words.edges, words.points, words.begins
    counts[:] = 0
    for place in range(space.found[0]):
        slot = slots[place]
        fit = field.prior[slot] - space.least
        fit += _points(sums[place, 0], subject_edges, subject_points, subject_begins)
        fit += _points(sums[place, 2], subject_edges, subject_points, subject_begins)
        fit += _points(sums[place, 1], word_edges, word_points, word_begins)
        fit += _points(sums[place, 3], word_edges, word_points, word_begins)
        fits[place] = fit
        counts[fit] += 1
        space.bits[slot >> 5] = 0


@_kernel
def _may_meet(available, barred, tongues, strange, slot):
    return available[slot] and not barred[slot] and not (len(strange) and strange[tongues[slot]])


@_kernel
def _points(value, edges, points, begins):
    """Of the bin of a value, searched from where its step begins."""
    bin = begins[min(value >> _STEP_BITS, len(begins) - 1)]
    while bin < len(edges) and edges[bin] <= value:
        bin += 1
    return points[bin]


# --- the list ---------------------------------------------------------------------------------------------------------


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
def _chosen(field, space, strange):
    """The best of those who were written down, ties by the least mixes, and behind them what all share; and where the
    best are written down."""
    slots, fits, barred, mixes = space.found_slots, space.found_fits, space.barred, field.mixes
    floor = _last_of(space.counts, field.personal)
    places = np.empty(field.personal, dtype=np.int64)
    alike = np.empty(space.counts[floor] if floor >= 0 else 0, dtype=np.int64)
    size = tied = 0
    for place in range(space.found[0]):
        if fits[place] > floor:
            places[size] = place
            size += 1
        elif fits[place] == floor:
            alike[tied] = place
            tied += 1
    left = min(field.personal - size, tied)
    if left > 0:
        last = np.partition(mixes[slots[alike]], left - 1)[left - 1]
        for place in alike:
            if mixes[slots[place]] <= last:
                places[size] = place
                size += 1
    chosen = np.empty(size + len(field.shared), dtype=np.int64)
    chosen[:size] = slots[places[:size]]
    barred[chosen[:size]] = 1
    total = size
    for slot in field.shared:
        if _may_meet(field.available, barred, field.tongues, strange, slot):
            chosen[total] = slot
            total += 1
    barred[chosen[:size]] = 0
    return chosen[:total], places[:size]


# --- one member and another -------------------------------------------------------------------------------------------


@_kernel
def _weigh(crossing, member, weights, by):
    """What this member seeks and gives, by term: as it is, or (times 0) nothing again."""
    for place in range(crossing.seeks_starts[member], crossing.seeks_starts[member + 1]):
        weights[crossing.seeks_terms[place], 0] = by * crossing.seeks_strengths[place]
    for place in range(crossing.gives_starts[member], crossing.gives_starts[member + 1]):
        weights[crossing.gives_terms[place], 1] = by * crossing.gives_worths[place]


@_kernel
def _sum_row(starts, terms, amounts, column, is_word, slot, weights, sums, row):
    """What one's terms come to with whoever was weighed, in a row of sums."""
    for place in range(starts[slot], starts[slot + 1]):
        term = terms[place]
        sums[row, column + is_word[term]] += weights[term, column // 2] * amounts[place]
