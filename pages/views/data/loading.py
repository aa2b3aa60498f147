"""Load files and clean data beside the server, with a bar and a way out; small ones at once."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.shared.context import DATA_KEY, DATA_VIEW_KEY, THIS_DATA, last_context
from pages.shared.error_boundary import error_boundary, log_and_describe
from pages.shared.large_data import follow_check, is_stored_large
from pages.shared.results.first_models import request_first_models
from pages.shared.results.keep_cleaned import keep_cleaned
from pages.shared.server import store
from pages.shared.text import escape
from pages.shared.widgets.hold_values import hold_values
from recsys_core.data.cleaning import CleaningStep, steps_to_settings
from recsys_core.data.reading import OpenedFile
from recsys_core.data.reading.stored_receipt import File
from recsys_core.data.sandbox.limits import HEAD_BYTES, MAX_RATIO
from recsys_core.data.split import GIVEN, SplitRecipe
from recsys_core.runner.load_data import CLEANED, RATINGS, LoadJob, load_data
from recsys_core.runner.load_process import LoadProcess

CANCEL_KEY = "cancel_load"
_METHOD_KEY = "split_method"
_LOAD, _ERROR = "load_process", "load_error"  # of the view that loads, in the session state
_REFRESH_SECONDS = 0.3
_PACKED = (".zip", ".gz", ".xlsx", ".parquet", ".npz")


def select_dataset(fingerprint: str) -> None:
    """In a callback: select this data set on every page, and show it."""
    st.session_state[DATA_KEY] = fingerprint
    st.session_state[DATA_VIEW_KEY] = THIS_DATA


def open_loaded(fingerprint: str) -> None:
    """In a callback: select a data set that has just been loaded, and have its first models trained."""
    select_dataset(fingerprint)
    request_first_models(fingerprint, moves_on=True)


def as_file(upload: UploadedFile) -> File:
    """Return the content and the name of an uploaded file."""
    return upload.getvalue(), upload.name


def load(job: LoadJob, files: Mapping[str, File], opened: OpenedFile | None = None) -> None:
    """In a callback: load small files at once, and others in a child process that `draw_load` watches.

    `opened` is the file of ratings as it was opened for the preview. If anything fails, the current data stays.
    """
    rest = [file for role, file in files.items() if opened is None or role != RATINGS]
    if (opened is None or opened.table.is_whole) and all(map(_is_small, rest)):
        try:
            fingerprint = load_data(store(), job, files, opened)
        except Exception as error:
            st.session_state[_ERROR] = job.kind, log_and_describe(error)
        else:
            _show(job, fingerprint)
    else:
        split = _last_split() if job.kind == RATINGS else replace(_last_split(), method=GIVEN)
        st.session_state[_LOAD] = job, LoadProcess(store(), replace(job, split=split), files), partial(_show, job)


def load_cleaned(source: str, steps: Sequence[CleaningStep], show: Callable[[str], None]) -> None:
    """In a callback: clean the stored data set `source`, store the result and `show` it by its fingerprint.

    Large data are cleaned in a child process that `draw_load` watches. Raises InputError for small data of which a step
    leaves nothing.
    """
    if is_stored_large(source):
        name = next((row["name"] for row in store().dataset_list() if row["fingerprint"] == source), "")
        settings = json.dumps(steps_to_settings(steps))
        job = LoadJob(CLEANED, name, split=_last_split(), source=source, steps=settings)
        st.session_state[_LOAD] = job, LoadProcess(store(), job, {}), show
    else:
        show(keep_cleaned(source, steps))


def _last_split() -> SplitRecipe:
    last = last_context()
    return SplitRecipe() if last is None else last.split.recipe


def _is_small(file: File) -> bool:
    """Tell whether a file may be read in the server, since it is small even unpacked."""
    content, name = file
    ratio = MAX_RATIO if name.lower().endswith(_PACKED) else 1
    return len(content) * ratio <= 16 * HEAD_BYTES and len(content) <= HEAD_BYTES


def _show(job: LoadJob, fingerprint: str) -> None:
    open_loaded(fingerprint)
    if job.kind != RATINGS:
        st.session_state[_METHOD_KEY] = GIVEN


def is_loading() -> bool:
    """Return whether this session is loading a file."""
    return _LOAD in st.session_state


def draw_load(*kinds: str) -> None:
    """Draw how far the load of one of these kinds is, with a button that ends it, or why the last one failed."""
    # A container even if nothing is in it: else what follows moves on the page, and its buttons stand there twice
    # while they are being drawn anew.
    with st.container():
        if st.session_state.get(_ERROR, ("", ""))[0] in kinds:
            st.error(escape(st.session_state.pop(_ERROR)[1]))
        if is_loading():
            st.fragment(_watch, run_every=_REFRESH_SECONDS)([])


@error_boundary()
def _watch(drawn_before: list[bool]) -> None:
    """Draw how far the load is; when it is complete, select the data."""
    if _LOAD not in st.session_state:
        return
    job, process, show = st.session_state[_LOAD]
    # The choice in the sidebar can be set only while the sidebar is not being drawn, so not in the first, full run.
    if drawn_before and (process.fingerprint or not process.is_live):
        del st.session_state[_LOAD]
        if process.fingerprint:
            if process.split is not None:
                follow_check(process.split, process)
            show(process.fingerprint)
        elif process.error is not None:
            st.session_state[_ERROR] = job.kind, log_and_describe(process.error)
        hold_values(DATA_KEY, DATA_VIEW_KEY, _METHOD_KEY)
        st.rerun()
    drawn_before.append(True)
    left, right = st.columns([6, 1], vertical_alignment="center")
    left.progress(process.share, f"{process.stage}… ({escape(process.name)})")
    right.button("Cancel", key=CANCEL_KEY, on_click=process.cancel, width="stretch")
