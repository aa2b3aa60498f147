"""Text from outside inside a figure: Plotly reads hover text and labels as HTML."""

import html
import re
import textwrap

_LONGEST = 60
_LINE = 32
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")  # these could write the rest of a sentence backwards


def plain(text: str, longest: int = _LONGEST) -> str:
    """`text` as it will be read, shortened, with nothing in it that could be markup."""
    text = " ".join(_TURNING.sub("", text).split())
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return html.escape(text, quote=False)  # Plotly shows the names of quotes as they are


def run_name(text: str) -> str:
    """The name of a run in a legend, which must leave room for the plot."""
    return plain(text, _LINE)


def row_name(text: str) -> str:
    """The name of a row beside a plot, on two lines at most."""
    lines = textwrap.wrap(_TURNING.sub("", text), _LINE, max_lines=2, placeholder="…")
    return "<br>".join(plain(line) for line in lines)
