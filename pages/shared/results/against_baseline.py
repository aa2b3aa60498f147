"""Beside every number of a model: whether it is better than the baseline, the first of the pins."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.comparison import Comparison, margin
from pages.shared.shell.pinned_models import pinned_runs
from pages.shared.text import escape
from recsys_core.comparison.sentences import marked
from recsys_core.evaluation.significant_digits import honest_range
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.store.run import Run


def show_against_baseline(run: Run) -> None:
    """'▼ worse against the baseline #1 …' with the difference; nothing for the baseline itself or without one."""
    pins, subset = pinned_runs(), get_context().open_subset
    scored = {each.id for each in get_context().runs_with(subset)}
    if not pins or run.id == pins[0].id or not {run.id, pins[0].id} <= scored:
        return
    comparison = Comparison([pins[0], run], subset, "ndcg", CUTOFF, margin())
    verdict = comparison.verdicts[1, 0]
    difference = honest_range(verdict.difference, sign=True)
    st.caption(
        escape(
            f"{marked(verdict.word)} against the baseline {pins[0].label}: {comparison.title} {difference} on {subset} "
            "ratings."
        )
    )
