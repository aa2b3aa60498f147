"""Pack columns for the way out of the child process: the distinct texts of each, and a code for each row."""

import io
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_WIDEST = 4
"""Whole numbers are looked up in a table where they lie within so many times their count, as ids do."""


def as_text_codes(column: pa.Array) -> pa.DictionaryArray:
    """Dictionary-encode the column first and turn only its distinct values into text."""
    if pa.types.is_integer(column.type) and column.null_count == 0:
        values, codes = _distinct_whole(column.to_numpy())
        return pa.DictionaryArray.from_arrays(codes.astype(np.int32), pa.array(values).cast(pa.large_string()))
    if not pa.types.is_dictionary(column.type):
        column = pa.array([None] * len(column), pa.string()) if pa.types.is_null(column.type) else column
        column = _encoded(column)
    values = column.dictionary
    if isinstance(values, pa.ExtensionArray):  # of UUIDs
        texts = pa.array(["" if value is None else str(value) for value in values.to_pylist()], pa.large_string())
    elif is_bytes(values.type):
        texts = pa.array(map(_decoded, values.to_pylist()), pa.large_string())
    else:
        texts = pc.fill_null(values.cast(pa.large_string()), "")
    if column.null_count == 0 and pa.types.is_integer(values.type):
        return pa.DictionaryArray.from_arrays(column.indices, texts)
    # The index behind the last is the blank; as text, values may be equal that were not (two NaNs).
    unique = pa.concat_arrays([texts, pa.array([""], pa.large_string())]).dictionary_encode()
    codes = unique.indices.take(pc.fill_null(column.indices.cast(pa.int64()), len(texts)))
    return pa.DictionaryArray.from_arrays(codes, unique.dictionary)


def is_bytes(kind: pa.DataType) -> bool:
    """Tell whether the values are bytes, as the texts of some writers are."""
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _decoded(value: bytes | None) -> str:
    """Return bytes as the text that they are in UTF-8, others written out as \\x.. ."""
    return "" if value is None else value.decode("utf-8", "backslashreplace")


def _encoded(column: pa.Array) -> pa.DictionaryArray:
    """Dictionary-encode a column, one of an extension such as UUIDs by what it is stored as."""
    if not isinstance(column, pa.ExtensionArray):
        return column.dictionary_encode()
    stored = column.storage.dictionary_encode()
    return pa.DictionaryArray.from_arrays(
        stored.indices, pa.ExtensionArray.from_storage(column.type, stored.dictionary)
    )


def lost_digits(name: str, numbers: np.ndarray) -> str:
    """Return a warning where whole numbers, such as ids or times, are too large for a float of their size; else ""."""
    if numbers.dtype.kind != "f" or numbers.dtype.itemsize > 4:
        return ""
    largest = 2 ** (np.finfo(numbers.dtype).nmant + 1)
    finite = numbers[np.isfinite(numbers)]
    if not (np.abs(finite) >= largest).any() or (finite % 1 != 0).any():
        return ""
    return (
        f"The numbers in {name[:60]!r} are floats of {8 * numbers.dtype.itemsize} bits, which hold whole numbers up to "
        f"{largest:,} only. Larger ones have lost their last digits, and different ids may have become one: "
        "save them as integers."
    )


def _distinct_whole(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (distinct numbers, ascending; the index of each of `numbers` among them)."""
    low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
    if high - low >= _WIDEST * len(numbers):
        # By sorting: a hash table takes gigabytes where millions of times are all different.
        return _distinct_by_sorting(numbers, low, high)
    wide = numbers if numbers.dtype.kind == "u" else numbers.astype(np.int64)  # 127 − (−128) is no int8
    shifted = (wide - wide.dtype.type(low)).astype(np.int64)
    occurs = np.zeros(high - low + 1, bool)
    occurs[shifted] = True
    values = np.flatnonzero(occurs).astype(wide.dtype) + wide.dtype.type(low)
    return values.astype(numbers.dtype), (np.cumsum(occurs) - 1)[shifted]


def _distinct_by_sorting(numbers: np.ndarray, low: int, high: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what `np.unique` does with `return_inverse`, for numbers from `low` to `high`."""
    n_bits = len(numbers).bit_length()
    if not n_bits or (high - low).bit_length() + n_bits > 63 or high >= 1 << 63:
        return np.unique(numbers, return_inverse=True)
    # The number and its index in one: to sort these is quicker than to find the order.
    keys = ((numbers.astype(np.int64) - low) << n_bits) | np.arange(len(numbers))
    keys.sort()
    order, keys = keys & ((1 << n_bits) - 1), keys >> n_bits
    is_first = np.append(True, keys[1:] != keys[:-1])
    codes = np.empty(len(numbers), np.int64)
    codes[order] = np.cumsum(is_first) - 1
    return (keys[is_first] + low).astype(numbers.dtype), codes


def pack(columns: Iterable[pa.Array]) -> list[bytes]:
    """Return an Arrow stream for each column, of nothing but numbers and text; one is in work at a time."""
    streams = []
    for column in columns:
        batch = pa.record_batch([as_text_codes(column)], names=["column"])
        buffer = io.BytesIO()
        with pa.ipc.new_stream(buffer, batch.schema) as stream:
            stream.write_batch(batch)
        streams.append(buffer.getvalue())
    return streams
