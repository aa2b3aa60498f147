"""Evaluations, models and reference models, kept between reruns under the fingerprints that they depend on."""

import streamlit as st

from pages.shared.context import Context, get_context
from pages.shared.server import store
from recsys_core.evaluation.baselines import evaluate_rails
from recsys_core.evaluation.evaluate import Evaluation


def rails(subset: str) -> dict[str, Evaluation]:
    """Random, popularity and, on planted data, the oracle, scored on a subset of the current split."""
    context = get_context()
    return _rails(context.split.fingerprint, subset, context)


@st.cache_resource(max_entries=16, show_spinner="Scoring what chance and popularity reach…")
def _rails(split_fingerprint: str, subset: str, _context: Context) -> dict[str, Evaluation]:
    return evaluate_rails(_context.dataset, _context.split, subset)


@st.cache_resource(max_entries=64, show_spinner=False)
def evaluation_of(run_fingerprint: str, run_id: int, subset: str) -> Evaluation | None:
    """The evaluation of an ended run; the fingerprint in the key makes a restarted run a new one."""
    return store().evaluation(run_id, subset)


@st.cache_resource(max_entries=16, show_spinner=False)
def model_of(run_fingerprint: str, run_id: int):
    """The model of an ended run."""
    return store().model(run_id)
