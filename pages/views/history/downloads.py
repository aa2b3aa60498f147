"""Download the model of a run and its top-N lists for all people."""

from collections.abc import Callable

import streamlit as st

from pages.shared.beside import write_file
from pages.shared.large_data import is_stored_large
from pages.shared.results.cached import evaluation_of, model_of
from pages.shared.server import store
from recsys_core.algorithms.list_model import ListModel
from recsys_core.algorithms.models import FactorModel
from recsys_core.exchange.description import describe_model
from recsys_core.exchange.lists import lists_as_file
from recsys_core.exchange.writing import model_as_npz, model_as_parquet
from recsys_core.runner.task import LISTS_FILE, Task
from recsys_core.runner.write_file import order_to_list
from recsys_core.store.run import Run

_MAX_LENGTH = 100


def draw_downloads(run: Run) -> None:
    """Draw four download buttons; each file is made when its button is pressed."""
    stem = f"run-{run.id}-{run.algorithm}"
    st.caption("Model, with ids, titles, settings and fingerprints")
    left, right = st.columns(2)
    is_model = not isinstance(model_of(run.fingerprint, run.id), ListModel)
    _file(left, "NPZ", f"{stem}.npz", lambda: _model_file(run, model_as_npz), "model_npz", disabled=not is_model)
    _file(
        right,
        "Parquet",
        f"{stem}.zip",
        lambda: _model_file(run, model_as_parquet),
        "model_parquet",
        disabled=not isinstance(model_of(run.fingerprint, run.id), FactorModel),
        help="A ZIP archive of two tables with the columns id and features, as Spark's ALS writes them. Only for "
        "models with factors.",
    )
    st.caption(
        "Top-N lists for everyone, to be used elsewhere: they leave out all that a person has already, held-out items "
        "too, and so would score 0 here"
    )
    n = st.slider("List length N", 1, _MAX_LENGTH, 10, key="history_list_length", persist_state="session")
    left, right = st.columns(2)
    _file(left, "CSV", f"{stem}-top-{n}.csv", lambda: _lists(run, n, "csv"), "lists_csv")
    _file(right, "Parquet", f"{stem}-top-{n}.parquet", lambda: _lists(run, n, "parquet"), "lists_parquet")


def _file(column, label: str, name: str, make: Callable[[], bytes], key: str, **more) -> None:
    column.download_button(
        label,
        make,
        name,
        "application/octet-stream",
        key=key,
        icon=":material/download:",
        width="stretch",
        on_click="ignore",
        **more,
    )


def _model_file(run: Run, write) -> bytes:
    model, dataset = model_of(run.fingerprint, run.id), store().dataset(run.data_fingerprint)
    evaluation = evaluation_of(run.fingerprint, run.id, "validation")
    return write(model, dataset, describe_model(run, dataset, model, store().epochs(run.id), evaluation))


def _lists(run: Run, n: int, kind: str) -> bytes:
    if is_stored_large(run.data_fingerprint):
        return write_file(Task(LISTS_FILE, run.data_fingerprint, order=order_to_list(run.id, n, kind)))
    return lists_as_file(model_of(run.fingerprint, run.id), store().dataset(run.data_fingerprint), n, kind)
