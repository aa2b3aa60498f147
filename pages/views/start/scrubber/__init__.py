"""The scrubber: a model at any number of factors, redrawn in the browser while a person drags.

The server sends one dictionary, composed in payload.py; scrubber.js only picks the step, multiplies the
factors out and draws. What the dictionary says is shown as text, never as markup. It lies in a list, because in a
dictionary itself Streamlit looks for tables and imports pandas for it: a fresh server's first page would wait.
"""

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent


def _read(kind: str) -> str:
    return (_HERE / f"scrubber.{kind}").read_text(encoding="utf-8")


scrubber = st.components.v2.component("scrubber", html=_read("html"), css=_read("css"), js=_read("js"))
