"""Read Parquet files; what the file declares is checked before anything is read."""

import io
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recsys_core.data.long_texts import LONGEST
from recsys_core.data.sandbox import Head
from recsys_core.data.sandbox.columns import lost_digits, pack
from recsys_core.data.sandbox.limits import check_expansion, check_shape, check_text, damaged, n_head_rows
from recsys_core.errors import InputError

WHAT = "A Parquet file"


def read(content: bytes, is_head: bool = False) -> tuple[Head, list[bytes]]:
    """Return ({names, nested, notes, n_rows}, packed columns) of all flat columns; nested columns are only named.

    Of a head, `n_rows` still counts all rows of the file. Raises InputError for a text that is too long.
    """
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
        n_head = min(n_rows, n_head_rows(n_columns)) if is_head else n_rows
        long: list[str] = []
        notes: list[str] = []
        payload = pack(_column(file, name, n_head if is_head else None, long, notes) for name in flat)
    except (MemoryError, InputError):
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _not_parquet(error) from None
    nested = [[field.name, str(field.type)] for field in schema if pa.types.is_nested(field.type)]
    is_cut = n_head < n_rows or bool(long)
    return {"names": flat, "nested": nested, "notes": notes, "n_rows": n_rows, "is_cut": is_cut}, payload


def _column(file: pq.ParquetFile, name: str, n_head: int | None, long: list[str], notes: list[str]) -> pa.Array:
    """Read a column, or the first `n_head` values of it, with long texts cut; the name of such a column joins `long`.

    What is doubtful about its numbers joins `notes`. Raises InputError for a text of a whole column that is too long.
    """
    if n_head is not None:
        batches = file.iter_batches(n_head, columns=[name], use_threads=False)
        column = pa.chunked_array([batch.column(0) for batch in islice(batches, 1)])
    else:
        column = file.read(columns=[name], use_threads=False).column(name)
    column.validate(full=True)
    column = column.combine_chunks()
    if pa.types.is_floating(column.type) and (note := lost_digits(name, column.to_numpy(zero_copy_only=False))):
        notes.append(note)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        longest = pc.max(pc.utf8_length(column)).as_py() or 0
        if n_head is None:
            check_text(longest, f"text of the column {name[:60]!r}")
        elif longest > LONGEST:
            long.append(name)
            return pc.utf8_slice_codeunits(column, 0, LONGEST + 1)
    return column


def _not_parquet(error: Exception) -> InputError:
    return damaged(WHAT, f"not a Parquet file that can be read: {error}")
