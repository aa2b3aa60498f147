"""Sending runs to an MLflow tracking server, when a person asks for it and not before."""

from importlib.util import find_spec

import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.server import store
from pages.shared.text import escape
from recsys_core.errors import InputError
from recsys_core.exchange.tracking import Shipment, send
from recsys_core.store.history import Entry

_URL, _EXPERIMENT, _ASKED = "mlflow_url", "mlflow_experiment", "mlflow_asked"


def send_to_mlflow(entries: list[Entry]) -> None:
    """`entries` are the ticked runs, or all that are shown; those that have ended are sent."""
    ended = [entry for entry in entries if not entry.run.is_live]
    with st.expander("Send to an MLflow server", icon=":material/upload_2:", expanded=_ASKED in st.session_state):
        if find_spec("mlflow") is None:
            st.write("Runs can be sent to an MLflow tracking server once its client is installed beside this app:")
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
            on_click=_ask,
            help="The ticked runs, or all that the table shows.",
        )
        st.caption(
            "Settings, seed, split, fingerprints, names and notes, and the metrics of every epoch on validation; no "
            "ratings, no models, no test numbers. Nothing is sent before the button is pressed."
        )
        if st.session_state.pop(_ASKED, False):
            _send(ended)


@error_boundary()
def _ask() -> None:
    st.session_state[_ASKED] = True


def _send(entries: list[Entry]) -> None:
    shipments = (Shipment(entry.run, entry.data, store().epochs(entry.run.id)) for entry in entries)
    bar, new = st.progress(0.0, "Asking the server…"), []
    try:
        url, experiment = st.session_state[_URL].strip(), st.session_state[_EXPERIMENT].strip() or "recsys"
        for is_new in send(url, experiment, shipments):
            new.append(is_new)
            bar.progress(len(new) / len(entries), f"{len(new):,} of {len(entries):,}")
    except InputError as error:
        bar.empty()
        st.error(escape(str(error)))
        return
    bar.empty()
    known = len(new) - sum(new)
    st.info(f"{sum(new):,} sent" + (f"; {known:,} were there already, by their fingerprint." if known else "."))
