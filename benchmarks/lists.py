"""Lists: whom each member might meet, in networks of up to a million, by kernels and by what one would pick instead.

The members are copies of those of a network by `weft simulate` (10,000 members, some 10 subjects and words that each
looks for and 24 that each gives, among 1,600 that somebody looks for), each with a tenth of their terms exchanged for
those of another. Vocabulary does not grow with the network, so that what ties a member to others is half as much as
there are members, an eighth of all by subjects: the hardest case. Own lists are measured one by one on one core, beside
reading their postings once, which nothing can undercut, and beside the scan that would repair everybody's kept lists;
all lists are a sample's CPU, shared by the cores. Both with the sizes of a round. The peers make the scores only of the
same members, and say how many of the true lists are among their best.
"""

import time
from collections.abc import Callable, Iterator
from functools import cache
from statistics import median

import bm25s
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix, hstack
from sklearn.decomposition import TruncatedSVD
from sparse_dot_topn import sp_matmul_topn
from usearch.index import Index as Graph

from benchmarks import scanning
from benchmarks.figure import Figure, cpu_s, percentile
from benchmarks.inputs import network
from benchmarks.replay import fold
from matcher import workspace
from matcher.bounding import lp_upper_bound
from matcher.candidates import of_round
from matcher.crossing import Crossing, crossed, crossing_of
from matcher.field import Barred, Field, best_of, field_of, in_order
from matcher.index import Index
from matcher.pairing import rank, take
from matcher.policy import DEFAULT
from matcher.reading import Reading
from matcher.strands import Strand
from matcher.tables import Ints

EVENTS = 100_000
SIZES = (10_000, 100_000, 340_000, 1_000_000)
SEED, SAMPLE, BLOCKS, PEERS_SAMPLE = 7, 128, 9, 10
PAIRS, IN_A_ROUND = 23_000_000, 3  # lists of 32 at a million members; introductions each
BOUND_PAIRS, BOUND_MEMBERS = 460_000, 20_000  # as many each, and as many as a linear program is solved for
PEERS_AT, DIMENSIONS = 100_000, 64
KEPT_POINTS = 300  # by which the least on a kept list exceeds the best by themselves, about
FLOOR_S = {340_000: 200, 1_000_000: 900}
GOAL_S = {340_000: 60, 1_000_000: 300}
CORES = 2
NO_TONGUES = np.zeros(1, dtype=np.bool_)


def measure() -> Iterator[Figure]:
    """Lists by size, with the peers beside one of them, and the pairing of a large round."""
    for members in SIZES:
        field, crossing = _network(members)
        yield from _lists(members, field, crossing)
        if members == PEERS_AT:
            yield from _peers(members, field, crossing)
    yield from _pairing()


@cache
def _simulated() -> tuple[Field, Crossing]:
    """The network that all are made of, and its field."""
    index = Index(fold(network(EVENTS).log))
    talks = index.world.tables["conversations"].values()
    at = 1 + max(register[0] for cells in talks for register in cells.values())
    reading = Reading(index, at)
    field = field_of(reading, of_round(DEFAULT), index.roster.available(at, DEFAULT))
    return field, crossing_of(reading, np.arange(reading.members))


def _network(members: int) -> tuple[Field, Crossing]:
    """So many members: copies of simulated ones, a tenth of their terms exchanged."""
    field, crossing = _simulated()
    dice, source = np.random.default_rng(SEED), np.flatnonzero(field.available)
    copied = dice.choice(source, members)
    given = _copied(crossing.gives_starts, crossing.gives_terms, crossing.gives_worths, copied, dice)
    sought = _copied(crossing.seeks_starts, crossing.seeks_terms, crossing.seeks_strengths, copied, dice)
    prior = field.prior[dice.permutation(copied)]
    mixes = dice.integers(0, 1 << 63, members).astype(np.uint64)
    order = np.lexsort((mixes, -prior))
    shared, everywhere = np.unique(dice.choice(members, len(field.shared))), np.ones(members, dtype=bool)
    made = field._replace(
        prior=prior,
        order=order,
        best=best_of(prior),
        mixes=mixes,
        shared=shared,
        available=everywhere,
        tongues=np.zeros(members, dtype=np.int64),
    )
    return in_order(made), crossed(given.T.tocsr(), sought.T.tocsr(), crossing.is_word, order)


def _copied(starts: Ints, terms: Ints, amounts: Ints, copied: Ints, dice: np.random.Generator) -> csr_array:
    """A table (members, terms) of these rows of another, in which a tenth of the terms are others'."""
    counts = starts[copied + 1] - starts[copied]
    ends = counts.cumsum()
    places = np.arange(ends[-1]) + np.repeat(starts[copied] - ends + counts, counts)
    others = dice.random(len(places)) < 0.1
    theirs = np.where(others, terms[dice.integers(0, len(terms), len(places))], terms[places])
    rows, width = np.repeat(np.arange(len(copied)), counts), int(terms.max()) + 1
    _, first = np.unique(rows * width + theirs, return_index=True)  # nobody says the same twice
    return csr_array((amounts[places][first], (rows[first], theirs[first])), shape=(len(copied), width))


# --- ours -------------------------------------------------------------------------------------------------------------


def _lists(members: int, field: Field, crossing: Crossing) -> Iterator[Figure]:
    workspace.warm_up()
    space = workspace.space_for(members)
    sample = np.random.default_rng(SEED).choice(members, SAMPLE, replace=False)
    strands = {place: _strands(crossing, place) for place in crossing.places[sample].tolist()}
    own_us = _each_us(
        lambda place: workspace.pool_of(field, space, strands[place], Barred(np.array([place]), NO_TONGUES)),
        crossing.places[sample],
    )
    for percent in (50, 99):
        yield Figure(f"own list, p{percent}", percentile(own_us, percent), "µs", members, less_is_better=True)
    yield from _against(members, field, crossing, crossing.places[sample], percentile(own_us, 50))
    blocks = np.random.default_rng(SEED).choice(members, (BLOCKS, SAMPLE), replace=False)
    a_block_s = median([cpu_s(lambda block=block: _listed(field, space, crossing, block)) for block in blocks])
    seconds = a_block_s * members / SAMPLE / CORES
    name = f"all lists, {CORES} cores, from {BLOCKS} times {SAMPLE} of them"
    yield Figure(name, seconds, "s", members, FLOOR_S.get(members), GOAL_S.get(members), less_is_better=True)
    read = np.mean([_postings_read(crossing, place) for place in crossing.places[sample].tolist()])
    yield Figure("own list, postings read", float(read), "postings", members)


def _against(members: int, field: Field, crossing: Crossing, places: Ints, own_us: float) -> Iterator[Figure]:
    """An own list beside reading its postings once, and beside the scan that would repair everybody's."""
    strands = {place: scanning.strands_of(crossing, place) for place in places.tolist()}
    once_us = _each_us(lambda place: scanning.read_once(crossing.slots, crossing.amounts, *strands[place][:2]), places)
    kept = scanning.Repairing(field, crossing, np.full(members, int(field.prior.max()) + KEPT_POINTS))
    repair_us = _each_us(kept.edited, places)
    for peer, peer_us in (("reading its postings once", once_us), ("a scan that repairs all lists", repair_us)):
        yield Figure(
            "own list, p50", own_us, "µs", members, less_is_better=True, peer=peer, peer_value=percentile(peer_us, 50)
        )


def _strands(crossing: Crossing, place: int) -> list[Strand]:
    """What ties one member to others, as an index says it of a single one."""
    strands = zip(*scanning.strands_of(crossing, place), strict=True)
    return [
        Strand(int(column), crossing.slots[begin:end], crossing.amounts[begin:end], int(factor))
        for begin, end, factor, column in strands
    ]


def _each_us(work: Callable[[int], object], sample: Ints) -> list[float]:
    """CPU time of each, after some to begin with."""
    taken = []
    for one in [*sample[:10].tolist(), *sample.tolist()]:
        begun = time.process_time()
        work(one)
        taken.append(1e6 * (time.process_time() - begun))
    return taken[10:]


def _listed(field: Field, space: workspace.Space, crossing: Crossing, slots: Ints) -> Ints:
    barred = [Barred(np.array([slot]), NO_TONGUES) for slot in slots.tolist()]
    return workspace.pools_of(field, space, crossing, slots, barred)[1]


def _postings_read(crossing: Crossing, place: int) -> int:
    sought, given = _terms(crossing, place)
    return int(np.diff(crossing.given_starts)[sought].sum() + np.diff(crossing.sought_starts)[given].sum())


def _terms(crossing: Crossing, place: int) -> tuple[Ints, Ints]:
    """What the member at a place in the crossing's order seeks, and gives."""
    seeks, gives = crossing.seeks_starts, crossing.gives_starts
    return crossing.seeks_terms[seeks[place] : seeks[place + 1]], crossing.gives_terms[gives[place] : gives[place + 1]]


# --- the peers --------------------------------------------------------------------------------------------------------


def _peers(members: int, field: Field, crossing: Crossing) -> Iterator[Figure]:
    """Each makes as long a list of the same members; without what members are worth by themselves."""
    slots = np.random.default_rng(SEED).choice(members, PEERS_SAMPLE, replace=False)
    space = workspace.space_for(members)
    ours_us = 1e6 * cpu_s(lambda: _listed(field, space, crossing, slots)) / PEERS_SAMPLE
    shared, places = {*crossing.order[field.shared].tolist()}, crossing.places[slots]
    true = [set(_listed(field, space, crossing, np.array([slot])).tolist()) - shared for slot in slots]
    for name, ranked in _ways(field, crossing).items():
        ranked(places[:1])
        begun = time.process_time()
        theirs = ranked(places)
        taken_us = 1e6 * (time.process_time() - begun) / PEERS_SAMPLE
        lists = [{*crossing.order[other].tolist()} for other in theirs]
        shares = [len(mine & other) / len(mine) for mine, other in zip(true, lists, strict=True)]
        said = f"{name}; has {np.mean(shares):.0%} of the list"
        yield Figure(
            "own list, and a peer's", ours_us, "µs", members, less_is_better=True, peer=said, peer_value=taken_us
        )


def _ways(field: Field, crossing: Crossing) -> dict[str, Callable[[Ints], list[Ints]]]:
    """By name, what makes lists; members are places in the crossing's order."""
    members, terms, most = len(field.prior), len(crossing.is_word), field.personal
    both = _both_ways(crossing, members, terms)
    turned = both[1].T.tocsr()
    corpus = [[*map(str, _terms(crossing, slot)[1].tolist())] for slot in range(members)]
    ranker = bm25s.BM25(backend="numba")
    ranker.index(corpus, show_progress=False)

    def by_scipy(slots: Ints) -> list[Ints]:
        rows = both[0][slots] @ turned
        return [_first(rows[[row]].toarray()[0], most) for row in range(len(slots))]

    def by_numpy(slots: Ints) -> list[Ints]:
        return [_first(_counted(turned, both[0], slot, members), most) for slot in slots.tolist()]

    def by_topn(slots: Ints) -> list[Ints]:
        rows = sp_matmul_topn(csr_matrix(both[0][slots]), csr_matrix(turned), top_n=most, n_threads=1)
        return [rows[[row]].indices for row in range(len(slots))]

    def by_bm25(slots: Ints) -> list[Ints]:
        asked = [[*map(str, _terms(crossing, slot)[0].tolist())] for slot in slots.tolist()]
        return list(ranker.retrieve(asked, k=most, show_progress=False)[0])

    axes = TruncatedSVD(DIMENSIONS, random_state=SEED).fit(both[1]).components_.T
    graph = Graph(ndim=DIMENSIONS, metric="ip")
    graph.add(np.arange(members), (both[1] @ axes).astype(np.float32), threads=CORES)

    def by_graph(slots: Ints) -> list[Ints]:
        asked = (both[0][slots] @ axes).astype(np.float32)
        return [graph.search(one, most).keys.astype(np.int64) for one in asked]

    return {
        "scipy": by_scipy,
        "numpy bincount": by_numpy,
        "sparse_dot_topn": by_topn,
        "bm25s, one side": by_bm25,
        f"HNSW on {DIMENSIONS} dimensions (usearch)": by_graph,
    }


def _both_ways(crossing: Crossing, members: int, terms: int) -> tuple[csr_array, csr_array]:
    """What each seeks beside what each gives, and the other way round: one product has both directions."""
    gives = csr_array((crossing.gives_worths, crossing.gives_terms, crossing.gives_starts), shape=(members, terms))
    seeks = csr_array((crossing.seeks_strengths, crossing.seeks_terms, crossing.seeks_starts), shape=(members, terms))
    gives, seeks = gives.astype(np.float64), seeks.astype(np.float64)
    return _beside(seeks, gives), _beside(gives, seeks)


def _beside(one: csr_array, other: csr_array) -> csr_array:
    return hstack((one, other)).tocsr()


def _counted(turned: csr_array, rows: csr_array, slot: int, members: int) -> np.ndarray:
    total = np.zeros(members)
    for place in range(rows.indptr[slot], rows.indptr[slot + 1]):
        begin, end = turned.indptr[rows.indices[place] : rows.indices[place] + 2]
        total += np.bincount(turned.indices[begin:end], turned.data[begin:end] * rows.data[place], members)
    return total


def _first(scores: np.ndarray, most: int) -> Ints:
    return np.argpartition(-scores, most)[:most]


# --- pairing ----------------------------------------------------------------------------------------------------------


def _pairing() -> Iterator[Figure]:
    a, b, values, mixes, room = _pairs(PAIRS, SIZES[-1])
    mixes_a, mixes_b = mixes[a], mixes[b]

    def pair() -> None:
        take(a, b, values, rank(np.arange(len(a)), values, mixes_a, mixes_b), room)

    yield Figure("pairing of 23 million pairs", cpu_s(pair), "s", SIZES[-1], 10, 5, less_is_better=True)
    a, b, values, mixes, room = _pairs(BOUND_PAIRS, BOUND_MEMBERS)
    taken = take(a, b, values, rank(np.arange(len(a)), values, mixes[a], mixes[b]), room)
    share = int(values[taken.places].sum()) / lp_upper_bound(a, b, values, room)
    yield Figure("pairing, share of a linear program's bound", share, "", BOUND_MEMBERS, 0.96)


def _pairs(count: int, members: int) -> tuple[Ints, Ints, Ints, NDArray[np.uint64], Ints]:
    """Pairs by dice, none of one with themselves: slots, values, mixes of the members, and room."""
    dice = np.random.default_rng(SEED)
    a = dice.integers(0, members, count)
    b = (a + dice.integers(1, members, count)) % members
    values, mixes = dice.integers(0, 400_000, count), dice.integers(0, 1 << 63, members).astype(np.uint64)
    return a, b, values, mixes, np.full(members, IN_A_ROUND)
