"""The variance over seeds: what is known of other seeds of the pinned models, and training more."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.failed_runs import remember_started, show_failed
from pages.shared.server import store
from pages.shared.text import duration, escape
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.sentences import trained_with_one_seed
from recsys_core.data.nouns import join_words, write_number
from recsys_core.evaluation.bootstrap import seed_spread
from recsys_core.store.other_seeds import trained_as_long
from recsys_core.store.run import Run, all_but_seed

_MORE = 2
_TRAIN_KEY = "train_seeds"


def draw_seeds(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Say for which models the intervals include the variance over seeds, and offer to train what is missing."""
    show_failed(_TRAIN_KEY)
    spreads, single = [], []
    for index, (run, others) in enumerate(zip(runs, comparison.other_seeds, strict=True)):
        if not run.recipe.is_stochastic:
            continue
        if others:
            means = [comparison.means[index], *(other.mean(comparison.metric, comparison.k) for other in others)]
            spreads.append(f"{run.short_label} ±{write_number(seed_spread(means))} over {len(means)} seeds")
        else:
            single.append(run)
    left, right = st.columns([3, 1.2], vertical_alignment="center")
    text = f"The intervals include luck of initialisation for {join_words(spreads)}. " if spreads else ""
    text += trained_with_one_seed(join_words([run.short_label for run in single]), len(single))
    if text:
        left.caption(escape(text))
    whole_runs = [whole for run in single if (whole := trained_as_long(store(), run))]
    if to_train := [run for run in whole_runs if not _is_training(run)]:
        seconds = _MORE * sum(store().epochs(run.id)[-1].seconds for run in to_train)
        right.button(
            f"Train {_MORE} more seeds of each (about {duration(seconds)})",
            key=_TRAIN_KEY,
            on_click=_train,
            args=(to_train,),
            width="stretch",
            help="Trains in the background and replaces nothing.",
        )


def _is_training(run: Run) -> bool:
    return any(other.is_live and all_but_seed(other) == all_but_seed(run) for other in get_context().runs())


@error_boundary()
def _train(runs: Sequence[Run]) -> None:
    started = []
    for run in runs:
        known = [trained_as_long(store(), other) or other for other in store().runs(run.split_fingerprint)]
        used = {other.seed for other in known if all_but_seed(other) == all_but_seed(run)}
        free = np.setdiff1d(np.arange(len(used) + _MORE), list(used))[:_MORE]
        split = store().split_of(run)
        for seed in free.tolist():
            started.append(store().queue.add_run(split, run.algorithm, run.recipe, seed, branch=run.branch))
    remember_started(_TRAIN_KEY, started)
