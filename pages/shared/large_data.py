"""Open data sets and splits, and what is computed of them: small ones at once, large ones beside the server."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from pages.shared.beside import compute_beside, computed_or_none, follow, keep, leave_place
from pages.shared.context import DATA_KEY, Context, get_context, last_context, select_split
from pages.shared.server import store
from recsys_core.data.cleaning import CleaningStep, Effect, clean, steps_to_settings
from recsys_core.data.corruption import Corruption, corrupt_split
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split, SplitRecipe
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.evaluation.list_context import PopularLists, needs_svd_features, popular_lists
from recsys_core.evaluation.reference_models import evaluate_reference_models
from recsys_core.evaluation.truncation_sweep import TruncationSweep
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.runner import large_data
from recsys_core.runner.child_job import ChildJob
from recsys_core.runner.clean_stored import effect_from_json
from recsys_core.runner.evaluation_arrays import evaluations_from_arrays, popular_from_arrays
from recsys_core.runner.large_data import SplitCheck, check_split, is_large
from recsys_core.runner.mapped_arrays import corrupted_from_mapped, dataset_from_mapped, split_from_mapped
from recsys_core.runner.sweep_arrays import sweep_both, sweep_from_arrays
from recsys_core.runner.task import (
    ALL_RANKS,
    CHECK,
    CORRUPTED,
    DATASET,
    EFFECT,
    FEATURES,
    LEVELS,
    POPULAR,
    REFERENCES,
    SPLIT,
    SWEEP,
    Task,
)

_BYTES_PER_RATING = 16  # of a stored data set with times


def open_dataset(fingerprint: str) -> Dataset:
    """Return a stored data set. Raises InputError where there is none."""
    if store().has_cached(fingerprint):
        dataset = store().dataset(fingerprint)
        if is_large(dataset):
            leave_place()
        return dataset
    if is_stored_large(fingerprint):
        dataset = compute_beside(
            Task(DATASET, fingerprint),
            "Reading the data",
            lambda arrays, _: dataset_from_mapped(arrays),
            on_cancel=_back_to_last_data,
            keeps=False,
        )
        store().cache_dataset(dataset)
    return store().dataset(fingerprint)


def is_stored_large(fingerprint: str) -> bool:
    """Tell whether a stored data set is large, without reading it."""
    return store().dataset_bytes(fingerprint) >= large_data.LARGE * _BYTES_PER_RATING


def open_split(dataset: Dataset, recipe: SplitRecipe) -> Split:
    """Return the split of `dataset` by `recipe`, for the whole page. Raises InputError where it is impossible."""
    return _open_split(dataset, recipe, _back_to_last_split)


def open_other_split(recipe: SplitRecipe, on_cancel: Callable[[], bool] = lambda: False) -> Split:
    """Return another split of the current data, for a part of the page; `on_cancel` is as in `compute_beside`.

    Raises InputError where it is impossible.
    """
    return _open_split(get_context().dataset, recipe, on_cancel)


def open_corrupted_split(
    recipe: SplitRecipe, corruptions: tuple[Corruption, ...], on_cancel: Callable[[], bool] = lambda: False
) -> Split:
    """Return a split of the current data with its training data corrupted; `on_cancel` is as in `compute_beside`.

    Raises InputError where the split is impossible, or where nothing would be left to train on.
    """
    dataset, whole = get_context().dataset, open_other_split(recipe, on_cancel)
    if not corruptions:
        return whole
    if not is_large(dataset):
        return _corrupted_split(whole.fingerprint, corruptions, dataset, whole)
    settings = json.dumps([each.settings() for each in corruptions])
    return compute_beside(
        Task(CORRUPTED, dataset.fingerprint, recipe, corruptions=settings),
        "Changing the training data",
        lambda arrays, _: corrupted_from_mapped(arrays, whole, corruptions),
        on_cancel=on_cancel,
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _corrupted_split(fingerprint: str, corruptions: tuple[Corruption, ...], _dataset: Dataset, _whole: Split) -> Split:
    return corrupt_split(_dataset, _whole, corruptions)


def _open_split(dataset: Dataset, recipe: SplitRecipe, on_cancel: Callable[[], bool]) -> Split:
    fingerprint = dataset.fingerprint
    if is_large(dataset) and not store().has_cached(fingerprint, recipe):
        task = Task(SPLIT, fingerprint, recipe)
        split, check = compute_beside(
            task,
            "Splitting the data",
            lambda arrays, check: (split_from_mapped(arrays, dataset, recipe), check),
            on_cancel=on_cancel,
            keeps=False,
        )
        store().cache_split(split)
        keep(Task(CHECK, fingerprint, recipe), check)
    elif is_large(dataset):
        leave_place()
    return store().split(fingerprint, recipe)


def follow_check(split: Split, job: ChildJob) -> None:
    """Have the Data page wait for what a child that has loaded the data finds out of their split."""
    follow(Task(CHECK, split.data_fingerprint, split.recipe), job)


def split_check(context: Context) -> SplitCheck:
    """Return what the Data page says of the split."""
    if not is_large(context.dataset):
        return _split_check(context.split.fingerprint, context)
    return compute_beside(_task(CHECK, context), "Checking the split", lambda _, check: check)


@st.cache_resource(max_entries=16, show_spinner="Checking the split…")
def _split_check(fingerprint: str, _context: Context) -> SplitCheck:
    return check_split(_context.dataset, _context.split)


_SWEEPING = "Training and scoring a model with every number of tastes"
Sweeps = tuple[TruncationSweep, TruncationSweep, dict[str, Any], dict[str, float]]


def factor_sweeps(context: Context) -> Sweeps:
    """Return the models of all numbers of factors, trained without and with the held-out ratings,
    their picture, and the levels of the reference models."""
    if not is_large(context.dataset):
        with st.spinner(f"{_SWEEPING}…"):
            return sweep_factors(context)
    return compute_beside(
        _task(SWEEP, context, context.open_subset),
        _SWEEPING,
        lambda arrays, plain: (sweep_from_arrays("honest", arrays), sweep_from_arrays("leaky", arrays), *plain),
    )


def sweep_factors(context: Context) -> Sweeps:
    """Return what `factor_sweeps` does, without drawing anything: a server calls it before anybody comes."""
    return _sweep_factors(context.split.fingerprint, context.open_subset, context)


@st.cache_resource(max_entries=8, show_spinner=False)
def _sweep_factors(split_fingerprint: str, subset: str, _context: Context) -> Sweeps:
    return sweep_both(_context.dataset, _context.split, subset)


def reference_models_of(context: Context, subset: str, *, all_ranks: bool = False) -> dict[str, Evaluation]:
    """Return random, most popular and, on synthetic data, the oracle, scored on a subset of the split.

    Of large data they rank what is past the lists only where `all_ranks` asks for it.
    """
    if not is_large(context.dataset):
        return _reference_models(context.split.fingerprint, subset, context)
    return compute_beside(
        _task(ALL_RANKS if all_ranks else REFERENCES, context, subset),
        "Scoring the reference models",
        lambda arrays, _: evaluations_from_arrays(arrays),
    )


@st.cache_resource(max_entries=16, show_spinner="Scoring the reference models…")
def _reference_models(split_fingerprint: str, subset: str, _context: Context) -> dict[str, Evaluation]:
    return evaluate_reference_models(_context.dataset, _context.split, subset)


def popular_lists_of(context: Context, subset: str) -> PopularLists | None:
    """Return the lists of the most popular items of everybody whom a subset scores; None where that is nobody."""
    if not is_large(context.dataset):
        return _popular_lists(context.split.fingerprint, subset, context)
    return compute_beside(
        _task(POPULAR, context, subset),
        "Listing what is popular",
        lambda arrays, _: popular_from_arrays(arrays),
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _popular_lists(split_fingerprint: str, subset: str, _context: Context) -> PopularLists | None:
    return popular_lists(_context.split, subset)


def item_features_of(context: Context, attribute: str = "") -> np.ndarray | None:
    """Return the factors that describe the items of large data of which too little is known; None for other data."""
    if not is_large(context.dataset) or not needs_svd_features(context.dataset, attribute):
        return None
    return compute_beside(
        _task(FEATURES, context), "Describing the items by what people choose", lambda arrays, _: arrays["features"]
    )


def reference_levels_of(context: Context, subset: str) -> tuple[dict[str, float], str] | None:
    """Return the mean NDCG@10 of each reference model by name, and a sentence where they are of a sample of large data.

    None while they are computed.
    """
    if not is_large(context.dataset):
        levels = reference_models_of(context, subset).items()
        return {name: evaluation.mean("ndcg", CUTOFF) for name, evaluation in levels}, ""
    return computed_or_none(
        _task(LEVELS, context, subset), lambda _, plain: (plain[0], describe_sample(*plain[1:])), ({}, "")
    )


def describe_sample(n_users: int, n_all: int) -> str:
    """Say of how many people the reference lines are the mean; '' where it is everybody."""
    if n_users == n_all:
        return ""
    return f"The reference lines are means over {n_users:,} of {n_all:,} people, drawn at random."


def cleaning_effect(dataset: Dataset, step: CleaningStep) -> tuple[Effect, str]:
    """Return the effect of a cleaning step, and the sentence on the data after it. Raises InputError as `clean`."""
    steps = json.dumps(steps_to_settings([step]))
    if not is_large(dataset):
        return _cleaning_effect(dataset.fingerprint, steps, dataset, step)
    return compute_beside(
        Task(EFFECT, dataset.fingerprint, steps=steps),
        "Trying the step on the data",
        lambda _, told: (effect_from_json(told[0]), told[1]),
    )


@st.cache_data(max_entries=32, show_spinner=False)
def _cleaning_effect(fingerprint: str, steps: str, _dataset: Dataset, _step: CleaningStep) -> tuple[Effect, str]:
    cleaned, (effect,) = clean(_dataset, [_step])
    return effect, cleaned.sentence()


def _task(kind: str, context: Context, subset: str = "") -> Task:
    return Task(kind, context.dataset.fingerprint, context.split.recipe, subset)


def _back_to_last_data() -> bool:
    """Select the data that were shown last, if they are still at hand."""
    last = last_context()
    if last is None or not store().has_cached(last.dataset.fingerprint):
        return False
    st.session_state[DATA_KEY] = last.dataset.fingerprint
    return True


def _back_to_last_split() -> bool:
    """Set the controls of the split to the last one of these data, or select the data that were shown last."""
    last = last_context()
    if last is None or last.dataset.fingerprint != st.session_state.get(DATA_KEY):
        return _back_to_last_data()
    if not store().has_cached(last.dataset.fingerprint, last.split.recipe):
        return False
    select_split(last.split.recipe.settings())
    return True
