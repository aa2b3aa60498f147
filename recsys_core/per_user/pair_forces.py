"""The forces that training on pairs exerts on the list of one user, and the list after steps along them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from recsys_core.algorithms.lambdarank import discounts, graded_gains, swap_effects
from recsys_core.algorithms.models import FactorModel
from recsys_core.algorithms.pairwise import Pairs, mean_over_samples, score_gradient
from recsys_core.data.interactions import Interactions
from recsys_core.errors import InputError

MOST_RIVALS = 1_000
"""How many items each choice is compared with."""
STEP_LENGTH = 0.1
"""How far a step moves a user, as a share of the length of their vector."""


@dataclass(frozen=True, eq=False)
class ListState:
    """The list of one user over all n items, those chosen among them, as training sees it.

    `scores` (n,); `gains` (n,), how good each item is for the user, 0 where not chosen; `forces` (n,), on each
    item, up where positive: they sum to 0, and the upward ones to 1. `ndcg` is that of the first K of the list.
    """

    scores: np.ndarray
    gains: np.ndarray
    forces: np.ndarray
    ndcg: float

    @property
    def best_first(self) -> np.ndarray:
        """All items (n,) in the order of their scores."""
        return np.argsort(-self.scores, kind="stable")

    def share_in_top(self, n: int) -> float:
        """Return the share of all force, up and down, that acts on the first n items of the list."""
        force = np.abs(self.forces)
        return float(force[self.best_first[:n]].sum() / max(force.sum(), 1e-12))

    def shares_below(self, n: int) -> tuple[float, float]:
        """Return what the items below the first n get of all upward force, and of all downward force."""
        below = self.forces[self.best_first[n:]]
        return float(below[below > 0].sum()), float(-below[below < 0].sum())


def follow_forces(
    model: FactorModel, train: Interactions, user: int, *, by_ndcg: bool, k: int, graded: bool = False
) -> Iterator[ListState]:
    """Yield the list of `user` now, after one step along the forces, after two, and so on without end.

    The forces are a row of −G, G = ∂loss/∂S (see `pairwise`), scaled to a sum of 1 upwards, of two losses: BPR,
    where all pairs of a choice count alike, or, `by_ndcg`, LambdaRank, where a pair weighs |ΔNDCG@K| and nothing
    else (Burges, Ragno and Le 2006). Each choice is compared with the 1,000 best-scored items that are less good.

    A step is one of gradient descent for this user alone, items fixed: p ← p − η G V, with η such that p moves
    by a tenth of its length. Training differs: it draws the rivals at random, and moves the items too.
    Raises InputError, with the first list, for a person without a relevant rating.
    """
    train = train.relevant
    if train.items_per_user[user] == 0:
        raise InputError(
            "A person must have something relevant in training to be pushed by. This one has nothing: choose another."
        )
    own = train.of(user)
    gains = np.zeros((1, train.n_items), np.float32)
    gains[0, train.items[own]] = graded_gains(train.values)[own] if graded else 1
    person = replace(model, user_factors=model.user_factors[[user]], user_bias=model.user_bias[[user]])
    length = STEP_LENGTH * float(np.linalg.norm(person.user_factors))
    while True:
        pairs = _all_pairs(person.scores(np.array([0])), gains)
        weights = pairs.valid * swap_effects(pairs, k) if by_ndcg else mean_over_samples(pairs)
        forces = _scaled(-score_gradient(pairs, weights)[0])
        yield ListState(pairs.scores[0], gains[0], forces, _ndcg(pairs.scores, gains, k))
        direction = forces @ model.item_factors
        direction *= length / max(float(np.linalg.norm(direction)), 1e-30)
        person = replace(person, user_factors=person.user_factors + direction)


def _all_pairs(scores: np.ndarray, gains: np.ndarray) -> Pairs:
    """Pair everything that one user chose with the best-scored of what is less good."""
    chosen = np.flatnonzero(gains[0])
    best_first = np.argsort(-scores[0], kind="stable")
    rivals = best_first[gains[0, best_first] < gains.max()][:MOST_RIVALS]
    return Pairs(
        scores=scores,
        gains=gains,
        rows=np.zeros(len(chosen), np.int64),
        items=chosen,
        first=np.zeros(1, np.int64),
        samples=rivals[None, :],
        valid=gains[0, chosen, None] > gains[0, rivals],
    )


def _scaled(forces: np.ndarray) -> np.ndarray:
    upwards = float(forces[forces > 0].sum(dtype=np.float64))
    return forces / upwards if upwards > 0 else np.zeros_like(forces)


def _ndcg(scores: np.ndarray, gains: np.ndarray, k: int) -> float:
    """Return the NDCG of one list (1, n): Σ gain · D over its ideal, where the largest gains stand on top."""
    reached, ideal = (float(np.sum(gains * discounts(by, k), dtype=np.float64)) for by in (scores, gains))
    return reached / ideal if ideal > 0 else 0.0
