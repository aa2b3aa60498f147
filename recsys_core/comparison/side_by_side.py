"""Several evaluations of the same held-out ratings side by side."""

from collections.abc import Sequence

import numpy as np

from recsys_core.comparison.verdicts import MARGIN, Verdict, judge_all
from recsys_core.evaluation.bootstrap import Interval, bounds_of, mean_intervals, seed_variances
from recsys_core.evaluation.evaluate import Evaluation


def values_of(evaluations: Sequence[Evaluation], metric: str, k: int) -> np.ndarray:
    """(u, r): the metric of every user under each of r evaluations.

    Raises InputError unless all are of the same held-out ratings.
    """
    for evaluation in evaluations[1:]:
        evaluation.check_comparable(evaluations[0])
    return np.stack([evaluation.per_user(metric, k) for evaluation in evaluations], axis=1)


def intervals_of(evaluations: Sequence[Evaluation], metrics: Sequence[str], k: int) -> dict[str, list[Interval]]:
    """By metric, the mean of each evaluation with its 95 % interval, each by itself."""
    return {metric: mean_intervals(values_of(evaluations, metric, k), bounds=bounds_of(metric)) for metric in metrics}


def verdicts_of(
    evaluations: Sequence[Evaluation],
    metric: str,
    k: int,
    *,
    recipes: Sequence,
    other_seeds: Sequence[Sequence[Evaluation]],
    margin: float = MARGIN,
) -> dict[tuple[int, int], Verdict]:
    """`judge_all` on a ranking metric; `other_seeds` holds, for each evaluation, those of its recipe under other
    seeds. The first evaluation is the reference."""
    values = values_of(evaluations, metric, k)
    seeds = [
        seed_variances([float(own.mean()), *(other.mean(metric, k) for other in others)])
        for own, others in zip(values.T, other_seeds, strict=True)
    ]
    return judge_all(list(values.T), recipes=recipes, seeds=seeds, margin=margin)
