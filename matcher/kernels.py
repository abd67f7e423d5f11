"""Kernels: the inner loops of large networks, compiled by numba when first called and kept on disk from then on.

Whole numbers only, so that every sum is the same in any order. Sums are added up for a *stretch* of slots at a time,
which the processor's cache holds: to add to memory takes ten times as long. A kernel holds no lock: callers may run it
in several threads, each with a workspace of its own. Imported where a network is large, and nowhere before: numba takes
half a second to load. What numba keeps belongs to this file's text, so what the kernels know of other files stands
here, too, and a test compares it.
"""

# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False, disable-error-code=attr-defined
import numpy as np
from numba import njit

from matcher import pairing


def _kernel(function):
    try:
        kept = njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba finds no folder to keep it in: each process compiles it for itself
        return njit(nogil=True)(function)
    kept._cache.load_overload = _or_nothing(kept._cache, kept._cache.load_overload)
    return kept


def _or_nothing(cache, load):
    """Loads what numba keeps, or lets it go where it cannot be read: what a power cut has left half written."""

    def load_or_flush(*given):
        try:
            return load(*given)
        except Exception:  # whatever unpickling raises
            cache.flush()
            return None

    return load_or_flush


walk = _kernel(pairing.walk)
COMPILED_FOR = "98233d8e"  # a digest of the fields of the tuples that kernels take
_STEP_BITS = 18
_ENOUGH = (1 << 30) - 1  # of subjects: more is worth no more points, and twice as much still fits 32 bits
_NEVER = 1 << 30
_TOGETHER = 8  # so many postings are tested as one


@_kernel
def choose(field, space, bundle, never, strange):
    """The pool of the member whose strands are in the bundle: slots in rising order, and the sums of each."""
    _add_subjects(field, space, bundle, 1, never, np.array([0, len(never)]), strange)
    slots = np.sort(_choose(field, space, bundle, 0, never, strange[0])[0])
    sums = np.zeros((len(slots), 4), dtype=np.int64)
    _write_down(slots, space.places, space.bits)
    _add_to_those(bundle, bundle.starts[0], bundle.starts[1], space.bits, space.places, sums)
    space.bits[slots >> 5] = 0
    return slots, sums


@_kernel
def choose_each(field, space, bundle, crossing, members, never, never_starts, strange, weights, chosen, values, sizes):
    """The same for each of these members, for what they look for as they stand, some together; in `bundle` is room for
    the strands of so many. Members and slots are places in the crossing's order."""
    together = len(bundle.words)
    for first in range(0, len(members), together):
        rows = min(together, len(members) - first)
        for row in range(rows):
            _bundle(bundle, row, crossing, members[first + row])
        _add_subjects(field, space, bundle, rows, never, never_starts[first:], strange[first:])
        for row in range(rows):
            which = first + row
            theirs = never[never_starts[which] : never_starts[which + 1]]
            slots, found = _choose(field, space, bundle, row, theirs, strange[which])
            sizes[which] = len(slots)
            _put_in_order(slots, found, space.sums, crossing, members[which], weights, chosen[which], values[which])


@_kernel
def _put_in_order(slots, found, sums, crossing, member, weights, chosen, values):
    """A pool in rising order of slots, and the sums of each."""
    order = crossing.order
    gives = crossing.gives_starts, crossing.gives_terms, crossing.gives_worths
    seeks = crossing.seeks_starts, crossing.seeks_terms, crossing.seeks_strengths
    in_order = np.argsort(order[slots])
    _weigh(crossing, member, weights, 1)
    for place in range(len(slots)):
        which = in_order[place]
        chosen[place] = order[slots[which]]
        if which < len(found) and max(sums[found[which], 0], sums[found[which], 2]) < _ENOUGH:
            for column in range(4):
                values[place, column] = sums[found[which], column]
        else:
            _sum_row(*gives, 0, crossing.is_word, slots[which], weights, values, place)
            _sum_row(*seeks, 2, crossing.is_word, slots[which], weights, values, place)
    _weigh(crossing, member, weights, 0)


@_kernel
def _choose(field, space, bundle, row, never, strange):
    """The slots of a pool, in no order, those of the personal list first; and where the space has these.

    1. Subjects were added up, stretch by stretch; who cannot be on the list, whatever words add, was let go at once.
    2. Who is left, and who could be on the list by words alone, is a candidate.
    3. Words are added up for candidates. (The split of MaxScore: Turtle, Flood: Query evaluation: strategies and
       optimizations, 1995.)
    """
    space.barred[never] = 1
    _mark(field, space, row, space.floors[row] - space.slacks[row], strange)
    _add_to_those(bundle, bundle.words[row], bundle.starts[row + 1], space.bits, space.places, space.sums)
    _measure(field, space)
    chosen = _chosen(field, space, strange)
    space.barred[never] = 0
    return chosen


# --- what ties a member to others -------------------------------------------------------------------------------------


@_kernel
def _bundle(bundle, row, crossing, member):
    """The strands of one member, those of subjects first."""
    place = bundle.starts[row]
    for of_words in range(2):
        bundle.words[row] = place
        for seek in range(crossing.seeks_starts[member], crossing.seeks_starts[member + 1]):
            term, strength = crossing.seeks_terms[seek], crossing.seeks_strengths[seek]
            if crossing.is_word[term] == of_words:
                _put(bundle, place, crossing.given_starts, crossing.most_worth, term, strength, of_words)
                place += 1
        for give in range(crossing.gives_starts[member], crossing.gives_starts[member + 1]):
            term, worth = crossing.gives_terms[give], crossing.gives_worths[give]
            if crossing.is_word[term] == of_words:
                _put(bundle, place, crossing.sought_starts, crossing.most_strength, term, worth, 2 + of_words)
                place += 1
    bundle.starts[row + 1] = place


@_kernel
def _put(bundle, place, starts, most, term, factor, column):
    bundle.begins[place], bundle.ends[place] = starts[term], starts[term + 1]
    bundle.factors[place], bundle.columns[place], bundle.most[place] = factor, column, most[term]


@_kernel
def _most_of(bundle, first, last):
    """What these strands can come to, of subjects or of words: what is given, and what is sought."""
    given = sought = 0
    for strand in range(first, last):
        if bundle.columns[strand] < 2:
            given += bundle.factors[strand] * bundle.most[strand]
        else:
            sought += bundle.factors[strand] * bundle.most[strand]
    return given, sought


# --- subjects ---------------------------------------------------------------------------------------------------------


@_kernel
def _add_subjects(field, space, bundle, rows, never, never_starts, strange):
    """Adds up the strands of subjects, for each row of the bundle, and writes down who could be on the list if words
    add as many points as they can. Stretch by stretch, and in each row by row, so that what all have in a stretch is
    read from memory once."""
    stretch, cursors, never_cursors = len(space.helps), bundle.begins.copy(), never_starts[:rows].copy()
    for row in range(rows):
        _begin(field, space, bundle, row, never[never_starts[row] : never_starts[row + 1]], strange[row])
    for begin in range(0, len(field.prior), stretch):
        best = field.best[begin // stretch] - space.least
        for row in range(rows):
            if best + space.reaches[row] < space.floors[row]:
                continue
            if _add_each(bundle, row, cursors, begin, space.helps, space.helped, space.is_capped[row]):
                never_cursors[row] = _bar(space, never, never_cursors[row], never_starts[row + 1], begin)
                _sift(field, space, row, begin, best, strange[row])


@_kernel
def _begin(field, space, bundle, row, never, strange):
    """A row with nobody written down: what words can add, what anything can, and a fit that as many as a list is long
    have whatever ties them."""
    first, words, behind = bundle.starts[row], bundle.words[row], bundle.starts[row + 1]
    (given, sought), of_words = _most_of(bundle, first, words), _most_of(bundle, words, behind)
    space.is_capped[row] = max(given, sought) > _ENOUGH
    space.slacks[row] = _points_of(field.words, *of_words)
    space.reaches[row] = _points_of(field.subjects, given, sought) + space.slacks[row]
    space.counts[row, :], space.found[row] = 0, 0
    space.barred[never] = 1
    space.floors[row] = _floor_of_the_field(field, space, strange)
    space.barred[never] = 0
    never.sort()


@_kernel
def _add_each(bundle, row, cursors, begin, helps, helped, is_capped):
    """Adds up the strands of a row in a stretch; whether anybody is in them."""
    end, are_any = begin + len(helps), False
    for strand in range(bundle.starts[row], bundle.words[row]):
        place, sums = cursors[strand], helps if bundle.columns[strand] < 2 else helped
        behind = _behind(bundle.slots, place, bundle.ends[strand], end)
        if is_capped:
            _add_capped(bundle.slots, bundle.amounts, place, behind, begin, bundle.factors[strand], sums)
        else:
            _add(bundle.slots, bundle.amounts, place, behind, np.int32(begin), np.int32(bundle.factors[strand]), sums)
        are_any |= behind > place
        cursors[strand] = behind
    return are_any


@_kernel
def _behind(slots, place, last, end):
    """The first place from this one on that is at the last or whose slot is at the end."""
    while place < last and slots[place] < end:
        place += 1
    return place


@_kernel
def _add(slots, amounts, place, behind, begin, factor, sums):
    for posting in range(place, behind):
        sums[np.uint32(slots[posting] - begin)] += factor * amounts[posting]


@_kernel
def _add_capped(slots, amounts, place, behind, begin, factor, sums):
    """For whoever has to do with others so much that 32 bits might not hold it."""
    for posting in range(place, behind):
        local = slots[posting] - begin
        sums[local] = min(sums[local] + min(factor * amounts[posting], _ENOUGH), _ENOUGH)


@_kernel
def _bar(space, never, place, last, begin):
    """Takes the sums of whom the member never meets in a stretch; where those of its next begin."""
    while place < last and never[place] < begin + len(space.helps):
        if never[place] >= begin:
            space.helps[never[place] - begin] = space.helped[never[place] - begin] = 0
        place += 1
    return place


@_kernel
def _sift(field, space, row, begin, best, strange):
    """Writes down who of a stretch may be on the list, and leaves it clean; `best` is the best that anybody of it has
    by themselves."""
    all_help, all_helped, enough, eights = space.helps, space.helped, space.enough, space.eights
    slots, fits, found_sums, counts = space.found_slots, space.found_fits, space.found_sums, space.counts
    edges, points, begins = field.subjects.edges, field.subjects.points, field.subjects.begins
    prior, found, least = field.prior, space.found[row], space.floors[row] - space.slacks[row]
    in_one, in_either = _value_of(field.subjects, least - best), _value_of(field.subjects, (least - best + 1) // 2)
    for eight in range(_compare(all_help, all_helped, in_one, in_either, enough, space.enough_of_eight, eights)):
        for local in range(8 * eights[eight], 8 * eights[eight] + 8):
            if enough[local]:
                helps, helped = all_help[local], all_helped[local]
                slot, fit = begin + local, prior[begin + local] - space.least
                fit += _points(helps, edges, points, begins) + _points(helped, edges, points, begins)
                if fit >= least and _is_there(field.available, field.tongues, strange, slot):
                    slots[row, found], fits[row, found] = slot, fit
                    found_sums[row, found, 0], found_sums[row, found, 1] = helps, helped
                    found += 1
                    counts[row, fit] += 1
    all_help[:] = 0
    all_helped[:] = 0
    if found > space.found[row]:
        space.found[row] = found
        space.floors[row] = max(space.floors[row], _last_of(counts[row], field.personal))


@_kernel
def _compare(all_help, all_helped, in_one, in_either, enough, enough_of_eight, eights):
    """Whose sums are enough, in one of them or in both; in which eights of them anybody's are, and in how many. Without
    a branch for each slot, so that the processor compares several at once."""
    for local in range(len(all_help)):
        helps, helped = all_help[np.uint32(local)], all_helped[np.uint32(local)]
        most, are_both = max(helps, helped), np.uint8(min(helps, helped) > 0)
        enough[np.uint32(local)] = np.uint8(most >= in_one) | (np.uint8(most >= in_either) & are_both)
    found = 0
    for eight in range(len(enough_of_eight)):
        eights[found] = eight
        found += enough_of_eight[np.uint32(eight)] != 0
    return found


@_kernel
def _value_of(worth, points):
    """The least value above 0 that is worth so many points."""
    bin = np.searchsorted(worth.points, points)
    return np.int32(1 if not bin else worth.edges[bin - 1] if bin <= len(worth.edges) else _NEVER)


@_kernel
def _floor_of_the_field(field, space, strange):
    """A fit that as many as a list is long have, whatever ties them; 0 where there are fewer."""
    left = field.personal
    for slot in field.order:
        if not space.barred[slot] and _is_there(field.available, field.tongues, strange, slot):
            left -= 1
            if not left:
                return field.prior[slot] - space.least
    return 0


# --- words ------------------------------------------------------------------------------------------------------------


@_kernel
def _mark(field, space, row, least, strange):
    """Candidates: of those who were written down who has `least`, and behind them whoever has as much by themselves."""
    found_slots, found_fits, found_sums = space.found_slots[row], space.found_fits[row], space.found_sums[row]
    slots, fits, sums, places, bits, count = space.slots, space.fits, space.sums, space.places, space.bits, 0
    for place in range(space.found[row]):
        if found_fits[place] >= least:
            slots[count], fits[count] = found_slots[place], found_fits[place]
            sums[count, 0], sums[count, 2] = found_sums[place, 0], found_sums[place, 1]
            count += 1
    sums[:count, 1] = sums[:count, 3] = 0
    _write_down(slots[:count], places, bits)
    for slot in field.order:
        if field.prior[slot] - space.least < least:
            break
        is_marked = space.barred[slot] or bits[slot >> 5] >> (slot & 31) & 1
        if not is_marked and _is_there(field.available, field.tongues, strange, slot):
            slots[count], fits[count] = slot, field.prior[slot] - space.least
            sums[count, 0] = sums[count, 1] = sums[count, 2] = sums[count, 3] = 0
            count += 1
    _write_down(slots[:count], places, bits)
    space.candidates[0] = count


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
    more, and several are tested as one."""
    slots, amounts = bundle.slots, bundle.amounts
    for strand in range(first, last):
        factor, column = bundle.factors[strand], bundle.columns[strand]
        begin, end = bundle.begins[strand], bundle.ends[strand]
        while begin < end:
            behind = min(begin + _TOGETHER, end)
            if behind - begin < _TOGETHER or _is_any_of(slots, begin, bits):
                for posting in range(begin, behind):
                    slot = slots[posting]
                    if bits[slot >> 5] >> (slot & 31) & 1:
                        sums[places[slot], column] += factor * amounts[posting]
            begin = behind


@_kernel
def _is_any_of(slots, begin, bits):
    found = np.int32(0)
    for posting in range(_TOGETHER):
        slot = np.uint32(slots[np.uint64(begin + posting)])
        found |= bits[slot >> np.uint32(5)] >> np.int32(slot & np.uint32(31))
    return found & 1


@_kernel
def _measure(field, space):
    """The whole fits of candidates; takes their bits back."""
    slots, fits, sums, counts = space.slots, space.fits, space.sums, space.counts[0]
    edges, points, begins = field.words.edges, field.words.points, field.words.begins
    counts[:] = 0
    for place in range(space.candidates[0]):
        fits[place] += _points(sums[place, 1], edges, points, begins) + _points(sums[place, 3], edges, points, begins)
        counts[fits[place]] += 1
        space.bits[slots[place] >> 5] = 0


@_kernel
def _is_there(available, tongues, strange, slot):
    return available[slot] and not (len(strange) and strange[tongues[slot]])


@_kernel
def _points_of(worth, given, sought):
    edges, points, begins = worth.edges, worth.points, worth.begins
    return _points(given, edges, points, begins) + _points(sought, edges, points, begins)


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
    """The best candidates, ties by the least mixes, and behind them what all share; and where the best are written
    down."""
    slots, fits, barred, mixes, count = space.slots, space.fits, space.barred, field.mixes, space.candidates[0]
    counts = space.counts[0]
    floor = _last_of(counts, field.personal)
    places = np.empty(field.personal, dtype=np.int64)
    alike = np.empty(counts[floor] if floor >= 0 else 0, dtype=np.int64)
    size = tied = 0
    for place in range(count):
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
        if not barred[slot] and _is_there(field.available, field.tongues, strange, slot):
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
