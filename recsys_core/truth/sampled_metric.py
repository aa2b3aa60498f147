"""The metric of each held-out item among 99 sampled candidates, and what it is on average in closed form."""

import numpy as np
from scipy.stats import hypergeom

from recsys_core.truth.additive_metrics import AdditiveMetric

N_CANDIDATES = 99
_CHUNK_CELLS = 2**21


def sampled_ranks(
    ranks: list[np.ndarray], is_held_out: np.ndarray, is_unseen: np.ndarray, rng: np.random.Generator
) -> list[np.ndarray]:
    """Return the rank of each held-out item (e,) among 99 sampled candidates, by recommender.

    `ranks` has for each recommender the (u, n) ranks of all unseen items. Held-out items stand in the order of
    `np.nonzero(is_held_out)`. The candidates of one are unseen items that are not held out, all different, and the same
    for all recommenders (He et al., WWW 2017); where there are fewer than 99, all of them.
    """
    rows, items = np.nonzero(is_held_out)
    pool = is_unseen & ~is_held_out
    n_items = pool.shape[1]
    step = max(1, _CHUNK_CELLS // n_items)
    found: list[list[np.ndarray]] = [[] for _ in ranks]
    for start in range(0, len(rows), step):
        row, item = rows[start : start + step], items[start : start + step]
        luck = np.where(pool[row], rng.random((len(row), n_items)), np.inf)
        last = min(N_CANDIDATES, n_items) - 1
        is_candidate = (luck <= np.partition(luck, last, axis=1)[:, [last]]) & pool[row]
        for each, of_recommender in zip(found, ranks, strict=True):
            is_above = of_recommender[row] < of_recommender[row, item][:, None]
            each.append(1 + np.sum(is_candidate & is_above, axis=1))
    return [np.concatenate(each) for each in found]


def expected_sampled_term(n_above: np.ndarray, n_pool: np.ndarray, metric: AdditiveMetric, k: int) -> np.ndarray:
    """Return what items with `n_above` (e,) of their `n_pool` (e,) possible candidates above them add on average.

    Krichene and Rendle (On sampled metrics for item recommendation, KDD 2020): the sampled rank is one more than a draw
    from the binomial or, as here without replacement, hypergeometric distribution of how many sampled ones lie above.
    """
    sampled_rank = np.arange(1, k + 1)
    n_drawn = np.minimum(N_CANDIDATES, n_pool)
    chances = hypergeom.pmf(sampled_rank - 1, n_pool[:, None], n_above[:, None], n_drawn[:, None])
    expected: np.ndarray = chances @ metric.term(sampled_rank, k)
    return expected
