"""Read Parquet files; what the file declares is checked before anything is read."""

import io

import pyarrow as pa
import pyarrow.parquet as pq

from recsys_core.data.sandbox import Head
from recsys_core.data.sandbox.columns import pack
from recsys_core.data.sandbox.limits import check_expansion, check_shape, damaged
from recsys_core.errors import InputError

WHAT = "A Parquet file"


def read(content: bytes) -> tuple[Head, list[bytes]]:
    """Return ({names, nested, n_rows}, packed columns) of all flat columns; list and struct columns are only named."""
    try:
        file = pq.ParquetFile(io.BytesIO(content))
        n_rows, n_columns = file.metadata.num_rows, file.metadata.num_columns
        schema = file.schema_arrow
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _not_parquet(error) from None
    check_shape(n_rows, n_columns, WHAT)
    # Run-length encoding makes millions of equal values tiny, in the file and in its own count of bytes.
    check_expansion(len(content), 8 * n_rows * n_columns, WHAT)
    if n_rows == 0:
        raise InputError("A rating file must have rows. This Parquet file has none. Choose another.")
    flat = [field.name for field in schema if not pa.types.is_nested(field.type)]
    if len(set(flat)) < len(flat):
        raise InputError("The columns of a Parquet file must have different names. These are not. Rename them.")
    try:
        payload = pack(_column(file, name) for name in flat)
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _not_parquet(error) from None
    nested = [[field.name, str(field.type)] for field in schema if pa.types.is_nested(field.type)]
    return {"names": flat, "nested": nested, "n_rows": n_rows}, payload


def _column(file: pq.ParquetFile, name: str) -> pa.Array:
    column = file.read(columns=[name], use_threads=False).column(name)
    column.validate(full=True)
    return column.combine_chunks()


def _not_parquet(error: Exception) -> InputError:
    return damaged(WHAT, f"not a Parquet file that can be read: {error}")
