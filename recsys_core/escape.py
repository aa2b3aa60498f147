"""Escape text from outside for the place where it is shown.

In HTML, Jinja escapes what the report's templates print, and `printable` replaces what no page may hold. The escapes
for the other places are kept by hand: Plotly and Streamlit read dialects of their own, and no dependency writes LaTeX.
"""

import html
import re
from collections.abc import Sequence

_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "▲": r"$\blacktriangle$",
        "▼": r"$\blacktriangledown$",
        "λ": r"$\lambda$",
        "α": r"$\alpha$",
        "η": r"$\eta$",
        "−": "$-$",
        "·": r"$\cdot$",
        **{raised: f"$^{{{plain}}}$" for raised, plain in zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True)},
        **{special: f"\\{special}" for special in "&%$#_{}"},
    }
)
# Spreadsheets read the full-width signs as the plain ones. Where they take a semicolon or a tab for the end of a cell,
# as in many countries, what follows one begins a cell, too.
# What has an apostrophe there gets another one, so that they can be told apart and taken off.
_STARTS_A_FORMULA, _PROTECTS_A_FORMULA = (
    re.compile(f"\\A{mark}(?='*[=+\\-@\t\r\n＝＋－＠])|(?<=[;\t\r\n]){mark}(?=[ '\"]*[=+\\-@＝＋－＠])")
    for mark in ("", "'")
)
_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)?")
_PICTURES = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\r\n"}
_PICTURES |= {0x7F: "␡"} | {code: "\N{REPLACEMENT CHARACTER}" for code in range(0x80, 0xA0)}


def one_line(text: str) -> str:
    """Return `text` on one line, without the marks that turn the direction of writing.

    These marks would turn the rest of the sentence around as well.
    """
    return " ".join(_DIRECTION.sub("", text).split())


def printable(text: str) -> str:
    """Replace by � what a page in UTF-8 cannot hold: control characters, direction marks and lone surrogates."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def for_plotly(text: str) -> str:
    """Escape `text` for labels and hover text of Plotly, which reads them as HTML but shows &quot; as it is."""
    return html.escape(one_line(text), quote=False)


def for_markdown(text: str) -> str:
    """Escape every character of `text` that means something in Markdown, on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def for_latex(text: str) -> str:
    """Escape LaTeX's own characters in `text`, on one line; the triangles need the package amssymb."""
    return " ".join(text.split()).translate(_LATEX)


def for_spreadsheet(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula.

    Control characters other than tab and line ends are replaced by their pictures, such as ␀, so that they show.
    """
    return _STARTS_A_FORMULA.sub("'", text.translate(_PICTURES))


def for_spreadsheet_unless_number(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula; a plain number, such as the id -5, is none."""
    return text if _NUMBER.fullmatch(text) else for_spreadsheet(text)


def from_spreadsheet(texts: Sequence[str]) -> list[str]:
    """Return the texts of a column without what `for_spreadsheet_unless_number` has written into them.

    A column that it cannot have written stays as it is.
    """
    meant = [_PROTECTS_A_FORMULA.sub("", text) for text in texts]
    is_written_so = all(for_spreadsheet_unless_number(each) == text for each, text in zip(meant, texts, strict=True))
    return meant if is_written_so else list(texts)
