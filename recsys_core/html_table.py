"""A heading and a table as HTML: how a notebook shows a data set, an evaluation or a comparison."""

from collections.abc import Iterable, Sequence
from html import escape

from recsys_core.escape import one_line, printable


def html_table(heading: str, caption: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return `heading`, `caption` and a table as HTML. All of them are text: nothing is read as markup, and what
    is written from right to left does not turn its neighbours round.

    >>> html_table("Ratings", "", ["user"], [["<b>Ann</b>"]]).count("<b>")
    0
    """
    head = "".join(f"<th>{_text(cell)}</th>" for cell in header)
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f"<div><strong>{_text(heading)}</strong><p>{_text(caption)}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _text(value: object) -> str:
    return f"<bdi>{escape(printable(one_line(str(value))))}</bdi>"
