"""What a trained recommender costs: the memory it takes, the time its lists take."""

import time

import numpy as np
from scipy import sparse

from recsys_core.algorithms.models import FactorModel, ItemModel
from recsys_core.data.interactions import Interactions
from recsys_core.evaluation.rank_items import top_items

_AT_MOST = 1000  # people are enough to time


def model_bytes(model: FactorModel | ItemModel) -> int:
    """Bytes of the arrays that scoring reads: factors and biases, or the item weights and everybody's ratings."""
    if isinstance(model, FactorModel):
        arrays = [model.user_factors, model.item_factors, model.user_bias, model.item_bias]
    else:
        weights, train = model.weights, model.train
        own = [weights.data, weights.indices, weights.indptr] if sparse.issparse(weights) else [weights]
        arrays = [*own, train.indptr, train.items, train.values]
    return sum(array.nbytes for array in arrays)


def seconds_per_thousand_lists(model: FactorModel | ItemModel, seen: Interactions, k: int) -> float:
    """Seconds to make the top k of a thousand people, measured on up to a thousand of them, the best of three times."""
    users = np.arange(min(seen.n_users, _AT_MOST))
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        top_items(model, seen, users, k)
        seconds.append(time.perf_counter() - started)
    return min(seconds) * 1000 / len(users)
