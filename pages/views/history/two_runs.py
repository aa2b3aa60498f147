"""Two ticked runs of the history: how their settings and their scores differ, and the way to Compare."""

import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.cached import model_of
from pages.shared.results.comparison import chosen_margin, get_comparison
from pages.shared.results.open_run import compare_runs_on_page, pin_run
from pages.shared.text import escape
from pages.views.history.bulk_actions import draw_status_buttons
from recsys_core.algorithms import setting_labels
from recsys_core.comparison.sentences import COMPARED
from recsys_core.evaluation.significant_digits import format_interval
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.store.history import KEPT, Entry, split_common_facts
from recsys_core.store.run import USABLE, Run

_NDCG = f"NDCG@{CUTOFF}"


def draw_two_runs(entries: list[Entry]) -> None:
    """Draw what differs between two runs, with the older one as the baseline, and the buttons for both."""
    older, newer = sorted(entries, key=lambda entry: entry.run.id)
    st.markdown(f"**{escape(_describe_difference(older, newer))}**")
    table, buttons = st.columns([2.2, 1], gap="medium")
    with table:
        st.table(_differences(older, newer), alt="The settings in which the two runs differ")
    with buttons:
        _draw_buttons(older.run, newer.run)
        draw_status_buttons(entries, KEPT)


def _describe_difference(older: Entry, newer: Entry) -> str:
    """Say which run has the higher score on validation, by the rule of Compare where that can be applied here."""
    first, second = older.run, newer.run
    if first.split_fingerprint != second.split_fingerprint:
        return "These runs were trained on different data or splits, so their scores cannot be compared."
    if None in (older.validation, newer.validation):
        return "Not both runs have a score on validation."
    if {first.id, second.id} <= {run.id for run in get_context().runs_with("validation")}:
        comparison = get_comparison([first, second], "validation", margin=chosen_margin())
        verdict = comparison.verdicts[1, 0]
        difference = format_interval(verdict.difference, sign=True)
        return (
            f"{verdict.mark} {second.short_label} is {COMPARED[verdict.word]} {first.short_label}: {comparison.title} "
            f"{difference} on validation."
        )
    return f"{first.short_label}: {_NDCG} {older.validation:.3f}. {second.short_label}: {newer.validation:.3f}."


def _differences(older: Entry, newer: Entry) -> pd.DataFrame:
    """Return what came of the two runs, and a row for each setting in which they differ."""
    rows = {}
    if older.run.split_fingerprint == newer.run.split_fingerprint:
        rows[f"{_NDCG}, validation"] = [_format(entry.validation, ".3f") for entry in (older, newer)]
    rows["seconds of training"] = [_format(entry.seconds, ".2f") for entry in (older, newer)]
    same, _ = split_common_facts([older, newer])
    names = [name for name in {**older.facts, **newer.facts} if name not in same]
    rows |= {escape(setting_labels().get(name, name)): _of_both(older, newer, name) for name in names}
    labels = [escape(entry.run.short_label) for entry in (older, newer)]
    return pd.DataFrame(rows, index=labels).T.rename_axis("differs in")


def _of_both(older: Entry, newer: Entry, name: str) -> list[str]:
    return [escape(entry.facts.get(name) or "–") for entry in (older, newer)]


def _format(number: float | None, form: str) -> str:
    return "–" if number is None else f"{number:{form}}"


def _draw_buttons(older: Run, newer: Run) -> None:
    have_models = all(run.state in USABLE and model_of(run.fingerprint, run.id) is not None for run in (older, newer))
    is_retrained = older.split.learns_from_validation  # Compare shows those beside the models that they come from
    are_comparable = have_models and older.split_fingerprint == newer.split_fingerprint and not is_retrained
    st.button(
        "Compare",
        key="history_compare",
        type="primary",
        icon=":material/leaderboard:",
        width="stretch",
        disabled=not are_comparable,
        on_click=compare_runs_on_page,
        args=(older, newer),
        help=escape(f"Pins both, {older.short_label} as the baseline, and opens Compare."),
    )
    st.button(
        "Pin both",
        key="history_pin_both",
        icon=":material/push_pin:",
        width="stretch",
        disabled=not are_comparable,
        on_click=_pin_both,
        args=(older, newer),
    )


@error_boundary()
def _pin_both(older: Run, newer: Run) -> None:
    pin_run(older)
    pin_run(newer)
