"""LambdaRank: pairs weighted by what swapping them would change in the list."""

from collections.abc import Generator
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np

from recsys_core.algorithms import shared_fields
from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.algorithms.models import FactorModel, Recommender
from recsys_core.algorithms.pairwise import (
    NEGATIVES,
    Pairs,
    binary_gains,
    likes_and_dislikes,
    mean_over_samples,
    suggest_penalty,
    train_on_pairs,
)
from recsys_core.algorithms.pairwise_fold_in import fold_in_by_steps
from recsys_core.data.interactions import Interactions
from recsys_core.parameters import choice, number

_MEASURED_USERS = 300  # the curve shows the training lists of this many people, always the same


@dataclass(frozen=True)
class LambdaRank(Algorithm):
    """Push a chosen item i above another j with the force w_ij / (1 + e^{s_i − s_j}), w_ij by |ΔNDCG_ij|.

    Source: Burges, Ragno and Le, Learning to rank with nonsmooth cost functions, NIPS 2006; the form with
    |ΔNDCG| and σ = 1 as in Burges, From RankNet to LambdaRank to LambdaMART, MSR-TR-2010-82, section 4.1, where the
    weight is |ΔNDCG_ij| itself. Ours is w_ij = (f + (1 − f) c_u |ΔNDCG_ij|) / |J_i| over the items J_i that i is
    compared with; the gradient of λ‖Θ‖², as in BPR, is added to that of the pairs.
    |ΔNDCG_ij| = |g_i − g_j| · |D(r_i) − D(r_j)| / ideal DCG, D(r) = 1/log2(1 + r) down to rank K and 0 below,
    with the ranks of the training list before the step. Where a step scores only a part of a large catalogue,
    they are estimated from it, as WARP does from its draws (Weston, Bengio and Usunier, WSABIE, IJCAI 2011).

    So we differ: c_u scales the |ΔNDCG| of a person's pairs to a mean of 1 (in the spirit of LightGBM's
    `lambdarank_norm`, which scales by the sum of a query's forces), and a share f (`floor`) of the weight is the same
    for all pairs. With f = 1 and binary gains the gradients are those of BPR. There is no closed-form objective: the
    gradients are designed, so the curve shows what they are designed for, the NDCG of the training lists.
    """

    label = "LambdaRank"
    objective_label = "NDCG@K of the training lists"
    objective_falls = False
    equation = (
        r"\begin{gathered}\lambda_{ij}=\frac{-w_{ij}}{1+e^{\,s_i-s_j}},\quad "
        r"w_{ij}=\frac{f+(1-f)\,c_u\left|\Delta\mathrm{NDCG}_{ij}\right|}{|J_i|}"
        r"\\ \frac{\partial C}{\partial s_i}=\sum_{j}\lambda_{ij}-\sum_{j}\lambda_{ji},\quad"
        r"\frac{\partial C}{\partial\Theta}=\sum_i\frac{\partial C}{\partial s_i}"
        r"\frac{\partial s_i}{\partial\Theta}+2\lambda\Theta\end{gathered}"
    )
    meaning = (
        "As BPR, but a pair pushes harder when swapping the two would change the list more, which is near its top. "
        "J are the items that i is compared with, f is the uniform share, and c scales a person's |ΔNDCG| to a mean of "
        "1."
    )
    derivation_title = "Which σ, and which sign"
    derivation = r"""
$$
\frac{\partial}{\partial s_i}\ln\sigma(s_i-s_j)=1-\sigma(s_i-s_j)=\sigma(s_j-s_i)=\frac{1}{1+e^{\,s_i-s_j}}
$$

This is the force of a pair in BPR; LambdaRank multiplies it by a weight that depends on what swapping the two items
would change in NDCG. As a gradient of a cost C, λ is negative: a step goes against it, so the better item i moves up
and j down.

$$
\sigma'(x)=\sigma(x)\,\sigma(-x)
$$

Some texts write σ′(sᵢ − sⱼ) in λᵢⱼ. That has one factor σ too many: pairs far in the wrong order would hardly be
pushed. The standard form is in Burges, From RankNet to LambdaRank to LambdaMART, MSR-TR-2010-82, section 4.
"""
    divergence_advice = "lower the learning rate"
    adjustable = ("regularization", "learning_rate")
    trains_on_pairs = True
    caution = (
        "Its gradients are not those of a known objective, so the curve shows what they are designed to raise, the "
        f"NDCG of the training lists, of a fixed set of up to {_MEASURED_USERS} people. It can fall where the start "
        "fits these lists already and λ pulls back."
    )

    n_factors: int = shared_fields.factors(64)
    regularization: float = shared_fields.pair_regularization(1.5)
    learning_rate: float = shared_fields.learning_rate(0.07)
    n_epochs: int = shared_fields.passes(60)
    truncation: int = number(
        500,
        "Truncation K",
        "Ranks below K count as equally bad; a small K cares for the top only.",
        bounds=(1, 1_000_000),
        typical=(5, 1000),
        log=True,
        symbol="K",
    )
    floor: float = number(
        0.75,
        "Uniform share f",
        "The share of a pair's weight that does not depend on its ranks: 0 is pure LambdaRank; 1 with binary gains is "
        "BPR.",
        bounds=(0, 1),
        typical=(0, 1),
    )
    gains: str = choice(
        "binary",
        "Gains",
        "Binary: every choice counts alike. Graded: 2^grade − 1, with grades from 1 for the lowest rating to 5 for the "
        "highest in training, where the metric NDCG graded takes the ratings as they are; where stars from 1 to 5 "
        "occur, the two are the same.",
        options=("binary", "graded"),
    )
    negatives: str = choice(
        "mildly hard",
        "Compared with",
        "Uniform: any item not chosen. Mildly hard: half of them the better-scored of a random pool.",
        options=NEGATIVES,
    )
    start: str = shared_fields.start()
    kept_model: str = shared_fields.kept_model()

    @classmethod
    def defaults_for(cls, train: Interactions) -> Self:
        return cls(regularization=suggest_penalty(train))

    def learns_from(self, data: Interactions) -> Interactions:
        """What is relevant, beside what is not, which is known to score lower."""
        return likes_and_dislikes(data)

    def gains_of(self, data: Interactions, scale: Interactions | None = None) -> np.ndarray:
        """Return how good each item of `data` is for its user, float32; 0 where it is not relevant.

        Graded gains are on the scale of all ratings of `scale`, by default of `data`, relevant or not: so the lowest
        relevant rating keeps its grade, as in the metric, and nobody's lowest counts as not chosen.
        """
        gains = binary_gains(data)
        if self.gains == "graded":
            theirs = data.values[data.is_relevant]
            others = (scale or data).values
            gains[data.is_relevant] = graded_gains(np.concatenate([others, theirs]))[len(others) :]
        return gains

    @property
    def compares_grades(self) -> bool:
        return self.gains == "graded"

    def _fold_in(self, model: Recommender, train: Interactions, users: Interactions) -> FactorModel:
        assert isinstance(model, FactorModel)
        gains = self.gains_of(users, train)
        return fold_in_by_steps(self, model, users, gains=gains, pair_weights=self.pair_weights)

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Generator[Epoch, Self | None, None]:
        gains = self.gains_of(train)
        measured = _TrainingLists(train, gains, self.truncation, rng)
        models = train_on_pairs(
            self,
            train,
            rng,
            gains=gains,
            pair_weights=self.pair_weights,
        )
        changed = None
        for number_ in range(self.n_epochs + 1):
            model = models.send(changed)
            changed = yield Epoch(number_, model, measured.mean_ndcg(model))

    def pair_weights(self, pairs: Pairs) -> np.ndarray:
        """Return weights (entries, s) of pairs: a share `floor` alike for all, the rest by what a swap would change."""
        equal = mean_over_samples(pairs)
        if self.floor == 1:
            return equal
        by_ndcg = swap_effects(pairs, self.truncation) * equal
        # The ideal DCG is one number a person; scaling each person's mean weight to 1 cancels it.
        total_equal = pairs.sum_by_user(equal.sum(axis=1))
        total_by_ndcg = pairs.sum_by_user(by_ndcg.sum(axis=1))
        scale = (total_equal / np.maximum(total_by_ndcg, 1e-12))[pairs.rows, None]
        weights: np.ndarray = self.floor * equal + (1 - self.floor) * scale * by_ndcg
        return weights


def discounts(scores: np.ndarray, truncation: int, stands_for: np.ndarray | None = None) -> np.ndarray:
    """Return D (rows, c): 1/log2(1 + rank) of every item in its row's list down to rank K, 0 below.

    Rank is 1 + how many items are above. Where the c columns are not all items, each counts for the
    `stands_for` (c,) items, at least 1, that it was drawn from.
    """
    c = scores.shape[1]
    if truncation < c:
        top = np.argpartition(-scores, truncation - 1, axis=1)[:, :truncation]
        order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1)
        top = np.take_along_axis(top, order, axis=1)
    else:
        top = np.argsort(-scores, axis=1)
    above = np.arange(top.shape[1])
    if stands_for is not None:
        counts = stands_for[top]
        above = np.cumsum(counts, axis=1) - counts
    by_rank = np.where(above < truncation, 1 / np.log2(2 + above), 0).astype(np.float32)
    result = np.zeros(scores.shape, np.float32)
    np.put_along_axis(result, top, np.broadcast_to(by_rank, top.shape), axis=1)
    return result


def swap_effects(pairs: Pairs, truncation: int) -> np.ndarray:
    """Return |g_i − g_j| · |D(r_i) − D(r_j)|, (entries, s): |ΔDCG| of swapping the two items of each pair."""
    by_item = discounts(pairs.scores, truncation, pairs.stands_for)
    effects = pairs.of_samples(by_item).take(pairs.rows, axis=0)
    effects -= pairs.of_entries(by_item)[:, None]
    effects *= pairs.of_samples(pairs.gains).take(pairs.rows, axis=0) - pairs.of_entries(pairs.gains)[:, None]
    np.abs(effects, out=effects)
    return effects


def graded_gains(ratings: np.ndarray) -> np.ndarray:
    """Return 2^grade − 1, float32, with grades from 1 for the lowest of all ratings to 5 for the highest.

    So 1 to 5 stars are their own grades, another unit changes nothing, and the lowest rating still counts for more
    than no rating, which has gain 0. Where all ratings are equal, all gains are 1.
    """
    ratings = ratings.astype(np.float64)
    low, high = ratings.min(), ratings.max()
    grades = 1 + 4 * (ratings - low) / (high - low) if low < high else np.ones(len(ratings))
    return (2**grades - 1).astype(np.float32)


class _TrainingLists:
    """Measure the NDCG@K of a model on the training lists of a fixed sample of users, nothing left out."""

    def __init__(self, train: Interactions, gains: np.ndarray, truncation: int, rng: np.random.Generator):
        active = np.flatnonzero(train.relevant.items_per_user)
        self.users = np.sort(rng.permutation(active)[:_MEASURED_USERS])
        self.truncation = truncation
        by_user = Interactions(train.indptr, train.items, gains.copy(), train.n_items).matrix[self.users]
        self.rows = np.repeat(np.arange(len(self.users)), np.diff(by_user.indptr))
        self.items, self.gains = by_user.indices, by_user.data
        self.ideal = np.array([self._ideal(by_user.data[a:b]) for a, b in pairwise(by_user.indptr)])

    def _ideal(self, gains: np.ndarray) -> float:
        best = np.sort(gains)[::-1][: self.truncation]
        return float(np.sum(best / np.log2(np.arange(2, len(best) + 2))))

    def mean_ndcg(self, model: FactorModel) -> float:
        by_item = discounts(model.scores(self.users), self.truncation)
        dcg = np.bincount(self.rows, self.gains * by_item[self.rows, self.items], minlength=len(self.users))
        return float(np.mean(dcg / np.maximum(self.ideal, 1e-12)))
