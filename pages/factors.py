"""What tastes did it find?"""

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.charts import show_chart
from pages.shared.choose_run import choose_run
from pages.shared.navigation import ensure_in_app
from pages.shared.session import current, model_of
from recsys_core.figures.factors import TasteMap, draw_map, heat_map, spectrum, taste_map
from recsys_core.latent import by_strength, ends, nearest

ensure_in_app()

_NEIGHBOURS, _ENDS, _HEAT_ROWS = 10, 6, 24
_NOTHING = 1e-12  # of squared strength


@st.cache_resource(max_entries=8, show_spinner=False)
def prepare(run_fingerprint: str, run_id: int, _split):
    """The model with its axes by strength, their strengths, and the map."""
    turned, strengths = by_strength(model_of(run_fingerprint, run_id))
    return turned, strengths, taste_map(turned, strengths, _split.train.items_per_user, _split.train.users_per_item)


def clicked_item(event, fallback: int) -> int:
    """The item last clicked on the map."""
    for point in event["selection"]["points"]:
        if point.get("customdata") and point["customdata"][0] == "item":
            return int(point["customdata"][1])
    return fallback


@st.fragment
def map_and_neighbours(model, mapped: TasteMap) -> None:
    """The joint map, and beside it what is nearest to the chosen item in all k factors."""
    context = current()
    dataset, popularity = context.dataset, context.split.train.users_per_item
    groups = [genres[0] if genres else "" for genres in dataset.genres] or [""] * len(dataset.titles)
    left, right = st.columns([2, 1], gap="medium")
    with right:
        if st.session_state.get("item") not in range(len(dataset.titles)):
            st.session_state["item"] = int(popularity.argmax())
        item = st.selectbox(
            "Item",
            range(len(dataset.titles)),
            format_func=lambda place: dataset.titles[place],
            key="item",
            persist_state="session",
            help="Type to search, or click a square on the map.",
        )
        if len(mapped.items) < len(np.flatnonzero(popularity)):
            st.caption(f"The map shows the {len(mapped.items):,} most popular items; all can be chosen here.")
        near, cosines = nearest(model.item_factors, item, _NEIGHBOURS)
        st.caption(f"Nearest in all {model.n_factors} factors, not on the flat map:")
        st.dataframe(
            pd.DataFrame({"item": [dataset.titles[i] for i in near], "likeness": cosines}),
            hide_index=True,
            height=353,
            column_config={
                "item": st.column_config.TextColumn(width=150),
                "likeness": st.column_config.ProgressColumn(min_value=-1.0, max_value=1.0, format="%.2f", width=90),
            },
        )
    with left:
        figure = draw_map(
            mapped,
            titles=dataset.titles,
            names=dataset.user_ids,
            groups=groups,
            popularity=popularity,
            selected_item=item,
            neighbours=near,
        )
        st.plotly_chart(
            figure,
            key="map",
            on_select=take_click,
            selection_mode="points",
            config={"scrollZoom": True, "displayModeBar": False},
            alt="People as circles and items as squares, near each other where tastes agree.",
        )


def take_click() -> None:
    st.session_state["item"] = clicked_item(st.session_state["map"], st.session_state["item"])


def meanings(model, dataset, popularity) -> None:
    """The items at the two ends of each factor."""
    known = np.flatnonzero(popularity)
    rows = []
    for factor in range(model.n_factors):
        high, low = ends(model.item_factors[known, factor], _ENDS)
        rows.append(
            {
                "factor": factor + 1,
                "one end": " · ".join(dataset.titles[item] for item in known[high]),
                "the other end": " · ".join(dataset.titles[item] for item in known[low]),
                "groups at the first end": _common_groups(dataset, known[high]),
            }
        )
    table = pd.DataFrame(rows)
    st.dataframe(table if dataset.genres else table.drop(columns="groups at the first end"), hide_index=True)


def _common_groups(dataset, items) -> str:
    counts = pd.Series(
        [group for item in items for group in dataset.genres[item]] if dataset.genres else []
    ).value_counts()
    return ", ".join(f"{group} ({count})" for group, count in counts.head(3).items())


def headline(mapped: TasteMap, strengths: np.ndarray) -> str:
    energy = np.cumsum(strengths.astype(float) ** 2)
    if energy[-1] < _NOTHING:
        return "This model has learned nothing: all its factors are 0. Its regularisation λ is too strong."
    needed = int(np.searchsorted(energy / energy[-1], 0.8)) + 1
    shown = 100 * (1 - mapped.projection.hidden)
    return (
        f"{needed} of {len(strengths)} factors carry 80 % of the pattern; "
        f"this flat map shows {shown:.0f} % of it and hides {100 - shown:.0f} %."
    )


run = choose_run()
if run is not None:
    context = current()
    model, strengths, mapped = prepare(run.fingerprint, run.id, context.split)
    popularity = context.split.train.users_per_item
    st.subheader(headline(mapped, strengths), anchor=False)
    map_and_neighbours(model, mapped)
    meaning, strength, heat = st.tabs(["What each factor means", "Strength of the factors", "Heat map"])
    with meaning:
        st.caption(
            "Factors are not unique: any turn of the axes gives the same scores. They are shown turned so that "
            "the strongest comes first. Which end is which has no meaning."
        )
        meanings(model, context.dataset, popularity)
    with strength:
        show_chart(spectrum(strengths), key="spectrum", alt="The strength of each factor, falling.")
    with heat:
        most = np.argsort(-popularity, kind="stable")[:_HEAT_ROWS]
        st.caption(f"The {len(most)} most popular items; orange is negative, blue positive.")
        figure = heat_map(model.item_factors[most], [context.dataset.titles[item] for item in most])
        show_chart(figure, key="heat", alt="Items as rows, factors as columns.")
