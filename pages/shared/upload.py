"""Taking in a file of ratings: see how it would be read, correct that, load it."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from pages.shared.session import DATA_KEY, store
from pages.shared.text import as_text
from recsys_core.data.reading import Layout, Preview, guess_layout, read_items, read_ratings, with_items
from recsys_core.errors import InputError

_RATINGS_TYPES = ["csv", "tsv", "txt", "dat", "data", "tab", "base", "test", "parquet"]
_ITEMS_TYPES = ["csv", "tsv", "txt", "dat", "item", "tab"]


VIEW_KEY = "data_view"  # of the Data page's switch between its views


def look_at(fingerprint: str) -> None:
    """Show this data set from now on, on every page."""
    st.session_state[DATA_KEY] = fingerprint
    st.session_state[VIEW_KEY] = "This data"


def upload() -> None:
    """The two files, the guess with five rows, the corrections and the button."""
    left, right = st.columns(2)
    ratings = left.file_uploader(
        "Ratings", _RATINGS_TYPES, key="ratings_file", help="A row a rating, or a user × item matrix."
    )
    items = right.file_uploader("Titles and genres (optional)", _ITEMS_TYPES, key="items_file")
    if error := st.session_state.pop("upload_error", None):
        st.error(as_text(error))
    if ratings is None:
        st.caption("MovieLens files, CSV, TSV, Parquet, or a matrix. Nothing leaves this machine.")
        return
    try:
        preview = _guess(ratings.getvalue(), ratings.name)
    except InputError as error:
        st.error(as_text(error))
        return
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.write(as_text(preview.sentence))
    layout = _corrected(preview, ratings.file_id)
    right.button("Load", key="load", type="primary", width="stretch", on_click=_load, args=(ratings, items, layout))


@st.cache_data(max_entries=4, show_spinner="Reading…")
def _guess(content: bytes, filename: str) -> Preview:
    return guess_layout(content, filename)


def _corrected(preview: Preview, file_id: str) -> Layout:
    """The guess, with what the person has changed."""
    layout = preview.layout
    names = [name or f"column {place + 1}" for place, name in enumerate(preview.columns)]
    table = pd.DataFrame(preview.rows)
    table.columns = [f"{name} " * (1 + names[:place].count(name)) for place, name in enumerate(names)]
    st.dataframe(table, hide_index=True)

    def column(label: str, guess: int | None, optional: bool) -> int | None:
        choices = [None, *range(len(names))] if optional else list(range(len(names)))
        return st.selectbox(
            label,
            choices,
            index=choices.index(guess) if guess in choices else 0,
            format_func=lambda place: "none" if place is None else names[place],
            key=f"column_{label}_{file_id}_{layout.orientation}",
        )

    orientation = st.segmented_control(
        "One row is",
        ["long", "wide"],
        default=layout.orientation,
        required=True,
        format_func={"long": "a rating", "wide": "a person, with a column for each item"}.get,
        key=f"orientation_{file_id}",
    )
    if orientation == "wide":
        zero = st.checkbox("0 means unrated", layout.zero_is_unrated, key=f"zero_{file_id}")
        user = layout.user if layout.orientation == "wide" else 0
        return replace(
            layout, orientation="wide", user=user, item=None, rating=None, time=None, title=None, zero_is_unrated=zero
        )
    first, second, third, fourth = st.columns(4)
    with first:
        user = column("Person", layout.user, optional=False)
    with second:
        item = column("Item", layout.item if layout.item is not None else 1, optional=False)
    with third:
        rating = column("Rating", layout.rating, optional=True)
    with fourth:
        time = column("Time", layout.time, optional=True)
    feedback = "implicit"
    if rating is not None:
        feedback = st.segmented_control(
            "The numbers are",
            ["explicit", "implicit"],
            default=layout.feedback if layout.rating is not None else "explicit",
            required=True,
            format_func={"explicit": "ratings (opinions)", "implicit": "counts (plays, purchases)"}.get,
            key=f"feedback_{file_id}",
        )
    return replace(layout, orientation="long", user=user, item=item, rating=rating, time=time, feedback=feedback)


def _load(ratings, items, layout: Layout) -> None:
    """Read both files and look at them from now on; whatever goes wrong, what is loaded stays."""
    try:
        dataset, receipt = read_ratings(ratings.getvalue(), ratings.name, layout)
        sentences, warnings = list(receipt.sentences), list(receipt.warnings)
        if items is not None:
            table, items_receipt = read_items(items.getvalue(), items.name)
            dataset, titled = with_items(dataset, table)
            sentences.append(titled)
            warnings += items_receipt.warnings
        kept = {
            "sentences": sentences,
            "count": receipt.count_sentence(),
            "left_out": [group.sentence() for group in receipt.left_out],
            "warnings": warnings,
        }
        look_at(store().add_dataset(dataset, kept))
    except InputError as error:
        st.session_state["upload_error"] = str(error)
