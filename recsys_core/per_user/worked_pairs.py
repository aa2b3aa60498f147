"""Training on pairs, one small step at a time, in numbers that can be recomputed by hand."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms.bpr import BPR
from recsys_core.algorithms.lambdarank import LambdaRank
from recsys_core.algorithms.models import FactorModel
from recsys_core.algorithms.pairwise import FIRST_SQUARES
from recsys_core.data.interactions import Interactions
from recsys_core.errors import InputError

FACTOR, FORCE, SWAP, SQUARES = 4, 6, 8, 10
"""The decimals of factors and scores; of weights, forces and gradients; of |ΔNDCG|; and of sums of squares."""
_MOST_CHOSEN, _MOST_OTHERS = 2, 3  # LambdaRank weighs the pairs of a person against each other, so it gets several


@dataclass(frozen=True, eq=False)
class PairState:
    """Factors of users (m, k) and items (n, k) and item biases (n,), each with the sums of its squared gradients."""

    users: np.ndarray
    items: np.ndarray
    bias: np.ndarray
    squares_users: np.ndarray
    squares_items: np.ndarray
    squares_bias: np.ndarray


@dataclass(frozen=True, eq=False)
class PairStep:
    """One step on the pairs of `user`, all numbers in the decimals in which they are printed.

    `chosen` (a,) and `others` (b,) are items: pair number p is chosen[p // b] against others[p % b]. Beside the pairs
    (a·b,) stand their `weights` w, their `forces` w / (1 + e^{s_i − s_j}) and, for LambdaRank, their `swaps` |ΔNDCG|,
    whose mean times `scale` is 1; where no swap changes NDCG@K, all `swaps` and `scale` are 0.
    `scores` and `ranks` (n,) are of all items before the step. `items` (a + b,) are chosen and others together;
    beside them stand `by_score`, ∂C/∂s, and `owed`, the multiple of their factors that the penalty adds to their
    gradient, which for the user is `owed_by_user`.
    The gradients belong to the user (k,), and to factors and biases of `items`.
    """

    user: int
    chosen: np.ndarray
    others: np.ndarray
    scores: np.ndarray
    ranks: np.ndarray
    swaps: np.ndarray | None
    scale: float | None
    weights: np.ndarray
    forces: np.ndarray
    by_score: np.ndarray
    owed_by_user: float
    owed: np.ndarray
    gradient_user: np.ndarray
    gradient_items: np.ndarray
    gradient_bias: np.ndarray
    before: PairState
    after: PairState

    @property
    def items(self) -> np.ndarray:
        """The items (a + b,) that the step moves: those chosen, then the others."""
        return np.concatenate([self.chosen, self.others])

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The pairs of items (i, j), in the order of `weights`."""
        return [(int(i), int(j)) for i in self.chosen for j in self.others]


def pair_steps(
    recipe: BPR | LambdaRank, train: Interactions, *, user: int | None = None, seed: int = 0
) -> Iterator[PairStep]:
    """Yield steps of training on pairs without end: BPR of one pair each, LambdaRank of up to six of one person.

    They start where the training of this seed starts and are what it does to a block of one person who has only these
    pairs, but that every number is rounded as it is printed before it is used. Pairs are drawn at random: those of
    `user`, or each time those of a person drawn in proportion to what they chose. `train` holds what is learned from.
    Raises InputError where there is no pair: someone must have chosen something that is better than something else.
    """
    first = next(recipe.epochs(train, seed=seed)).model
    assert isinstance(first, FactorModel)
    state, gains, rng = _first_state(first), recipe.gains_of(train), np.random.default_rng(seed)
    has_pairs = [each for each in np.flatnonzero(train.relevant.items_per_user) if _has_pair(train, gains, int(each))]
    if not has_pairs or (user is not None and user not in has_pairs):
        raise InputError(
            "A pair needs an item that the person chose and one that is less good. There is none: choose another "
            "person."
        )
    chances = train.relevant.items_per_user[has_pairs] / train.relevant.items_per_user[has_pairs].sum()
    n_active, paid, number = int(np.count_nonzero(train.relevant.items_per_user)), np.zeros(train.n_items), 0
    most = (1, 1) if isinstance(recipe, BPR) else (_MOST_CHOSEN, _MOST_OTHERS)
    while True:
        number += 1
        one = int(rng.choice(has_pairs, p=chances)) if user is None else user
        row = _gain_row(train, gains, one)
        chosen, others = _draw(row, most, rng)
        items = np.concatenate([chosen, others])
        owed = (number - paid[items]) / n_active
        paid[items] = number
        step = _work_out(recipe, state, one, row, chosen, others, 2 * recipe.regularization * owed)
        yield step
        state = step.after


def _work_out(
    recipe: BPR | LambdaRank,
    state: PairState,
    user: int,
    gains: np.ndarray,
    chosen: np.ndarray,
    others: np.ndarray,
    owed: np.ndarray,
) -> PairStep:
    p, items = state.users[user], np.concatenate([chosen, others])
    q, b = state.items[items], state.bias[items]
    scores = _rounded(state.items @ p + state.bias, FACTOR)
    ranks = np.argsort(np.argsort(-scores, kind="stable"), kind="stable") + 1
    swaps, scale, weights = None, None, np.full((len(chosen), len(others)), 1 / len(others))
    if isinstance(recipe, LambdaRank):
        swaps = _swap_effects(gains, ranks, chosen, others, recipe.truncation)
        scale = float(_rounded(np.array(1 / swaps.mean()), FORCE)) if swaps.any() else 0.0
        weights = (recipe.floor + (1 - recipe.floor) * scale * swaps) / len(others)
    weights = _rounded(weights, FORCE)
    forces = _rounded(weights / (1 + np.exp(scores[chosen, None] - scores[others])), FORCE)
    by_score = _rounded(np.concatenate([-forces.sum(axis=1), forces.sum(axis=0)]), FORCE)
    owed_by_user, owed = float(_rounded(np.array(2 * recipe.regularization), FORCE)), _rounded(owed, FORCE)
    gradient_user = _rounded(by_score @ q + owed_by_user * p, FORCE)
    gradient_items = _rounded(by_score[:, None] * p + owed[:, None] * q, FORCE)
    gradient_bias = _rounded(by_score + owed * b, FORCE)
    after = PairState(*(array.copy() for array in vars(state).values()))
    moved: tuple[tuple[np.ndarray, np.ndarray, np.ndarray | int, np.ndarray], ...] = (
        (after.users, after.squares_users, user, gradient_user),
        (after.items, after.squares_items, items, gradient_items),
        (after.bias, after.squares_bias, items, gradient_bias),
    )
    for values, squares, where, gradient in moved:
        squares[where] = _rounded(squares[where] + gradient**2, SQUARES)
        values[where] = _rounded(values[where] - recipe.learning_rate * gradient / np.sqrt(squares[where]), FACTOR)
    return PairStep(
        user,
        chosen,
        others,
        scores,
        ranks,
        None if swaps is None else swaps.ravel(),
        scale,
        weights.ravel(),
        forces.ravel(),
        by_score,
        owed_by_user,
        owed,
        gradient_user,
        gradient_items,
        gradient_bias,
        state,
        after,
    )


def _swap_effects(
    gains: np.ndarray, ranks: np.ndarray, chosen: np.ndarray, others: np.ndarray, truncation: int
) -> np.ndarray:
    """Return |ΔNDCG| (a, b) of swapping each chosen item with each of the others."""
    best = np.sort(gains)[::-1][:truncation].astype(np.float64)
    ideal = np.sum(best / np.log2(np.arange(2, len(best) + 2)))
    discounts = np.where(ranks <= truncation, 1 / np.log2(1 + ranks), 0)
    by_rank = np.abs(discounts[chosen, None] - discounts[others])
    return _rounded((gains[chosen, None] - gains[others]) * by_rank / ideal, SWAP)


def _first_state(model: FactorModel) -> PairState:
    values = [_rounded(each, FACTOR) for each in (model.user_factors, model.item_factors, model.item_bias)]
    return PairState(*values, *(np.full_like(each, FIRST_SQUARES) for each in values))


def _gain_row(train: Interactions, gains: np.ndarray, user: int) -> np.ndarray:
    """Return how good every item is for `user`, (n,) float32, 0 where not chosen."""
    row = np.zeros(train.n_items, np.float32)
    row[train.items[train.of(user)]] = gains[train.of(user)]
    return row


def _has_pair(train: Interactions, gains: np.ndarray, user: int) -> bool:
    own = gains[train.of(user)]
    return len(own) < train.n_items or own.min() < own.max()


def _draw(gains: np.ndarray, most: tuple[int, int], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw chosen items, and others that are less good than each of them."""
    worst = gains.min()
    chosen = rng.permutation(np.flatnonzero(gains > worst))[: most[0]]
    worse = np.flatnonzero(gains < gains[chosen].min())
    return chosen, rng.permutation(worse)[: most[1]]


def _rounded(values: np.ndarray, decimals: int) -> np.ndarray:
    rounded: np.ndarray = np.round(values.astype(np.float64), decimals) + 0.0  # no −0
    return rounded
