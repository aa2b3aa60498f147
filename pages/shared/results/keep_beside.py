"""Make a run of large data at a press, of what is on the page or in a file: a child process scores it and stores it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from pages.shared.beside import compute_beside
from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.server import store
from pages.shared.shell.pinned_models import add_pin
from recsys_core.runner.task import Task

_ASKED = "asked_to_keep"


@dataclass(frozen=True, eq=False)
class _Asked:
    task: Task
    given: Mapping[str, np.ndarray]
    then: Callable[[Any], None]


def _pin(run_id: int) -> None:
    """Pin a run that has just been stored on the current split."""
    add_pin(run_id, get_context().split.fingerprint)


def ask_to_keep(task: Task, given: Mapping[str, np.ndarray], then: Callable[[Any], None] = _pin) -> None:
    """In the callback of a button: ask for the run that `task` stores, from the arrays that are `given` with it.

    `then` is called with what the task comes to, by default the number of the run, and the page is drawn again.
    """
    st.session_state[_ASKED] = _Asked(task, given, then)


def is_asked_to_keep(kind: str) -> bool:
    """Tell whether a run of this `kind` of task was asked for and is not there yet."""
    asked = st.session_state.get(_ASKED)
    return asked is not None and asked.task.kind == kind


def keep_if_asked(kind: str, title: str) -> None:
    """Where a run of this `kind` of task was asked for, have it stored with a bar, and draw the page again."""
    place = st.container()  # a place that is always there, see draw_app
    if not is_asked_to_keep(kind):
        return
    asked, split = st.session_state[_ASKED], get_context().split

    def give_up() -> bool:
        st.session_state.pop(_ASKED, None)
        return True

    if (asked.task.data, asked.task.split) == (split.data_fingerprint, split.recipe):
        with place, error_boundary():
            made = compute_beside(
                asked.task, title, lambda _, made: made, on_cancel=give_up, keeps=False, given=asked.given
            )
            give_up()
            store().database.read_again()
            asked.then(made)
            st.rerun()
    give_up()
