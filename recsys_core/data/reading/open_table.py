"""Open a file as a table of text, with the part of the layout that says how it is split."""

from dataclasses import replace
from pathlib import PurePath

from recsys_core.data.reading import column_roles
from recsys_core.data.reading import dialect as dialects
from recsys_core.data.reading.choices import NO_CHOICES, Choices
from recsys_core.data.reading.decoding import decode
from recsys_core.data.reading.encodings import ENCODINGS
from recsys_core.data.reading.file_kinds import check_size, detect_kind
from recsys_core.data.reading.head import check_head, cut_head
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.quotes import Quoting, detect_quoting
from recsys_core.data.reading.receipt import list_quoted, quote
from recsys_core.data.reading.shapes import read_shaped_table
from recsys_core.data.reading.structured import (
    json_lines_table,
    matrix_market_table,
    npz_table,
    parquet_table,
)
from recsys_core.data.reading.table import FIELD_MARK, MAX_ROWS, Table, split_lines, with_short_rows
from recsys_core.data.sandbox.limits import MAX_TEXT, check_text
from recsys_core.data.sandbox.marks import ROW_END, SHEET_END
from recsys_core.data.sandbox.run_child import unpack
from recsys_core.errors import InputError, to_python

RATINGS = ("ratings", "rating", "u.data", "interactions", ".inter", ".rating", ".data", ".qrels")
ITEMS = ("movies", "items", "u.item", ".item")
USERS = ("users", "people", "u.user", ".user")
MOST_LINES = 4 * MAX_ROWS  # lists have several pairs a line, and most files some lines that are no rows


def open_table(
    content: bytes,
    filename: str,
    layout: Layout | None = None,
    wanted: tuple[str, ...] = RATINGS,
    choices: Choices = NO_CHOICES,
    *,
    is_head: bool = False,
) -> tuple[Table, Layout]:
    """Return the file as a table, with its layout; without a `layout`, what `choices` leave open is guessed.

    Of an archive with several tables, the one with a name or an ending in `wanted` is read. Where only the head is
    asked for, the table may end after some megabytes, and is then not `is_whole`. Raises InputError where the file is
    not a table.
    """
    encoding = layout.encoding if layout else choices.encoding
    check_size(content, filename)
    start = cut_head(content, encoding or "") if is_head else content
    if start is not content and not start.strip():
        check_head(start)
    kind = detect_kind(start, filename, encoding)
    if kind in ("zip", "gzip"):
        return _open_archive(content, filename, kind, layout, wanted, choices, is_head)
    if kind == "parquet":
        return parquet_table(content, is_head), layout or Layout(delimiter="", encoding="")
    if kind == "npz":
        return npz_table(content, is_head), layout or Layout(delimiter="", encoding="")
    if kind == "xlsx":
        return _open_workbook(content, layout, choices, is_head)
    if start is not content:
        check_head(start)
    return _open_text(start, kind, layout, wanted, choices, is_whole=len(start) == len(content))


def _open_text(
    content: bytes, kind: str, layout: Layout | None, wanted: tuple[str, ...], choices: Choices, is_whole: bool
) -> tuple[Table, Layout]:
    """Open a text file, or the head of one."""
    decoded = decode(content, (layout.encoding if layout else choices.encoding) or None)
    if not decoded.text or decoded.text.isspace():
        raise InputError("A rating file must have rows. This one has only blanks: choose another.")
    n_lines = decoded.text.count("\n") + (not decoded.text.endswith("\n"))
    if n_lines > MOST_LINES:
        raise InputError(f"A file must have at most {MAX_ROWS:,} rows. This one has more: take a sample of it.")
    lines = decoded.text.split("\n")
    decoded = replace(decoded, text="")  # may be half a gigabyte
    if not lines[-1]:
        lines.pop()
    longest = max(map(len, lines))
    table = None
    if kind == "matrix market":
        table = matrix_market_table(lines, is_whole)
    elif kind == "json lines":
        table = json_lines_table(lines)
    elif not (layout.delimiter if layout else choices.delimiter) and wanted == RATINGS:
        table = read_shaped_table(lines)
    if table is None:
        table, layout = _split_text(lines, layout, choices, decoded.encoding)
    else:
        layout = layout or Layout(delimiter="", encoding=decoded.encoding)
    _check_texts(table, longest)
    return replace(
        table,
        n_lines=n_lines,
        warnings=decoded.warnings + table.warnings,
        readings=decoded.readings,
        is_whole=is_whole,
    ), layout


def _check_texts(table: Table, longest: int) -> None:
    """Raise InputError for a text that is too long; `longest` is the length of the longest line."""
    is_continued = dict(table.elsewhere).get("in quotes that began above", 0) > 0
    if longest <= MAX_TEXT and not is_continued:
        return
    for name, (_, column) in zip(table.names, table.frame.items(), strict=True):
        check_text(int(column.str.len().max()) if len(column) else 0, f"text of the column {quote(name)}")
    for name in table.names:
        check_text(len(name), "name of a column")


def _open_archive(
    content: bytes,
    filename: str,
    kind: str,
    layout: Layout | None,
    wanted: tuple[str, ...],
    choices: Choices,
    is_head: bool,
) -> tuple[Table, Layout]:
    """Open the table inside an archive; archives in archives are not opened."""
    head, inner = unpack(content, kind, wanted, is_head=is_head)
    name, encoding = head["name"] if kind == "zip" else PurePath(filename).stem, choices.encoding
    encoding, is_cut = layout.encoding if layout else encoding, is_head and head["is_cut"]
    kind_inside = detect_kind(inner, name, encoding) if inner and not inner.isspace() else ""
    if kind_inside in ("zip", "gzip"):
        raise InputError("An archive must contain a table. This one contains another archive: unpack it first.")
    if is_cut and kind_inside in ("parquet", "xlsx", "npz"):  # these are read from their end
        (_, inner), is_cut = unpack(content, kind, wanted), False
    if is_cut:
        inner = cut_head(inner, encoding or "")
        check_head(inner)
    table, layout = open_table(inner, name, layout, wanted, choices, is_head=is_head)
    table = replace(table, is_whole=table.is_whole and not is_cut)
    others = head.get("others", ())
    notes = (f"The archive holds other files, which were not read: {list_quoted(others)}.",) if others else ()
    kind = {"zip": "ZIP archive", "gzip": "gzip file"}[kind]
    return replace(
        table,
        sentences=(f"Unpacked {quote(name, 40)} from a {kind}.", *table.sentences),
        understood=(("Unpacked", f"{quote(name, 40)} from a {kind}"), *table.understood),
        warnings=(*notes, *table.warnings),
    ), layout


def _open_workbook(content: bytes, layout: Layout | None, choices: Choices, is_head: bool) -> tuple[Table, Layout]:
    """Open the sheet of a workbook that names a user and an item, or else the first with a table."""
    head, payload = unpack(content, "xlsx", is_head=is_head)
    texts = payload.decode().split(SHEET_END)
    sheets = {name: text.split(ROW_END) for name, text in zip(head["sheets"], texts, strict=True)}
    tables = {name: rows for name, rows in sheets.items() if sum(FIELD_MARK in row for row in rows) > 1}
    if not tables:
        raise InputError(
            "A sheet of the workbook must be a table with rows and columns. None is; the sheets that are not empty are "
            f"{list_quoted(sheets)}. Put one rating in each row."
        )
    chosen = next((name for name, rows in tables.items() if _names_columns(rows)), next(iter(tables)))
    layout = layout and replace(layout, delimiter=FIELD_MARK)
    table, layout = _split_text(tables[chosen], layout, replace(choices, quotes=False), "", FIELD_MARK)
    others = [name for name in (*sheets, *head["empty"]) if name != chosen]
    note = (
        f"The workbook has {len(others) + 1} sheets. The sheet {quote(chosen, 40)} was read, not {list_quoted(others)}."
    )
    return replace(
        table,
        sentences=(f"Excel workbook, sheet {quote(chosen, 40)}.", *table.sentences),
        understood=(("Kind", "Excel workbook"), ("Sheet", quote(chosen, 40)), *table.understood),
        warnings=((note,) if others else ()) + table.warnings,
        is_whole=chosen not in head["cut"],
    ), layout


def _names_columns(rows: list[str]) -> bool:
    """Tell whether one of the first rows has two known column names."""
    return any(column_roles.n_known(row.split(FIELD_MARK)) >= 2 for row in rows[: dialects.MAX_PREAMBLE])


def _split_text(
    lines: list[str], layout: Layout | None, choices: Choices, encoding: str, known: str | None = None
) -> tuple[Table, Layout]:
    """Split lines at a delimiter; without a layout, header, first line and, if not known, the delimiter are guessed."""
    if layout is None:
        found = dialects.guess_dialect(lines, known or choices.delimiter, choices.header)
        layout = Layout(found.delimiter, encoding, found.header, found.first_line)
        n_fields, wanted, is_matrix = found.n_fields, choices.quotes, found.is_matrix
    else:
        _check(layout, len(lines))
        n_fields = dialects.n_fields_from(lines, layout.first_line, layout.delimiter)
        wanted = layout.quotes and None  # letters, or whatever is found
        is_matrix = layout.orientation == "wide"
    delimiter, lines = layout.delimiter, list(lines)
    if delimiter == dialects.RUNS:
        delimiter, lines = " ", [" ".join(line.split()) for line in lines]
    if layout.header:
        lines[layout.first_line - 1] = dialects.without_comment_sign(lines[layout.first_line - 1])
    quoting = detect_quoting(lines, layout.first_line - 1, n_fields, delimiter, wanted)
    layout = replace(layout, quotes=wanted is not False and (quoting.encloses or not quoting.is_doubtful))
    table = _text_table(lines, layout, n_fields, delimiter, quoting)
    return (with_short_rows(table) if is_matrix else table), layout


def _text_table(lines: list[str], layout: Layout, n_fields: int, delimiter: str, quoting: Quoting) -> Table:
    """Split the lines below the header, and say how the text is arranged."""
    n_above = layout.first_line - 1
    names = tuple(f"column {index + 1}" for index in range(n_fields))
    separator = dialects.DELIMITERS.get(layout.delimiter, repr(layout.delimiter))
    unit = "Row" if delimiter == FIELD_MARK else "Line"
    sentences, understood, warnings = [], [], []
    if delimiter != FIELD_MARK:
        sentences.append(f"Text in {ENCODINGS[layout.encoding]}, fields separated by {separator}.")
        understood += [("Kind", f"text in {ENCODINGS[layout.encoding]}"), ("Delimiter", separator)]
    header_place = f"{unit.lower()} {n_above + 1}" if layout.header else "none"
    understood.append(("Header", header_place))
    first, n_types = n_above, 0
    if layout.header:
        header = dialects.split_fields(lines[n_above], delimiter)[:n_fields]
        names = tuple(name.strip() for name in header) + names[len(header) :]
        n_types = dialects.n_type_lines(lines, n_above + 1, n_fields, delimiter)
        sentences.append(f"{unit} {n_above + 1} is the header: {list_quoted(names, 8)}.")
        repeated = sorted({name for name in names if name and names.count(name) > 1}) if n_fields < 1_000 else []
        if repeated:
            warnings.append(f"More than one column is called {list_quoted(repeated)}. The first is used by default.")
        if n_types:
            sentences.append(
                f"Lines {n_above + 2} and {n_above + 3} tell Orange the types of the columns and are not data."
            )
        first = n_above + 1 + n_types
    above = [line for line in lines[:n_above] if line.strip()]
    n_comments = sum(dialects.COMMENT.match(line) is not None for line in above)
    if len(above) > n_comments:
        lead = f"{unit} 1 comes" if n_above == 1 else f"{n_above:,} {unit.lower()}s come"
        first_text = quote(lines[0].replace(FIELD_MARK, " "))
        warnings.append(f"{lead} before the table, which begins on {unit.lower()} {n_above + 1}: {first_text}.")
    if delimiter == ":":
        warnings.append(
            "The separator ':' is unusual (MovieLens uses '::'). If it is wrong, choose another 'Delimiter'."
        )
    done = split_lines(lines, first, n_fields, delimiter, quoting)
    if not len(done.frame) and not done.ragged:
        where = f"below the header on {unit.lower()} {n_above + 1}" if layout.header else "in this file"
        raise InputError(
            f"A file must have rows. There are none with {n_fields} fields {where}: choose another 'Delimiter' or file."
        )
    elsewhere = (
        ("before the table", len(above) - n_comments),
        ("header", int(layout.header)),
        ("on types", n_types),
        ("comments" if n_comments + done.n_comments != 1 else "comment", n_comments + done.n_comments),
        ("in quotes that began above", done.n_continued),
        ("blank", n_above - len(above) + done.n_blank),
    )
    table = Table(
        names, done.frame, done.lines, done.ragged, unit.lower(), tuple(sentences), (*warnings, *done.warnings),
        tuple(understood), f"the number of fields is not {n_fields:,}", done.left_out, delimiter, len(lines), elsewhere,
    )  # fmt: skip
    if not len(done.frame):
        table = with_short_rows(table)
    if not len(table.frame):
        raise InputError(
            f"A file must have rows. This one has none with {n_fields} fields: choose another 'Delimiter' or file."
        )
    return table


def _check(layout: Layout, n_lines: int) -> None:
    """Raise InputError unless the delimiter and the first line of the layout are possible."""
    if not layout.delimiter or "\n" in layout.delimiter or '"' in layout.delimiter:
        raise InputError(f"The delimiter must be a character such as ',' or ';'. Got {to_python(layout.delimiter)!r}.")
    if not 1 <= layout.first_line <= n_lines:
        raise InputError(f"The first line must lie in 1 to {n_lines:,}. Got {layout.first_line}.")
