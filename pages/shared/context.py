"""The data set and split that the person has selected, which every page starts from."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.shared.server import store
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split, SplitRecipe
from recsys_core.errors import InputError
from recsys_core.parameters import parameters
from recsys_core.store.run import Run

DATA_KEY = "data"  # of the widgets whose values other pages set
RUN_KEY = "run"
DATA_VIEW_KEY = "data_view"
SPLIT_KEYS = tuple(f"split_{name}" for name in parameters(SplitRecipe))
THIS_DATA, UPLOAD = "This data", "Upload a file"  # two of the views of the Data page
_CONTEXT = "_context"


@dataclass(frozen=True)
class Context:
    """The selected data set and split, and the runs on them."""

    dataset: Dataset
    split: Split

    @property
    def open_subset(self) -> str:
        """The held-out subset that exploration may look at, "validation" or "test"."""
        return self.split.open_subset

    def runs(self) -> list[Run]:
        """Return all runs on this split, the newest first."""
        return store().runs(self.split.fingerprint)

    def runs_with(self, kind: str) -> list[Run]:
        """Return the runs that ended with a "model", a "film", or an evaluation on "validation" or "test"."""
        return store().runs_with(kind, self.split.fingerprint)


def set_context(context: Context) -> None:
    """Select a data set and split for the rest of this rerun."""
    st.session_state[_CONTEXT] = context


def get_context() -> Context:
    """Return the context that the sidebar has selected in this rerun."""
    return st.session_state[_CONTEXT]


def last_context() -> Context | None:
    """Return what this session looked at last, also before the sidebar has been drawn; None in a new session."""
    return st.session_state.get(_CONTEXT)


def select_split(settings: Mapping[str, Any]) -> None:
    """Set every control of the split, before the sidebar is drawn; what `settings` leave out gets its default."""
    for name, parameter in parameters(SplitRecipe).items():
        st.session_state[f"split_{name}"] = settings.get(name, parameter.default)


@contextmanager
def use_split(split: Split) -> Iterator[None]:
    """Select another split of the same data for everything that is drawn inside."""
    before = get_context()
    set_context(Context(before.dataset, split))
    try:
        yield
    finally:
        set_context(before)


def run_or_none(run_id: int) -> Run | None:
    """Return the run, or None where somebody has deleted it."""
    with suppress(InputError):
        return store().run(run_id)
    return None
