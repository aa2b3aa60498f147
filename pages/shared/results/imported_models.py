"""Imported models: warn about what nobody can know of them, and leave out what they cannot do."""

from collections.abc import Iterable

import streamlit as st

from pages.shared.server import store
from pages.shared.text import escape
from recsys_core.algorithms import ALGORITHMS
from recsys_core.store.run import Run


def warn_of_leaks(runs: Iterable[Run]) -> None:
    """Warn, above the numbers of `runs`, which of them may have been trained on the held-out ratings, or could be."""
    for run in runs:
        if run.recipe.possibly_leaked_subsets or (run.recipe.was_imported and run.recipe.caution):
            st.warning(escape(f"{run.short_label}: {run.recipe.caution}"), icon=":material/visibility:")


def training_seconds(run: Run) -> float:
    """Return the seconds of training of a run with a model; NaN if they are unknown."""
    if run.recipe.was_imported and run.recipe.training_seconds is None:
        return float("nan")
    return store().epochs(run.id)[-1].seconds


def trained_here(runs: Iterable[Run]) -> list[Run]:
    """Return the runs of algorithms that can be trained here, and so fold in new users."""
    return [run for run in runs if run.algorithm in ALGORITHMS]
