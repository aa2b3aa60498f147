"""The film of a training: the map and one person's list after every epoch, played in the browser.

The server sends one dictionary, composed in payload.py; film.js only picks the frame and draws. What the dictionary
says is shown as text, never as markup.
"""

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


film_player = st.components.v2.component(
    "film", html=_read("film.html"), css=_read("film.css"), js=_read("drawing.js") + _read("film.js")
)
