"""Models that cannot be compared yet: algorithms not trained on this split, and settings trained elsewhere only."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.failed_runs import has_failed, remember_started, show_failed
from pages.shared.results.imported_models import trained_here
from pages.shared.server import store
from pages.shared.shell.pinned_models import pin_when_trained
from pages.shared.text import escape
from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Algorithm
from recsys_core.store.run import Run

_CHOSEN = "missing"


def offer_missing(runs: list[Run]) -> None:
    """Offer to train the algorithms without a run on this split, and the settings that were trained elsewhere only.

    `runs` are those of this split.
    """
    show_failed(_CHOSEN)
    train = get_context().split.train
    runs = [run for run in runs if not has_failed(run)]
    trained = {(run.algorithm, run.recipe) for run in runs}
    algorithms = {run.algorithm for run in runs}
    untrained = [(key, recipe.defaults_for(train)) for key, recipe in ALGORITHMS.items() if key not in algorithms]
    elsewhere: dict[tuple[str, Algorithm], Run] = {}
    for run in trained_here(store().runs()):
        recipe = (run.algorithm, run.recipe)
        is_elsewhere = run.split_fingerprint != get_context().split.fingerprint and not run.in_background
        if is_elsewhere and recipe not in trained and recipe not in untrained:
            elsewhere.setdefault(recipe, run)
    if not untrained and not elsewhere:
        return
    labels = {recipe: recipe[1].label for recipe in untrained}
    labels |= {recipe: f"{run.label} (trained elsewhere)" for recipe, run in elsewhere.items()}
    with st.expander(_summary(len(untrained), len(elsewhere)), icon=":material/add_circle:", expanded=not runs):
        if elsewhere:
            st.write(
                "Models trained on other data or on another split cannot be compared here: their numbers would differ "
                "because of the people and of what is held out. Train the same settings on this split to compare them."
            )
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        key = f"{_CHOSEN}_{get_context().split.fingerprint}"
        names = [f"{index}" for index in range(len(labels))]
        recipes = dict(zip(names, labels, strict=True))
        left.multiselect(
            "Train on this split",
            names,
            default=names[: len(untrained)],
            format_func=lambda name: labels[recipes[name]],
            key=key,
        )
        right.button(
            "Train",
            key="train_missing",
            on_click=_train,
            args=(key, recipes),
            width="stretch",
            help="Trains in the background and replaces nothing.",
        )


def _summary(n_untrained: int, n_elsewhere: int) -> str:
    missing = []
    if n_untrained:
        missing.append(f"{n_untrained} {'algorithm' if n_untrained == 1 else 'algorithms'} not trained on this split")
    if n_elsewhere:
        missing.append(f"{n_elsewhere} {'setting' if n_elsewhere == 1 else 'settings'} from other data or splits")
    return escape(f"Train more: {', '.join(missing)}")


@error_boundary()
def _train(key: str, recipes: dict[str, tuple[str, Algorithm]]) -> None:
    chosen = [recipes[name] for name in st.session_state[key]]
    split, queue = get_context().split, store().queue
    started = [queue.add_run(split, algorithm, recipe, 0) for algorithm, recipe in chosen]
    remember_started(_CHOSEN, started)
    for run_id in started:
        pin_when_trained(run_id)
