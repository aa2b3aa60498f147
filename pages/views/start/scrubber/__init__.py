"""The scrubber: a model at any number of factors, redrawn in the browser while a person drags.

The server sends one dictionary, composed in payload.py; scrubber.js only picks the step, multiplies the
factors out and draws. What the dictionary says is shown as text, never as markup. It lies in a list, because in a
dictionary itself Streamlit looks for tables and imports pandas for it: a fresh server's first page would wait.
"""

from pathlib import Path

import streamlit as st

from pages.shared.text import escape

_HERE = Path(__file__).parent


def _read(kind: str) -> str:
    return (_HERE / f"scrubber.{kind}").read_text(encoding="utf-8")


scrubber = st.components.v2.component("scrubber", html=_read("html"), css=_read("css"), js=_read("js"))

# Both have the size of two lines, and the scrubber is as high before it is drawn: nothing moves on the page.
_FIRST_SENTENCE = """<style>
.st-key-first_sentence h3 { line-height: 1.3; min-height: 2.6em; margin: 0 0 .3rem; padding: 0; }
body:has(.st-key-scrubber [data-drawn]) [data-testid="stLayoutWrapper"]:has(> .st-key-first_sentence) { display: none; }
.st-key-scrubber { min-height: 32.6rem; }
</style>"""


def draw_first_sentence(sentence: str) -> None:
    """Draw the sentence with which the scrubber will start, until the browser has loaded and drawn the scrubber."""
    with st.container(key="first_sentence"):
        st.html(_FIRST_SENTENCE)
        st.subheader(escape(sentence), anchor=False)
