"""Labels of figures: text from outside, shortened to the room there is and escaped for Plotly."""

import textwrap

from recsys_core.escape import for_plotly, one_line

_LONGEST = 60
_LINE = 32


def short_label(text: str, longest: int = _LONGEST) -> str:
    """Return `text` on one line of at most `longest` characters, escaped."""
    text = one_line(text)
    return for_plotly(text if len(text) <= longest else text[: longest - 1] + "…")


def legend_label(text: str) -> str:
    """Return the name of a run for a legend, which must leave room for the plot."""
    return short_label(text, _LINE)


def row_label(text: str) -> str:
    """Return the name of a row beside a plot, on two lines at most."""
    lines = textwrap.wrap(one_line(text), _LINE, max_lines=2, placeholder="…")
    return "<br>".join(short_label(line) for line in lines)
