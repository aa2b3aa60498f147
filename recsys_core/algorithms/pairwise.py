"""Training on pairs: what a person chose should score above what they did not. BPR and LambdaRank share it.

A step takes a block of users and scores c items for them, its columns:

    S = U V^T + b                  one matrix product, (block, c)
    G = ∂loss/∂S                   from pairs (chosen i, sampled j), scattered back into the rows of S
    ∂U = G V,  ∂V = G^T U          two matrix products, then an Adagrad step

Sampling costs reads of single numbers from S, not gathers of factor rows, so many sampled items per choice
are nearly free. The columns are all n items; or, where the catalogue is so large that a block touches only a
part of it, the items that its users chose and a random sample to hold against them: the loss moves no others,
and an epoch costs what its choices do instead of m·n. The two algorithms differ only in the weight that a pair gets.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from recsys_core.algorithms.kernels.adagrad import adagrad_rows, adagrad_step, take_rows
from recsys_core.algorithms.kernels.initial_factors import spread_directions
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.interactions import Interactions

NEGATIVES = ("mildly hard", "uniform")
_LENGTH = 0.3  # root mean square of the factors' lengths at the start
SAMPLED = 64  # items sampled per user and step
_POOL, HARDEST = 128, 32  # mildly hard: the 32 best-scored of 128 random items, and 32 random ones
_POOL_SHARE = 1 / 4  # of a small catalogue, the best of a larger pool are mostly what the person would like
RIVALS = 16  # of a user's own items, to be told apart by rating
_DISLIKES = 4  # of a user's own items, where these are only liked or not
_BLOCK_CELLS = 150_000  # of S, near the cache
_BLOCK_DRAWS = 1000  # where columns are gathered, the random items among which all users of a block sample
FIRST_SQUARES = 1e-6  # of every gradient, so that nothing is divided by 0
_LEAST_STEPS = 8  # per epoch, so that small data is not trained in one full-batch step
_FIXED_TRIPLES = 20_000


class PairSettings(Protocol):
    """The hyperparameters of training on pairs, as BPR and LambdaRank have them."""

    @property
    def n_factors(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def regularization(self) -> float: ...
    @property
    def negatives(self) -> str: ...
    @property
    def start(self) -> str: ...


@dataclass(frozen=True, eq=False)
class Pairs:
    """A block of users and the pairs to compare: entry e (a choice) against each sample of its user.

    scores (block, c) is S; gains (block, c) says how good each item is for each user, 0 where not chosen.
    Entry e belongs to row `rows[e]` and is about column `items[e]`; `first` is the first entry of each row.
    samples (block, s) are columns. `valid` (entries, s) marks the pairs whose first item is the better one.
    Where the columns are all items, a column is an item id and `stands_for` is None. Otherwise `stands_for` (c,)
    tells how many items of the catalogue each of them stands for when ranks are counted.
    """

    scores: np.ndarray
    gains: np.ndarray
    rows: np.ndarray
    items: np.ndarray
    first: np.ndarray
    samples: np.ndarray
    valid: np.ndarray
    stands_for: np.ndarray | None = None

    def of_entries(self, block: np.ndarray) -> np.ndarray:
        """Return the entries' own values of a (block, c) array, (entries,)."""
        values: np.ndarray = block[self.rows, self.items]
        return values

    def of_samples(self, block: np.ndarray) -> np.ndarray:
        """Return the samples' values of a (block, c) array, (block, s)."""
        return np.take_along_axis(block, self.samples, axis=1)

    def sum_by_user(self, of_entries: np.ndarray) -> np.ndarray:
        """Return the sums over the entries of each user, (block, …), of an array beside the entries."""
        return np.add.reduceat(of_entries, self.first, axis=0)


@dataclass(eq=False)
class PairState:
    """The factors in training, float32, and beside each of them the sum of the squares of its gradients so far."""

    user_factors: np.ndarray
    item_factors: np.ndarray
    item_bias: np.ndarray
    squares_u: np.ndarray
    squares_v: np.ndarray
    squares_b: np.ndarray

    @classmethod
    def starting_at(cls, user_factors: np.ndarray, item_factors: np.ndarray) -> "PairState":
        """Return the state before the first step from these factors (m, k) and (n, k), with item biases of 0."""
        arrays = user_factors, item_factors, np.zeros(len(item_factors), np.float32)
        return cls(*arrays, *(np.full_like(array, FIRST_SQUARES) for array in arrays))

    def model(self) -> FactorModel:
        """Return the model of now, a copy."""
        return FactorModel.of(self.user_factors.copy(), self.item_factors.copy(), item_bias=self.item_bias.copy())

    def rows_of(self, users: np.ndarray, columns: np.ndarray | slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the factors of users, and the factors and biases of items."""
        return self.user_factors[users], take_rows(self.item_factors, columns), take_rows(self.item_bias, columns)

    def step(
        self,
        users: np.ndarray,
        columns: np.ndarray | slice,
        rows: tuple[np.ndarray, np.ndarray, np.ndarray],
        by_score: np.ndarray,
        owed: np.ndarray,
        regularization: float,
        learning_rate: float,
    ) -> None:
        """Take one step of Adagrad for a block of users and its columns.

        `rows` are what `rows_of` returns, `by_score` (block, c) is the gradient by their scores, and `owed` (c,) is
        what the penalty adds to the gradient of each item, as a multiple of the item's factors.
        """
        u, v, bias = rows
        step_u = by_score @ v + 2 * regularization * u
        step_v = by_score.T @ u + owed[:, None] * v
        step_b = by_score.sum(axis=0) + owed * bias
        squares_of_block = self.squares_u[users]
        self.user_factors[users] = u - adagrad_step(step_u, squares_of_block, learning_rate)
        self.squares_u[users] = squares_of_block
        self.item_factors[columns] = adagrad_rows(v, self.squares_v, columns, step_v, learning_rate)
        self.item_bias[columns] = adagrad_rows(bias, self.squares_b, columns, step_b, learning_rate)


def score_gradient(pairs: Pairs, weights: np.ndarray) -> np.ndarray:
    """Return G (block, c), the derivative of Σ w_ij ln(1 + e^{−(s_i − s_j)}) by every score.

    Each pair pushes its chosen item up and its sampled item down by the same force
    w_ij / (1 + e^{s_i − s_j}), so every row of G sums to zero.
    """
    forces = pairs.of_samples(pairs.scores).take(pairs.rows, axis=0)
    forces -= pairs.of_entries(pairs.scores)[:, None]
    with np.errstate(over="ignore"):  # e^{+large} = inf is the right limit: no force
        np.exp(np.negative(forces, out=forces), out=forces)
    forces += 1
    np.divide(weights, forces, out=forces)
    n_rows, c = pairs.scores.shape
    cells = np.arange(n_rows)[:, None] * c + pairs.samples
    # An item may be sampled twice for one user; bincount adds both.
    down = np.bincount(cells.ravel(), pairs.sum_by_user(forces).ravel(), minlength=n_rows * c)
    gradient = down.reshape(n_rows, c).astype(np.float32)
    gradient[pairs.rows, pairs.items] -= forces.sum(axis=1)
    return gradient


def mean_over_samples(pairs: Pairs) -> np.ndarray:
    """Return weights (entries, s) under which every entry with a valid pair counts once."""
    n_valid = pairs.valid @ np.ones(pairs.valid.shape[1], np.float32)
    weights: np.ndarray = pairs.valid / np.maximum(n_valid, 1)[:, None]
    return weights


def train_on_pairs(
    settings: PairSettings,
    train: Interactions,
    rng: np.random.Generator,
    *,
    gains: np.ndarray,
    pair_weights: Callable[[Pairs], np.ndarray],
) -> Generator[FactorModel, PairSettings | None, None]:
    """Yield the model before the first pass and after every pass over all users, without end.

    `gains` stand beside the entries of `train`: an item with the larger gain should score higher, unchosen
    items have 0, and so have those that are not relevant: of a person's own items some are drawn to compare with
    whenever gains differ, so that a known dislike is met more often than what the person has never seen.
    `pair_weights` maps Pairs to the (entries, s) weights of their terms in the loss; the penalty
    λ‖Θ‖² is added once over all of an epoch's steps. An item that steps pass over owes its
    part of theirs, and pays when it is touched next. Settings that are sent give their learning rate and
    regularization from the next pass on.
    """
    n = train.n_items
    state = PairState.starting_at(*_initial_factors(train, settings.n_factors, settings.start, rng))
    n_pool = pool_size(n, settings.negatives)
    learning_rate, regularization = settings.learning_rate, settings.regularization
    n_rivals = rivals(gains)
    active = np.flatnonzero(train.relevant.items_per_user)
    block_size, gathers = _block(n, len(active), train.n_interactions / len(active))
    users_so_far, paid = 0, np.zeros(n, np.int64)  # paid: how many users' parts of the penalty an item has had
    changed = yield state.model()
    while True:
        if changed is not None:
            learning_rate, regularization = changed.learning_rate, changed.regularization
        order = rng.permutation(active)
        for at in range(0, len(order), block_size):
            users = order[at : at + block_size]
            catalogue = rng.integers(0, n, _BLOCK_DRAWS) if gathers else np.arange(n)
            draw = _draw(train, gains, users, catalogue, n_pool, n_rivals, rng)
            columns: np.ndarray | slice = slice(None)
            stands_for: np.ndarray | None = None
            if gathers:
                columns, stands_for, draw = _gather(draw, n)
            u, v, bias = state.rows_of(users, columns)
            scores = u @ v.T
            scores += bias
            pairs = _compare(draw, scores, stands_for, n_pool)
            g = score_gradient(pairs, pair_weights(pairs))
            users_so_far += len(users)
            owed = (2 * regularization * ((users_so_far - paid[columns]) / len(active))).astype(np.float32)
            paid[columns] = users_so_far
            state.step(users, columns, (u, v, bias), g, owed, regularization, learning_rate)
        changed = yield state.model()


def likes_and_dislikes(data: Interactions) -> Interactions:
    """Return all of `data`, where its dislikes are to be compared with its likes; nothing where nothing is relevant."""
    return data if data.is_relevant.any() else data.relevant


def binary_gains(data: Interactions) -> np.ndarray:
    """Return 1 for what is relevant and 0 for what is not, beside the entries of `data`, float32."""
    return data.is_relevant.astype(np.float32)


def suggest_penalty(train: Interactions) -> float:
    """Return a λ to begin with, in two digits: 0.45 ∛(choices of an average item), found by experiment.

    On data of 60 to 6,000 people, with 7 to 190 choices an item, the best λ went from 0.75 to 3. With this one NDCG@10
    is within 3% of the best on ML-100K, ML-latest-small and planted data; on larger planted data it is further away.
    """
    return float(f"{0.45 * np.cbrt(max(train.relevant.n_interactions, 1) / train.n_items):.2g}")


def _initial_factors(
    train: Interactions, k: int, start: str, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first factors of users (m, k) and items (n, k): noise, or directions multiplied by the data."""
    scale = np.float32(_LENGTH / np.sqrt(k))
    if start == "noise":
        users, items = (rng.normal(0, scale, (count, k)).astype(np.float32) for count in (train.n_users, train.n_items))
        return users, items
    chosen = train.relevant
    items = scale * np.float32(np.sqrt(train.n_items)) * spread_directions(chosen, k, rng)
    users = chosen.binary @ items
    return users * (scale / max(np.sqrt(np.mean(users**2)), np.float32(1e-12))), items


def rivals(gains: np.ndarray) -> int:
    """Return how many of a user's own items are drawn to compare the others with: 0 where all `gains` are alike."""
    if gains.min() == gains.max():
        return 0
    liked = gains[gains > 0]
    return RIVALS if len(liked) and liked.min() < liked.max() else _DISLIKES


def pool_size(n: int, negatives: str) -> int:
    """Return how many items are drawn for a user to take the hardest from."""
    return int(np.clip(n * _POOL_SHARE, HARDEST + 1, _POOL)) if negatives == "mildly hard" else 0


def _block(n: int, n_active: int, choices: float) -> tuple[int, bool]:
    """Return how many users make a block, and whether its columns are gathered; `choices` is the mean of a user.

    b users have b·n cells of S in whole rows, and b·(b·choices + draws) in gathered ones. Gathering rows of
    factors and putting them back has a price too: it pays where twice as many users fit into as many cells.
    """
    whole = _BLOCK_CELLS // n
    gathered = int((np.sqrt(_BLOCK_DRAWS**2 + 4 * choices * _BLOCK_CELLS) - _BLOCK_DRAWS) / (2 * choices))
    gathers = gathered > 2 * whole
    return max(1, min(gathered if gathers else whole, n_active // _LEAST_STEPS)), gathers


@dataclass(frozen=True, eq=False)
class _Draw:
    """The choices of a block of users, entry by entry as in Pairs, and the (block, d) items drawn beside them."""

    rows: np.ndarray
    first: np.ndarray
    items: np.ndarray
    gains: np.ndarray
    drawn: np.ndarray


def _draw(
    train: Interactions,
    gains: np.ndarray,
    users: np.ndarray,
    catalogue: np.ndarray,
    n_pool: int,
    n_rivals: int,
    rng: np.random.Generator,
) -> _Draw:
    """Draw items for every user: `n_pool` of `catalogue` to take the hardest from, others of it, then own ones."""
    b, n = len(users), len(catalogue)
    counts = train.items_per_user[users]
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    rows = np.repeat(np.arange(b), counts)
    entries = np.arange(len(rows)) + (train.indptr[users] - first)[rows]
    pool = rng.integers(0, n, (b, n_pool))
    others = rng.integers(0, n, (b, SAMPLED - HARDEST if n_pool else SAMPLED))
    own = entries[first[:, None] + (rng.random((b, n_rivals)) * counts[:, None]).astype(np.int64)]
    drawn = np.concatenate([catalogue[pool], catalogue[others], train.items[own]], axis=1)
    return _Draw(rows, first, train.items[entries], gains[entries], drawn)


def _gather(draw: _Draw, n: int) -> tuple[np.ndarray, np.ndarray, _Draw]:
    """Return the touched items (c,), ascending; how many items each stands for (c,); and the draw in terms of columns.

    The chosen items of the block are all there and stand for themselves. The others are a random sample of
    all that nobody in the block chose, and share the number of these evenly, so that what is counted over the
    columns is in expectation what is counted over the catalogue (Horvitz and Thompson, 1952).
    """
    is_chosen = np.zeros(n, bool)
    is_chosen[draw.items] = True
    is_touched = is_chosen.copy()
    is_touched[draw.drawn] = True
    columns = np.flatnonzero(is_touched)
    is_chosen = is_chosen[columns]
    n_chosen = int(np.count_nonzero(is_chosen))
    share = (n - n_chosen) / max(1, len(columns) - n_chosen)
    column_of = np.empty(n, np.int64)
    column_of[columns] = np.arange(len(columns))
    in_columns = replace(draw, items=column_of[draw.items], drawn=column_of[draw.drawn])
    return columns, np.where(is_chosen, 1, share), in_columns


def _compare(draw: _Draw, scores: np.ndarray, stands_for: np.ndarray | None, n_pool: int) -> Pairs:
    """Pair all choices with the hardest of each user's pool and what else was drawn."""
    gains = np.zeros_like(scores)
    gains[draw.rows, draw.items] = draw.gains
    samples = draw.drawn
    if n_pool:
        pool = samples[:, :n_pool]
        pool_scores = np.take_along_axis(scores, pool, axis=1)
        pool_scores[np.take_along_axis(gains, pool, axis=1) > 0] = -np.inf
        hardest = np.argpartition(-pool_scores, HARDEST, axis=1)[:, :HARDEST]
        samples = np.concatenate([np.take_along_axis(pool, hardest, axis=1), samples[:, n_pool:]], axis=1)
    valid = draw.gains[:, None] > np.take_along_axis(gains, samples, axis=1).take(draw.rows, axis=0)
    return Pairs(scores, gains, draw.rows, draw.items, draw.first, samples, valid, stands_for)


class FixedTriples:
    """Hold triples (user, chosen, not chosen) drawn once, so that a loss measured on them does not jitter."""

    def __init__(self, train: Interactions, rng: np.random.Generator):
        entries = rng.permutation(train.n_interactions)[:_FIXED_TRIPLES]
        users, chosen = train.users[entries], train.items[entries]
        others = rng.integers(0, train.n_items, len(entries)).astype(np.int32)
        cells = train.users.astype(np.int64) * train.n_items + train.items  # ascending, as the entries are
        wanted = users.astype(np.int64) * train.n_items + others
        nearest = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
        keep = cells[nearest] != wanted
        self.users, self.chosen, self.others = users[keep], chosen[keep], others[keep]

    def mean_log_loss(self, model: FactorModel) -> float:
        """Return the mean of −ln σ(s_ui − s_uj); ln 2 where a model cannot tell the two apart."""
        if len(self.users) == 0:
            return float(np.log(2))  # everybody has chosen everything: nothing to compare
        margins = model.scores_of(self.users, self.chosen) - model.scores_of(self.users, self.others)
        return float(np.logaddexp(0, -margins.astype(np.float64)).mean())
