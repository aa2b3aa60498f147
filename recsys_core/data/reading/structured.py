"""Read the kinds of files whose format settles the columns: Parquet, NPZ, Matrix Market and JSON lines."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd
import pyarrow as pa

from recsys_core.data.reading import column_roles
from recsys_core.data.reading.numbers import ManyTexts
from recsys_core.data.reading.receipt import list_quoted, quote
from recsys_core.data.reading.table import MAX_ROWS, Table, factorise, split_lines
from recsys_core.data.sandbox.limits import MAX_COLUMNS, check_shape
from recsys_core.data.sandbox.run_child import unpack
from recsys_core.errors import InputError

_MOST_CATEGORIES = 500_000
NEEDED = (column_roles.USER, column_roles.ITEM, column_roles.RATING)


def parquet_table(content: bytes, is_head: bool = False) -> Table:
    """Read all flat columns as text, with numbers as written in the file; list and struct columns are not read."""
    head, payload = unpack(content, "parquet", is_head=is_head)
    for name, kind in head["nested"]:
        if column_roles.role_of(name) in NEEDED:
            raise InputError(
                f"The column {quote(name)} must have one value per row. It has nested values ({kind[:80]}): "
                "write one row for each of them."
            )
    names, (frame, coded) = head["names"], _unpacked(len(head["names"]), payload)
    warnings = [f"The column {quote(name)} has nested values and is not read." for name, _ in head["nested"]]
    warnings += head["notes"]
    return _table(
        names, frame, head["n_rows"], f"Parquet with {head['n_rows']:,} rows", warnings, head["is_cut"], coded
    )


def npz_table(content: bytes, is_head: bool = False) -> Table:
    """Read parallel arrays by name, or one matrix as a row for each rating, with users and items numbered from 0."""
    head, payload = unpack(content, "npz", is_head=is_head)
    names, (frame, coded) = head["names"], _unpacked(len(head["names"]), payload)
    known = {column_roles.role_of(name) for name in names}
    if head["form"] == "parallel arrays" and not {column_roles.USER, column_roles.ITEM} <= known:
        raise InputError(
            "The arrays of an NPZ file must be named user, item and rating, or there must be one matrix. "
            f"The names here are {list_quoted(names)}: rename them."
        )
    return _table(names, frame, head["n_rows"], f"NPZ with {head['form']}", head["notes"], head["is_cut"], coded)


def matrix_market_table(lines: list[str], is_whole: bool = True) -> Table:
    """Read the entries of a sparse Matrix Market file; rows are users, columns items, both numbered from 1.

    Format: Boisvert, Pozo, Remington, "The Matrix Market Exchange Formats" (NISTIR 5935, 1996).
    """
    banner = lines[0].lower().split()
    if len(banner) != 5 or banner[1:3] != ["matrix", "coordinate"] or banner[4] != "general":
        raise InputError(
            "A Matrix Market file must be a general matrix of coordinates. This one says "
            f"{quote(lines[0])}: write it with scipy.io.mmwrite of a COO matrix, or as CSV."
        )
    if banner[3] not in ("real", "integer", "pattern"):
        raise InputError(
            f"The ratings must be real numbers. Those of this Matrix Market file are {banner[3][:20]!r}: convert them."
        )
    head = next((n for n, line in enumerate(lines[1:], 1) if line.strip() and not line.startswith("%")), None)
    sizes = lines[head].split() if head is not None else []
    if head is None or len(sizes) != 3 or not all(s.isascii() and s.isdigit() and len(s) < 19 for s in sizes):
        problem = "No line does" if head is None else f"Line {head + 1} is {quote(lines[head])}"
        raise InputError(
            "A Matrix Market file must give its numbers of rows, columns and entries below the comments. "
            f"{problem}: the file is damaged. Export it again."
        )
    n_fields = 2 if banner[3] == "pattern" else 3
    body = [*lines[: head + 1], *(" ".join(line.split()) for line in lines[head + 1 :])]
    done = split_lines(body, head + 1, n_fields, " ")
    frame, numbers = done.frame, done.lines
    n_found = len(frame) + len(done.ragged) + sum(group.count for group in done.left_out)
    if is_whole and n_found != int(sizes[2]):
        raise InputError(
            f"A Matrix Market file must be complete. This one declares {int(sizes[2]):,} entries but has "
            f"{n_found:,}: it is damaged or incomplete. Export it again."
        )
    for index, size in enumerate(map(int, sizes[:2])):
        codes, texts = factorise(frame.iloc[:, index])
        wrong = [not (text.isascii() and text.isdigit() and 1 <= int(text[:20]) <= size) for text in texts]
        if any(wrong):
            row = int(np.argmax(np.array(wrong)[codes]))
            raise InputError(
                f"The indices of a Matrix Market file must lie in 1 to {size:,}. Line {numbers[row]} has "
                f"{quote(texts[codes[row]], 30)}, which is out of range: the file is damaged. Export it again."
            )
    names = ("user", "item", "rating")[:n_fields]
    table = _table(names, frame, len(frame), "Matrix Market with users as rows and items as columns", [])
    n_blank = sum(not line.strip() for line in lines[:head])
    comments, blank = head - 1 - n_blank + done.n_comments, n_blank + done.n_blank
    return replace(
        _with_lines(table, numbers, done.ragged, f"the number of fields is not {n_fields}"),
        left_out=done.left_out,
        elsewhere=(("header", 2), ("comments", comments), ("blank", blank)),
    )


def json_lines_table(lines: list[str]) -> Table:
    """Read one JSON object per line, with its keys as columns; numbers stay as written, nested values are not used."""
    if len(lines) > MAX_ROWS + 1:
        raise InputError(f"A file must have at most {MAX_ROWS:,} rows. This one has more: take a sample of it.")
    rows, numbers, ragged = list[dict[str, object]](), list[int](), list[tuple[int, str, int]]()
    names, nested = dict[str, int](), dict[str, int]()
    nested_role: tuple[int, str] | None = None
    n_blank = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            n_blank += 1
            continue
        row = _json_object(line)
        if row is None:
            ragged.append((number, line, 0))
            continue
        with_nested = [name for name, value in row.items() if isinstance(value, (tuple, list))]
        needed = next((name for name in with_nested if column_roles.role_of(name) in NEEDED), None)
        if needed is not None:
            nested_role = nested_role or (number, needed)
            ragged.append((number, line, 0))
            continue
        for name in with_nested:
            nested.setdefault(name, number)
            del row[name]
        for name in row:
            names.setdefault(name, len(names))
        if len(names) > MAX_COLUMNS:
            raise InputError(f"A file must have at most {MAX_COLUMNS:,} columns. This one has more keys than that.")
        rows.append(row)
        numbers.append(number)
    if not rows and nested_role:
        number, name = nested_role
        raise InputError(
            f"The key {quote(name, 30)} must have one value per line. It has nested values on line {number} and all "
            "others: write one line for each of them."
        )
    if not rows:
        raise InputError(
            'A file of JSON lines must have an object such as {"user": 1, "item": 2, "rating": 3} on every line. '
            f"This one has none: line {ragged[0][0]} is {quote(ragged[0][1])}. Export the table as CSV."
        )
    frame = pd.DataFrame({index: pd.Series([_as_text(row.get(name)) for row in rows], dtype="str")
                          for name, index in names.items()})  # fmt: skip
    unused = [f"Nested values are not used: {list_quoted(nested)}."] if nested else []
    table = _table(tuple(names), frame, len(rows), "JSON lines", [])
    return replace(
        _with_lines(table, np.array(numbers, np.int64), tuple(ragged), "the line is not a JSON object of plain values"),
        sentences=(*table.sentences, *unused),
        elsewhere=(("blank", n_blank),),
    )


def _json_object(line: str) -> dict[str, object] | None:
    """Parse one line as name → value; None where it is no object or has a key twice."""
    try:
        pairs = json.loads(line, object_pairs_hook=tuple, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    # An object comes as a tuple of pairs, an array as a list.
    if not isinstance(pairs, tuple) or not pairs or len(dict(pairs)) < len(pairs):
        return None
    return dict(pairs)


def _as_text(value: object) -> str:
    return "" if value is None else str(value).encode("utf-8", "backslashreplace").decode()


def _unpacked(n_columns: int, payload: bytes) -> tuple[pd.DataFrame, dict[int, tuple[np.ndarray, ManyTexts]]]:
    """Read columns of text, each an Arrow stream of its distinct texts and a code for each row.

    Returns the columns, and (codes, texts) of those for which it would take long to find them again.
    """
    file, columns, coded = io.BytesIO(payload), dict[int, pd.Series](), dict[int, tuple[np.ndarray, ManyTexts]]()
    for index in range(n_columns):
        with pa.ipc.open_stream(file) as stream:
            column = stream.read_all().column(0).combine_chunks()
        if len(column.dictionary) > _MOST_CATEGORIES:  # such as times: as objects they take gigabytes and seconds
            columns[index] = pd.Series(column.cast(pa.large_string()), dtype="str")
            coded[index] = column.indices.to_numpy(), ManyTexts(column.dictionary)
            continue
        codes, texts = column.indices.to_numpy(), column.dictionary.to_pylist()
        columns[index] = pd.Series(pd.Categorical.from_codes(codes, categories=pd.Index(texts, dtype=object)))
    return pd.DataFrame(columns), coded


def _table(
    names: Sequence[str],
    frame: pd.DataFrame,
    n_rows: int,
    kind: str,
    warnings: list[str],
    is_cut: bool = False,
    coded: Mapping[int, tuple[np.ndarray, ManyTexts]] = MappingProxyType({}),
) -> Table:
    check_shape(n_rows, len(names), "A table")
    table = Table(
        names=tuple(names),
        frame=frame,
        lines=np.arange(1, len(frame) + 1),
        unit="row",
        sentences=(f"{kind}.",),
        warnings=tuple(warnings),
        understood=(("Kind", kind),),
        is_whole=not is_cut,
    )
    table.keep_large_columns(coded)
    return table


def _with_lines(table: Table, numbers: np.ndarray, ragged: tuple[tuple[int, str, int], ...], misfit: str) -> Table:
    return replace(table, lines=numbers, ragged=ragged, unit="line", misfit=misfit)
