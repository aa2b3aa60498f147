"""Ranking: every unseen item put in order for every user, once; all metrics at all k follow from it."""

from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms.list_model import ListModel
from recsys_core.algorithms.models import Recommender
from recsys_core.data.interactions import Interactions
from recsys_core.data.relevance import advise_where_nothing_is_relevant
from recsys_core.errors import InputError
from recsys_core.metrics.dislikes import HeldOutRatings
from recsys_core.metrics.ranked_relevance import UNRANKED, RankedRelevance
from recsys_core.threads import for_each_block

BLOCK_CELLS = 2**19
"""How many scores are held at a time: 2 MB of float32, near the cache, for each thread."""
_N_PARTS = 256  # of a row of scores, whose maxima bound its top from below


@dataclass(frozen=True, eq=False)
class Ranking:
    """The ranks of the held-out items of u scored users, and their top items.

    `users` (u,) ascending, those with relevant held-out items, and `relevant` the ranks of these. `held_out` has the
    ranks of all held-out items, relevant or not; `held_out_scores` stands in their order, that of the held-out
    interactions. `top_items` (u, depth) int32, best first, -1 past a list's end.
    """

    users: np.ndarray
    relevant: RankedRelevance
    held_out: HeldOutRatings
    held_out_scores: np.ndarray
    top_items: np.ndarray


def rank(
    recommender: Recommender,
    seen: Interactions,
    held_out: Interactions,
    *,
    depth: int,
    seed: int = 0,
    top_only: bool = False,
) -> Ranking:
    """Rank all unseen items of each user who has held-out items; keep the ranks of those and the top.

    What is held out but not relevant stands among the others of the list: to recommend it is a mistake.
    Equal scores are put in an order drawn for each user alone from `seed`: no item gains from its id,
    and a recommender that scores everything alike is a random one. The block size changes nothing.
    Where `top_only`, items past the top `depth` count as unranked: all that a metric up to this cut-off needs, at a
    fraction of the time. `recommender.scores` is called from several threads. Lists (ListModel) are taken as they are:
    what they do not hold is unranked, and an item that the user has seen keeps its place.
    Raises InputError where a held-out item is among the seen ones (a leak), where a score is not a
    finite number, where nothing relevant is held out, and where shapes disagree. A recommender that predicts ratings
    may be scored on those where nothing is relevant, as on a scale that lies below 0: then no user is ranked.
    """
    _check(recommender, seen, depth)
    _check(recommender, held_out, depth)
    raters = np.flatnonzero(held_out.items_per_user)
    if len(raters) == 0:
        raise InputError("Scoring must have something that is held out. Got nothing: hold more out.")
    relevant = held_out.relevant
    if relevant.n_interactions == 0 and not recommender.predicts_ratings:
        raise InputError(
            "Scoring must have something relevant that is held out. "
            f"Of {held_out.n_interactions:,} none is: {advise_where_nothing_is_relevant(held_out)} or hold more out."
        )
    salts = _salts(seen.n_users, seed)

    def rank_block(block: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        scores = _unseen_scores(recommender, seen, block)
        rows, entries = _entries(held_out, block)
        items = held_out.items[entries]
        held_out_scores = scores[rows, items]
        if np.any(held_out_scores == -np.inf):
            leaking = block[rows[np.argmin(held_out_scores)]]
            raise InputError(
                "Held-out items must not be among the seen ones. "
                f"User {leaking} has an item in both: split again so that nothing leaks."
            )
        return *_ranks_and_top(scores, rows, items, depth, salts[block], top_only), held_out_scores

    if isinstance(recommender, ListModel):
        ranks = recommender.ranks_of(held_out.users, held_out.items, UNRANKED)
        tops, held_out_scores = _first_items(recommender, raters, depth), np.zeros(len(ranks), np.float32)
    else:
        found = zip(*for_each_block(rank_block, blocks_of(raters, seen.n_items)), strict=True)
        ranks, tops, held_out_scores = map(np.concatenate, found)
    is_scored = relevant.items_per_user[raters] > 0
    users = raters[is_scored]
    indptr = np.concatenate([[0], np.cumsum(relevant.items_per_user[users])])
    n_candidates = seen.n_items - seen.items_per_user[users]
    return Ranking(
        users=users,
        relevant=RankedRelevance(indptr, ranks[held_out.is_relevant], relevant.values, n_candidates),
        held_out=HeldOutRatings(held_out.users, held_out.values, ranks),
        held_out_scores=held_out_scores,
        top_items=tops[is_scored],
    )


def top_items(recommender: Recommender, seen: Interactions, users: np.ndarray, k: int, *, seed: int = 0) -> np.ndarray:
    """Return (len(users), k) int32: the k unseen items with the highest scores, best first, -1 past a list's end.

    Equal scores are ordered as in `rank`. Raises InputError where a score is not a finite number.
    """
    _check(recommender, seen, k)
    users = np.asarray(users, np.int64)
    if isinstance(recommender, ListModel):
        return _first_items(recommender, users, k)
    salts = _salts(seen.n_users, seed)
    nothing = np.zeros(0, np.int64)

    def top_of_block(block: np.ndarray) -> np.ndarray:
        scores = _unseen_scores(recommender, seen, block)
        return _ranks_and_top(scores, nothing, nothing, k, salts[block], top_only=True)[1]

    return np.concatenate([np.zeros((0, k), np.int32), *for_each_block(top_of_block, blocks_of(users, seen.n_items))])


def _first_items(model: ListModel, users: np.ndarray, depth: int) -> np.ndarray:
    """(len(users), depth) int32: the first items of the users' lists, as they are."""
    lists = model.lists[users, :depth]
    return np.pad(lists, ((0, 0), (0, depth - lists.shape[1])), constant_values=-1)


def _check(recommender: Recommender, interactions: Interactions, depth: int) -> None:
    if depth < 1:
        raise InputError(f"A list must have at least 1 item. Got {depth}.")
    expected = (recommender.n_users, recommender.n_items)
    if (interactions.n_users, interactions.n_items) != expected:
        raise InputError(
            "Recommender and data must be about the same users and items. "
            f"Got {expected[0]} × {expected[1]} and {interactions.n_users} × {interactions.n_items}."
        )


def blocks_of(users: np.ndarray, n_items: int) -> list[np.ndarray]:
    """Return `users` in blocks whose rows of scores stay near the cache."""
    size = max(1, BLOCK_CELLS // max(1, n_items))
    return [users[start : start + size] for start in range(0, len(users), size)]


def _salts(n_users: int, seed: int) -> np.ndarray:
    """(m,) uint32: one random number for each user, from which that user's order of equal scores follows."""
    return np.random.default_rng(seed).integers(2**32, size=n_users, dtype=np.uint32)


def _entries(interactions: Interactions, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each interaction of `users`, the position of its user in `users`, and its own in `interactions`."""
    counts = interactions.items_per_user[users]
    rows = np.repeat(np.arange(len(users)), counts)
    skipped = interactions.indptr[users] - (np.cumsum(counts) - counts)
    return rows, np.arange(len(rows)) + skipped[rows]


def _unseen_scores(recommender: Recommender, seen: Interactions, users: np.ndarray) -> np.ndarray:
    """(len(users), n) float32 scores, with -inf where an item is seen."""
    scores = finite_scores(recommender, users)
    rows, entries = _entries(seen, users)
    scores[rows, seen.items[entries]] = -np.inf
    return scores


def finite_scores(recommender: Recommender, users: np.ndarray) -> np.ndarray:
    """Return (len(users), n) float32 scores. Raises InputError where one is not a finite number."""
    scores = np.ascontiguousarray(recommender.scores(users), np.float32)
    finite = np.isfinite(scores)
    if not finite.all():
        user, item = np.argwhere(~finite)[0]
        raise InputError(
            f"Every score must be a finite number. User {users[user]} and item {item} got "
            f"{scores[user, item]}: the training has diverged, use an earlier epoch or smaller steps."
        )
    return scores


def _ranks_and_top(
    scores: np.ndarray, rows: np.ndarray, items: np.ndarray, depth: int, salts: np.ndarray, top_only: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Ranks of the cells (rows, items) among the b rows of `scores`, and the (b, depth) top items.

    Sorting float32 scores is cheap and settles all but the few rows in which equal scores matter; only
    those are sorted again by keys that are never equal.
    """
    ranks, top, tied = _sort(scores, rows, items, depth, top_only)
    if tied.any():
        again = tied[rows]
        row_among_tied = np.cumsum(tied) - 1
        keys = _unequal_keys(scores[tied], salts[tied])
        ranks[again], top[tied], _ = _sort(keys, row_among_tied[rows[again]], items[again], depth, top_only)
    top[np.take_along_axis(scores, top, axis=1) == -np.inf] = -1
    missing = depth - top.shape[1]
    return ranks, np.pad(top, ((0, 0), (0, missing)), constant_values=-1) if missing else top


def _sort(
    values: np.ndarray, rows: np.ndarray, items: np.ndarray, depth: int, top_only: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As `_ranks_and_top` (depth at most n), and which rows (b,) have equal values where it matters."""
    n_rows, n = values.shape
    depth = min(depth, n)
    if top_only and n >= 4 * _N_PARTS and depth < _N_PARTS // 4:
        return _sort_top(values, rows, items, depth)
    below = max(0, n - depth - 1) if top_only else 0
    ascending = np.partition(values, below, axis=1) if below else values.copy()
    ascending[:, below:].sort(axis=1)  # where only the top is asked for, what lies below need not be in order
    wanted = values[rows, items]
    n_not_above = _count_not_above(ascending, rows, wanted)
    ranks = (n - n_not_above + 1).astype(np.int32)
    tied = np.zeros(n_rows, bool)
    # Where the lower part is not in order, a value in it is counted anyhow, but never as high as the top.
    in_order = n_not_above > below + 1
    tied[rows[in_order & (ascending[rows, n_not_above - 2] == wanted)]] = True
    if top_only:
        ranks[ranks > depth] = UNRANKED

    edge = ascending[:, max(0, n - depth - 1) :]
    tied |= np.any(edge[:, 1:] == edge[:, :-1], axis=1)
    reaching = np.flatnonzero(values >= ascending[:, n - depth, None])
    first_of_row = np.searchsorted(reaching, np.arange(n_rows) * n)
    # Rows without ties reach exactly `depth`; of the others the first ones stand in until sorted again.
    top = reaching[first_of_row[:, None] + np.arange(depth)] % n
    best_first = np.argsort(np.take_along_axis(values, top, axis=1), axis=1)[:, ::-1]
    return ranks, np.take_along_axis(top, best_first, axis=1).astype(np.int32), tied


def _sort_top(
    values: np.ndarray, rows: np.ndarray, items: np.ndarray, depth: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As `_sort` where only the top is asked for: sort the few values that can belong to it.

    Of the maxima of `_N_PARTS` parts of a row, the one in place depth + 1 is a bound that as many values of the row
    reach, and few more. A row in which many reach it, since they are equal, counts as one with equal values.
    """
    n_rows, n = values.shape
    length = n // _N_PARTS
    maxima = values[:, : length * _N_PARTS].reshape(n_rows, length, _N_PARTS).max(axis=1)
    maxima.sort(axis=1)
    reaching = np.flatnonzero(values >= maxima[:, _N_PARTS - depth - 1, None])
    stops = np.searchsorted(reaching, np.arange(n_rows + 1) * n)
    n_reaching = np.diff(stops)
    can_be_equal = values.dtype.kind == "f"
    most = min(n_reaching.max(), _N_PARTS) if can_be_equal else n_reaching.max()
    positions = np.arange(most)
    cells = np.take(reaching, stops[:-1, None] + positions, mode="clip")
    candidates = values.ravel()[cells]
    candidates[positions >= n_reaching[:, None]] = -np.inf if can_be_equal else 0  # those of the next row
    best_first = np.argsort(candidates, axis=1)[:, : -depth - 2 : -1]
    top = np.take_along_axis(cells, best_first[:, :depth], axis=1) % n
    largest = np.take_along_axis(candidates, best_first, axis=1)

    n_not_above = _count_not_above(largest[:, ::-1], rows, values[rows, items])
    ranks = (depth + 2 - n_not_above).astype(np.int32)
    ranks[ranks > depth] = UNRANKED
    tied = np.any(largest[:, 1:] == largest[:, :-1], axis=1) | (n_reaching > most)
    return ranks, top.astype(np.int32), tied


def _count_not_above(ascending: np.ndarray, rows: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """How many entries of row `rows[i]` of `ascending` are not above `wanted[i]`: all bisections at once."""
    flat, remaining = ascending.ravel(), ascending.shape[1]
    first = rows * remaining
    position = first.copy()
    while remaining > 1:
        half = remaining // 2
        position += half * (flat[position + (half - 1)] <= wanted)
        remaining -= half
    counts: np.ndarray = position - first + (flat[position] <= wanted)
    return counts


def _unequal_keys(scores: np.ndarray, salts: np.ndarray) -> np.ndarray:
    """(b, n) uint64 in the order of the float32 `scores`, with equal scores in a random order per row.

    The high half is the score: the bits of a float, once those of negative numbers are flipped, sort
    like the float. The low half scrambles item and salt so that no two items of a row ever agree.
    """
    bits = (scores + np.float32(0)).view(np.int32)  # adding 0 makes -0 and 0 the same bits
    bits ^= (bits >> 31) | np.int32(-(2**31))  # of a negative number all bits, of others the sign bit
    keys = bits.view(np.uint32).astype(np.uint64)
    keys <<= np.uint64(32)
    items = np.arange(scores.shape[1], dtype=np.uint32)
    keys |= _scramble(_scramble(items) ^ salts[:, None])
    return keys


def _scramble(x: np.ndarray) -> np.ndarray:
    """A one-to-one hash of uint32 onto uint32, in place: the finaliser `lowbias32` of C. Wellons."""
    x ^= x >> 16
    x *= np.uint32(0x7FEB352D)
    x ^= x >> 15
    x *= np.uint32(0x846CA68B)
    x ^= x >> 16
    return x
