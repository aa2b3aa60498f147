"""Draw the five choices on how the text of an upload is read; each is automatic unless a person chooses."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from recsys_core.data.reading import Choices, Preview
from recsys_core.data.reading.choices import CONTROLS, ORIENTATIONS, QUOTES
from recsys_core.data.reading.dialect import DELIMITERS
from recsys_core.data.reading.encodings import ENCODINGS
from recsys_core.data.sandbox.marks import CELL_END

_OPTIONS: dict[str, Mapping[Any, str]] = {
    "delimiter": DELIMITERS,
    "encoding": ENCODINGS,
    "header": {True: "the first row of the table", False: "none"},
    "orientation": ORIENTATIONS,
    "quotes": QUOTES,
}
_IN_A_ROW = 3  # five would cut off their texts
_BINARY = (".parquet", ".npz", ".xlsx", ".mtx")


def text_choices(file_id: str) -> Choices:
    """Return the choices made in the widgets of this file; before they are drawn, there are none."""
    return Choices(**{name: st.session_state.get(_key(name, file_id)) for name in CONTROLS})


def reading_id(file_id: str) -> str:
    """Return an id for the file together with these choices, since they can change its columns."""
    return "_".join([file_id, *(str(value) for value in vars(text_choices(file_id)).values() if value is not None)])


def draw_text_choices(file_id: str, filename: str, preview: Preview | None) -> None:
    """Draw a select box for each choice that the kind of file leaves open, and examples of possible encodings.

    `preview` is None where the file was refused: then a choice may help.
    """
    offered = _offered(filename, preview)
    boxes = [*st.columns(_IN_A_ROW), *st.columns(_IN_A_ROW)] if len(offered) > _IN_A_ROW else st.columns(_IN_A_ROW)
    for box, name in zip(boxes, offered, strict=False):
        options = _OPTIONS[name]
        box.selectbox(
            CONTROLS[name],
            [None, *options],
            format_func=partial(_label, name, preview),
            key=_key(name, file_id),
        )
    if preview is not None and preview.readings:
        st.caption("Which line reads correctly? The first texts with special characters, in each possible encoding:")
        current_first = sorted(preview.readings, key=lambda reading: reading[0] != preview.layout.encoding)
        rows = {ENCODINGS[encoding]: texts for encoding, texts in current_first}
        table = pd.DataFrame.from_dict(rows, orient="index")
        table.columns = [f"Text {index + 1}" for index in range(table.shape[1])]
        st.dataframe(
            table.rename_axis("Encoding"),
            alt="The same text read in each encoding.",
            height=min(35 * (len(table) + 1) + 3, 250),
        )


def _offered(filename: str, preview: Preview | None) -> list[str]:
    """Return the choices that the kind of file leaves open."""
    if preview is None:
        return [] if filename.lower().endswith(_BINARY) else list(CONTROLS)
    if preview.layout.delimiter == CELL_END:
        return ["header", "orientation"]
    return list(CONTROLS) if preview.layout.encoding else ["orientation"]


def _label(name: str, preview: Preview | None, value: object) -> str:
    """Return the label of an option of a choice; None is automatic."""
    if value is not None:
        return _OPTIONS[name][value]
    if preview is None:
        return "automatic"
    guess = getattr(preview.layout, name)
    return f"automatic: {_OPTIONS[name].get(guess, guess or 'by its shape')}"


def _key(name: str, file_id: str) -> str:
    return f"upload_{name}_{file_id}"  # so that another file starts from its own guess
