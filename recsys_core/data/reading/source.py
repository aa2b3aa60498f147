"""From the bytes of a file to a table of text, and the part of the layout that says how."""

from dataclasses import replace

from recsys_core.data.reading import dialect as dialects
from recsys_core.data.reading.decoding import ENCODINGS, decode
from recsys_core.data.reading.kinds import kind_of
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.parquet import parquet_table
from recsys_core.data.reading.receipt import listed, shown
from recsys_core.data.reading.table import Table, cut
from recsys_core.errors import InputError


def open_table(content: bytes, filename: str, layout: Layout | None = None) -> tuple[Table, Layout]:
    """The file as a table; where no layout is given, encoding, delimiter and header are guessed."""
    if kind_of(content, filename, layout and layout.encoding) == "parquet":
        return parquet_table(content), layout or Layout(delimiter="", encoding="")
    decoded = decode(content, layout and layout.encoding)
    if not decoded.text.strip():
        raise InputError("A rating file must have rows. The file is empty but for blanks: choose another.")
    lines = decoded.text.split("\n")
    if layout is None:
        found = dialects.guess_dialect(lines)
        layout = Layout(found.delimiter, decoded.encoding, found.header, found.first_line)
        n_fields = found.n_fields
    else:
        _check(layout, len(lines))
        n_fields = dialects.n_fields_from(lines, layout.first_line, layout.delimiter)
    table = _text_table(lines, layout, n_fields)
    return replace(table, warnings=decoded.warnings + table.warnings), layout


def _text_table(lines: list[str], layout: Layout, n_fields: int) -> Table:
    delimiter, n_above = layout.delimiter, layout.first_line - 1
    names = tuple(f"column {place + 1}" for place in range(n_fields))
    separator = dialects.DELIMITERS.get(delimiter, repr(delimiter))
    sentences = [f"Text in {ENCODINGS[layout.encoding]}, fields separated by {separator}."]
    warnings = []
    first = n_above
    if layout.header:
        header = dialects.split_line(lines[n_above], delimiter)[:n_fields]
        names = tuple(name.strip() for name in header) + names[len(header) :]
        n_types = dialects.n_type_lines(lines, n_above + 1, n_fields, delimiter)
        sentences.append(f"Line {n_above + 1} is the header: {listed(names, 8)}.")
        if n_types:
            sentences.append(f"Lines {n_above + 2} and {n_above + 3} tell Orange the types and are no rows.")
        first = n_above + 1 + n_types
    if n_above:
        lead = "Line 1 comes" if n_above == 1 else f"{n_above:,} lines come"
        warnings.append(f"{lead} before the table, which begins on line {n_above + 1}: {shown(lines[0])}.")
    if delimiter == ":":
        warnings.append("The separator ':' is unusual (MovieLens uses '::'); choose another delimiter if it is wrong.")
    frame, numbers, ragged = cut(lines, first, n_fields, delimiter)
    if not len(frame):
        where = f"below the header on line {n_above + 1}" if layout.header else "in this file"
        raise InputError(
            f"A file must have rows. None with {n_fields} fields is {where}: choose another delimiter or file."
        )
    return Table(names, frame, numbers, ragged, "line", tuple(sentences), tuple(warnings))


def _check(layout: Layout, n_lines: int) -> None:
    if not layout.delimiter or "\n" in layout.delimiter or '"' in layout.delimiter:
        raise InputError(f"The delimiter must be a sign such as ',' or ';'. Got {layout.delimiter!r}.")
    if not 1 <= layout.first_line <= n_lines:
        raise InputError(f"The first line must lie in 1 to {n_lines:,}. Got {layout.first_line}.")
