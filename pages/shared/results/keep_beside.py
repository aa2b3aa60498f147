"""Make a run of a blend or of re-ranked lists of large data at a press: a child process scores it and stores it."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from pages.shared.beside import compute_beside
from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.server import store
from pages.shared.shell.pinned_models import add_pin
from recsys_core.runner.compute import Task

_ASKED = "asked_to_keep"


def ask_to_keep(task: Task, given: Mapping[str, np.ndarray]) -> None:
    """In the callback of a button: ask for the run that `task` stores, from the arrays that are `given` with it."""
    st.session_state[_ASKED] = task, given


def keep_if_asked(kind: str, title: str) -> None:
    """Where a run of this `kind` of task was asked for, have it stored with a bar, pin it and draw the page again."""
    task, given = st.session_state.get(_ASKED, (None, {}))
    if task is None or task.kind != kind:
        return

    def give_up() -> bool:
        st.session_state.pop(_ASKED, None)
        return True

    split = get_context().split
    if (task.data, task.split) == (split.data_fingerprint, split.recipe):
        with error_boundary():
            run_id = compute_beside(
                task, title, lambda _, number: int(number), on_cancel=give_up, keeps=False, given=given
            )
            give_up()
            store().database.read_again()
            add_pin(run_id, split.fingerprint)
            st.rerun()
    give_up()
