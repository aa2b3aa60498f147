"""Describe the data in a sentence with its warnings, then show several views of it."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.large_data import open_dataset
from pages.shared.results.cached import share_figure
from pages.shared.server import store
from pages.shared.text import as_written, escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.open_tab import draw_open_tab
from pages.views.data.clean import CLEANED_HERE, cleaning_view
from pages.views.data.import_receipt import draw_receipt, draw_warnings
from pages.views.data.item_noun import item_noun_control
from pages.views.data.loading import draw_load
from pages.views.data.relevance import relevance_control
from pages.views.data.split_check import show_split
from recsys_core.data.dataset import Dataset
from recsys_core.data.item_noun import item_noun
from recsys_core.data.nouns import count_noun
from recsys_core.data.reading.quality_warnings import data_warnings
from recsys_core.figures.data_shape import activity, long_tail, value_histogram
from recsys_core.runner.load_data import CLEANED

TAB_KEY, _CLEAN_UP = "data_tab", "Clean up"


def overview(dataset: Dataset) -> None:
    """Draw the data in a sentence with its warnings, then the open one of the tabs with views of it."""
    receipt = store().receipt(dataset.fingerprint)
    is_cleaned = dataset.origin.get("kind") == "mended"
    source = open_dataset(dataset.origin["source"]) if is_cleaned else dataset
    is_from_file = "reasons" in receipt
    with st.container():  # as one element, whether there is a bar or not
        st.subheader(escape(_headline(dataset)), anchor=False)
        draw_load(CLEANED)
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.caption(_where_from(dataset, source, receipt))
    with right:
        item_noun_control(dataset)
    with st.container():
        draw_warnings(receipt["warnings"] if is_from_file and not is_cleaned else data_warnings(dataset))
    with st.container():  # so that the tabs keep their position whatever is drawn above, and the open one stays open
        relevance_control(dataset)
    views: dict[str, Callable[[], None]] = {
        "Long tail": lambda: draw_shape(dataset),
        "Train/test split": show_split,
        _CLEAN_UP: lambda: cleaning_view(dataset, receipt.get("mended", [])),
    }
    if is_from_file:
        views["How the file was read"] = lambda: draw_receipt(receipt, source)
    if st.session_state.pop(CLEANED_HERE, None) == dataset.fingerprint:
        st.session_state[TAB_KEY] = _CLEAN_UP
    elif st.session_state.get(TAB_KEY) not in views:  # not all data are from a file
        st.session_state.pop(TAB_KEY, None)
    draw_open_tab(views, TAB_KEY)


def _where_from(dataset: Dataset, source: Dataset, receipt: dict) -> str:
    """Say where the data is from; `source` is what it was cleaned from, or the data itself."""
    if source is not dataset:
        return f":material/build: Made from “{escape(source.name)}” by the steps under “Clean up”."
    if "reasons" in receipt:
        is_whole = not receipt["reasons"] and not receipt["merged"]
        mark = ":material/check: Every row was kept." if is_whole else ":material/report: **Not every row was kept.**"
        return f"{mark} {escape(receipt['count'])}"
    return _ORIGINS.get(dataset.origin.get("kind", ""), "From a file.")


_ORIGINS = {
    "planted": "Generated. The same settings give the same data.",
    "textbook": "An example that comes with the app.",
    "fashions": "An example that comes with the app.",
}


def draw_shape(dataset: Dataset) -> None:
    """Draw how ratings are spread over items, people and values, and the first rows."""
    data = dataset.interactions
    columns = st.columns(3 if dataset.is_graded else 2)
    figures = {
        "long_tail": partial(long_tail, data, item_noun(dataset), dataset.rating_noun),
        "activity": partial(activity, data, dataset.rating_noun),
    }
    if dataset.is_graded:
        figures["values"] = partial(value_histogram, data)
    for column, (key, make) in zip(columns, figures.items(), strict=True):
        with column:
            figure = share_figure((key, dataset.fingerprint, item_noun(dataset), dataset.rating_noun), make)
            show_chart(figure, key=key, alt=figure.prepared().title)
    with st.expander("First rows"):
        st.dataframe(_first_rows(dataset), hide_index=True, alt="The first rows of the data.")


def _headline(dataset: Dataset) -> str:
    """Say how concentrated the ratings are, and how many people have few."""
    data = dataset.interactions
    counts = np.sort(data.users_per_item)[::-1]
    head = int(np.searchsorted(np.cumsum(counts), counts.sum() / 2)) + 1
    few = int(np.sum(data.items_per_user < 5))
    text = f"Half of all {dataset.rating_noun} go to {head:,} of {count_noun(data.n_items, item_noun(dataset))}"
    if few:
        people = count_noun(data.n_users, "people")
        return text + f", and {few:,} of {people} {'has' if few == 1 else 'have'} fewer than five."
    return text + ", and everyone has at least five."


def _first_rows(dataset: Dataset, count: int = 50) -> pd.DataFrame:
    data = dataset.interactions
    table = pd.DataFrame(
        {
            "person": [dataset.user_names[user] for user in data.users[:count]],
            "item": [dataset.titles[item] for item in data.items[:count]],
            "genres": [" · ".join(dataset.genres[item]) if dataset.genres else "" for item in data.items[:count]],
            "value": as_written(data.values[:count]),
        }
    )
    if dataset.times is not None:
        table["time"] = pd.to_datetime(dataset.times[:count], unit="s", errors="coerce")
    return table if dataset.genres else table.drop(columns="genres")
