"""What grows with the data and is computed beside the server where they are large: splits, sweeps, references.

Each task takes a stored data set and comes back as (arrays, plain JSON). `ComputeProcess` runs one in a child process.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from recsys_core.algorithms.models import FactorModel
from recsys_core.data.cleaning import Effect, clean, restore_steps, steps_to_settings
from recsys_core.data.corruption import corrupt_split, restore_corruption
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split, SplitRecipe
from recsys_core.evaluation.list_context import PopularLists, popular_lists, svd_features
from recsys_core.evaluation.reference_models import evaluate_reference_models, reference_ndcg
from recsys_core.evaluation.truncation_sweep import TruncationSweep, sample_users, sweep_truncations
from recsys_core.figures.tiles import draw_cells
from recsys_core.runner.clean_stored import keep_cleaned
from recsys_core.runner.evaluation_arrays import evaluations_to_arrays
from recsys_core.runner.large_data import check_split
from recsys_core.runner.mapped_arrays import Arrays, corrupted_to_mapped, dataset_to_mapped, split_to_mapped
from recsys_core.store.store import RunStore

DATASET, SPLIT, CORRUPTED, CHECK = "dataset", "split", "corrupted", "check"
SWEEP, LEVELS, EFFECT, CLEANED = "sweep", "levels", "effect", "cleaned"
REFERENCES, ALL_RANKS, POPULAR, FEATURES = "references", "all_ranks", "popular", "features"
ENSEMBLES, RELISTED, JUDGED = "ensembles", "relisted", "judged"
KEPT_BLEND, KEPT_LISTS = "kept_blend", "kept_lists"
IMPORTED_MODEL, IMPORTED_LISTS = "imported_model", "imported_lists"
"""The tasks: read a stored data set, split it, corrupt its training data, check the split; sweep over numbers of
factors, score the reference models on a sample, tell what a cleaning step would do, store the data after some steps;
score the lists of the reference models for everybody, rank all items by them, list the most popular items, and describe
items of which no attributes are known; fit ensembles of trained models, re-rank the lists of one, judge ways to test;
score a blend, or re-ranked lists, and store them as a run; do so with a model, or lists, in a file."""
_OF_MODELS = (ENSEMBLES, RELISTED, KEPT_BLEND, KEPT_LISTS, IMPORTED_MODEL, IMPORTED_LISTS)
_SAMPLED_CELLS = 50_000_000  # scores of people and items that make up the sample
Progress = Callable[[float, str], None]
Computed = tuple[dict[str, np.ndarray], Any]


@dataclass(frozen=True)
class Task:
    """What to compute of the stored data set with the fingerprint `data`.

    `split` and `subset` say on what; `steps` are cleaning steps, and `corruptions` those of the training data, both
    their settings as JSON. `order` is JSON, too: what the tasks on models need to know beside that.
    """

    kind: str
    data: str
    split: SplitRecipe = field(default_factory=SplitRecipe)
    subset: str = ""
    steps: str = ""
    corruptions: str = ""
    order: str = ""

    @property
    def slug(self) -> str:
        """The kind of the task, with eight hex digits that tell it from others of its kind."""
        return f"{self.kind}_{hashlib.sha256(json.dumps(self.as_json()).encode()).hexdigest()[:8]}"

    def as_json(self) -> dict[str, Any]:
        """Return the task as plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Task":
        """Return the task that `as_json` described."""
        return cls(**{**values, "split": SplitRecipe(**values["split"])})


def compute(
    store: RunStore, task: Task, progress: Progress = lambda share, stage: None, given: Arrays | None = None
) -> Computed:
    """Compute what the task asks for, with the arrays that are `given` with it.

    Raises InputError where that is impossible on these data.
    """
    if task.kind == JUDGED:
        from recsys_core.runner.judge_trainings import judge_trainings

        return {}, judge_trainings(store, task.subset, task.order, progress)
    progress(0.1, "Reading the data")
    if task.kind == CLEANED:
        return {}, keep_cleaned(store, task.data, restore_steps(json.loads(task.steps)))
    dataset = store.dataset(task.data)
    if task.kind == DATASET:
        return dataset_to_mapped(dataset), None
    if task.kind == EFFECT:
        progress(0.4, "Cleaning the data")
        cleaned, effects = clean(dataset, restore_steps(json.loads(task.steps)))
        return {}, [_effect_to_json(effects[-1]), cleaned.sentence()]
    progress(0.3, "Splitting the data")
    split = store.split(task.data, task.split)
    if task.kind == SPLIT:
        progress(0.6, "Checking the split")
        return split_to_mapped(split), check_split(dataset, split)
    if task.kind == CORRUPTED:
        progress(0.6, "Changing the training data")
        corruptions = [restore_corruption(each) for each in json.loads(task.corruptions)]
        return corrupted_to_mapped(corrupt_split(dataset, split, corruptions)), None
    if task.kind == CHECK:
        return {}, check_split(dataset, split)
    if task.kind in (REFERENCES, ALL_RANKS):
        progress(0.5, "Scoring random and popular lists")
        top_only = task.kind == REFERENCES
        return evaluations_to_arrays(evaluate_reference_models(dataset, split, task.subset, top_only=top_only)), None
    if task.kind == POPULAR:
        progress(0.5, "Listing what is popular for everyone")
        lists = popular_lists(split, task.subset)
        return {} if lists is None else {"users": lists.users, "top_items": lists.top_items}, None
    if task.kind == FEATURES:
        progress(0.5, "Describing the items by an SVD")
        return {"features": svd_features(split)}, None
    if task.kind in _OF_MODELS:
        return _compute_of_models(store, dataset, split, task, progress, given or {})
    if task.kind == LEVELS:
        progress(0.5, "Scoring random and popular lists")
        return {}, sampled_levels(dataset, split, task.subset)
    honest, leaky, picture, levels = sweep_both(dataset, split, task.subset, progress)
    return sweep_to_arrays("honest", honest) | sweep_to_arrays("leaky", leaky), [picture, levels]


def _compute_of_models(
    store: RunStore, dataset: Dataset, split: Split, task: Task, progress: Progress, given: Arrays
) -> Computed:
    # Here, since the server that imports this module needs them for no first page.
    from recsys_core.runner.ensemble_arrays import compute_ensembles, store_blend
    from recsys_core.runner.import_file import import_as_ordered
    from recsys_core.runner.relist import compute_relisted, store_relisted

    if task.kind == ENSEMBLES:
        return compute_ensembles(store, split, task.order, progress)
    if task.kind == KEPT_BLEND:
        progress(0.5, "Scoring the model")
        return {}, store_blend(store, split, task.order, given)
    if task.kind in (IMPORTED_MODEL, IMPORTED_LISTS):
        progress(0.5, "Reading and scoring what is in the file")
        return {}, import_as_ordered(store, dataset, split, task.subset, task.order, given)
    progress(0.5, "Re-ranking the lists")
    if task.kind == RELISTED:
        return compute_relisted(store, dataset, split, task.subset, task.order, given)
    return {}, store_relisted(store, dataset, split, task.order, given)


def _effect_to_json(effect: Effect) -> dict[str, Any]:
    return {**asdict(effect), "step": steps_to_settings([effect.step])[0]}


def effect_from_json(values: Mapping[str, Any]) -> Effect:
    """Restore the effect of a cleaning step from plain JSON."""
    return Effect(**{**values, "step": restore_steps([values["step"]])[0], "n_left": tuple(values["n_left"])})


def sweep_both(
    dataset: Dataset, split: Split, subset: str, progress: Progress = lambda share, stage: None
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


def popular_from_arrays(arrays: Arrays) -> PopularLists | None:
    """Restore the lists of the most popular items; None where there are none."""
    return PopularLists(**arrays) if arrays else None
