"""Read NPZ files: SciPy's sparse matrices and plain arrays; never a pickle, and every index is checked."""

import io

import numpy as np
import pyarrow as pa

from recsys_core.data.sandbox import Head
from recsys_core.data.sandbox.archives import open_zip
from recsys_core.data.sandbox.columns import lost_digits, pack
from recsys_core.data.sandbox.limits import check_shape, check_text, damaged, n_head_rows
from recsys_core.errors import InputError

WHAT = "An NPZ file"
READABLE = "biufUSM"
# A matrix of so few columns has a rating in each row, not a user.
MOST_FIELDS = 4
_FEWEST_TRIPLES = 40  # from which on three or four rows are told from the ratings of three or four people


def read(content: bytes, is_head: bool = False) -> tuple[Head, list[bytes]]:
    """Return ({names, form, notes, n_rows}, packed columns) of a sparse matrix, a matrix or parallel arrays."""
    notes: list[str] = []
    archive = open_zip(content, WHAT)
    arrays = {}
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        arrays[name] = checked_array(name, archive.read(member))
    if not arrays:
        raise InputError("An NPZ file must contain arrays. This one is empty: choose another.")
    if {"format", "shape", "data"} <= set(arrays):
        form, columns = "a sparse matrix of SciPy", _sparse(arrays)
    elif len(arrays) == 1 and next(iter(arrays.values())).ndim == 2:
        matrix = next(iter(arrays.values()))
        _refuse_columns_as_rows(matrix)
        if matrix.shape[1] <= MOST_FIELDS:
            form = "one array with a row for each rating"
            columns = {f"column {index + 1}": matrix[:, index] for index in range(matrix.shape[1])}
        else:
            form, (columns, notes) = "a matrix of users × items", _dense(matrix)
    else:
        form, columns = "parallel arrays", _parallel(arrays)
    n_rows = len(next(iter(columns.values())))
    check_shape(n_rows, len(columns), WHAT)
    if n_rows == 0:
        raise InputError("A rating file must have rows. The arrays of this NPZ file are empty. Choose another.")
    for name, column in columns.items():
        if column.dtype.kind in "US":
            check_text(column.dtype.itemsize // (4 if column.dtype.kind == "U" else 1), f"text of {name[:60]!r}")
    n_head = n_head_rows(len(columns)) if is_head else n_rows
    payload = pack(pa.array(_native(column[:n_head])) for column in columns.values())
    notes += [note for name, column in columns.items() if (note := lost_digits(name, column))]
    return {"names": list(columns), "form": form, "notes": notes, "n_rows": n_rows, "is_cut": n_head < n_rows}, payload


def checked_array(name: str, content: bytes) -> np.ndarray:
    """Read the array of a .npy member. Raises InputError unless its header declares plain numbers or text that fit."""
    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = header(file)
    except (ValueError, SyntaxError, EOFError) as error:
        raise damaged(WHAT, f"{name[:40]!r}: {error}") from None
    if dtype.hasobject:
        raise InputError(
            f"The arrays of an NPZ file must contain numbers or text. {name[:40]!r} contains Python objects, which "
            "are a pickle and can run code. It was not opened: save it with a plain dtype."
        )
    if dtype.kind not in READABLE:
        kind = "complex numbers" if dtype.kind == "c" else f"values of the type {dtype}"
        raise InputError(
            f"The arrays of an NPZ file must contain numbers or text. {name[:40]!r} contains {kind[:80]}: convert it."
        )
    n_bytes = len(content) - file.tell()
    if any(length < 0 for length in shape) or int(np.prod([*shape, dtype.itemsize], dtype=object)) != n_bytes:
        raise damaged(WHAT, f"{name[:40]!r} declares the shape {str(shape)[:60]} but has {n_bytes:,} bytes")
    file.seek(0)
    return np.asarray(np.lib.format.read_array(file, allow_pickle=False))


def _sparse(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the coordinates of a CSR, CSC or COO matrix; SciPy itself would trust wrong indices, and crash."""
    form = arrays["format"].item() if arrays["format"].ndim == 0 else ""
    form = form.decode("latin-1") if isinstance(form, bytes) else str(form)
    shape, data = arrays["shape"].ravel(), arrays["data"].ravel()
    needed = {"csr": ("indices", "indptr"), "csc": ("indices", "indptr"), "coo": ("row", "col")}.get(form)
    if needed is None or not set(needed) <= set(arrays):
        raise InputError(
            f"A sparse matrix must be in the format CSR, CSC or COO. This one is {form[:20]!r} with the arrays "
            f"{', '.join(sorted(arrays))[:120]}. Convert it with .tocsr() and save it again."
        )
    first, second = (arrays[name].ravel() for name in needed)
    if any(array.dtype.kind not in "iu" for array in (shape, first, second)) or len(shape) != 2:
        raise damaged(WHAT, "its shape and indices must be whole numbers")
    if form == "coo":
        rows, columns = first, second
    else:
        n_major = int(shape[0] if form == "csr" else shape[1])
        lengths = np.asarray(np.diff(second.astype(np.int64)), np.int64)
        if len(second) != n_major + 1 or second[0] != 0 or (lengths < 0).any() or second[-1] != len(first):
            raise damaged(WHAT, "its index pointer does not fit its indices")
        major = np.repeat(np.arange(n_major), lengths)
        rows, columns = (major, first) if form == "csr" else (first, major)
    if not len(rows) == len(columns) == len(data):
        raise damaged(WHAT, "its data and indices differ in length")
    for indices, size in ((rows, int(shape[0])), (columns, int(shape[1]))):
        if len(indices) and not (int(indices.min()) >= 0 and int(indices.max()) < size):
            raise damaged(WHAT, f"an index is out of range: {int(indices.max()):,} in a dimension of {size:,}")
    return {"user": rows, "item": columns, "rating": data}


def _refuse_columns_as_rows(matrix: np.ndarray) -> None:
    """Raise InputError where a few long rows are users, items and ratings: np.array([users, items, ratings])."""
    n_rows, n_columns = matrix.shape
    if not (3 <= n_rows <= MOST_FIELDS and n_columns >= _FEWEST_TRIPLES) or matrix.dtype.kind not in "iuf":
        return
    pairs = matrix[:2].astype(np.float64)
    # From 1 to 5 there are but 25 pairs of ratings; from 1 to 10 so many hardly ever differ; half stars are not whole.
    if np.isfinite(matrix).all() and (pairs % 1 == 0).all() and len(np.unique(pairs, axis=1).T) == n_columns:
        raise InputError(
            f"A matrix must have a row for each user, or for each rating. This one has {n_rows} rows and "
            f"{n_columns:,} columns, which look like users, items and ratings. Save it transposed (.T)."
        )


def _dense(matrix: np.ndarray) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return the coordinates of the rated cells of a matrix, and notes for the person."""
    if matrix.dtype.kind not in "biuf":
        raise InputError(f"A matrix of ratings must contain numbers. This one contains {matrix.dtype}: convert it.")
    rated, notes = np.ones(matrix.shape, bool), list[str]()
    if matrix.dtype.kind == "f":
        rated = ~np.isnan(matrix)
    if rated.all() and (matrix == 0).any() and matrix.min() >= 0:
        rated = matrix != 0
        notes.append(f"{int((~rated).sum()):,} cells with 0 are read as unrated (missing), since no cell is NaN.")
    rows, columns = np.nonzero(rated)
    return {"user": rows, "item": columns, "rating": matrix[rated]}, notes


def _parallel(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays as columns. Raises InputError unless all have one dimension and the same length."""
    flat = {name: array for name, array in arrays.items() if array.ndim == 1}
    lengths = {name: len(array) for name, array in flat.items()}
    if len(set(lengths.values())) != 1 or len(flat) < len(arrays):
        shapes = ", ".join(f"{name[:30]} {array.shape}" for name, array in list(arrays.items())[:10])
        raise InputError(
            "The arrays of an NPZ file must be columns of one length (user, item, rating), one matrix, or a sparse "
            f"matrix of SciPy. Their shapes here are {shapes}. Save one table."
        )
    return flat


def _native(array: np.ndarray) -> np.ndarray:
    """Return the array in the byte order of the machine and a type that Arrow can write, with bytes as text."""
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8", "backslashreplace")
    if array.dtype.kind == "M":
        return np.datetime_as_string(array)
    if array.dtype == np.float16 or (array.dtype.itemsize > 8 and array.dtype.kind == "f"):
        return array.astype(np.float64)
    return np.ascontiguousarray(array.astype(array.dtype.newbyteorder("=")))
