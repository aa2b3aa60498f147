"""One person's history beside the lists of the pinned models, and why an item stands there."""

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.person_lists import DEPTH, EXPLAINED_KEY, Person, mark_held_out
from pages.shared.widgets.choose_person_item import ITEM_KEY
from recsys_core.store.run import Run

_VIEW_KEY, _LISTS_KEY = "person_view", "lists"


WHY, WITHOUT, YOU, SETTINGS = "Why this one?", "Without a rating", "Be the user", "With other settings"


_ROW = 28


def headline(person: Person, runs: list[Run], lists: list[np.ndarray]) -> str:
    """What the lists are worth to this person."""
    count = len(person.held_out)
    if count == 0:
        return f"Nothing of {person.name} is held out: here is what they would get, but not whether it is right."
    hits = [len(person.held_out & set(items[:DEPTH].tolist())) for items in lists]
    best = int(np.argmax(hits))
    kept = f"Of {count} {'choice' if count == 1 else 'choices'} kept from the models for {person.name}"
    if hits[best] == min(hits):
        finder = runs[0].recipe.label if len(runs) == 1 else "every pinned model"
        return f"{kept}, {finder} finds {hits[best]} in its first {DEPTH}."
    worst = int(np.argmin(hits))
    return (
        f"{kept}, {runs[best].recipe.label} finds {hits[best]} in its first {DEPTH}, "
        f"{runs[worst].recipe.label} {hits[worst]}."
    )


def history(person: Person) -> list[int]:
    """The table of what was learned from, the best liked and least popular first; returns the items ticked."""
    dataset, popularity = get_context().dataset, get_context().split.train.users_per_item
    items, values = person.learned.items, person.learned.values
    order = np.lexsort((popularity[items], -values))
    table = pd.DataFrame({"history": [dataset.titles[item] for item in items[order]]})
    if dataset.is_graded:
        table["rating"] = values[order]
    if dataset.genres:
        table["genres"] = [" · ".join(dataset.genres[item]) for item in items[order]]
    event = st.dataframe(
        table,
        key=f"history_{person.index}",
        hide_index=True,
        row_height=_ROW,
        height=_ROW * min(8, len(table) + 1) + 10,
        on_select=show_without_ticked,
        selection_mode="multi-row",
        column_config={
            "history": st.column_config.TextColumn(f"{len(items):,} to learn from", width=150),
            "rating": st.column_config.NumberColumn(format="%g", width=50),
        },
    )
    return [int(items[order[row]]) for row in event["selection"]["rows"] if row < len(order)]


@error_boundary()
def show_without_ticked() -> None:
    st.session_state[_VIEW_KEY] = WITHOUT


def lists_side_by_side(person: Person, runs: list[Run], lists: list[np.ndarray]) -> None:
    tops = {run: items[:DEPTH].tolist() for run, items in zip(runs, lists, strict=True)}
    columns = {run.label: [mark_held_out(item, person.held_out) for item in top] for run, top in tops.items()}
    table = pd.DataFrame({"": range(1, len(lists[0][:DEPTH]) + 1), **columns})
    st.session_state["lists_shown"] = [(run.id, top) for run, top in tops.items()]
    st.dataframe(
        table,
        key=_LISTS_KEY,
        hide_index=True,
        row_height=_ROW,
        height=_ROW * (len(table) + 1) + 10,
        on_select=explain_clicked,
        selection_mode="single-cell",
        column_config={
            "": st.column_config.NumberColumn(width=30),
            **{run.label: st.column_config.TextColumn(f"#{run.id} {run.recipe.label}", width=130) for run in runs},
        },
    )
    st.caption("✓ kept from the models, and this person did choose it. Click a title to see why it is there.")


@error_boundary()
def explain_clicked() -> None:
    """Look at the title that was clicked in the lists, with the model whose list it is."""
    for row, column in st.session_state[_LISTS_KEY]["selection"]["cells"]:
        for run_id, items in st.session_state["lists_shown"]:
            if column.startswith(f"#{run_id} ") and row < len(items):
                st.session_state.update({EXPLAINED_KEY: run_id, ITEM_KEY: items[row], _VIEW_KEY: WHY})
