"""implicit (https://github.com/benfred/implicit)."""

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from implicit.cpu.bpr import BayesianPersonalizedRanking
from implicit.evaluation import ranking_metrics_at_k
from task import Progress, answer, load_factors, ndcg_of_lists, timed


def als(task, train, test):
    """implicit's matrix holds the confidence itself, 1 + α; its penalty is ours."""
    model = AlternatingLeastSquares(
        factors=task["factors"],
        regularization=task["regularization"],
        use_cg=task["solver"] == "cg",
        iterations=task["epochs"],
        num_threads=task["threads"],
        random_state=task["seed"],
    )
    progress = Progress(task)
    confidences = train * np.float32(1 + task["alpha"])
    model.fit(
        confidences,
        show_progress=False,
        callback=lambda epoch, *_: progress.after(epoch + 1, lambda: (model.user_factors, model.item_factors)),
    )
    return progress.result()


def bpr(task, train, test):
    model = BayesianPersonalizedRanking(
        factors=task["factors"],
        learning_rate=task["learning_rate"],
        regularization=task["regularization"],
        iterations=task["epochs"],
        num_threads=task["threads"],
        random_state=task["seed"],
    )
    progress = Progress(task)
    model.fit(
        train,
        show_progress=False,
        callback=lambda epoch, *_: progress.after(epoch + 1, lambda: (model.user_factors, model.item_factors)),
    )
    return progress.result()


def _trained(task) -> AlternatingLeastSquares:
    model = AlternatingLeastSquares(factors=task["factors"], num_threads=task["threads"])
    model.user_factors, model.item_factors = load_factors(task)
    return model


def evaluate(task, train, test):
    model = _trained(task)
    times, metrics = timed(
        task,
        lambda: ranking_metrics_at_k(model, train, test, K=10, show_progress=False, num_threads=task["threads"]),
    )
    return {**times, "ndcg": metrics["ndcg"]}


def lists(task, train, test):
    model, users = _trained(task), np.arange(train.shape[0])
    times, (items, _) = timed(task, lambda: model.recommend(users, train, N=10, filter_already_liked_items=True))
    return {**times, "ndcg": ndcg_of_lists(items, test)}


answer({"als": als, "bpr": bpr, "evaluate": evaluate, "lists": lists})
