"""irspack (https://github.com/tohtsky/irspack)."""

import numpy as np
from irspack import Evaluator, IALSRecommender
from irspack.utils.id_mapping import retrieve_recommend_from_score
from task import Progress, answer, load_factors, ndcg_of_lists, timed


def als(task, train, test):
    """With ν = 0 and the "ORIGINAL" loss irspack's objective is half of ours; its matrix holds α."""
    progress = Progress(task)
    recommender = IALSRecommender(
        train * np.float32(task["alpha"]),
        n_components=task["factors"],
        alpha0=1.0,
        reg=task["regularization"],
        nu=0.0,
        loss_type="ORIGINAL",
        solver_type=task["solver"].upper(),
        ialspp_subspace_dimension=task.get("subspace", 64),
        n_threads=task["threads"],
        random_seed=task["seed"],
    )
    trainer = recommender._create_trainer()
    for epoch in range(task["epochs"]):
        trainer.run_epoch()
        progress.after(epoch + 1, lambda: (trainer.core_trainer.user, trainer.core_trainer.item))
    return progress.result()


def _trained(task, train) -> IALSRecommender:
    recommender = IALSRecommender(train, n_components=task["factors"], alpha0=1.0, n_threads=task["threads"])
    recommender.trainer = recommender._create_trainer()
    recommender.trainer.core_trainer.user, recommender.trainer.core_trainer.item = load_factors(task)
    return recommender


def evaluate(task, train, test):
    recommender = _trained(task, train)
    evaluator = Evaluator(test, cutoff=10, n_threads=task["threads"])
    times, score = timed(task, lambda: evaluator.get_score(recommender))
    return {**times, "ndcg": score["ndcg"]}


def lists(task, train, test):
    recommender, m = _trained(task, train), train.shape[0]

    def all_lists():
        found = []
        for begin in range(0, m, 512):
            scores = recommender.get_score_remove_seen_block(begin, min(begin + 512, m))
            found += retrieve_recommend_from_score(scores, [], 10, n_threads=task["threads"])
        return found

    times, found = timed(task, all_lists)
    return {**times, "ndcg": ndcg_of_lists([[item for item, _ in row] for row in found], test)}


answer({"als": als, "evaluate": evaluate, "lists": lists})
