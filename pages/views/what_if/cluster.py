"""Where the runs of a sweep are trained, here or on a cluster, and what to do when the cluster is lost."""

import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.server import workers
from pages.shared.text import escape
from recsys_core.runner.memory import N_WORKERS


def _cluster():
    """The cluster that RECSYS_SCHEDULER names, unless it was given up."""
    cluster = workers().cluster
    return None if cluster is None or cluster.is_given_up else cluster


def n_at_once() -> int:
    """How many runs of a sweep are trained at a time."""
    cluster = _cluster()
    return N_WORKERS if cluster is None else max(1, cluster.n_workers)


def place() -> str:
    """Where a sweep is trained, as part of a sentence."""
    cluster = _cluster()
    if cluster is None:
        return "in the background, after what you start on Train"
    at_once = f"{cluster.n_workers} at a time" if cluster.n_workers else "as soon as it has a worker"
    return f"on the cluster at {cluster.address}, {at_once}"


def show_trouble() -> None:
    """What keeps the cluster from working, and the way on without it."""
    cluster = _cluster()
    if cluster is None or not cluster.trouble:
        return
    st.warning(escape(cluster.trouble), icon=":material/lan:")
    st.button(
        "Go on here",
        key="go_on_here",
        on_click=_go_on_here,
        help="Trains what is left of all sweeps on this machine, until the app is started again.",
    )


@error_boundary()
def _go_on_here() -> None:
    if _cluster() is not None:
        workers().run_locally()
