"""cornac (https://github.com/PreferredAI/cornac)."""

import warnings

import numpy as np
from cornac.data import Dataset
from cornac.eval_methods.base_method import ranking_eval
from cornac.metrics import NDCG
from cornac.models import BPR
from task import Progress, answer, load_factors, timed

warnings.filterwarnings("ignore")


def _dataset(matrix) -> Dataset:
    """A cornac data set that keeps our numbering of users and items."""
    m, n = matrix.shape
    triples = matrix.tocoo()
    uir = (triples.row.astype(np.int32), triples.col.astype(np.int32), triples.data.astype(np.float64))
    return Dataset(m, n, {u: u for u in range(m)}, {i: i for i in range(n)}, uir)


def bpr(task, train, test):
    """Fitting again goes on from where the factors are, so `every` epochs are one call."""
    data = _dataset(train)
    progress = Progress(task)
    model = BPR(
        k=task["factors"],
        max_iter=task["every"],
        learning_rate=task["learning_rate"],
        lambda_reg=task["regularization"],
        num_threads=task["threads"],
    )
    for epoch in range(task["every"], task["epochs"] + 1, task["every"]):
        model.fit(data)
        progress.after(epoch, lambda: (model.u_factors, model.i_factors, model.i_biases))
    return progress.result()


def evaluate(task, train, test):
    users, items = load_factors(task)
    train_set, test_set = _dataset(train), _dataset(test)
    model = BPR(k=task["factors"], trainable=False, init_params={"U": users, "V": items}).fit(train_set)
    times, (averages, _) = timed(task, lambda: ranking_eval(model, [NDCG(k=10)], train_set, test_set))
    return {**times, "ndcg": averages[0]}


answer({"bpr": bpr, "evaluate": evaluate})
