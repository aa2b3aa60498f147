"""Say where background runs are trained, here or on a cluster, and offer the way on when the cluster is lost."""

import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.server import workers
from pages.shared.text import escape
from recsys_core.runner.dask_cluster import Cluster
from recsys_core.runner.memory import N_WORKERS


def _cluster() -> Cluster | None:
    """Return the cluster that RECSYS_SCHEDULER names, or None if there is none or it was given up."""
    cluster = workers().cluster
    return None if cluster is None or cluster.is_given_up else cluster


def n_at_once() -> int:
    """Return how many runs of a sweep are trained at a time."""
    cluster = _cluster()
    return N_WORKERS if cluster is None else max(1, cluster.n_workers)


def where_trained() -> str:
    """Return a sentence that says where the runs of a sweep are trained."""
    cluster = _cluster()
    if cluster is None:
        return "They are trained in the background, after runs started on Train."
    at_once = f"{cluster.n_workers} at a time" if cluster.n_workers else "as soon as it has a worker"
    return f"They are trained on the cluster at {cluster.address}, {at_once}."


def draw_trouble() -> None:
    """Say what keeps the cluster from working, if anything does, and offer to go on without it."""
    cluster = _cluster()
    if cluster is None or not cluster.trouble:
        return
    st.warning(escape(cluster.trouble), icon=":material/lan:")
    st.button(
        "Continue on this machine",
        key="run_locally",
        on_click=_run_locally,
        help="Trains the remaining runs of all sweeps on this machine until the app is restarted.",
    )


@error_boundary()
def _run_locally() -> None:
    if _cluster() is not None:
        workers().run_locally()
