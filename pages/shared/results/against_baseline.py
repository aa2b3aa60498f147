"""Beside the numbers of a model: whether it is better than the baseline, the first pinned model."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.comparison import chosen_margin, get_comparison
from pages.shared.shell.pinned_models import pinned_runs
from pages.shared.text import escape
from recsys_core.comparison.sentences import COMPARED, ON_SUBSET
from recsys_core.evaluation.significant_digits import format_interval
from recsys_core.store.run import Run


def show_against_baseline(run: Run) -> None:
    """Write '▼ worse than the baseline #1 …' with the difference; nothing for the baseline itself or without one."""
    pins, subset = pinned_runs(), get_context().open_subset
    scored = {each.id for each in get_context().runs_with(subset)}
    if not pins or run.id == pins[0].id or not {run.id, pins[0].id} <= scored:
        return
    comparison = get_comparison([pins[0], run], subset, margin=chosen_margin())
    verdict = comparison.verdicts[1, 0]
    difference = format_interval(verdict.difference, sign=True)
    st.caption(
        escape(
            f"{verdict.mark} {COMPARED[verdict.word]} the baseline {pins[0].label}: {comparison.title} {difference} "
            f"{ON_SUBSET[subset]}."
        )
    )
