"""Compute a task on stored data, kind by kind; a server has `ComputeProcess` do it in a child.

What only some kinds need is imported where they are computed: all of it would take a child half a second.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from recsys_core.data.cleaning import clean, restore_steps
from recsys_core.data.corruption import corrupt_split, restore_corruption
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split
from recsys_core.evaluation.list_context import popular_lists, svd_features
from recsys_core.evaluation.reference_models import evaluate_reference_models
from recsys_core.runner import task as kinds
from recsys_core.runner.clean_stored import effect_to_json, keep_cleaned
from recsys_core.runner.evaluation_arrays import evaluations_to_arrays, popular_to_arrays
from recsys_core.runner.large_data import check_split
from recsys_core.runner.mapped_arrays import (
    Arrays,
    corrupted_to_mapped,
    dataset_to_mapped,
    file_to_arrays,
    split_to_mapped,
)
from recsys_core.runner.sweep_arrays import sampled_levels, sweep_both, sweep_to_arrays
from recsys_core.runner.task import Task
from recsys_core.store.store import RunStore

Progress = Callable[[float, str], None]
Computed = tuple[dict[str, np.ndarray], Any]


def compute(
    store: RunStore, task: Task, progress: Progress = lambda share, stage: None, given: Arrays | None = None
) -> Computed:
    """Compute what the task asks for, with the arrays that are `given` with it.

    Raises InputError where that is impossible on these data.
    """
    return _COMPUTE[task.kind](_Work(store, task, progress, given or {}))


@dataclass(frozen=True, eq=False)
class _Work:
    store: RunStore
    task: Task
    progress: Progress
    given: Arrays

    def read(self) -> Dataset:
        self.progress(0.1, "Reading the data")
        return self.store.dataset(self.task.data)

    def split(self) -> tuple[Dataset, Split]:
        dataset = self.read()
        self.progress(0.3, "Splitting the data")
        return dataset, self.store.split(self.task.data, self.task.split)


def _dataset(work: _Work) -> Computed:
    return dataset_to_mapped(work.read()), None


def _effect(work: _Work) -> Computed:
    dataset = work.read()
    work.progress(0.4, "Cleaning the data")
    cleaned, effects = clean(dataset, restore_steps(json.loads(work.task.steps)))
    return {}, [effect_to_json(effects[-1]), cleaned.sentence()]


def _cleaned(work: _Work) -> Computed:
    work.progress(0.1, "Reading the data")
    return {}, keep_cleaned(work.store, work.task.data, restore_steps(json.loads(work.task.steps)))


def _lists_file(work: _Work) -> Computed:
    from recsys_core.runner.write_file import write_lists

    dataset = work.read()
    work.progress(0.4, "Listing the best items for everyone")
    return file_to_arrays(write_lists(work.store, dataset, work.task.order)), None


def _split(work: _Work) -> Computed:
    dataset, split = work.split()
    work.progress(0.6, "Checking the split")
    return split_to_mapped(split), check_split(dataset, split)


def _check(work: _Work) -> Computed:
    return {}, check_split(*work.split())


def _split_file(work: _Work) -> Computed:
    from recsys_core.runner.write_file import write_split

    dataset, split = work.split()
    work.progress(0.5, "Writing the split")
    return file_to_arrays(write_split(dataset, split, work.task.order)), None


def _corrupted(work: _Work) -> Computed:
    dataset, split = work.split()
    work.progress(0.6, "Changing the training data")
    corruptions = [restore_corruption(each) for each in json.loads(work.task.corruptions)]
    return corrupted_to_mapped(corrupt_split(dataset, split, corruptions)), None


def _references(work: _Work, *, top_only: bool = True) -> Computed:
    dataset, split = work.split()
    work.progress(0.5, "Scoring random and popular lists")
    return evaluations_to_arrays(evaluate_reference_models(dataset, split, work.task.subset, top_only=top_only)), None


def _levels(work: _Work) -> Computed:
    dataset, split = work.split()
    work.progress(0.5, "Scoring random and popular lists")
    return {}, sampled_levels(dataset, split, work.task.subset)


def _popular(work: _Work) -> Computed:
    _, split = work.split()
    work.progress(0.5, "Listing what is popular for everyone")
    return popular_to_arrays(popular_lists(split, work.task.subset)), None


def _features(work: _Work) -> Computed:
    _, split = work.split()
    work.progress(0.5, "Describing the items by an SVD")
    return {"features": svd_features(split)}, None


def _sweep(work: _Work) -> Computed:
    honest, leaky, picture, levels = sweep_both(*work.split(), work.task.subset, work.progress)
    return sweep_to_arrays("honest", honest) | sweep_to_arrays("leaky", leaky), [picture, levels]


def _ensembles(work: _Work) -> Computed:
    from recsys_core.runner.ensemble_arrays import compute_ensembles

    _, split = work.split()
    return compute_ensembles(work.store, split, work.task.order, work.progress)


def _relisted(work: _Work) -> Computed:
    from recsys_core.runner.relist import compute_relisted

    dataset, split = work.split()
    work.progress(0.5, "Re-ranking the lists")
    return compute_relisted(work.store, dataset, split, work.task.subset, work.task.order, work.given)


def _judged(work: _Work) -> Computed:
    from recsys_core.runner.judge_trainings import judge_trainings

    return {}, judge_trainings(work.store, work.task.subset, work.task.order, work.progress)


def _kept_blend(work: _Work) -> Computed:
    from recsys_core.runner.ensemble_arrays import store_blend

    _, split = work.split()
    work.progress(0.5, "Scoring the model")
    return {}, store_blend(work.store, split, work.task.order, work.given)


def _kept_lists(work: _Work) -> Computed:
    from recsys_core.runner.relist import store_relisted

    dataset, split = work.split()
    work.progress(0.5, "Re-ranking the lists")
    return {}, store_relisted(work.store, dataset, split, work.task.order, work.given)


def _imported(work: _Work) -> Computed:
    from recsys_core.runner.import_file import import_as_ordered

    dataset, split = work.split()
    work.progress(0.5, "Reading and scoring what is in the file")
    return {}, import_as_ordered(work.store, dataset, split, work.task.subset, work.task.order, work.given)


_COMPUTE: Mapping[str, Callable[[_Work], Computed]] = {
    kinds.DATASET: _dataset,
    kinds.EFFECT: _effect,
    kinds.CLEANED: _cleaned,
    kinds.LISTS_FILE: _lists_file,
    kinds.SPLIT: _split,
    kinds.CHECK: _check,
    kinds.SPLIT_FILE: _split_file,
    kinds.CORRUPTED: _corrupted,
    kinds.REFERENCES: _references,
    kinds.ALL_RANKS: partial(_references, top_only=False),
    kinds.LEVELS: _levels,
    kinds.POPULAR: _popular,
    kinds.FEATURES: _features,
    kinds.SWEEP: _sweep,
    kinds.ENSEMBLES: _ensembles,
    kinds.RELISTED: _relisted,
    kinds.JUDGED: _judged,
    kinds.KEPT_BLEND: _kept_blend,
    kinds.KEPT_LISTS: _kept_lists,
    kinds.IMPORTED_MODEL: _imported,
    kinds.IMPORTED_LISTS: _imported,
}
