"""Read Excel workbooks (.xlsx): each sheet as rows of text, numbered as in Excel."""

import datetime
import io
from collections.abc import Iterable, Iterator, Sequence

import openpyxl

from recsys_core.data.sandbox import Head
from recsys_core.data.sandbox.archives import open_zip
from recsys_core.data.sandbox.limits import HEAD_BYTES, HEAD_ROWS, MAX_EXPANDED, check_shape, damaged
from recsys_core.data.sandbox.marks import CELL_END, ROW_END, SHEET_END
from recsys_core.errors import InputError

WHAT = "An Excel workbook (.xlsx)"
_SPELT = {ord(sign): f"\\x{ord(sign):02x}" for sign in (SHEET_END, ROW_END, CELL_END)}
UNSAFE = ("EntitiesForbidden", "DTDForbidden", "ExternalReferenceForbidden")


def read(content: bytes, is_head: bool = False) -> tuple[Head, list[bytes]]:
    """Return ({"sheets": names, "empty": names}, text) of the sheets that are not empty; see marks.py for the text.

    Of a head, every sheet ends after its first HEAD_ROWS rows or HEAD_BYTES of text.
    """
    if not openpyxl.DEFUSEDXML:
        raise InputError(
            "To read workbooks, the package defusedxml must be installed. It is missing: save the table as CSV."
        )
    archive = open_zip(content, WHAT)
    has_formulas = any(
        b"<f>" in sheet or b"<f " in sheet or b"<f/" in sheet
        for sheet in (archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/"))
    )
    try:
        sheets = {name: _cells(rows, is_head) for name, rows in _sheets(content, stored=True, is_head=is_head)}
        formulas = dict(_first_formulas(content, sheets, is_head)) if has_formulas else {}
    except InputError:
        raise
    except Exception as error:
        if type(error).__name__ in UNSAFE:
            raise InputError(
                f"{WHAT} must be plain data. This one declares XML entities, which is unsafe: save it as CSV."
            ) from None
        raise damaged(WHAT, f"not a workbook that can be read: {error}") from None
    filled = {name: rows for name, rows in sheets.items() if any(map(any, rows))}
    if formulas:
        name, (row, count) = next(iter(formulas.items()))
        raise InputError(
            f"The cells of a workbook must have values. The sheet {name[:60]!r} has {count:,} formula cells without a "
            f"stored value, the first in row {row}. Open and save it in a spreadsheet program, or export it as CSV."
        )
    if not filled:
        raise InputError("A rating file must have rows. The workbook is empty: choose another.")
    texts = (_joined(rows) for rows in filled.values())
    cut = [name for name, rows in filled.items() if is_head and _is_long(rows)]
    head = {"sheets": list(filled), "empty": [n for n in sheets if n not in filled], "cut": cut}
    return head, [SHEET_END.join(texts).encode()]


def _sheets(content: bytes, stored: bool, is_head: bool) -> Iterator[tuple[str, Iterable[Sequence[object]]]]:
    """Yield (name, rows) with the `stored` values or the formulas; the declared dimension of a sheet is not trusted."""
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=stored, keep_links=False)
    # What people see comes first: a hidden sheet mostly holds an older state, or lists of choices.
    for sheet in sorted(book.worksheets, key=lambda sheet: sheet.sheet_state != "visible"):
        sheet.reset_dimensions()
        yield sheet.title, sheet.iter_rows(max_row=HEAD_ROWS if is_head else None, values_only=True)


def _cells(rows: Iterable[Sequence[object]], is_head: bool) -> list[list[str]]:
    """Return the rows as text, without blank cells and rows at their ends."""
    cells, size = list[list[str]](), 0
    for row in rows:
        texts = [_text(value) for value in row]
        while texts and not texts[-1]:
            texts.pop()
        cells.append(texts)
        size += sum(map(len, texts)) + len(texts)
        if is_head and size > HEAD_BYTES:
            break
        if size > MAX_EXPANDED // 4:
            raise InputError(f"{WHAT} must fit into the memory limit. This one is too large: save it as CSV.")
    while cells and not cells[-1]:
        cells.pop()
    check_shape(len(cells), max(map(len, cells), default=0), WHAT)
    return cells


def _is_long(rows: list[list[str]]) -> bool:
    """Tell whether the rows are as many as the head of a sheet has."""
    return len(rows) >= HEAD_ROWS or sum(sum(map(len, row)) + len(row) for row in rows) > HEAD_BYTES


def _first_formulas(
    content: bytes, stored: dict[str, list[list[str]]], is_head: bool
) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield (sheet, (first row, count)) of the formulas that have no stored value."""
    for name, rows in _sheets(content, stored=False, is_head=is_head):
        values, missing = stored[name], []
        if is_head and _is_long(values):
            continue  # what follows the head is not known here
        for number, row in enumerate(rows):
            known = values[number] if number < len(values) else []
            for column, value in enumerate(row):
                is_blank = column >= len(known) or not known[column]
                if is_blank and value is not None and _text(value).startswith("="):
                    missing.append(number + 1)
        if missing:
            yield name, (missing[0], len(missing))


def _text(value: object) -> str:
    """Write the value of a cell as text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n").translate(_SPELT)
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    return str(value)


def _joined(rows: list[list[str]]) -> str:
    """Join the rows, all as wide as the widest, so that a blank at the end is a blank and no missing field."""
    width = max(map(len, rows))
    return ROW_END.join(CELL_END.join(row + [""] * (width - len(row))) if row else "" for row in rows)
