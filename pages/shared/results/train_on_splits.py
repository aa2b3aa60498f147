"""Train models on other splits at a press. Those of large data are made beside the server first, with a bar."""

from collections.abc import Callable, Iterable, Mapping

import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.large_data import open_corrupted_split
from pages.shared.results.failed_runs import remember_started
from recsys_core.data.split import Split
from recsys_core.runner.specification_runs import TrainingData

_ASKED = "asked_trainings"  # the splits that they were asked for on, by place


def ask_for_training(place: str, split_fingerprint: str) -> None:
    """In the callback of the button at a `place` of a page: ask for the training while that split is shown."""
    st.session_state.setdefault(_ASKED, {})[place] = split_fingerprint


def train_if_asked(
    place: str, wanted: Iterable[TrainingData], queue: Callable[[Mapping[TrainingData, Split]], Iterable[int]]
) -> None:
    """Where the training was asked for, make the `wanted` splits, `queue` the runs on them and draw the page again."""
    box = st.container()  # a place that is always there, see draw_app
    asked = st.session_state.get(_ASKED, {})
    if place not in asked:
        return

    def give_up() -> bool:
        asked.pop(place, None)
        return True

    if asked[place] == get_context().split.fingerprint:
        with box, error_boundary():
            splits = {each: open_corrupted_split(*each, give_up) for each in dict.fromkeys(wanted)}
            give_up()
            remember_started(place, queue(splits))
            st.rerun()
    give_up()
