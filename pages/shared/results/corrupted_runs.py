"""Runs on corrupted training data, each of which What-if shows beside the same training on the data as they are."""

import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.results.open_run import open_run
from pages.shared.server import store
from recsys_core.data.split import split_fingerprint
from recsys_core.numerics import NUMERICS_VERSION
from recsys_core.store.run import FINISHED, STOPPED, Run, all_but_seed

CORRUPTIONS_KEY, CORRUPTED_SPLIT_KEY = "corruptions", "corruptions_split"
"""What is done to the training data on What-if, and the fingerprint of the split that it is done to."""


def can_be_repeated(run: Run) -> bool:
    """Return whether this version of the program can repeat the run on corrupted data."""
    return run.state == FINISHED and run.branch is None and run.numerics_version == NUMERICS_VERSION


def find_uncorrupted(run: Run) -> Run | None:
    """Return the run beside which What-if shows a run on corrupted data: the same training on the data as they are."""
    if run.state == STOPPED or run.numerics_version != NUMERICS_VERSION:
        return None  # What-if would train another
    on_whole = store().runs_with("validation", split_fingerprint(run.data_fingerprint, run.split))
    same = (other for other in on_whole if other.seed == run.seed and all_but_seed(other) == all_but_seed(run))
    return next(filter(can_be_repeated, same), None)


@error_boundary()
def open_on_what_if(run: Run, uncorrupted: Run) -> None:
    """Show What-if next, in a callback, with the corruptions of `run` done to the data of the `uncorrupted` run."""
    open_run(uncorrupted, "pages/what_if.py", pin=False)
    corrupted = {CORRUPTIONS_KEY: run.corruptions, CORRUPTED_SPLIT_KEY: uncorrupted.split_fingerprint}
    st.session_state.update(corrupted, what_if="Corrupt the data")
