"""Models that came in a file: saying of them what nobody can know, and leaving out what they cannot do."""

from collections.abc import Iterable

import streamlit as st

from pages.shared.server import store
from pages.shared.text import escape
from recsys_core.algorithms import ALGORITHMS
from recsys_core.store.run import Run


def say_trained_elsewhere(runs: Iterable[Run]) -> None:
    """Above the numbers of `runs`: which of them may have seen the held-out ratings."""
    for run in runs:
        if run.recipe.possibly_leaked_subsets:
            st.warning(escape(f"#{run.id}: {run.recipe.caution}"), icon=":material/visibility:")


def training_seconds(run: Run) -> float:
    """Seconds of the training of a run with a model; NaN where nobody told them."""
    if run.recipe.was_imported and run.recipe.training_seconds is None:
        return float("nan")
    return store().epochs(run.id)[-1].seconds


def trained_here(runs: Iterable[Run]) -> list[Run]:
    """Those of an algorithm of ours: they can be trained again, and people folded in."""
    return [run for run in runs if run.algorithm in ALGORITHMS]
