"""What have I tried?"""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.open_run import switch_to_requested_page
from pages.shared.results.plain_words import draw_headline, plain_headline
from pages.shared.server import store
from pages.shared.shell.navigation import ensure_in_app
from pages.shared.sign_in import MINE_LABEL, chosen_author
from pages.views.history.bulk_actions import draw_bulk_actions, draw_undo
from pages.views.history.filters import choose_status, filter_entries
from pages.views.history.import_lists import draw_lists_import
from pages.views.history.import_model import draw_import
from pages.views.history.run_details import draw_run_details
from pages.views.history.send_to_mlflow import draw_mlflow
from pages.views.history.table import choose_in_table, draw_csv_link
from pages.views.history.two_runs import draw_two_runs
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.store.history import ARCHIVED, DELETED, KEPT, Entry, best_entry, list_history

ensure_in_app()

_EMPTY = {
    KEPT: "Nothing has been trained yet.",
    ARCHIVED: "No run is archived.",
    DELETED: "No run is deleted.",
}


def count_runs(entries: list[Entry], status: str) -> str:
    """Return '5 runs on 2 data sets, archived'."""
    n_runs, n_data = len(entries), len({entry.run.data_fingerprint for entry in entries})
    text = f"{n_runs:,} {'run' if n_runs == 1 else 'runs'} on {n_data} data {'set' if n_data == 1 else 'sets'}"
    return text if status == KEPT else f"{text}, {status}"


def plain_words(entries: list[Entry], status: str) -> str:
    """Return the headline in plain words; "" where there is no best run to tell of."""
    leader = best_entry(entries, get_context().split.fingerprint)
    described = leader and plain_headline(leader.run)
    return f"{count_runs(entries, status)}. The best on this data is {described}" if described else ""


def headline(entries: list[Entry], status: str) -> str:
    """Say how many runs there are, and which has the highest score on the current data and split."""
    if not entries:
        if chosen_author():
            return f"None of these runs is yours. Switch “{MINE_LABEL}” off to see those of everybody."
        return _EMPTY[status]
    n_runs, text = len(entries), count_runs(entries, status)
    leader = best_entry(entries, get_context().split.fingerprint)
    if leader is None:
        none = "This run has no score" if n_runs == 1 else "None of them has a score"
        return f"{text}. {none} for the current data and split."
    highest = f"{leader.run.label} has the highest validation NDCG@{CUTOFF} on {get_context().dataset.name}"
    return f"{text}. {highest}: {leader.validation:.3f}. Compare shows whether its lead is more than chance."


switch_to_requested_page()
top = st.container()
left, right = st.columns([1, 2.8], vertical_alignment="bottom")
with left:
    status = choose_status()
entries = list_history(store(), status)
author = chosen_author()
if author:
    entries = [entry for entry in entries if entry.run.author == author]
with top:
    draw_headline(plain_words(entries, status), headline(entries, status))
with st.container():  # or the table and its buttons would move when there is something to undo, see draw_app
    draw_undo()
if entries:
    with right:
        shown = filter_entries(entries)
    chosen = choose_in_table(shown)
    if len(chosen) == 1:
        draw_run_details(chosen[0], status, {tag for entry in entries for tag in entry.run.tags})
    elif len(chosen) == 2 and status == KEPT:
        draw_two_runs(chosen)
    elif chosen:
        draw_bulk_actions(chosen, status)
    draw_csv_link(shown)
draw_import()
draw_lists_import()
if entries:
    draw_mlflow(chosen or shown)
