"""Describe a model beside its arrays: plain JSON that travels in the same file."""

from recsys_core.algorithms.models import FactorModel, ItemModel
from recsys_core.data.dataset import Dataset
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.metrics import HEADLINE_METRICS, METRICS
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.store.kept_epoch import kept_recipe, kept_record
from recsys_core.store.run import EpochRecord, Run


def describe_model(
    run: Run,
    dataset: Dataset,
    model: FactorModel | ItemModel,
    records: list[EpochRecord],
    evaluation: Evaluation | None,
) -> dict[str, object]:
    """Return algorithm, settings, seed, fingerprints, shapes and metrics with their definitions, ready for JSON.

    `evaluation` is the one on validation ratings, or None: what a sealed test would show does not travel.
    """
    kept = kept_record(run.recipe, records)
    description = {
        "algorithm": run.recipe.label,
        "settings": kept_recipe(run, records).settings(),
        "seed": run.seed,
        "epochs": records[-1].number if records else None,
        "training_seconds": records[-1].seconds if records else None,
        "data": {"name": dataset.name, "fingerprint": run.data_fingerprint, "sentence": dataset.sentence()},
        "split": {**run.split.settings(), "fingerprint": run.split_fingerprint},
        "run_fingerprint": run.fingerprint,
        "numerics_version": run.numerics_version,
        "environment": dict(run.environment or {}),
        "n_users": model.n_users,
        "n_items": model.n_items,
        "metrics": [] if evaluation is None else _metrics(evaluation),
    }
    if run.recipe.keeps_best_epoch and kept is not None:
        description["epoch_kept"] = kept.number
    if run.recipe.comes_from_best_epoch:  # exporting and importing must clear neither this nor what it was trained on
        description["epoch_kept_why"] = f"the highest NDCG@{CUTOFF} on validation, which flatters it there"
    if run.branch or run.corruptions:
        description["trained_on"] = "the training data after a change: a branch of a run, or corrupted data"
    if run.recipe.possibly_leaked_subsets:
        description["trained_on"] = (
            f"perhaps also the {' and '.join(run.recipe.possibly_leaked_subsets)} data of this split"
        )
    if not isinstance(model, FactorModel):
        return {**description, "score": "score(u, i) = sum of weights[j, i] over the items j that u has"}
    return {
        **description,
        "score": "score(u, i) = offset + user_bias[u] + item_bias[i] + user_factors[u] . item_factors[i]",
        "n_factors": model.n_factors,
        "offset": model.offset,
        "predicts_ratings": model.predicts_ratings,
    }


def _metrics(evaluation: Evaluation) -> list[dict[str, object]]:
    return [
        {
            "name": METRICS[metric].title(CUTOFF),
            "value": evaluation.overall(metric, CUTOFF),
            "part": evaluation.subset,
            "people": len(evaluation.users),
            "definition": METRICS[metric].meaning,
        }
        for metric in HEADLINE_METRICS
        if not METRICS[metric].why_not(evaluation)
    ]
