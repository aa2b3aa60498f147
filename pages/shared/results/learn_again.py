"""The test of models trained again: on training and validation ratings, with the settings chosen before."""

from collections.abc import Sequence

import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.large_data import open_other_split
from pages.shared.results.failed_runs import remember_started, show_failed
from pages.shared.server import store
from pages.shared.text import escape
from pages.shared.widgets.wait_for_runs import wait_for_runs
from recsys_core.data.split import Split
from recsys_core.runner.retrain import (
    can_retrain,
    find_retrained,
    queue_retraining,
    recipe_for_retraining,
    split_for_retraining,
)
from recsys_core.store.run import Run

LEARN_AGAIN_KEY = "learn_again"


def wants_to_learn_again(subset: str) -> bool:
    """Return whether the test is shown, and of models that were trained on validation ratings too."""
    return subset == "test" and bool(st.session_state.get(LEARN_AGAIN_KEY)) and _has_validation()


def learn_again_toggle(on_change) -> None:
    """Draw the option beside the sealed test; `on_change` is called when it is moved."""
    st.toggle(
        "Train again on training and validation",
        key=LEARN_AGAIN_KEY,
        persist_state="session",
        on_change=on_change,
        help="Trains every pinned model once more, with the same settings, seed and length of training, on the "
        "training and validation data together, as it would go into use, and scores that model on the test. Without "
        "it, the test scores are those of models that never saw the validation data.",
    )


def learned_again(runs: Sequence[Run]) -> tuple[Split, list[Run]]:
    """Return the split on which the pinned `runs` are trained again, and the runs that were, in the same order.

    The runs are [] while one of them is missing; then the page says so, with a button that trains it.
    """
    again = open_other_split(recipe_for_retraining(get_context().split), _switch_off)
    able = [run for run in runs if can_retrain(run)]
    for run in runs:
        if run not in able:
            st.warning(escape(f"{run.label} was not trained here and cannot be trained again. It is left out below."))
    found = find_retrained(store(), able, again)
    if live := [run.id for run in found if run is not None and run.is_live]:
        st.subheader("The pinned models are being trained again.", anchor=False)
        wait_for_runs(live)
        return again, []
    if missing := [run for run, other in zip(able, found, strict=True) if other is None]:
        st.subheader("The pinned models have not been trained again yet.", anchor=False)
        st.write(
            "Train them once more with the chosen settings on the training and validation data together. They are "
            "then scored on the test as they would go into use. Until then this page shows no test result."
        )
        show_failed(LEARN_AGAIN_KEY)
        count = "the model" if len(missing) == 1 else f"the {len(missing)} models"
        st.button(f"Train {count} again", key="train_again", type="primary", on_click=_train, args=(missing,))
        return again, []
    if not able:
        st.write(
            "None of the pinned models can be trained again: pin one that was trained here, or switch the option off."
        )
    return again, [run for run in found if run is not None]


def _has_validation() -> bool:
    split = get_context().split
    return split.validation.n_interactions > 0 or split.recipe.learns_from_validation


def _switch_off() -> bool:
    st.session_state[LEARN_AGAIN_KEY] = False
    return True


@error_boundary()
def _train(runs: Sequence[Run]) -> None:
    again = split_for_retraining(store(), get_context().split)  # which the page has opened
    remember_started(LEARN_AGAIN_KEY, [queue_retraining(store(), run, again) for run in runs])
