"""What is in my ratings, and can I trust a test on them?"""

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import VIEW_KEY, current, store
from pages.shared.error_boundary import edge
from pages.shared.shell.navigation import ensure_in_app
from pages.shared.text import as_text
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.parameter_widgets import chosen, parameter_widgets
from pages.views.data.clean import mend_view
from pages.views.data.import_receipt import draw_receipt, draw_warnings
from pages.views.data.movielens import movielens_view
from pages.views.data.relevance import relevance_control
from pages.views.data.split_check import show_split
from pages.views.data.upload import look_at, upload
from recsys_core.data.example_5x5 import textbook
from recsys_core.data.reading.quality_warnings import data_warnings
from recsys_core.data.synthetic import PlantedRecipe, generate
from recsys_core.errors import InputError
from recsys_core.figures.data import activity, long_tail, value_histogram

ensure_in_app()


@edge()
def take(dataset) -> None:
    """Keep a data set and look at it from now on."""
    look_at(store().add_dataset(dataset))


@edge()
def take_generated() -> None:
    try:
        take(generate(chosen(PlantedRecipe(), "planted")))
    except InputError as error:
        st.session_state["generate_error"] = str(error)


def generate_view() -> None:
    """Planted data with sliders."""
    st.caption("Invented people with planted tastes: here the truth is known, so a model can be checked against it.")
    first, second = st.columns(2, gap="large")
    with first:
        parameter_widgets(PlantedRecipe(), "planted", only=("n_users", "n_items", "n_tastes", "picks"))
    with second:
        parameter_widgets(PlantedRecipe(), "planted", only=("popularity_skew", "noise", "seed", "feedback"))
    st.button("Generate", key="generate", type="primary", on_click=take_generated)
    if error := st.session_state.pop("generate_error", None):
        st.error(as_text(error))


def textbook_view() -> None:
    """The small example."""
    st.caption("Five people and five items, small enough to follow by hand. An empty cell is unrated.")
    st.dataframe(_as_table(textbook()), width="content")
    st.button("Use it", key="textbook", type="primary", on_click=lambda: take(textbook()))


def _as_table(dataset) -> pd.DataFrame:
    data = dataset.interactions
    cells = np.full((data.n_users, data.n_items), np.nan)
    cells[data.users, data.items] = data.values
    return pd.DataFrame(cells, dataset.user_ids, dataset.titles).map(
        lambda value: "" if np.isnan(value) else f"{value:g}"
    )


def overview(dataset) -> None:
    """The data in a sentence with what is suspicious, then four looks at it."""
    receipt = next(row["receipt"] for row in store().dataset_list() if row["fingerprint"] == dataset.fingerprint)
    is_mended = dataset.origin.get("kind") == "mended"
    source = store().dataset(dataset.origin["source"]) if is_mended else dataset
    is_from_file = "reasons" in receipt
    st.subheader(as_text(_headline(dataset.interactions)), anchor=False)
    st.caption(_where_from(dataset, source, receipt))
    with st.container():
        draw_warnings(receipt["warnings"] if is_from_file and not is_mended else data_warnings(dataset))
    relevance_control(dataset)
    names = ["Long tail", "Train/test split", "Mend it here", *(["How the file was read"] if is_from_file else [])]
    shape, cut, mending, *reading = st.tabs(names)
    with shape:
        draw_shape(dataset)
    with cut:
        show_split()
    with mending:
        mend_view(dataset, receipt.get("mended", []))
    for tab in reading:
        with tab:
            draw_receipt(receipt, source)


def _where_from(dataset, source, receipt: dict) -> str:
    if source is not dataset:
        return f":material/build: Made of “{as_text(source.name)}” by the steps under “Mend it here”."
    if "reasons" in receipt:
        is_whole = not receipt["reasons"] and not receipt["merged"]
        mark = ":material/check: Every row is kept." if is_whole else ":material/report: **Not every row is kept.**"
        return f"{mark} {as_text(receipt['count'])}"
    return _ORIGINS.get(dataset.origin.get("kind"), "From a file.")


_ORIGINS = {
    "planted": "Generated: the same settings give the same data.",
    "textbook": "An example that comes with the app.",
}


def draw_shape(dataset) -> None:
    """Three pictures and the first rows."""
    data = dataset.interactions
    columns = st.columns(3 if dataset.is_graded else 2)
    pictures = [("long_tail", long_tail(data)), ("activity", activity(data))]
    if dataset.is_graded:
        pictures.append(("values", value_histogram(data)))
    for column, (key, figure) in zip(columns, pictures, strict=True):
        with column:
            show_chart(figure, key=key, alt=figure.layout.title.text)
    with st.expander("The first rows"):
        st.dataframe(_first_rows(dataset), hide_index=True)


def _headline(data) -> str:
    counts = np.sort(data.users_per_item)[::-1]
    head = int(np.searchsorted(np.cumsum(counts), counts.sum() / 2)) + 1
    few = int(np.sum(data.items_per_user < 5))
    text = f"Half of all ratings go to {head:,} of {data.n_items:,} items"
    if few:
        return text + f", and {few:,} of {data.n_users:,} people gave fewer than five."
    return text + ", and everyone gave at least five."


def _first_rows(dataset, count: int = 50) -> pd.DataFrame:
    data = dataset.interactions
    table = pd.DataFrame(
        {
            "person": [dataset.user_ids[user] for user in data.users[:count]],
            "item": [dataset.titles[item] for item in data.items[:count]],
            "genres": [" · ".join(dataset.genres[item]) if dataset.genres else "" for item in data.items[:count]],
            "value": data.values[:count],
        }
    )
    if dataset.times is not None:
        table["time"] = pd.to_datetime(dataset.times[:count], unit="s", errors="coerce")
    return table if dataset.genres else table.drop(columns="genres")


views = {
    "This data": None,
    "Upload a file": upload,
    "MovieLens": movielens_view,
    "Generate": generate_view,
    "Textbook 5 × 5": textbook_view,
}
st.session_state.setdefault(VIEW_KEY, "This data")
view = st.segmented_control("View", list(views), required=True, key=VIEW_KEY, label_visibility="collapsed")
if views[view] is None:
    overview(current().dataset)
else:
    views[view]()
