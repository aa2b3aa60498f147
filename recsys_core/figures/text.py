"""Text from outside inside a figure: Plotly reads hover text and labels as HTML."""

import html

_LONGEST = 60


def plain(text: str, longest: int = _LONGEST) -> str:
    """`text` as it will be read, shortened, with nothing in it that could be markup."""
    text = " ".join(text.split())
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return html.escape(text, quote=False)  # Plotly shows the names of quotes as they are
