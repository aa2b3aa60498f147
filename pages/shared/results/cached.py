"""Cache evaluations, models and reference models between reruns, keyed by the fingerprints that they depend on."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from pages.shared.context import Context, get_context
from pages.shared.large_data import item_features_of, popular_lists_of, reference_models_of
from pages.shared.server import store
from recsys_core.algorithms.base import Algorithm
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.evaluation.list_context import PopularLists, list_context, with_context
from recsys_core.figures.on_page import SharedFigure
from recsys_core.metrics.list_context import ListContext
from recsys_core.store.kept_epoch import kept_recipe
from recsys_core.store.run import Run

Made = TypeVar("Made")


def reference_models(subset: str, *, all_ranks: bool = False) -> dict[str, Evaluation]:
    """Return random, most popular and, on synthetic data, the oracle, scored on a subset of the current split.

    A metric that needs all ranks needs them with `all_ranks`.
    """
    return reference_models_of(get_context(), subset, all_ranks=all_ranks)


def reference_models_with_context(subset: str) -> dict[str, Evaluation]:
    """Return the reference models with what the properties of their lists depend on."""
    split, description_key = get_context().split, get_context().dataset.description_key
    # Neither is inside the cache, since it may draw a bar.
    references, context = reference_models(subset), list_context_of(subset)
    return _with_context(split.fingerprint, description_key, subset, references, context)


@st.cache_resource(max_entries=16, show_spinner=False)
def _with_context(
    split_fingerprint: str,
    description_key: str,
    subset: str,
    _references: dict[str, Evaluation],
    _context: ListContext | None,
) -> dict[str, Evaluation]:
    return {name: with_context(evaluation, _context) for name, evaluation in _references.items()}


def list_context_of(subset: str, attribute: str = "") -> ListContext | None:
    """Return what the properties of lists depend on; None where the current split has nobody to score.

    Items are described by `attribute`, or without a name by what `list_context` chooses.
    """
    context = get_context()
    # Neither is inside the cache, since it may draw a bar.
    popular, features = popular_lists_of(context, subset), item_features_of(context, attribute)
    if popular is None:
        return None
    # Titles, genres and attributes may be loaded later: they are no part of the fingerprint.
    key = context.split.fingerprint, context.dataset.description_key, subset, attribute
    return _list_context(*key, context, popular, features)


@st.cache_resource(max_entries=16, show_spinner=False)
def _list_context(
    split_fingerprint: str,
    description_key: str,
    subset: str,
    attribute: str,
    _context: Context,
    _popular: PopularLists,
    _features: np.ndarray | None,
) -> ListContext:
    return list_context(_context.dataset, _context.split, _popular, attribute, _features)


class NotScoredError(Exception):
    """A run has no evaluation, which is not kept: an interrupted one may be run again and then has one."""


def evaluation_of(run_fingerprint: str, run_id: int, subset: str) -> Evaluation | None:
    """Return the evaluation of a run; None while it has none."""
    try:
        return scored_evaluation(run_fingerprint, run_id, subset)
    except NotScoredError:
        return None


@st.cache_resource(max_entries=64, show_spinner=False)
def scored_evaluation(run_fingerprint: str, run_id: int, subset: str) -> Evaluation:
    """Return the evaluation of a run that has one. Raises NotScoredError for another."""
    evaluation = store().evaluation(run_id, subset)
    if evaluation is None:
        raise NotScoredError(f"Run {run_id} has no evaluation on {subset}.")
    return evaluation


def evaluation_with_context(run_fingerprint: str, run_id: int, subset: str) -> Evaluation:
    """Return the evaluation of a scored run of the current split, with what the properties of its lists depend on.

    The same object is returned to all sessions, so that a metric of its people is computed once.
    """
    context = list_context_of(subset)  # not inside the cache, since it may draw a bar
    return _evaluation_with_context(run_fingerprint, run_id, subset, get_context().dataset.description_key, context)


@st.cache_resource(max_entries=64, show_spinner=False)
def _evaluation_with_context(
    run_fingerprint: str, run_id: int, subset: str, description_key: str, _context: ListContext | None
) -> Evaluation:
    return with_context(scored_evaluation(run_fingerprint, run_id, subset), _context)


@st.cache_resource(max_entries=16, show_spinner=False)
def model_of(run_fingerprint: str, run_id: int):
    """Return the model of a run that has ended."""
    return store().model(run_id)


def trained_recipe(run: Run) -> Algorithm:
    """Return the recipe by which the model of a run was trained; see `kept_recipe`."""
    return kept_recipe(run, store().epochs(run.id)) if run.branch else run.recipe


def share_figure(key: tuple[Hashable, ...], make: Callable[[], Any]) -> SharedFigure:
    """Return the figure that `make` returns, made and prepared for the page once for all sessions, as `share` does."""
    return share(("figure", *key), lambda: SharedFigure(make()))


def share(key: tuple[Hashable, ...], make: Callable[[], Made]) -> Made:
    """Return what `make` returns, made once for all sessions: a figure, or what it is drawn from.

    `key` begins with a name and holds all that the result depends on. Nobody may change the result afterwards.
    """
    made: Made = _share(key, make)
    return made


@st.cache_resource(max_entries=48, show_spinner=False)
def _share(key: tuple[Hashable, ...], _make: Callable[[], Made]) -> Made:
    return _make()
