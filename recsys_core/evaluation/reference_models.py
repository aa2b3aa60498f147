"""Score the reference models: random, most popular and, on synthetic data, the oracle."""

from collections.abc import Mapping

import numpy as np

from recsys_core.algorithms.models import Recommender
from recsys_core.algorithms.reference_models import Oracle, Popularity, Random
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split
from recsys_core.data.synthetic import as_generated
from recsys_core.evaluation.evaluate import Evaluation, evaluate
from recsys_core.evaluation.rank_items import rank
from recsys_core.metrics.ranking import CUTOFF, ndcg


def evaluate_reference_models(
    dataset: Dataset, split: Split, subset: str, *, top_only: bool = False
) -> dict[str, Evaluation]:
    """Return the evaluations of random, most popular and, on synthetic data, the oracle, by name.

    There is no oracle for data that were changed since they were generated: it would no longer be the best. `top_only`
    is as in `evaluate`. Empty where `subset` holds nothing relevant.
    """
    if split.seen_and_held_out(subset)[1].relevant.n_interactions == 0:
        return {}
    models = _reference_models(dataset, split)
    return {name: evaluate(model, split, subset, top_only=top_only) for name, model in models.items()}


def reference_ndcg(dataset: Dataset, split: Split, subset: str, users: np.ndarray) -> dict[str, float]:
    """Return the mean NDCG@10 of each reference model over `users`, by name: as its evaluation has it, but quickly.

    Empty where `subset` holds nothing relevant of them.
    """
    seen, held_out = split.seen_and_held_out(subset)
    theirs = held_out.relevant.select(np.isin(held_out.relevant.users, users))
    if theirs.n_interactions == 0:
        return {}
    return {
        name: float(ndcg(rank(model, seen, theirs, depth=CUTOFF, top_only=True).relevant, CUTOFF).mean())
        for name, model in _reference_models(dataset, split).items()
    }


def _reference_models(dataset: Dataset, split: Split) -> dict[str, Recommender]:
    models = {recipe.label: next(recipe.epochs(split.train)).model for recipe in (Random(), Popularity())}
    if as_generated(dataset) is not None:
        models["Oracle"] = Oracle(dataset)
    return models


def reference_levels(evaluations: Mapping[str, Evaluation], metric: str, k: int) -> dict[str, float]:
    """Return the number of each reference model by name, of those for which the metric exists."""
    levels = {name: evaluation.overall(metric, k) for name, evaluation in evaluations.items()}
    return {name: level for name, level in levels.items() if level is not None}
