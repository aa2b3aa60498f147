"""What cannot be compared here, why, and training it on this split."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.imported_models import trained_here
from pages.shared.server import store
from pages.shared.text import escape
from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Algorithm
from recsys_core.store.run import Run

_CHOSEN = "missing"


def offer_missing(runs: list[Run]) -> None:
    """Offer the algorithms that have no run on this split, and the recipes that were trained elsewhere only.

    `runs` are those of this split.
    """
    here = {(run.algorithm, run.recipe) for run in runs}
    known = {run.algorithm for run in runs}
    train = get_context().split.train
    untrained = [(key, recipe.defaults_for(train)) for key, recipe in ALGORITHMS.items() if key not in known]
    elsewhere = {}
    for run in trained_here(store().runs()):
        recipe = (run.algorithm, run.recipe)
        is_elsewhere = run.split_fingerprint != get_context().split.fingerprint and not run.in_background
        if is_elsewhere and recipe not in here and recipe not in untrained:
            elsewhere.setdefault(recipe, run)
    if not untrained and not elsewhere:
        return
    labels = {recipe: recipe[1].label for recipe in untrained}
    labels |= {recipe: f"{run.label}, elsewhere" for recipe, run in elsewhere.items()}
    with st.expander(_summary(len(untrained), len(elsewhere)), icon=":material/add_circle:", expanded=not runs):
        if elsewhere:
            st.write(
                "Runs on other data or another split cannot be pinned here: other people and other held-out ratings "
                "would make the difference, not the models. Trained on this split, they can."
            )
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        key = f"{_CHOSEN}_{get_context().split.fingerprint}"
        names = [f"{place}" for place in range(len(labels))]
        recipes = dict(zip(names, labels, strict=True))
        left.multiselect(
            "To train on this split",
            names,
            default=names[: len(untrained)],
            format_func=lambda name: labels[recipes[name]],
            key=key,
        )
        right.button(
            "Train them",
            key="train_missing",
            on_click=_train,
            args=(key, recipes),
            width="stretch",
            help="In the background; nothing is replaced. Each takes about as long as it did elsewhere.",
        )


def _summary(n_untrained: int, n_elsewhere: int) -> str:
    parts = []
    if n_untrained:
        parts.append(f"{n_untrained} {'algorithm' if n_untrained == 1 else 'algorithms'} not trained on this data yet")
    if n_elsewhere:
        parts.append(f"{n_elsewhere} {'recipe' if n_elsewhere == 1 else 'recipes'} trained on other data or splits")
    return escape(", ".join(parts))


@error_boundary()
def _train(key: str, recipes: dict[str, tuple[str, Algorithm]]) -> None:
    for name in st.session_state[key]:
        algorithm, recipe = recipes[name]
        store().add_run(get_context().split, algorithm, recipe, 0)
