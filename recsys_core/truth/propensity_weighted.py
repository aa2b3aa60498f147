"""A metric of any data whose held-out ratings count the less the more popular the item is."""

import numpy as np

from recsys_core.data.split import Split
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.truth.additive_metrics import ADDITIVE_METRICS
from recsys_core.truth.meter import POWER

ASSUMPTION = (
    "Assumes that an item that people like is chosen in proportion to its popularity in training, whoever the person "
    "is. Nothing in the data can confirm that; generated data show how near it comes (Truth meter)."
)


def propensity_weighted(
    evaluation: Evaluation, split: Split, k: int, *, metric: str = "ndcg", power: float = POWER
) -> float:
    """Return the self-normalised mean of an additive metric with propensities n_i^power of the items' popularity.

    Each relevant held-out item weighs w = max(n_i, 1)^−power, n_i users of it in what was seen before the test. With a
    user's g Σ w λ(r) as x and their mean weight as w̄, the mean is Σ x / Σ w̄ over users (`truth.estimators`; Yang et
    al., RecSys 2018; Schnabel et al., ICML 2016). `evaluation` must be of `split`.
    """
    additive, ranked = ADDITIVE_METRICS[metric], evaluation.relevant
    seen, held_out = split.seen_and_held_out(evaluation.subset)
    weights = np.maximum(seen.users_per_item[held_out.relevant.items], 1.0) ** -power
    sums = ranked.sum_per_user(weights * additive.term(ranked.ranks, k)) * additive.scale(ranked.n_relevant, k)
    return float(sums.sum() / (ranked.sum_per_user(weights) / ranked.n_relevant).sum())
