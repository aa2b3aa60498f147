"""Send runs to an MLflow tracking server; nothing is sent before the button is pressed."""

from importlib.util import find_spec

import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.server import store
from pages.shared.text import escape
from recsys_core.errors import InputError
from recsys_core.exchange.tracking import TrackedRun, send_runs
from recsys_core.store.history import Entry

_URL, _EXPERIMENT, _REQUESTED = "mlflow_url", "mlflow_experiment", "mlflow_requested"


def draw_mlflow(entries: list[Entry]) -> None:
    """Draw the controls that send the ended runs among `entries`: the ticked ones, or all that are listed."""
    ended = [entry for entry in entries if not entry.run.is_live]
    with st.expander("Send to an MLflow server", icon=":material/upload_2:", expanded=_REQUESTED in st.session_state):
        if find_spec("mlflow") is None:
            st.write("To send runs to an MLflow tracking server, install its client in the environment of this app:")
            st.code("pip install mlflow-skinny", language="bash")
            return
        left, middle, right = st.columns([2, 1, 1], vertical_alignment="bottom")
        left.text_input("Tracking server", key=_URL, placeholder="http://127.0.0.1:5000", persist_state="session")
        middle.text_input("Experiment", "recsys", key=_EXPERIMENT, max_chars=100, persist_state="session")
        right.button(
            f"Send {len(ended):,} {'run' if len(ended) == 1 else 'runs'}",
            key="mlflow_send",
            width="stretch",
            disabled=not ended,
            on_click=_request,
            help="Sends the ticked runs or, if none is ticked, all runs in the table.",
        )
        st.caption(
            "Sends settings, seed, split, fingerprints, names, notes and the validation metrics of every epoch. "
            "The data, models and test results are not sent."
        )
        if st.session_state.pop(_REQUESTED, False):
            _send(ended)


@error_boundary()
def _request() -> None:
    st.session_state[_REQUESTED] = True


def _send(entries: list[Entry]) -> None:
    tracked_runs = (TrackedRun(entry.run, entry.data, store().epochs(entry.run.id)) for entry in entries)
    bar, new = st.progress(0.0, "Contacting the server…"), []
    try:
        url, experiment = st.session_state[_URL].strip(), st.session_state[_EXPERIMENT].strip() or "recsys"
        for is_new in send_runs(url, experiment, tracked_runs):
            new.append(is_new)
            bar.progress(len(new) / len(entries), f"{len(new):,} of {len(entries):,}")
    except InputError as error:
        bar.empty()
        st.error(escape(str(error)))
        return
    bar.empty()
    n_known = len(new) - sum(new)
    known = (
        f" {n_known:,} {'was' if n_known == 1 else 'were'} on the server already (same fingerprint)." if n_known else ""
    )
    st.info(f"{sum(new):,} {'run' if sum(new) == 1 else 'runs'} sent.{known}")
