"""Parquet files as a table of text; what the file declares is checked before anything is read."""

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recsys_core.data.reading import roles
from recsys_core.data.reading.table import MAX_COLUMNS, MAX_ROWS, Table
from recsys_core.errors import InputError


def parquet_table(content: bytes) -> Table:
    """All flat columns as text, numbers spelt as in the file; list and struct columns are not read."""
    try:
        file = pq.ParquetFile(io.BytesIO(content))
        n_rows, n_columns = file.metadata.num_rows, file.metadata.num_columns
        schema = file.schema_arrow
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(error) from None
    if n_rows > MAX_ROWS or n_columns > MAX_COLUMNS:
        raise InputError(
            f"A Parquet file must stay within the limit of {MAX_ROWS:,} rows and {MAX_COLUMNS:,} columns. This one "
            f"declares {n_rows:,} rows and {n_columns:,} columns, which is too many: take a sample of it."
        )
    if n_rows == 0:
        raise InputError("A rating file must have rows. This Parquet file has none. Choose another.")
    nested = [field for field in schema if pa.types.is_nested(field.type)]
    for field in nested:
        if roles.role_of(field.name) in (roles.USER, roles.ITEM, roles.RATING):
            raise InputError(
                f"The column {field.name!r} must hold one value a row. It holds nested values ({field.type}): "
                "write one row for each of them."
            )
    flat = [field.name for field in schema if not pa.types.is_nested(field.type)]
    if len(set(flat)) < len(flat):
        raise InputError("The columns of a Parquet file must have different names. These are not. Rename them.")
    try:
        read = file.read(columns=flat)
        columns = {place: _as_text(read.column(name)) for place, name in enumerate(flat)}
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(error) from None
    warnings = [f"The column {field.name!r} holds nested values and is not read." for field in nested]
    return Table(
        names=tuple(flat),
        frame=pd.DataFrame(columns),
        lines=np.arange(1, n_rows + 1),
        unit="row",
        sentences=(f"Parquet with {n_rows:,} rows and {n_columns:,} columns.",),
        warnings=tuple(warnings),
    )


def _as_text(column: pa.ChunkedArray) -> pd.Series:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        texts = [str(value)[2:-1] if value is not None else "" for value in column.to_pylist()]
        return pd.Series(texts, dtype="str")
    if pa.types.is_null(column.type):
        return pd.Series([""] * len(column), dtype="str")
    text = pc.fill_null(column.cast(pa.large_string()), "")
    return pd.Series(text, dtype="str")


def _damaged(error: Exception) -> InputError:
    reason = str(error).splitlines()[0][:120] if str(error) else "no reason given"
    return InputError(
        f"A Parquet file must be complete. This one is damaged, incomplete or not a Parquet file ({reason}). "
        "Export it again."
    )
