"""What every page starts from: the store, and the data set and split that the person is looking at."""

import gc
import os
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock

import streamlit as st

from pages.shared.text import as_text
from pages.shared.url_state import stand
from pages.shared.widgets.parameter_widgets import parameter_widgets
from recsys_core.algorithms import ALGORITHMS
from recsys_core.comparison.split_sentences import counts_sentence, scored_sentence
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import OLD_BY_TIME, OLD_CAUTION, Split, SplitRecipe, offered_methods
from recsys_core.data.split_check import missed_parts
from recsys_core.data.synthetic import generate
from recsys_core.errors import InputError
from recsys_core.evaluation.baselines import evaluate_rails
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.links.data_slug import write_data
from recsys_core.runner.execute import execute
from recsys_core.runner.workers import Workers
from recsys_core.store.run import Run
from recsys_core.store.store import RunStore

DATA_KEY = "data"  # of the widgets whose values other pages set
RUN_KEY = "run"
VIEW_KEY = "data_view"
_one_opens = Lock()  # of the sessions that find a fresh server; each would start workers of its own


def store() -> RunStore:
    """The store of this server, with its workers running and something in it to look at."""
    default = Path(__file__).parent.parent.parent / "recsys.sqlite"
    with _one_opens:
        return _open_store(os.environ.get("RECSYS_DATABASE_URL", f"sqlite:///{default}"))


@cache
def _open_store(url: str) -> RunStore:
    opened = RunStore(url)
    if not opened.dataset_list():
        _train_first_model(opened)
    opened.workers = Workers(opened)
    # Streamlit collects all generations of garbage after every run; what start-up made need not be visited.
    gc.collect()
    gc.freeze()
    return opened


def _train_first_model(opened: RunStore) -> None:
    """So that the first page a person ever sees already shows a trained model."""
    fingerprint = opened.add_dataset(generate())
    cut = opened.split(fingerprint, SplitRecipe())
    opened.add_run(cut, "implicit_als", ALGORITHMS["implicit_als"].suited_to(cut.train), 0)
    if run := opened.claim("start-up"):  # None where another server on this database was first
        execute(opened, run)


@dataclass(frozen=True)
class Context:
    """The data set and split in force, and the runs on them."""

    dataset: Dataset
    split: Split

    @property
    def open_part(self) -> str:
        """The held-out part that exploring may look at."""
        return self.split.open_part

    def runs(self) -> list[Run]:
        """All runs on this split, the newest first."""
        return store().runs(self.split.fingerprint)

    def runs_with(self, kind: str) -> list[Run]:
        """Those that have ended with a "model", or with an evaluation on "test"."""
        return store().runs_with(kind, self.split.fingerprint)


@contextmanager
def split_in_force(split: Split):
    """Let everything drawn inside look at another split of the same data."""
    before = current()
    st.session_state["_context"] = Context(before.dataset, split)
    try:
        yield
    finally:
        st.session_state["_context"] = before


def current() -> Context:
    """The context that the sidebar has settled in this rerun."""
    return st.session_state["_context"]


def still_there(run_id: int) -> Run | None:
    """The run; None where somebody has deleted it meanwhile."""
    with suppress(InputError):
        return store().run(run_id)
    return None


def sidebar() -> None:
    """Choose data and split; drawn on every page, since every number depends on both."""
    with st.sidebar:
        names = _distinct({row["fingerprint"]: row["name"] for row in store().dataset_list()})
        if st.session_state.get(DATA_KEY) not in names:
            st.session_state[DATA_KEY] = next(iter(names))
        st.markdown("**Data**")
        fingerprint = st.selectbox(
            "Data",
            list(names),
            format_func=lambda key: names[key],
            key=DATA_KEY,
            label_visibility="collapsed",
        )
        dataset = store().dataset(fingerprint)
        source = dataset.origin.get("source")
        stand("data", write_data(dataset, store().dataset(source) if source in names else None))
        st.caption(as_text(dataset.sentence()))
        with st.expander("Train/test split", key="split"):
            recipe = parameter_widgets(
                SplitRecipe(),
                "split",
                only=("method", "validation", "test", "seed"),
                options={"method": _methods(dataset)},
            )
        try:
            cut = store().split(fingerprint, recipe)
        except InputError as error:
            st.error(as_text(error))
            st.stop()
        st.caption(counts_sentence(cut))
        st.caption((":material/warning: " if missed_parts(cut) else "") + scored_sentence(cut))
        if recipe.method == OLD_BY_TIME:
            st.warning(f"“{OLD_BY_TIME}” is {OLD_CAUTION}.")
    st.session_state["_context"] = Context(dataset, cut)


def _methods(dataset: Dataset) -> list[str]:
    """What these data offer, and the old split by time where a link or a run of the history has chosen it."""
    chosen_method = st.session_state.get("split_method", st.query_params.get("split_method"))
    is_old = chosen_method == OLD_BY_TIME and dataset.times is not None
    return [*offered_methods(dataset), *([OLD_BY_TIME] if is_old else [])]


def _distinct(names: dict[str, str]) -> dict[str, str]:
    """The names, with the start of the fingerprint where two are the same."""
    counts = Counter(names.values())
    return {key: name if counts[name] == 1 else f"{name} ({key[:6]})" for key, name in names.items()}


def rails(part: str) -> dict[str, Evaluation]:
    """Random, popularity and, on planted data, the oracle, scored on a part of the current split."""
    context = current()
    return _rails(context.split.fingerprint, part, context)


@st.cache_resource(max_entries=16, show_spinner="Scoring what chance and popularity reach…")
def _rails(split_fingerprint: str, part: str, _context: Context) -> dict[str, Evaluation]:
    return evaluate_rails(_context.dataset, _context.split, part)


@st.cache_resource(max_entries=64, show_spinner=False)
def evaluation_of(run_fingerprint: str, run_id: int, part: str) -> Evaluation | None:
    """The evaluation of an ended run; the fingerprint in the key makes a restarted run a new one."""
    return store().evaluation(run_id, part)


@st.cache_resource(max_entries=16, show_spinner=False)
def model_of(run_fingerprint: str, run_id: int):
    """The model of an ended run."""
    return store().model(run_id)
