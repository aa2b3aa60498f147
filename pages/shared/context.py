"""What every page starts from: the store, and the data set and split that the person is looking at."""

from contextlib import contextmanager, suppress
from dataclasses import dataclass

import streamlit as st

from pages.shared.server import store
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split
from recsys_core.errors import InputError
from recsys_core.store.run import Run

DATA_KEY = "data"  # of the widgets whose values other pages set
RUN_KEY = "run"
VIEW_KEY = "data_view"


@dataclass(frozen=True)
class Context:
    """The data set and split in force, and the runs on them."""

    dataset: Dataset
    split: Split

    @property
    def open_subset(self) -> str:
        """The held-out part that exploring may look at."""
        return self.split.open_subset

    def runs(self) -> list[Run]:
        """All runs on this split, the newest first."""
        return store().runs(self.split.fingerprint)

    def runs_with(self, kind: str) -> list[Run]:
        """Those that have ended with a "model", or with an evaluation on "test"."""
        return store().runs_with(kind, self.split.fingerprint)


@contextmanager
def use_split(split: Split):
    """Let everything drawn inside look at another split of the same data."""
    before = get_context()
    st.session_state["_context"] = Context(before.dataset, split)
    try:
        yield
    finally:
        st.session_state["_context"] = before


def get_context() -> Context:
    """The context that the sidebar has settled in this rerun."""
    return st.session_state["_context"]


def run_or_none(run_id: int) -> Run | None:
    """The run; None where somebody has deleted it meanwhile."""
    with suppress(InputError):
        return store().run(run_id)
    return None
