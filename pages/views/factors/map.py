"""The joint map of people and items, the neighbours of the chosen item, and what a selected group has in common."""

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.factor_axes_of_run import map_of, names_of, shown_axes, strongest_first
from pages.shared.text import escape, escape_formulas
from pages.shared.widgets.choose_person_item import ITEM_KEY, PERSON_KEY, choose_item, choose_person
from recsys_core.factors.axes import nearest_by_cosine
from recsys_core.factors.item_attributes import attribute_lift, genres_of, standardised_mean
from recsys_core.figures.factors import TasteMap, draw_map
from recsys_core.store.run import Run

_NEIGHBOURS = 10
_DRAG_KEY, _GROUP_KEY = "drag", "group"
_PAN, _SELECT = "pan", "select"


@st.fragment
@error_boundary()
def map_and_neighbours(run: Run) -> None:
    """Draw the map, and beside it the neighbours of the chosen item or the selected group."""
    context, mapped, model = get_context(), map_of(run), strongest_first(run).model
    dataset, popularity = context.dataset, context.split.train.users_per_item
    left, right = st.columns([2, 1], gap="medium")
    with right:
        drag = st.segmented_control("Drag to", [_PAN, _SELECT], default=_PAN, required=True, key=_DRAG_KEY)
        item, person = choose_item(), choose_person()
        near, cosines = nearest_by_cosine(model.item_factors, item, _NEIGHBOURS)
        if drag == _SELECT:
            _group(run)
        else:
            _neighbours(near, cosines, model.n_factors, mapped, popularity)
    with left:
        figure = draw_map(
            mapped,
            titles=dataset.titles,
            names=dataset.user_names,
            groups=[genres[0] if genres else "" for genres in dataset.genres] or [""] * len(dataset.titles),
            popularity=popularity,
            selected_item=item,
            neighbours=near,
            selected_person=person,
            lasso=drag == _SELECT,
        )
        st.plotly_chart(
            figure,
            key="map",
            on_select=take_selection,
            selection_mode=("points", "lasso"),
            config={"scrollZoom": True, "displayModeBar": False},
            alt=f"People are circles and items squares; they are close where tastes agree. "
            f"Nearest to {dataset.titles[item]}: {', '.join(dataset.titles[i] for i in near)}.",
        )


@error_boundary()
def take_selection() -> None:
    """Make what was clicked the person or the item of all pages, and what was selected the group of this one."""
    selection = st.session_state["map"]["selection"]
    chosen = [point["customdata"] for point in selection["points"] if point.get("customdata")]
    items = sorted({int(index) for kind, index, *_ in chosen if kind == "item"})
    people = {int(index) for kind, index, *_ in chosen if kind == "person"}
    if selection["lasso"]:
        st.session_state[_GROUP_KEY] = (get_context().dataset.fingerprint, items, len(people))
    elif chosen:
        kind, index, *_ = chosen[0]
        st.session_state[{"item": ITEM_KEY, "person": PERSON_KEY}[kind]] = int(index)


def _neighbours(near: np.ndarray, cosines: np.ndarray, n_factors: int, mapped: TasteMap, popularity) -> None:
    titles, n_people = get_context().dataset.titles, get_context().split.train.n_users
    shown = []
    if len(mapped.items) < len(np.flatnonzero(popularity)):
        shown.append(f"the {len(mapped.items):,} most popular of {len(titles):,} items")
    if len(mapped.people) < len(np.flatnonzero(get_context().split.train.items_per_user)):
        shown.append(f"the {len(mapped.people):,} most active of {n_people:,} people")
    st.caption(
        f"Nearest by cosine in all {n_factors} factors, not on the flat map"
        + (f", which shows {' and '.join(shown)}." if shown else ".")
    )
    st.dataframe(
        pd.DataFrame({"item": [titles[i] for i in near], "cosine": cosines}),
        hide_index=True,
        height=248,
        column_config={
            "item": st.column_config.TextColumn(width=150),
            "cosine": st.column_config.ProgressColumn(min_value=-1.0, max_value=1.0, format="%.2f", width=90),
        },
    )


def _group(run: Run) -> None:
    """Say what the selected items have in common, and list them."""
    context = get_context()
    dataset, popularity = context.dataset, context.split.train.users_per_item
    fingerprint, items, n_people = st.session_state.get(_GROUP_KEY, ("", [], 0))
    if fingerprint != dataset.fingerprint or not (items or n_people):
        st.info("Draw around some squares on the map while holding the mouse button down.")
        return
    if not items:
        st.info(f"The selection holds {_count(n_people, 'person', 'people')} but no items.")
        return
    st.markdown(
        f"**{_count(len(items), 'item', 'items')}** and {_count(n_people, 'person', 'people')}. "
        f"{escape(_in_common(run, items))}"
    )
    table = pd.DataFrame(
        {
            "title": [dataset.titles[item] for item in items],
            "genres": [", ".join(dataset.genres[item]) if dataset.genres else "" for item in items],
            "ratings": popularity[items],
        }
    ).sort_values("ratings", ascending=False)
    st.dataframe(table, hide_index=True, height=190, column_config={"title": st.column_config.TextColumn(width=150)})
    st.download_button(
        "Download the list (CSV)", escape_formulas(table).to_csv(index=False), "group.csv", "text/csv", key="group_csv"
    )


def _in_common(run: Run, items: list[int]) -> str:
    names, membership = genres_of(get_context().dataset)
    share, lift = attribute_lift(membership, items)
    telling = [t for t in np.argsort(-share * np.log2(np.maximum(lift, 1e-9)))[:2] if lift[t] > 1]
    words = [f"{names[t]} {share[t]:.0%} ({lift[t]:.1f} times the share among all items)" for t in telling]
    axes = shown_axes(run)
    means = standardised_mean(axes.model.item_factors, items)
    factor = int(np.abs(means).argmax())
    end = "one" if means[factor] > 0 else "the other"
    genres = f"In common: {', '.join(words)}. " if words else ""
    return (
        f"{genres}On average they lie {abs(means[factor]):.1f} standard deviations towards {end} end of factor "
        f"{names_of(run, axes)[factor]}."
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
