"""Compute beside the server what grows with large data: with a bar, a way out, and kept for all sessions."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.shared.server import store
from pages.shared.text import escape
from recsys_core.errors import InputError
from recsys_core.runner.child_job import ChildJob
from recsys_core.runner.compute_process import ComputeProcess
from recsys_core.runner.mapped_arrays import file_from_arrays
from recsys_core.runner.task import Task

CANCEL_KEY, RESUME_KEY = "cancel_computation", "resume_computation"
_STOPPED = "stopped_computation"  # the task that this session has stopped
_REFRESH_SECONDS = 0.3
_RETRY_SECONDS = 60.0
_MOST_KEPT = 32
_LOG = logging.getLogger("recsys")
_kept: OrderedDict[Task, Any] = OrderedDict()
_live: dict[Task, ChildJob] = {}
_not_before: dict[Task, float] = {}  # when what has failed may be tried again: a page may ask every second
_lock = Lock()

Value = TypeVar("Value")


def compute_beside(
    task: Task,
    title: str,
    restore: Callable[[Mapping[str, np.ndarray], Any], Value],
    *,
    on_cancel: Callable[[], bool] = lambda: False,
    keeps: bool = True,
    given: Mapping[str, np.ndarray] | None = None,
) -> Value:
    """Return what `restore` makes of what the task comes to, computed in a child process that gets the `given` arrays.

    It `keeps` the result for all sessions. Until then a bar with `title` and a button stand on the page, and any other
    click goes its way; their place stays when they are gone, or what follows would move, and a box that somebody has
    opened there would close. Where a person stops it and `on_cancel` returns False, so that nothing else is shown
    instead, the page ends with an offer to go on; it is computed on while another session waits. Raises what the task
    raised.
    """
    place = st.empty()
    with _lock:
        if task in _kept:
            _kept.move_to_end(task)
            if isinstance(_kept[task], InputError):  # what was refused once is refused again
                raise _kept[task]
            return _kept[task]
    arrays, plain = _wait_for(task, title, place, on_cancel, given)
    value = restore(arrays, plain)
    if keeps:
        keep(task, value)
    return value


def leave_place() -> None:
    """Leave the place on the page that a bar would take, where what it would wait for is at hand: nothing moves."""
    st.empty()


def write_file(task: Task) -> bytes:
    """Return the file that the task writes, for a download: nothing is drawn. Raises what the task raised."""
    process = ComputeProcess(store(), task)
    process.wait()
    if process.result is None:
        raise process.error or InputError("A file must be written whole. This one was not: press the button again.")
    return file_from_arrays(process.result[0])


def computed_or_none(
    task: Task, restore: Callable[[Mapping[str, np.ndarray], Any], Value], failed: Value
) -> Value | None:
    """Return what `restore` makes of what the task comes to, or None while it is computed in the background.

    Where it cannot be computed, that is logged, and the value is `failed`; unless the data do not allow it, it is
    tried again a minute later.
    """
    with _lock:
        if task in _kept:
            _kept.move_to_end(task)
            return failed if isinstance(_kept[task], InputError) else _kept[task]
        if time.monotonic() < _not_before.get(task, 0.0):
            return failed
        process = _live.get(task)
        if process is None:
            process = _live[task] = ComputeProcess(store(), task)
        if process.is_live:
            return None
        del _live[task]
    if process.result is not None:
        value = restore(*process.result)
        keep(task, value)
        return value
    if process.error is not None:
        _LOG.error("%s", process.error)
        if process.is_refused:
            keep(task, process.error)
    _not_before[task] = time.monotonic() + _RETRY_SECONDS
    return failed


def keep(task: Task, value: Any) -> None:
    """Keep what a task has come to; beyond the most that are kept, the longest unused is dropped."""
    with _lock:
        _kept[task] = value
        _kept.move_to_end(task)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)


def follow(task: Task, job: ChildJob) -> None:
    """Have pages that need what the task comes to wait for `job`, whose result that will be."""
    with _lock:
        _live[task] = job


def _wait_for(
    task: Task,
    title: str,
    place: DeltaGenerator,
    on_cancel: Callable[[], bool],
    given: Mapping[str, np.ndarray] | None,
) -> tuple[Mapping[str, np.ndarray], Any]:
    """Draw in `place` how far the task is until it has come to something, and return that; start it if nobody has."""
    if st.session_state.get(_STOPPED) == task:
        st.info(f"Stopped: {title}.", icon=":material/front_hand:")
        st.button("Go on", key=f"{RESUME_KEY}_{task.slug}", on_click=_resume)
        st.stop()
    with ExitStack() as waiting:
        with _lock:
            process = _live.get(task)
            if process is None:
                process = _live[task] = ComputeProcess(store(), task, given)
            waiting.enter_context(process.awaited(_session()))
        with place.container(horizontal=True, vertical_alignment="center"):
            bar = st.progress(process.share, f"{title}…")
            st.button("Cancel", key=f"{CANCEL_KEY}_{task.slug}", on_click=_cancel, args=(task, on_cancel))
        while process.is_live:
            process.wait(_REFRESH_SECONDS)
            bar.progress(process.share, f"{title}… ({escape(process.stage)})")  # here another click ends this script
    with _lock:
        if _live.get(task) is process:
            del _live[task]
    place.empty()
    if process.error is not None:
        if process.is_refused:
            keep(task, process.error)
        raise process.error
    if process.result is None:  # it was stopped elsewhere
        st.session_state[_STOPPED] = task
        st.rerun()
    return process.result


def _cancel(task: Task, on_cancel: Callable[[], bool]) -> None:
    with _lock:
        process = _live.get(task)
        if process is not None and process.give_up(_session()):
            del _live[task]
    if not on_cancel():
        st.session_state[_STOPPED] = task


def _session() -> str:
    """Return what tells this session from others."""
    run = get_script_run_ctx()
    assert run is not None, "a page or a callback asks"
    return run.session_id


def _resume() -> None:
    st.session_state.pop(_STOPPED, None)
