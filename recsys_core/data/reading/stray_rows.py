"""Leave out the rows of a table that are no data: its header again, what stands right below it, and sums at its end."""

import re
from dataclasses import replace

import numpy as np

from recsys_core.data.reading import column_roles
from recsys_core.data.reading.numbers import parse_ratings
from recsys_core.data.reading.receipt import LeftOut
from recsys_core.data.reading.table import Table

REPEATED = "it is the header again"
BELOW_HEADER = "it only rules off the header or names the types of its columns"
SUMMARY = "it sums up the rows above"
N_LAST = 3  # rows at the end that may sum up the others
MOST_COLUMNS = 100  # looked at to tell whether a row sums up its columns
RULE = re.compile(r"[-=_+:|]+")
TYPES = frozenset(
    "string str text varchar nvarchar char character object category factor chr int integer bigint smallint long int32 "
    "int64 float double real numeric decimal number float32 float64 dbl num bool boolean logical date datetime time "
    "timestamp".split()
)


def without_stray_rows(table: Table, has_header: bool) -> Table:
    """Return the table without the rows that are no data; each is named in `left_out` with its line."""
    if not table.n_columns:
        return table
    groups = [(SUMMARY, _summaries(table))]
    if has_header:
        groups = [(REPEATED, _repeated_headers(table)), (BELOW_HEADER, _below_header(table)), *groups]
    groups = [(reason, rows) for reason, rows in groups if rows]
    is_data = np.ones(len(table.lines), bool)
    is_data[[row for _, rows in groups for row in rows]] = False
    if is_data.all() or not is_data.any():
        return table
    left_out = [LeftOut(reason, table.lines[rows], _texts(table, rows), table.unit) for reason, rows in groups]
    return replace(
        table,
        frame=table.frame[is_data].reset_index(drop=True),
        lines=table.lines[is_data],
        left_out=(*table.left_out, *left_out),
    )


def _texts(table: Table, rows: list[int]) -> np.ndarray:
    return np.array([" | ".join(cells) for cells in table.frame.iloc[rows, :10].to_numpy(object)], object)


def _cells(table: Table, row: int) -> list[str]:
    return [str(cell).strip() for cell in table.frame.iloc[row]]


def _repeated_headers(table: Table) -> list[int]:
    """Return the rows whose cells are the names of the columns, as where files were put one after the other."""
    names = list(table.names)
    suspects = np.flatnonzero((table.frame.iloc[:, 0].str.strip() == names[0]).to_numpy(bool))
    for index in range(1, table.n_columns):
        if not len(suspects):
            break
        is_name = table.frame.iloc[suspects, index].str.strip() == names[index]
        suspects = suspects[is_name.to_numpy(bool)]
    return [int(row) for row in suspects]


def _below_header(table: Table) -> list[int]:
    """Return the first row if it is a rule, such as ---, or holds the types of the columns, such as string."""
    filled = [cell for cell in _cells(table, 0) if cell] if len(table.lines) else []
    is_rule = all(RULE.fullmatch(cell) for cell in filled)
    is_types = all(cell.casefold() in TYPES for cell in filled)
    return [0] if len(filled) > 1 and (is_rule or is_types) else []


def _summaries(table: Table) -> list[int]:
    """Return those of the last rows that are called a total, a mean and so on, and are one of the rows above."""
    n_rows = len(table.lines)
    n_above, found = n_rows, list[int]()
    for row in range(max(0, n_rows - N_LAST), n_rows):
        cells = _cells(table, row)
        index = next((index for index, cell in enumerate(cells) if cell), 0)
        if len(cells[index]) < 2 or not column_roles.is_statistic(cells[index]):  # a person may be called n
            continue
        n_above = min(row, n_above)
        is_new = not (table.frame.iloc[:n_above, index].str.strip() == cells[index]).any()
        is_twice = sum(map(column_roles.is_statistic, cells)) > 1
        if is_new and (is_twice or _sums_up_columns(table, row, n_above, index)):
            found.append(row)
    return found


def _sums_up_columns(table: Table, row: int, n_above: int, name_index: int) -> bool:
    """Tell whether at least half of the numbers in a row are the sums, means or counts of the `n_above` rows above."""
    n_numbers = n_right = 0
    for index in range(min(table.n_columns, MOST_COLUMNS)):
        number = parse_ratings(table.frame.iloc[row : row + 1, index].to_numpy(object), False)[0][0]
        if index == name_index or not np.isfinite(number):
            continue
        codes, texts = table.column(index)
        values = parse_ratings(texts, False)[0][codes][:n_above]
        values = values[np.isfinite(values)]
        n_numbers += 1
        n_right += any(
            abs(number - each) <= 0.01 * max(1, abs(each))
            for each in (n_above, len(values), np.sum(values != 0), values.sum(), *_means(values))
        )
    return 0 < n_numbers <= 2 * n_right


def _means(values: np.ndarray) -> list[float]:
    """Return the means of the values with and without 0, where there are any."""
    return [float(some.mean()) for some in (values, values[values != 0]) if len(some)]
