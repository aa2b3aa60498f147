"""Kinds whose columns are settled by the format: Parquet, NPZ, Matrix Market and JSON lines."""

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa

from recsys_core.data.reading import column_roles
from recsys_core.data.reading.receipt import list_quoted, quote
from recsys_core.data.reading.table import MAX_COLUMNS, MAX_ROWS, Table, factorise, split_lines
from recsys_core.data.sandbox.limits import check_shape
from recsys_core.data.sandbox.run_child import unpack
from recsys_core.errors import InputError

NEEDED = (column_roles.USER, column_roles.ITEM, column_roles.RATING)


def parquet_table(content: bytes) -> Table:
    """All flat columns as text, numbers spelt as in the file; list and struct columns are not read."""
    head, payload = unpack(content, "parquet")
    for name, kind in head["nested"]:
        if column_roles.role_of(name) in NEEDED:
            raise InputError(
                f"The column {name!r} must hold one value a row. It holds nested values ({kind[:80]}): "
                "write one row for each of them."
            )
    names, frame = head["names"], _unpacked(len(head["names"]), payload)
    warnings = [f"The column {name!r} holds nested values and is not read." for name, _ in head["nested"]]
    return _table(names, frame, head["n_rows"], f"Parquet with {head['n_rows']:,} rows", warnings)


def npz_table(content: bytes) -> Table:
    """Parallel arrays by name, or one matrix as a row a rating with users and items numbered from 0."""
    head, payload = unpack(content, "npz")
    names, frame = head["names"], _unpacked(len(head["names"]), payload)
    known = {column_roles.role_of(name) for name in names}
    if head["form"] == "parallel arrays" and not {column_roles.USER, column_roles.ITEM} <= known:
        raise InputError(
            "The arrays of an NPZ file must be named user, item and rating, or be a matrix. "
            f"The names here are {list_quoted(names)}: rename them."
        )
    return _table(names, frame, head["n_rows"], f"NPZ with {head['form']}", head["notes"])


def matrix_market_table(lines: list[str]) -> Table:
    """The entries of a sparse Matrix Market file; rows are users, columns items, both numbered from 1.

    Format: Boisvert, Pozo, Remington, "The Matrix Market Exchange Formats" (NISTIR 5935, 1996).
    """
    banner = lines[0].lower().split()
    if len(banner) != 5 or banner[1:3] != ["matrix", "coordinate"] or banner[4] != "general":
        raise InputError(
            "A Matrix Market file must be a general matrix of coordinates. This one says "
            f"{quote(lines[0])}: write it with scipy.io.mmwrite of a COO matrix, or as CSV."
        )
    if banner[3] not in ("real", "integer", "pattern"):
        raise InputError(f"The ratings must be real numbers. This Matrix Market file holds {banner[3][:20]!r} ones.")
    head = next((n for n, line in enumerate(lines[1:], 1) if line.strip() and not line.startswith("%")), None)
    sizes = lines[head].split() if head is not None else []
    if len(sizes) != 3 or not all(size.isascii() and size.isdigit() and len(size) < 19 for size in sizes):
        raise InputError(
            "A Matrix Market file must tell its rows, columns and entries below the comments. "
            f"{'No line does' if head is None else f'Line {head + 1} is {quote(lines[head])}'}: it is damaged."
        )
    n_fields = 2 if banner[3] == "pattern" else 3
    body = [*lines[: head + 1], *(" ".join(line.split()) for line in lines[head + 1 :])]
    done = split_lines(body, head + 1, n_fields, " ")
    frame, numbers = done.frame, done.lines
    n_found = len(frame) + len(done.ragged) + sum(group.count for group in done.left_out)
    if n_found != int(sizes[2]):
        raise InputError(
            f"A Matrix Market file must be complete. This one declares {int(sizes[2]):,} entries but has "
            f"{n_found:,}: it is damaged or incomplete. Export it again."
        )
    for place, size in enumerate(map(int, sizes[:2])):
        codes, texts = factorise(frame.iloc[:, place].array)
        wrong = [not (text.isascii() and text.isdigit() and 1 <= int(text[:20]) <= size) for text in texts]
        if any(wrong):
            row = int(np.argmax(np.array(wrong)[codes]))
            raise InputError(
                f"The indices of a Matrix Market file must lie in 1 to {size:,}. Line {numbers[row]} has "
                f"{quote(texts[codes[row]], 30)}, which is out of range: it is damaged. Export it again."
            )
    names = ("user", "item", "rating")[:n_fields]
    table = _table(names, frame, len(frame), "Matrix Market with users as rows, items as columns", [])
    n_blank = sum(not line.strip() for line in lines[:head])
    comments, blank = head - 1 - n_blank + done.n_comments, n_blank + done.n_blank
    return replace(
        _with_lines(table, numbers, done.ragged, f"the number of fields is not {n_fields}"),
        left_out=done.left_out,
        elsewhere=(("header", 2), ("comments", comments), ("blank", blank)),
    )


def json_lines_table(lines: list[str]) -> Table:
    """One JSON object a line, its keys the columns; numbers stay as they are spelt, nested values are not used."""
    if len(lines) > MAX_ROWS + 1:
        raise InputError(f"A file must have at most {MAX_ROWS:,} rows. This one is too large: take a sample of it.")
    rows, numbers, ragged, names, nested, nested_role, n_blank = [], [], [], {}, {}, None, 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            n_blank += 1
            continue
        row = _json_object(line)
        if row is None:
            ragged.append((number, line, 0))
            continue
        found = [name for name, value in row.items() if isinstance(value, (tuple, list))]
        needed = next((name for name in found if column_roles.role_of(name) in NEEDED), None)
        if needed is not None:
            nested_role = nested_role or (number, needed)
            ragged.append((number, line, 0))
            continue
        for name in found:
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
            f"The key {quote(name, 30)} must hold one value a line. It holds nested values on line {number} and all "
            "others: write one line for each of them."
        )
    if not rows:
        raise InputError(
            'A file of JSON lines must have an object such as {"user": 1, "item": 2, "rating": 3} on every line. '
            f"This one has none: line {ragged[0][0]} is {quote(ragged[0][1])}. Export CSV."
        )
    frame = pd.DataFrame({place: pd.Series([_as_text(row.get(name)) for row in rows], dtype="str")
                          for name, place in names.items()})  # fmt: skip
    unused = [f"Nested values are not used: {list_quoted(nested)}."] if nested else []
    table = _table(tuple(names), frame, len(rows), "JSON lines", [])
    return replace(
        _with_lines(table, np.array(numbers, np.int64), tuple(ragged), "the line is no JSON object of plain values"),
        sentences=(*table.sentences, *unused),
        elsewhere=(("blank", n_blank),),
    )


def _json_object(line: str) -> dict | None:
    """Name → value of one line, None where it is no object or names a key twice."""
    try:
        pairs = json.loads(line, object_pairs_hook=tuple, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    # An object comes as a tuple of pairs, an array as a list.
    if not isinstance(pairs, tuple) or not pairs or len(dict(pairs)) < len(pairs):
        return None
    return dict(pairs)


def _as_text(value) -> str:
    return "" if value is None else str(value).encode("utf-8", "backslashreplace").decode()


def _unpacked(n_columns: int, payload: bytes) -> pd.DataFrame:
    """Text columns, each an Arrow stream of its distinct texts and a code a row."""
    file, columns = io.BytesIO(payload), {}
    for place in range(n_columns):
        with pa.ipc.open_stream(file) as stream:
            column = stream.read_all().column(0).combine_chunks()
        codes, texts = column.indices.to_numpy(), column.dictionary.to_pylist()
        columns[place] = pd.Series(pd.Categorical.from_codes(codes, categories=pd.Index(texts, dtype=object)))
    return pd.DataFrame(columns)


def _table(names, frame: pd.DataFrame, n_rows: int, kind: str, warnings: list[str]) -> Table:
    check_shape(n_rows, len(names), "A table")
    return Table(
        names=tuple(names),
        frame=frame,
        lines=np.arange(1, n_rows + 1),
        unit="row",
        sentences=(f"{kind}.",),
        warnings=tuple(warnings),
        understood=(("Kind", kind),),
    )


def _with_lines(table: Table, numbers: np.ndarray, ragged: tuple, misfit: str) -> Table:
    return replace(table, lines=numbers, ragged=ragged, unit="line", misfit=misfit)
