"""New users for models trained on pairs: gradient steps for each user alone, while the items stay as they are."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from recsys_core.algorithms.kernels.adagrad import adagrad_step
from recsys_core.algorithms.models import FactorModel
from recsys_core.algorithms.pairwise import (
    HARDEST,
    RIVALS,
    SAMPLED,
    Pairs,
    PairSettings,
    pool_size,
    rivals,
    score_gradient,
)
from recsys_core.data.interactions import Interactions

_STEPS = 60  # as many as a user of the training data gets by default
_CHOICES = 100  # of a user's own, at a step: nobody waits because they have rated much


def fold_in_by_steps(
    settings: PairSettings,
    model: FactorModel,
    users: Interactions,
    *,
    gains: np.ndarray,
    pair_weights: Callable[[Pairs], np.ndarray],
) -> FactorModel:
    """Return the model of `users` (m', n); `gains` stand beside their entries, as in `train_on_pairs`."""
    user_factors = np.zeros((users.n_users, model.n_factors), np.float32)
    for user in np.flatnonzero(users.relevant.items_per_user):
        own = users.of(int(user))
        user_factors[user] = _learn_user(settings, model, users.items[own], gains[own], pair_weights)
    return replace(model, user_factors=user_factors, user_bias=np.zeros(users.n_users, np.float32))


def _learn_user(
    settings: PairSettings,
    model: FactorModel,
    items: np.ndarray,
    gains: np.ndarray,
    pair_weights: Callable[[Pairs], np.ndarray],
) -> np.ndarray:
    """Return the factors (k,) of a user who chose `items` with `gains`, by Adagrad on the loss of `train_on_pairs`.

    From 0, with the same random numbers at every call. The mean over the second half of the steps takes out most
    of the noise of the samples (Polyak and Juditsky, SIAM J. Control and Optimization 1992).
    """
    rng = np.random.default_rng(0)
    n, q = model.n_items, model.item_factors
    n_pool = pool_size(n, settings.negatives)
    n_hard = n * HARDEST / max(1, n_pool)  # the hardest of a pool are a sample of the best of all
    gain_row = np.zeros((1, n), np.float32)
    gain_row[0, items] = gains
    p = np.zeros(model.n_factors, np.float32)
    squares, late = np.full_like(p, 1e-6), np.zeros_like(p)
    for number in range(_STEPS):
        scores = q @ p + model.item_bias
        others = rng.integers(0, n, SAMPLED)
        if n_pool:
            hard = np.argpartition(np.where(gain_row[0] > 0, np.inf, -scores), int(n_hard))
            others[:HARDEST] = hard[(rng.random(HARDEST) * n_hard).astype(int)]
        samples = np.concatenate([others, rng.choice(items, rivals(gains) or RIVALS)])
        chosen = items if len(items) <= _CHOICES else rng.choice(items, _CHOICES, replace=False)
        pairs = Pairs(
            scores=scores[None],
            gains=gain_row,
            rows=np.zeros(len(chosen), int),
            items=chosen,
            first=np.zeros(1, int),
            samples=samples[None],
            valid=gain_row[0, chosen, None] > gain_row[0, samples],
        )
        by_score = score_gradient(pairs, pair_weights(pairs))[0]
        slope = by_score @ q * (len(items) / len(chosen)) + 2 * settings.regularization * p
        p = p - adagrad_step(slope, squares, settings.learning_rate)
        if number >= _STEPS // 2:
            late += p
    return late / (_STEPS - _STEPS // 2)
