"""Upload a file of ratings: see how it would be read, correct that, and load it."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.error_boundary import error_boundary
from pages.shared.text import escape
from pages.views.data.loading import as_file, draw_load, is_loading, load
from pages.views.data.upload_layout import answer_doubt, answers_of, chosen_layout, draw_corrections, undo_answer
from pages.views.data.upload_preview import draw_preview
from pages.views.data.upload_text import draw_text_choices, reading_id, text_choices
from recsys_core.data.reading import (
    SUFFIXES,
    Choices,
    OpenedFile,
    open_ratings,
)
from recsys_core.errors import InputError
from recsys_core.runner.load_data import ITEMS, PEOPLE, RATINGS, LoadJob

ITEMS_KEY, PEOPLE_KEY = "items_file", "people_file"


def draw_describing_files(left: DeltaGenerator, right: DeltaGenerator, prefix: str = "") -> None:
    """Draw the choosers of the files of items and of people; `prefix` comes before their keys."""
    left.file_uploader(
        "Items: title, genres, … (optional)",
        list(SUFFIXES),
        key=prefix + ITEMS_KEY,
        help="One row per item: the id, then title, genres or anything else that is known, such as year, brand or "
        "price. The map is coloured by it, and lists are filtered by it.",
    )
    right.file_uploader(
        "People: age, group, … (optional)",
        [*SUFFIXES, "user"],
        key=prefix + PEOPLE_KEY,
        help="One row per person: the id, then anything by which people can be grouped in Compare.",
    )


def upload() -> None:
    """Draw the three files, the preview of five rows, the corrections and the button that loads the file."""
    left, middle, right = st.columns(3)
    ratings = left.file_uploader(
        "Ratings", list(SUFFIXES), key="ratings_file", help="One rating per row, or a matrix of people × items."
    )
    draw_describing_files(middle, right)
    draw_load(RATINGS)
    if ratings is None:
        st.caption(
            "CSV, TSV and similar, MovieLens, Excel, Parquet, NumPy, Matrix Market or JSON lines, also zipped: one "
            "rating per row, or a matrix of people × items. The file stays on this machine."
        )
        return
    choices, reading = text_choices(ratings.file_id), reading_id(ratings.file_id)
    try:
        opened = _open(reading, ratings.name, choices, ratings)
        preview = opened.preview(chosen_layout(opened.guess, reading))
    except InputError as error:
        st.error(escape(error))
        draw_text_choices(ratings.file_id, ratings.name, None)
        return
    left, middle, right = st.columns([6, 3, 1], vertical_alignment="bottom")
    left.write(escape(preview.sentence))
    middle.text_input("Name", ratings.name, key=f"upload_name_{ratings.file_id}", max_chars=100)
    n_open = sum(doubt.must_answer for doubt in preview.doubts)
    right.button(
        "Load",
        key="load",
        type="secondary" if n_open else "primary",
        width="stretch",
        on_click=_load,
        disabled=is_loading(),
    )
    if n_open:
        questions = "The question below matters" if n_open == 1 else f"The {n_open} questions below matter"
        left.markdown(f":orange[:material/help:] **{questions}: the answer changes your numbers.**")
    if not opened.table.is_whole:
        st.caption(
            f"This preview has looked at the first {len(opened.table.lines):,} rows. *Load* reads all of them, and "
            "says so if the rest of the file reads differently."
        )
    draw_preview(
        preview,
        answers_of(reading),
        answer=lambda doubt, answer: answer_doubt(reading, opened.guess, doubt, answer),
        undo=lambda key: undo_answer(reading, key),
    )
    draw_corrections(opened.guess, preview, reading)
    draw_text_choices(ratings.file_id, ratings.name, preview)


# One opened file is kept, so that it is not read again when a question is answered; of a large one only the head.
@st.cache_resource(max_entries=1, show_spinner="Reading…")
def _open(reading: str, filename: str, choices: Choices, _file) -> OpenedFile:
    return open_ratings(_file.getvalue(), filename, choices, is_head=True)


@error_boundary()
def _load() -> None:
    """Load all files as they would be read now, and select the data; if anything fails, the current data stays."""
    uploads = {RATINGS: "ratings_file", ITEMS: ITEMS_KEY, PEOPLE: PEOPLE_KEY}
    files = {role: as_file(st.session_state[key]) for role, key in uploads.items() if st.session_state[key] is not None}
    ratings = st.session_state["ratings_file"]
    reading, choices = reading_id(ratings.file_id), text_choices(ratings.file_id)
    opened = _open(reading, ratings.name, choices, ratings)
    name = st.session_state[f"upload_name_{ratings.file_id}"].strip() or ratings.name
    load(LoadJob(RATINGS, name, choices, opened.guess, chosen_layout(opened.guess, reading)), files, opened)
