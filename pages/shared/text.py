"""Write text from outside, durations and tables so that Streamlit, a reader and a spreadsheet take them rightly."""

import re
from typing import TYPE_CHECKING

import numpy as np

from recsys_core.escape import for_markdown, for_spreadsheet, one_line

if TYPE_CHECKING:
    import pandas as pd

_REWRITTEN = re.compile(r":(?=[/\w])|@(?=[-\w]+\.[-\w])|www(?=\.)|[-<>~](?=[-=>])", re.IGNORECASE)


def escape(text: object) -> str:
    """Return `text` so that Streamlit's Markdown shows every character of it and fetches or renders nothing.

    Streamlit turns addresses, icons and arrows into something else even where Markdown is escaped; an invisible word
    joiner keeps their characters apart. Nothing else gets one, since it would be copied along with the text.
    """
    return for_markdown(_REWRITTEN.sub(lambda start: start.group() + "\u2060", one_line(str(text))))


def as_written(values: np.ndarray) -> np.ndarray:
    """Return float32 `values` as the float64 numbers of the same digits: 2.77, not 2.7699999809265137."""
    exact = values.astype(np.float64)
    return np.where(exact == np.round(exact), exact, values.astype(str).astype(np.float64))


def duration(seconds: float) -> str:
    """Return a duration in words: '40 ms', '1.4 s', '12 s', '3 min'."""
    if seconds < 0.1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def escape_formulas(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return a table for a CSV download in which no spreadsheet takes a cell or a heading for a formula."""
    text_columns = frame.select_dtypes(exclude="number").columns
    return frame.assign(**{name: frame[name].map(_escaped) for name in text_columns}).rename(columns=_escaped)


def _escaped(cell: object) -> object:
    return for_spreadsheet(cell) if isinstance(cell, str) else cell
