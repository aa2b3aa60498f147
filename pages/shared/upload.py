"""Taking in a file of ratings: see how it would be read, correct that, load it."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from pages.shared.session import DATA_KEY, VIEW_KEY, store
from pages.shared.text import as_text
from recsys_core.data.reading import Layout, Preview, guess_layout, read_items, read_ratings, with_items
from recsys_core.errors import InputError

_RATINGS_TYPES = ["csv", "tsv", "txt", "dat", "data", "tab", "base", "test", "parquet"]
_ITEMS_TYPES = ["csv", "tsv", "txt", "dat", "item", "tab"]


def look_at(fingerprint: str) -> None:
    """In a callback: show this data set from now on, on every page."""
    st.session_state[DATA_KEY] = fingerprint
    st.session_state[VIEW_KEY] = "This data"


def upload() -> None:
    """The two files, the guess with five rows, the corrections and the button."""
    left, right = st.columns(2)
    ratings = left.file_uploader(
        "Ratings", _RATINGS_TYPES, key="ratings_file", help="A row a rating, or a user × item matrix."
    )
    right.file_uploader("Titles and genres (optional)", _ITEMS_TYPES, key="items_file")
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
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    left.write(as_text(preview.sentence))
    right.text_input("Name", ratings.name, key=_key("name", ratings.file_id), max_chars=100)
    right.button("Load", key="load", type="primary", width="stretch", on_click=_load)
    _draw_corrections(preview, ratings.file_id)


@st.cache_data(max_entries=4, show_spinner="Reading…")
def _guess(content: bytes, filename: str) -> Preview:
    return guess_layout(content, filename)


def _draw_corrections(preview: Preview, file_id: str) -> None:
    """Five rows as they were understood, and widgets for what a person may correct."""
    guess = preview.layout
    names = [name or f"column {place + 1}" for place, name in enumerate(preview.columns)]
    table = pd.DataFrame(preview.rows)
    table.columns = [name + " " * names[:place].count(name) for place, name in enumerate(names)]
    st.dataframe(table, hide_index=True)
    orientation = st.segmented_control(
        "One row is",
        ["long", "wide"],
        default=guess.orientation,
        required=True,
        format_func={"long": "a rating", "wide": "a person, with a column for each item"}.get,
        key=_key("orientation", file_id),
    )
    if orientation == "wide":
        st.checkbox("0 means unrated", guess.zero_is_unrated, key=_key("zero", file_id))
        return
    as_long = _as_long(guess)
    for box, (role, label) in zip(st.columns(4), _ROLES.items(), strict=True):
        choices = [*range(len(names))] if role in ("user", "item") else [None, *range(len(names))]
        position = getattr(as_long, role)
        box.selectbox(
            label,
            choices,
            index=choices.index(position) if position in choices else 0,
            format_func=lambda place: "none" if place is None else names[place],
            key=_key(role, file_id),
        )
    if st.session_state[_key("rating", file_id)] is not None:
        st.segmented_control(
            "The numbers are",
            ["explicit", "implicit"],
            default=as_long.feedback,
            required=True,
            format_func={"explicit": "ratings (opinions)", "implicit": "counts (plays, purchases)"}.get,
            key=_key("feedback", file_id),
        )


_ROLES = {"user": "Person", "item": "Item", "rating": "Rating", "time": "Time"}


def _key(name: str, file_id: str) -> str:
    return f"upload_{name}_{file_id}"  # another file starts from its own guess


def _as_long(guess: Layout) -> Layout:
    """The guess, or where it is a matrix the usual order of columns."""
    if guess.orientation == "long":
        return guess if guess.rating is not None else replace(guess, feedback="explicit")
    return replace(guess, orientation="long", user=0, item=1, rating=2, feedback="explicit")


def _chosen_layout(guess: Layout, file_id: str) -> Layout:
    """The guess with what the widgets say now."""

    def now(name: str, default):
        return st.session_state.get(_key(name, file_id), default)

    if now("orientation", guess.orientation) == "wide":
        positions = dict(item=None, rating=None, time=None, title=None)
        user = guess.user if guess.orientation == "wide" else 0
        zero = now("zero", guess.zero_is_unrated)
        return replace(guess, orientation="wide", user=user, zero_is_unrated=zero, **positions)
    as_long = _as_long(guess)
    chosen = replace(as_long, **{role: now(role, getattr(as_long, role)) for role in _ROLES})
    return replace(chosen, feedback="implicit" if chosen.rating is None else now("feedback", as_long.feedback))


def _load() -> None:
    """Read both files and look at them from now on; whatever goes wrong, what is loaded stays."""
    ratings, items = st.session_state["ratings_file"], st.session_state["items_file"]
    try:
        layout = _chosen_layout(_guess(ratings.getvalue(), ratings.name).layout, ratings.file_id)
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
        name = st.session_state[_key("name", ratings.file_id)].strip() or ratings.name
        look_at(store().add_dataset(replace(dataset, name=name), kept))
    except InputError as error:
        st.session_state["upload_error"] = str(error)
