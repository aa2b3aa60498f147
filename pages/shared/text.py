"""Text from outside on its way to a Markdown surface, and numbers on their way to a reader."""

import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_REWRITTEN = re.compile(r":(?=[/\w])|@|www(?=\.)|[-<>~](?=[-=>])", re.IGNORECASE)


def escape(text: str) -> str:
    """`text` so that Markdown shows every character of it and fetches or renders nothing.

    Only marks that turn the direction of writing are left out: they would turn the sentence around it too. Streamlit
    turns addresses, icons and arrows into something else even where Markdown is escaped; an invisible word joiner
    keeps their characters apart.
    """
    kept_apart = _REWRITTEN.sub(lambda start: start.group() + "\u2060", " ".join(_TURNING.sub("", str(text)).split()))
    return _MARKDOWN.sub(r"\\\1", kept_apart)


def duration(seconds: float) -> str:
    """'40 ms', '1.4 s', '12 s', '3 min'."""
    if seconds < 0.1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def without_formulas(frame):
    """A table for a CSV download: no spreadsheet takes its text cells for formulas, and no control character is in it.

    Control characters other than tab and line ends are replaced by their pictures, such as ␀, so that they show.
    """
    text_columns = frame.select_dtypes(exclude="number").columns
    return frame.assign(**{name: frame[name].map(_neutral) for name in text_columns}).rename(columns=_neutral)


def _neutral(cell):
    if not isinstance(cell, str):
        return cell
    text = cell.translate(_PICTURES)
    return "'" + text if text.startswith(_BEGINS_A_FORMULA) else text


# Spreadsheets take the full-width signs for the plain ones.
_BEGINS_A_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\r\n"}
_PICTURES |= {0x7F: "␡"} | {code: "\N{REPLACEMENT CHARACTER}" for code in range(0x80, 0xA0)}
