"""How the text of an uploaded file is read: five choices, each found out unless a person says otherwise."""

import pandas as pd
import streamlit as st

from recsys_core.data.reading import Choices, Preview
from recsys_core.data.reading.choices import CONTROLS, ORIENTATIONS, QUOTES
from recsys_core.data.reading.dialect import DELIMITERS
from recsys_core.data.reading.encodings import ENCODINGS
from recsys_core.data.sandbox.marks import CELL_END

_OPTIONS = {
    "delimiter": DELIMITERS,
    "encoding": ENCODINGS,
    "header": {True: "the first row of the table", False: "none"},
    "orientation": ORIENTATIONS,
    "quotes": QUOTES,
}
_IN_A_ROW = 3  # five would cut what they say
_BINARY = (".parquet", ".npz", ".xlsx", ".mtx")


def text_choices(file_id: str) -> Choices:
    """What the widgets of this file say; before they are drawn, nothing is chosen."""
    return Choices(**{name: st.session_state.get(_key(name, file_id)) for name in CONTROLS})


def reading_id(file_id: str) -> str:
    """Another one for each way of reading the file, whose columns may then be other ones."""
    return "_".join([file_id, *(str(value) for value in vars(text_choices(file_id)).values() if value is not None)])


def draw_text_choices(file_id: str, filename: str, preview: Preview | None) -> None:
    """A select box for each choice that the kind of file leaves open, and where letters may be garbled how they read.

    `preview` is None where the file was refused: then a choice may help.
    """
    offered = _offered(filename, preview)
    boxes = [*st.columns(_IN_A_ROW), *st.columns(_IN_A_ROW)] if len(offered) > _IN_A_ROW else st.columns(_IN_A_ROW)
    for box, name in zip(boxes, offered, strict=False):
        options = _OPTIONS[name]
        box.selectbox(
            CONTROLS[name],
            [None, *options],
            format_func=lambda value, name=name: _in_words(name, value, preview),
            key=_key(name, file_id),
        )
    if preview is not None and preview.readings:
        st.caption("Which line is readable? The first texts with special characters, in each possible encoding:")
        found_first = sorted(preview.readings, key=lambda reading: reading[0] != preview.layout.encoding)
        rows = {ENCODINGS[encoding]: texts for encoding, texts in found_first}
        table = pd.DataFrame.from_dict(rows, orient="index")
        table.columns = [f"Text {place + 1}" for place in range(table.shape[1])]
        st.dataframe(table.rename_axis("Encoding"), height=min(35 * (len(table) + 1) + 3, 250))


def _offered(filename: str, preview: Preview | None) -> list[str]:
    if preview is None:
        return [] if filename.lower().endswith(_BINARY) else list(CONTROLS)
    if preview.layout.delimiter == CELL_END:
        return ["header", "orientation"]
    return list(CONTROLS) if preview.layout.encoding else ["orientation"]


def _in_words(name: str, value, preview: Preview | None) -> str:
    if value is not None:
        return _OPTIONS[name][value]
    if preview is None:
        return "automatic"
    found = getattr(preview.layout, name)
    return f"automatic: {_OPTIONS[name].get(found, found or 'by its shape')}"


def _key(name: str, file_id: str) -> str:
    return f"upload_{name}_{file_id}"  # another file starts from its own guess
