"""The luck of the start: what is known of other seeds of the pinned recipes, and training more."""

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.cached import evaluation_of
from pages.shared.results.comparison import Comparison, short
from pages.shared.server import store
from pages.shared.text import duration, escape
from recsys_core.evaluation.bootstrap import seed_spread
from recsys_core.store.run import Run, all_but_seed

_MORE = 2


def seeds_known(comparison: Comparison) -> None:
    """Say of which recipes the spread over seeds is part of the intervals, and offer to train what is missing."""
    spreads, lonely = [], []
    for run, evaluation, others in zip(comparison.runs, comparison.evaluations, comparison.other_seeds, strict=True):
        if not run.recipe.is_stochastic:
            continue
        if others:
            means = [evaluation.mean(comparison.metric, comparison.k)]
            means += [_mean(other, comparison) for other in others]
            spreads.append(f"{short(run)} ±{seed_spread(means):.2g} over {len(means)} seeds")
        else:
            lonely.append(run)
    left, right = st.columns([3, 1.2], vertical_alignment="center")
    said = f"The intervals include luck of initialisation for {', '.join(spreads)}. " if spreads else ""
    if lonely:
        names = ", ".join(short(run) for run in lonely)
        said += (
            f"{names} {'was' if len(lonely) == 1 else 'were'} trained with one seed only; the intervals do not include "
            "luck of initialisation."
        )
        if waiting := [run for run in lonely if _on_their_way(run)]:
            lonely = [run for run in lonely if run not in waiting]
    if said:
        left.caption(escape(said))
    if lonely:
        seconds = _MORE * sum(store().epochs(run.id)[-1].seconds for run in lonely)
        right.button(
            f"Train {_MORE} more seeds of each (about {duration(seconds)})",
            key="train_seeds",
            on_click=_train,
            args=(lonely,),
            width="stretch",
            help="In the background; nothing is replaced.",
        )


def _mean(run: Run, comparison: Comparison) -> float:
    return evaluation_of(run.fingerprint, run.id, comparison.subset).mean(comparison.metric, comparison.k)


def _on_their_way(run: Run) -> bool:
    return any(other.is_live and all_but_seed(other) == all_but_seed(run) for other in get_context().runs())


@error_boundary()
def _train(runs: list[Run]) -> None:
    for run in runs:
        taken = {
            other.seed for other in store().runs(run.split_fingerprint) if all_but_seed(other) == all_but_seed(run)
        }
        free = np.setdiff1d(np.arange(len(taken) + _MORE), list(taken))[:_MORE]
        for seed in free.tolist():
            store().add_run(store().split_of(run), run.algorithm, run.recipe, seed)
