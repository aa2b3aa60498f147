"""Training on pairs: what a person chose should score above what they did not. BPR and LambdaRank share it.

A step takes a block of users and works on their whole rows of scores (DESIGN: a block of scores):

    S = U V^T + b                  one matrix product, (block, n)
    G = ∂loss/∂S                   from pairs (chosen i, sampled j), scattered back into the rows of S
    ∂U = G V,  ∂V = G^T U          two matrix products, then an Adagrad step

Sampling costs reads of single numbers from S, not gathers of factor rows, so many sampled items per choice
are nearly free. The two algorithms differ only in the weight that a pair gets.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms.algorithm import FactorModel
from recsys_core.data.interactions import Interactions

NEGATIVES = ("mildly hard", "uniform")
_SAMPLED = 64  # items sampled per person and step
_POOL, _HARDEST = 128, 32  # mildly hard: the 32 best-scored of 128 random items, and 32 random ones
_POOL_SHARE = 1 / 4  # of a small catalogue, the best of a larger pool are mostly what the person would like
_RIVALS = 16  # of a person's own items, to be told apart by rating
_BLOCK_BYTES = 600_000
_LEAST_STEPS = 8  # per epoch, so that small data is not trained in one full-batch step
_FIXED_TRIPLES = 20_000


@dataclass(frozen=True, eq=False)
class Pairs:
    """A block of users and the pairs to compare: entry e (a choice) against each sample of its user.

    scores (block, n) is S; gains (block, n) says how good each item is for each user, 0 where not chosen.
    Entry e belongs to row `rows[e]` and stands for item `items[e]`; `first` is the first entry of each row.
    samples (block, s) are item ids. `valid` (entries, s) marks the pairs whose first item is the better one.
    """

    scores: np.ndarray
    gains: np.ndarray
    rows: np.ndarray
    items: np.ndarray
    first: np.ndarray
    samples: np.ndarray
    valid: np.ndarray

    def of_entries(self, block: np.ndarray) -> np.ndarray:
        """The entries' own values of a (block, n) array, (entries,)."""
        return block[self.rows, self.items]

    def of_samples(self, block: np.ndarray) -> np.ndarray:
        """The samples' values of a (block, n) array, (block, s)."""
        return np.take_along_axis(block, self.samples, axis=1)

    def sum_by_user(self, of_entries: np.ndarray) -> np.ndarray:
        return np.add.reduceat(of_entries, self.first, axis=0)


def score_gradient(pairs: Pairs, weights: np.ndarray) -> np.ndarray:
    """G (block, n): the derivative of Σ w_ij ln(1 + e^{−(s_i − s_j)}) by every score.

    Each pair pushes its chosen item up and its sampled item down by the same force
    w_ij / (1 + e^{s_i − s_j}), so every row of G sums to zero.
    """
    forces = pairs.of_samples(pairs.scores)[pairs.rows]
    forces -= pairs.of_entries(pairs.scores)[:, None]
    with np.errstate(over="ignore"):  # e^{+large} = inf is the right limit: no force
        np.exp(np.negative(forces, out=forces), out=forces)
    forces += 1
    np.divide(weights, forces, out=forces)
    n_rows, n = pairs.scores.shape
    cells = np.arange(n_rows)[:, None] * n + pairs.samples
    # An item may be sampled twice for one user; bincount adds both.
    down = np.bincount(cells.ravel(), pairs.sum_by_user(forces).ravel(), minlength=n_rows * n)
    gradient = down.reshape(n_rows, n).astype(np.float32)
    gradient[pairs.rows, pairs.items] -= forces.sum(axis=1)
    return gradient


def train_on_pairs(
    train: Interactions,
    rng: np.random.Generator,
    *,
    gains: np.ndarray,
    pair_weights: Callable[[Pairs], np.ndarray],
    n_factors: int,
    learning_rate: float,
    regularization: float,
    negatives: str,
) -> Iterator[FactorModel]:
    """Yield the model before the first pass and after every pass over all users, without end.

    `gains` stand beside the entries of `train`: an item with the larger gain should score higher, unchosen
    items have 0. `pair_weights` maps Pairs to the (entries, s) weights of their terms in the loss; the penalty
    `regularization` · ‖Θ‖² is added once over all of an epoch's steps. Adagrad: Duchi, Hazan and Singer, 2011.
    """
    m, n = train.n_users, train.n_items
    scale = 0.3 / np.sqrt(n_factors)
    user_factors = rng.normal(0, scale, (m, n_factors)).astype(np.float32)
    item_factors = rng.normal(0, scale, (n, n_factors)).astype(np.float32)
    item_bias = np.zeros(n, np.float32)
    squares_u, squares_v, squares_b = (np.full_like(a, 1e-6) for a in (user_factors, item_factors, item_bias))
    has_rivals = len(np.unique(gains)) > 1
    active = np.flatnonzero(train.items_per_user)
    block_size = max(1, min(_BLOCK_BYTES // (4 * n), len(active) // _LEAST_STEPS))
    yield FactorModel.of(user_factors.copy(), item_factors.copy(), item_bias=item_bias.copy())
    while True:
        order = rng.permutation(active)
        for start in range(0, len(order), block_size):
            users = order[start : start + block_size]
            u = user_factors[users]
            scores = u @ item_factors.T
            scores += item_bias
            pairs = _sample_pairs(train, gains, users, scores, negatives, has_rivals, rng)
            g = score_gradient(pairs, pair_weights(pairs))
            share = len(users) / len(active)  # this step's part of the item penalty
            step_u = g @ item_factors + 2 * regularization * u
            step_v = g.T @ u + 2 * regularization * share * item_factors
            step_b = g.sum(axis=0) + 2 * regularization * share * item_bias
            squares_of_block = squares_u[users] + step_u**2
            squares_u[users] = squares_of_block
            user_factors[users] = u - learning_rate * step_u / np.sqrt(squares_of_block)
            _adagrad(item_factors, squares_v, step_v, learning_rate)
            _adagrad(item_bias, squares_b, step_b, learning_rate)
        yield FactorModel.of(user_factors.copy(), item_factors.copy(), item_bias=item_bias.copy())


def _adagrad(values: np.ndarray, squares: np.ndarray, gradient: np.ndarray, learning_rate: float) -> None:
    squares += gradient**2
    gradient /= np.sqrt(squares)
    gradient *= learning_rate
    values -= gradient


def _sample_pairs(train, gains, users, scores, negatives, has_rivals, rng) -> Pairs:
    n_rows, n = scores.shape
    counts = train.items_per_user[users]
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    rows = np.repeat(np.arange(n_rows), counts)
    entries = np.arange(len(rows)) + (train.indptr[users] - first)[rows]
    items = train.items[entries]
    gain_block = np.zeros((n_rows, n), np.float32)
    gain_block[rows, items] = gains[entries]

    if negatives == "uniform":
        samples = rng.integers(0, n, (n_rows, _SAMPLED))
    else:
        n_pool = int(np.clip(n * _POOL_SHARE, _HARDEST + 1, _POOL))
        pool = rng.integers(0, n, (n_rows, n_pool))
        pool_scores = np.take_along_axis(scores, pool, axis=1)
        pool_scores[np.take_along_axis(gain_block, pool, axis=1) > 0] = -np.inf
        hardest = np.argpartition(-pool_scores, _HARDEST, axis=1)[:, :_HARDEST]
        others = rng.integers(0, n, (n_rows, _SAMPLED - _HARDEST))
        samples = np.concatenate([np.take_along_axis(pool, hardest, axis=1), others], axis=1)
    if has_rivals:
        own = entries[first[:, None] + (rng.random((n_rows, _RIVALS)) * counts[:, None]).astype(np.int64)]
        samples = np.concatenate([samples, train.items[own]], axis=1)
    sample_gains = np.take_along_axis(gain_block, samples, axis=1)
    valid = gains[entries][:, None] > sample_gains[rows]
    return Pairs(scores, gain_block, rows, items, first, samples, valid)


class FixedTriples:
    """Triples (user, chosen, not chosen) drawn once, so that a loss measured on them does not jitter."""

    def __init__(self, train: Interactions, rng: np.random.Generator):
        entries = rng.permutation(train.n_interactions)[:_FIXED_TRIPLES]
        users, chosen = train.users[entries], train.items[entries]
        others = rng.integers(0, train.n_items, len(entries)).astype(np.int32)
        cells = train.users.astype(np.int64) * train.n_items + train.items  # ascending, as the entries are
        wanted = users.astype(np.int64) * train.n_items + others
        found = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
        keep = cells[found] != wanted
        self.users, self.chosen, self.others = users[keep], chosen[keep], others[keep]

    def mean_log_loss(self, model: FactorModel) -> float:
        """Mean of −ln σ(s_ui − s_uj); ln 2 where a model cannot tell the two apart."""
        if len(self.users) == 0:
            return float(np.log(2))  # everybody has chosen everything: nothing to compare
        margins = model.scores_of(self.users, self.chosen) - model.scores_of(self.users, self.others)
        return float(np.logaddexp(0, -margins.astype(np.float64)).mean())
