"""Taking in a file of ratings: see how it would be read, correct that, load it."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from pages.shared.data_receipt import to_keep, with_gone
from pages.shared.edge import edge, reported
from pages.shared.session import DATA_KEY, VIEW_KEY, store
from pages.shared.text import as_text
from pages.shared.upload_text import draw_text_choices, reading_id, text_choices
from recsys_core.data.reading import (
    DUPLICATES,
    SUFFIXES,
    Choices,
    Layout,
    Preview,
    guess_layout,
    read_items,
    read_ratings,
    with_items,
)
from recsys_core.errors import InputError


def look_at(fingerprint: str) -> None:
    """In a callback: show this data set from now on, on every page."""
    st.session_state[DATA_KEY] = fingerprint
    st.session_state[VIEW_KEY] = "This data"


def upload() -> None:
    """The two files, the guess with five rows, the corrections and the button."""
    left, right = st.columns(2)
    ratings = left.file_uploader(
        "Ratings", list(SUFFIXES), key="ratings_file", help="A row a rating, or a user × item matrix."
    )
    right.file_uploader("Titles and genres (optional)", list(SUFFIXES), key="items_file")
    if error := st.session_state.pop("upload_error", None):
        st.error(as_text(error))
    if ratings is None:
        st.caption(
            "CSV and its kin, MovieLens files, Excel, Parquet, NumPy, Matrix Market, JSON lines; a matrix too; also "
            "zipped. Nothing leaves this machine."
        )
        return
    try:
        preview = _guess(ratings.getvalue(), ratings.name, text_choices(ratings.file_id))
    except InputError as error:
        st.error(as_text(error))
        draw_text_choices(ratings.file_id, ratings.name, None)
        return
    left, middle, right = st.columns([6, 3, 1], vertical_alignment="bottom")
    left.write(as_text(" ".join([preview.sentence, *(doubt.sentence for doubt in preview.doubts)])))
    middle.text_input("Name", ratings.name, key=_key("name", ratings.file_id), max_chars=100)
    right.button("Load", key="load", type="primary", width="stretch", on_click=_load)
    _draw_corrections(preview, reading_id(ratings.file_id))
    draw_text_choices(ratings.file_id, ratings.name, preview)


@st.cache_data(max_entries=4, show_spinner="Reading…")
def _guess(content: bytes, filename: str, choices: Choices) -> Preview:
    return guess_layout(content, filename, choices=choices)


def _draw_corrections(preview: Preview, file_id: str) -> None:
    """Five rows as they were understood, and widgets for what a person may correct."""
    guess = preview.layout
    names = [name or f"column {place + 1}" for place, name in enumerate(preview.columns)]
    table = pd.DataFrame(preview.rows)
    table.columns = [name + " " * names[:place].count(name) for place, name in enumerate(names)]
    st.dataframe(table, hide_index=True)
    second, third, fourth = st.columns([3, 3, 2], vertical_alignment="bottom")
    fourth.checkbox("Decimal comma (4,5)", guess.decimal_comma, key=_key("decimal", file_id))
    if guess.orientation == "wide":
        second.checkbox("0 means unrated", 0.0 in guess.unrated, key=_key("zero", file_id))
        return
    as_long = _as_long(guess)
    second.selectbox(
        "The numbers are",
        ["explicit", "implicit"],
        index=["explicit", "implicit"].index(as_long.feedback),
        format_func={"explicit": "ratings (opinions)", "implicit": "counts (plays, purchases)"}.get,
        key=_key("feedback", file_id),
    )
    third.selectbox(
        "Same person and item twice",
        list(DUPLICATES),
        format_func=DUPLICATES.get,
        key=_key("duplicates", file_id),
    )
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


_ROLES = {"user": "Person", "item": "Item", "rating": "Rating", "time": "Time"}


def _key(name: str, file_id: str) -> str:
    return f"upload_{name}_{file_id}"  # another file starts from its own guess


def _as_long(guess: Layout) -> Layout:
    return guess if guess.rating is not None else replace(guess, feedback="explicit")


def _chosen_layout(guess: Layout, file_id: str) -> Layout:
    """The guess with what the widgets say now."""

    def now(name: str, default):
        return st.session_state.get(_key(name, file_id), default)

    guess = replace(guess, decimal_comma=now("decimal", guess.decimal_comma))
    if guess.orientation == "wide":
        others = tuple(value for value in guess.unrated if value != 0)
        return replace(guess, unrated=(*others, 0.0) if now("zero", 0.0 in guess.unrated) else others)
    as_long = _as_long(guess)
    chosen = replace(as_long, **{role: now(role, getattr(as_long, role)) for role in (*_ROLES, "duplicates")})
    return replace(chosen, feedback="implicit" if chosen.rating is None else now("feedback", as_long.feedback))


@edge()
def _load() -> None:
    """Read both files and look at them from now on; whatever goes wrong, what is loaded stays."""
    ratings, items = st.session_state["ratings_file"], st.session_state["items_file"]
    try:
        guess = _guess(ratings.getvalue(), ratings.name, text_choices(ratings.file_id)).layout
        layout = _chosen_layout(guess, reading_id(ratings.file_id))
        dataset, receipt = read_ratings(ratings.getvalue(), ratings.name, layout)
        titled, more = "", ()
        if items is not None:
            table, items_receipt = read_items(items.getvalue(), items.name)
            dataset, titled = with_items(dataset, table)
            more = items_receipt.warnings
        name = st.session_state[_key("name", ratings.file_id)].strip() or ratings.name
        named = replace(with_gone(dataset, receipt), name=name)
        look_at(store().add_dataset(named, to_keep(receipt, titled, more)))
    except InputError as error:
        st.session_state["upload_error"] = str(error)
    except Exception as error:
        st.session_state["upload_error"] = reported(error)
