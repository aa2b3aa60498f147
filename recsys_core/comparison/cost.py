"""Measure what a trained recommender costs: its memory, and the time its lists take."""

import math
import time

import numpy as np

from recsys_core.algorithms.list_model import ListModel
from recsys_core.algorithms.models import FactorModel, ItemModel
from recsys_core.data.interactions import Interactions
from recsys_core.evaluation.rank_items import top_items

_MAX_USERS = 1000  # are enough to time


def model_bytes(model: FactorModel | ItemModel | ListModel) -> int:
    """Return the bytes of the arrays that scoring reads: factors and biases, item weights and all ratings, or lists."""
    if isinstance(model, ListModel):
        return model.lists.nbytes
    if isinstance(model, FactorModel):
        arrays = [model.user_factors, model.item_factors, model.user_bias, model.item_bias]
    else:
        weights, train = model.weights, model.train
        arrays = [train.indptr, train.items, train.values]
        if isinstance(weights, np.ndarray):
            arrays.append(weights)
        else:
            arrays += [weights.data, weights.indices, weights.indptr]
    return sum(array.nbytes for array in arrays)


def seconds_per_thousand_lists(model: FactorModel | ItemModel | ListModel, seen: Interactions, k: int) -> float:
    """Return the seconds to make the top k of 1,000 users, measured on up to 1,000 of them; the best of three times.

    NaN of lists that somebody else has made.
    """
    if isinstance(model, ListModel):
        return math.nan
    users = np.arange(min(seen.n_users, _MAX_USERS))
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        top_items(model, seen, users, k)
        seconds.append(time.perf_counter() - started)
    return min(seconds) * 1000 / len(users)
