"""Ourselves, under the same protocol as the peers; only the needed algorithm is imported, as in a notebook."""

import numpy as np
from task import Progress, answer, load_factors, ndcg_of_lists, save_factors, timed

from recsys_core.data.interactions import Interactions


def _interactions(matrix) -> Interactions:
    return Interactions(matrix.indptr.astype(np.int64), matrix.indices, matrix.data, matrix.shape[1])


def train(task, train, test):
    """Any algorithm that yields factors, by its key in ALGORITHMS."""
    from recsys_core.algorithms import ALGORITHMS

    recipe = ALGORITHMS[task["algorithm"]](
        n_factors=task["factors"], n_epochs=task["epochs"], **task.get("settings", {})
    )
    data = _interactions(train)
    progress = Progress(task)
    for epoch in recipe.epochs(data, seed=task["seed"]):
        model = epoch.model
        if epoch.number > 0:
            progress.after(epoch.number, lambda m=model: (m.user_factors, m.item_factors, m.item_bias))
    return progress.result()


def svd(task, train, test):
    """To the first model, which is made of all factors at once; the last one carries them all."""
    from recsys_core.algorithms.svd import SVD

    recipe, data = SVD(n_factors=task["factors"], regularization=0.0), _interactions(train)
    times, _ = timed(task, lambda: next(recipe.epochs(data, seed=task["seed"])))
    *_, last = recipe.epochs(data, seed=task["seed"])
    save_factors(f"{task['save']}.npz", last.model.user_factors, last.model.item_factors)
    return times


def _trained(task):
    from recsys_core.algorithms.models import FactorModel

    return FactorModel.of(*load_factors(task))


def evaluate(task, train, test):
    from recsys_core.evaluation.rank_items import rank
    from recsys_core.metrics.ranking import ndcg

    model, seen, held_out = _trained(task), _interactions(train), _interactions(test)
    times, values = timed(
        task, lambda: ndcg(rank(model, seen, held_out, depth=10, top_only=task["top_only"]).relevant, 10)
    )
    return {**times, "ndcg": float(values.mean())}


def lists(task, train, test):
    from recsys_core.evaluation.rank_items import top_items

    model, seen, users = _trained(task), _interactions(train), np.arange(train.shape[0])
    times, found = timed(task, lambda: top_items(model, seen, users, 10))
    return {**times, "ndcg": ndcg_of_lists(found, test)}


answer({"train": train, "svd": svd, "evaluate": evaluate, "lists": lists})
