"""Keep the model of the epoch with the highest NDCG@10 on validation ratings, in place of the last epoch's.

The epoch is chosen as any hyperparameter is, so its validation score is flattered and its test score is not. The state
before the first pass (epoch 0) is no training and does not compete: the model kept is that of a shorter training.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.algorithms.models import Recommender
from recsys_core.algorithms.shared_fields import LAST_EPOCH
from recsys_core.data.split import Split
from recsys_core.errors import InputError
from recsys_core.evaluation.rank_items import Ranking, rank
from recsys_core.metrics.ranking import CUTOFF, ndcg
from recsys_core.metrics.rating import rmse


def rank_validation(model: Recommender, split: Split) -> Ranking | None:
    """Rank the items for everybody with relevant validation ratings; None where there are none."""
    seen, held_out = split.seen_and_held_out("validation")
    return rank(model, seen, held_out, depth=CUTOFF, top_only=True) if held_out.relevant.n_interactions else None


def score_ranking(ranking: Ranking | None, *, predicts_ratings: bool) -> tuple[float | None, float | None]:
    """Return NDCG@10 of a ranking and, where its scores predict ratings, their RMSE; None where there is none."""
    if ranking is None:
        return None, None
    error = rmse(ranking.held_out_scores, ranking.held_out.values) if predicts_ratings else None
    return float(ndcg(ranking.relevant, CUTOFF).mean()), error


def predicts_ratings_of(model: Recommender, split: Split) -> bool:
    """Return whether scores of `model` predict the values of `split`: a count of plays is no rating to predict."""
    return model.predicts_ratings and split.is_graded


def score_on_validation(model: Recommender, split: Split) -> tuple[float | None, float | None]:
    """Return NDCG@10 on the validation set and the RMSE of rating predictions; None where there is none."""
    return score_ranking(rank_validation(model, split), predicts_ratings=predicts_ratings_of(model, split))


def check_best_epoch(recipe: Algorithm, split: Split) -> None:
    """Raise InputError if `recipe` keeps the best epoch and `split` has no validation ratings to choose it by."""
    if recipe.keeps_best_epoch and split.validation.relevant.n_interactions == 0:
        raise InputError(
            "To keep the model of the best epoch, something relevant must be held out for validation. This split "
            f"has nothing: hold some out, or keep the model of the {LAST_EPOCH}."
        )


@dataclass
class BestEpoch:
    """The best epoch of a training so far, the earliest of equals. Its model alone is held."""

    kept: Epoch | None = None
    score: float = -math.inf

    def offer(self, epoch: Epoch, score: float | None) -> Epoch:
        """Keep `epoch` if its `score` is higher than that of every pass before; return what is kept now."""
        score = -math.inf if score is None else score
        if self.kept is None or self.kept.number == 0 or score > self.score:
            self.kept, self.score = epoch, score
        return self.kept


def best_model(epochs: Iterator[Epoch], split: Split, until: int | None = None) -> Recommender:
    """Return the model of the best epoch on the validation ratings of `split`, of those up to number `until`.

    `best_model(BPR().epochs(split.train, seed=0), split)` is the model of a run of BPR that keeps its best epoch.
    """
    best = BestEpoch()
    for epoch in epochs:
        best.offer(epoch, score_on_validation(epoch.model, split)[0])
        if epoch.number == until:
            break
    assert best.kept is not None  # every training has an epoch
    return best.kept.model
