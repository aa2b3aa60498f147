"""One person's history beside the ranked lists of the pinned models."""

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.person_lists import DEPTH, EXPLAINED_KEY, RANK, ROW_HEIGHT, Person, mark_held_out
from pages.shared.text import as_written
from pages.shared.widgets.choose_person_item import ITEM_KEY
from pages.views.person.name_run import name_run
from recsys_core.store.run import Run

VIEW_KEY, LISTS_KEY = "person_view", "lists"
WHY, WITHOUT, TRY, OTHER = "Why this item?", "Without an item", "Try it yourself", "Other settings"
SURE = "How sure?"
FORMER_NAMES = {"Without a rating": WITHOUT}
"""Names of views in links of earlier versions."""
_SHOWN = "lists_shown"  # the run ids and items of the lists that a click was on


def describe_hits(person: Person, runs: list[Run], lists: list[np.ndarray]) -> str:
    """Return how many of the person's held-out choices the lists found."""
    count = len(person.held_out)
    if count == 0:
        return f"No choice of {person.name} is held out, so nothing tells whether these lists are right."
    hits = [len(person.held_out & set(items[:DEPTH].tolist())) for items in lists]
    best, worst = int(np.argmax(hits)), int(np.argmin(hits))
    choices = f"{person.name}'s {'only' if count == 1 else count} held-out {'choice' if count == 1 else 'choices'}"
    agree = len(runs) > 1 and hits[best] == hits[worst]
    who = "All pinned models" if agree else name_run(runs[best], runs)
    where = f"in {'their' if agree else 'its'} top {DEPTH}"
    if agree and not hits[best]:
        return f"No pinned model found {'' if count == 1 else 'any of '}{choices} in its top {DEPTH}."
    n_found = "" if count == 1 else f"{hits[best]} of "
    found = f"{who} {'found' if hits[best] or count > 1 else 'did not find'} {n_found}{choices} {where}"
    if hits[best] == hits[worst]:
        return f"{found}."
    return f"{found}; {name_run(runs[worst], runs)} {'did not' if count == 1 else f'found {hits[worst]}'}."


def choose_from_history(person: Person) -> list[int]:
    """Draw the table of training ratings, highest and least popular first; return the items that are ticked."""
    dataset, popularity = get_context().dataset, get_context().split.train.users_per_item
    items, values = person.learned.items, person.learned.values
    order = np.lexsort((popularity[items], -values))
    table = pd.DataFrame({"history": [dataset.titles[item] for item in items[order]]})
    if dataset.is_graded:
        table["rating"] = as_written(values[order])
    if dataset.genres:
        table["genres"] = [" · ".join(dataset.genres[item]) for item in items[order]]
    event = st.dataframe(
        table,
        key=f"history_{person.index}",
        alt="What is known of this person, highest and least popular first.",
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * min(8, len(table) + 1) + 10,
        on_select=_open_without,
        selection_mode="multi-row",
        column_config={
            "history": st.column_config.TextColumn(f"{len(items):,} training {dataset.rating_noun}", width=150),
            "rating": st.column_config.NumberColumn(format="%g", width=50),
        },
    )
    return [int(items[order[row]]) for row in event["selection"]["rows"] if row < len(order)]


@error_boundary()
def _open_without() -> None:
    """Open the view of the list without the ticked items."""
    st.session_state[VIEW_KEY] = WITHOUT


def show_lists(person: Person, runs: list[Run], lists: list[np.ndarray]) -> None:
    """Draw the tops of the lists side by side; a click on a title explains it."""
    tops = {run: items[:DEPTH].tolist() for run, items in zip(runs, lists, strict=True)}
    columns = {run.label: [mark_held_out(item, person.held_out) for item in top] for run, top in tops.items()}
    length = max(map(len, columns.values()))
    columns = {label: [*titles, *[""] * (length - len(titles))] for label, titles in columns.items()}  # short lists too
    table = pd.DataFrame({RANK: range(1, length + 1), **columns})
    st.session_state[_SHOWN] = [(run.id, top) for run, top in tops.items()]
    st.dataframe(
        table,
        key=LISTS_KEY,
        alt="The first items of every pinned model's list for this person.",
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (len(table) + 1) + 10,
        on_select=_explain_clicked,
        selection_mode="single-cell",
        column_config={
            RANK: st.column_config.NumberColumn(width=45),
            **{run.label: st.column_config.TextColumn(run.short_label, width=130) for run in runs},
        },
    )
    st.caption("✓ marks this person's held-out choices. Click a title to see why it is recommended.")


@error_boundary()
def _explain_clicked() -> None:
    """Select the title that was clicked, and the model in whose list it is, for the explanation."""
    for row, column in st.session_state[LISTS_KEY]["selection"]["cells"]:
        for run_id, items in st.session_state[_SHOWN]:
            if column.startswith(f"#{run_id} ") and row < len(items):
                st.session_state.update({EXPLAINED_KEY: run_id, ITEM_KEY: items[row], VIEW_KEY: WHY})
