"""The models of all numbers of factors that *Start* shows: what a child process computes and hands to the server."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

from recsys_core.algorithms.models import FactorModel
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split
from recsys_core.evaluation.reference_models import reference_ndcg
from recsys_core.evaluation.truncation_sweep import TruncationSweep, sample_users, sweep_truncations
from recsys_core.figures.tiles import draw_cells
from recsys_core.runner.mapped_arrays import Arrays

_SAMPLED_CELLS = 50_000_000  # scores of people and items that make up the sample


def sweep_both(
    dataset: Dataset, split: Split, subset: str, progress: Callable[[float, str], None] = lambda share, stage: None
) -> tuple[TruncationSweep, TruncationSweep, dict[str, Any], dict[str, float]]:
    """Return the sweeps without and with the held-out ratings in training, the picture of their cells, and the mean
    NDCG@10 of the reference models over the users that the sweeps score."""
    planted = None if dataset.ground_truth is None else dataset.ground_truth.n_tastes
    progress(0.4, "Training a model with every number of tastes")
    honest = sweep_truncations(split, subset, planted=planted)
    progress(0.7, "Training them again on the held-out data too")
    leaky = sweep_truncations(split, subset, leak=True, planted=planted)
    picture = draw_cells(split, subset, honest.model, leaky.model, dataset.ground_truth)
    return honest, leaky, picture, reference_ndcg(dataset, split, subset, honest.users)


def sampled_levels(dataset: Dataset, split: Split, subset: str) -> tuple[dict[str, float], int, int]:
    """Return the mean NDCG@10 of the reference models over a sample of people, its size, and that of everybody."""
    held_out = split.seen_and_held_out(subset)[1].relevant
    users = np.flatnonzero(sample_users(held_out, _SAMPLED_CELLS).items_per_user)
    n_all = int(np.count_nonzero(held_out.items_per_user))
    return reference_ndcg(dataset, split, subset, users), len(users), n_all


def sweep_to_arrays(name: str, sweep: TruncationSweep) -> dict[str, np.ndarray]:
    """Return a sweep as arrays whose names begin with `name`."""
    arrays = {each.name: np.asarray(getattr(sweep, each.name)) for each in fields(sweep) if each.name != "model"}
    arrays |= {each.name: np.asarray(getattr(sweep.model, each.name)) for each in fields(FactorModel)}
    return {f"{name}-{key}": array for key, array in arrays.items()}


def sweep_from_arrays(name: str, arrays: Arrays) -> TruncationSweep:
    """Restore the sweep that `sweep_to_arrays` took apart."""
    own = {key.removeprefix(f"{name}-"): array for key, array in arrays.items() if key.startswith(f"{name}-")}
    model = FactorModel(
        **{key: own[key] for key in ("user_factors", "item_factors", "user_bias", "item_bias")},
        offset=float(own["offset"]),
        predicts_ratings=bool(own["predicts_ratings"]),
    )
    return TruncationSweep(
        ks=tuple(own["ks"].tolist()),
        model=model,
        **{key: own[key] for key in ("ndcg", "explained", "users")},
        n_held_out=int(own["n_held_out"]),
        n_leaked=int(own["n_leaked"]),
    )
