"""What have I tried?"""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.open_run import go_where_asked
from pages.shared.server import store
from pages.shared.shell.navigation import ensure_in_app
from pages.shared.text import escape
from pages.views.history.bulk_actions import offer_undo, several_runs
from pages.views.history.filters import chosen_place, filtered
from pages.views.history.import_model import bring_in
from pages.views.history.run_details import one_run
from pages.views.history.send_to_mlflow import send_to_mlflow
from pages.views.history.table import choose_in_table, export_table
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.store.history import ARCHIVED, DELETED, KEPT, Entry, best_entry, list_history

ensure_in_app()

_NOTHING = {
    KEPT: "Nothing has been trained yet.",
    ARCHIVED: "Nothing is archived.",
    DELETED: "Nothing is deleted.",
}


def headline(entries: list[Entry], place: str) -> str:
    """How much there is, and what stands highest on the data and split of the sidebar."""
    if not entries:
        return _NOTHING[place]
    n_runs, n_data = len(entries), len({entry.run.data_fingerprint for entry in entries})
    text = f"{n_runs:,} {'run' if n_runs == 1 else 'runs'} on {n_data} data {'set' if n_data == 1 else 'sets'}"
    text += "" if place == KEPT else f", {place}"
    leader = best_entry(entries, get_context().split.fingerprint)
    if leader is None:
        return f"{text}. None of them has a score on the data and split of the sidebar."
    highest = f"{leader.run.label} has the highest NDCG@{CUTOFF} on validation ratings, {leader.validation:.3f}"
    return f"{text}. On {get_context().dataset.name}, {highest}. Compare tells whether that is more than chance."


go_where_asked()
top = st.container()
left, right = st.columns([1, 2.8], vertical_alignment="bottom")
with left:
    place = chosen_place()
entries = list_history(store(), place)
top.subheader(escape(headline(entries, place)), anchor=False)
offer_undo()
if entries:
    with right:
        shown = filtered(entries)
    chosen = choose_in_table(shown)
    if len(chosen) == 1:
        one_run(chosen[0], place, {tag for entry in entries for tag in entry.run.tags})
    elif chosen:
        several_runs(chosen, place)
    export_table(shown)
bring_in()
if entries:
    send_to_mlflow(chosen or shown)
