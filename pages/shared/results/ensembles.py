"""Ensembles of trained models, fitted on validation: at once, or beside the server where the data are large."""

import json
from collections.abc import Callable, Mapping

import streamlit as st

from pages.shared.beside import compute_beside
from pages.shared.context import Context
from recsys_core.algorithms.models import FactorModel
from recsys_core.evaluation.blending import EnsembleFit, EnsembleFitter, fit_ensembles
from recsys_core.runner.ensemble_arrays import ensembles_from_arrays
from recsys_core.runner.large_data import is_large
from recsys_core.runner.task import ENSEMBLES, Task


def ensembles_of(context: Context, models: Mapping[tuple[str, int], FactorModel], *, for_lists: bool) -> EnsembleFit:
    """Return the ensembles of `models`, by the fingerprints and numbers of their runs, that fit validation best."""
    runs, given, split = tuple(models), list(models.values()), context.split
    if not is_large(context.dataset):
        return _ensembles(runs, for_lists, lambda: EnsembleFitter(given, split, for_lists=for_lists))
    order = json.dumps({"runs": runs, "for_lists": for_lists})
    return compute_beside(
        Task(ENSEMBLES, context.dataset.fingerprint, split.recipe, order=order),
        "Fitting the weights of the models",
        lambda arrays, plain: ensembles_from_arrays(arrays, plain, given, split, for_lists=for_lists),
    )


@st.cache_resource(max_entries=6, show_spinner="Fitting the weights, with and without a cap on popularity…")
def _ensembles(
    runs: tuple[tuple[str, int], ...], for_lists: bool, _make_fitter: Callable[[], EnsembleFitter]
) -> EnsembleFit:
    return fit_ensembles(_make_fitter())
