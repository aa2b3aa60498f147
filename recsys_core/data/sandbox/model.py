"""Read models from files: two tables of factors with their ids, of which everything is checked.

Either an NPZ file with the arrays user_factors (m, k), item_factors (n, k), user_ids and item_ids, or a ZIP archive
with Parquet files whose path says "user" or "item" and whose columns are id and features (lists of k numbers), as
Spark's ALS writes `userFactors` and `itemFactors`. Biases are optional (user_bias, item_bias, or a column bias). A
member model.json may describe the model; it holds the offset.
"""

import io
import json
import math
import zipfile
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recsys_core.data.sandbox import Head
from recsys_core.data.sandbox.archives import open_zip
from recsys_core.data.sandbox.arrays import checked_array
from recsys_core.data.sandbox.limits import check_expansion, check_shape, damaged
from recsys_core.errors import InputError

WHAT = "A model file"
ABOUT = "model.json"
_LONGEST_ABOUT, _DEEPEST_ABOUT = 1 << 20, 50
_SIDES = ("user", "item")
_OFFSETS = {"mu", "mean", "global_mean", "offset", "intercept"}


def read(content: bytes) -> tuple[Head, list[bytes]]:
    """Return ({user_ids, item_ids, n_factors, about}, float32 bytes of user and item factors, user and item biases)."""
    try:
        archive = open_zip(content, WHAT)
        names = [member.filename for member in archive.infolist() if not member.is_dir()]
        about = _about(archive.read(ABOUT) if ABOUT in names else b"{}")
        if any(name.endswith(".npy") for name in names):
            arrays = {name[:-4]: checked_array(name[:-4], archive.read(name)) for name in names if name[-4:] == ".npy"}
        else:
            arrays = _from_tables(archive, [name for name in names if name.endswith(".parquet")])
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise damaged(WHAT, error) from None
    return _checked(arrays, about)


def _about(content: bytes) -> Head:
    """Parse the description of the model."""
    try:
        about = json.loads(content) if len(content) <= _LONGEST_ABOUT else None
    except (ValueError, RecursionError):
        about = None
    if not isinstance(about, dict) or _is_deeper(about, _DEEPEST_ABOUT):
        raise InputError(
            f"The member {ABOUT!r} must be a JSON object of at most 1 MB and {_DEEPEST_ABOUT} levels. This one is not: "
            "leave it out."
        )
    return about


def _is_deeper(value: object, n_levels: int) -> bool:
    """Tell whether lists and objects are nested deeper than `n_levels`: not every reader of JSON can follow them."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return n_levels < 0 or any(_is_deeper(each, n_levels - 1) for each in inside)


def _from_tables(archive: zipfile.ZipFile, names: list[str]) -> dict[str, np.ndarray]:
    """Read the arrays from Parquet files; several files of one side are joined in the order of their names."""
    arrays = {}
    for side in _SIDES:
        mine = sorted(name for name in names if [s for s in _SIDES if s in name.lower()] == [side])
        if not mine:
            raise InputError(
                f"{WHAT} must contain user_factors and item_factors: arrays in an NPZ file, or Parquet files whose "
                f"path says 'user' or 'item'. There are none of {side}s: {', '.join(names)[:120] or 'no such file'}."
            )
        parts = [_table(name, archive.read(name)) for name in mine]
        for array in parts[0]:
            if any(set(part) != set(parts[0]) or part[array].shape[1:] != parts[0][array].shape[1:] for part in parts):
                raise InputError(
                    f"All Parquet files of {side}s must have the same columns. These do not: export them again."
                )
            arrays[f"{side}_{array}"] = np.concatenate([part[array] for part in parts])
    return arrays


def _table(name: str, content: bytes) -> dict[str, np.ndarray]:
    """Read ids, factors and, if there is one, the bias of one Parquet file."""
    try:
        file = pq.ParquetFile(io.BytesIO(content))
        schema = file.schema_arrow
        if not {"id", "features"} <= set(schema.names) or not _is_list_of_numbers(schema.field("features").type):
            raise InputError(
                f"A Parquet file of factors must have the columns id and features, lists of numbers. {name[:60]!r} "
                f"has {', '.join(str(field)[:40] for field in schema)[:160]}. Rename or convert them."
            )
        groups = [file.metadata.row_group(index) for index in range(file.metadata.num_row_groups)]
        n_cells = sum(group.column(at).num_values for group in groups for at in range(group.num_columns))
        check_expansion(len(content), 8 * n_cells, "A Parquet file")
        columns = [column for column in ("id", "features", "bias") if column in schema.names]
        table = file.read(columns=columns, use_threads=False)
        table.validate(full=True)
        features = table.column("features").combine_chunks()
        lengths = features.value_lengths().to_numpy(zero_copy_only=False)
        if features.null_count or (lengths != lengths[:1]).any():
            raise InputError(
                f"All lists of features must have the same length. Those of {name[:60]!r} do not: export them again."
            )
        k = int(lengths[0]) if len(lengths) else 0
        ids = table.column("id").combine_chunks()
        if ids.null_count:
            raise InputError(f"Every row of factors must have an id. {name[:60]!r} has rows without one: remove them.")
        arrays = {"ids": np.array(ids.to_pylist()), "factors": _numbers(features.flatten()).reshape(len(features), k)}
        return arrays | ({"bias": _numbers(table.column("bias").combine_chunks())} if "bias" in columns else {})
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise damaged("A Parquet file", error) from None


def _is_list_of_numbers(kind: pa.DataType) -> bool:
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return bool(is_list and (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)))


def _numbers(column: pa.Array) -> np.ndarray:
    return np.asarray(column.to_numpy(zero_copy_only=False))  # missing values become NaN, which is refused


def _checked(arrays: dict[str, np.ndarray], about: Head) -> tuple[Head, list[bytes]]:
    """Return the reply. Raises InputError unless shapes agree, ids are distinct and all scores are finite."""
    if {"weights", "weights_data"} & set(arrays):
        raise InputError(
            f"{WHAT} must contain factors. This one contains weights between items, which only work with the ratings "
            "that they were learned from: train it here instead."
        )
    needed = {f"{side}_{name}" for side in _SIDES for name in ("factors", "ids")}
    if missing := sorted(needed - set(arrays)):
        raise InputError(
            f"{WHAT} must contain {', '.join(sorted(needed))}. This one lacks {', '.join(missing)}: add them."
        )
    other_biases = [name for name in arrays if name in _OFFSETS or "bias" in name.lower()]
    if unknown := sorted(set(other_biases) - {f"{side}_bias" for side in _SIDES}):
        raise InputError(
            f"The biases of a model must be called user_bias and item_bias, and a number that is added to all scores "
            f"'offset' in {ABOUT!r}. This one has {', '.join(unknown)[:120]}: rename them, or leave them out if they "
            "are no part of the scores."
        )
    head: Head = {}
    factors, biases, largest, total = list[np.ndarray](), list[np.ndarray](), list[float](), 0.0
    for side in _SIDES:
        values, ids = arrays[f"{side}_factors"], _texts(side, arrays[f"{side}_ids"])
        if values.ndim != 2 or len(values) != len(ids) or len(ids) == 0:
            raise InputError(
                f"The {side} factors must be a table with a row for each id. Got the shape {values.shape} for "
                f"{len(ids):,} ids: export the model again."
            )
        check_shape(values.shape[0], values.shape[1], "A table of factors")
        bias = arrays.get(f"{side}_bias", np.zeros(len(ids), np.float32))
        if bias.shape != (len(ids),):
            raise InputError(
                f"There must be one bias for each {side}. Got the shape {bias.shape} for {len(ids):,} ids."
            )
        factors.append(_as_float32(f"{side} factors", values))
        biases.append(_as_float32(f"{side} biases", bias))
        largest.append(float(np.sqrt(np.max(np.sum(factors[-1].astype(np.float64) ** 2, axis=1)))))
        total += float(np.max(np.abs(biases[-1])))
        head[f"{side}_ids"] = ids
    k, other = factors[0].shape[1], factors[1].shape[1]
    if k != other:
        raise InputError(f"People and items must have the same number of factors. Got {k} and {other}.")
    _check_counts(about, {"n_factors": k, "n_users": len(factors[0]), "n_items": len(factors[1])})
    most = float(np.finfo(np.float32).max)
    if not largest[0] * largest[1] + total + abs(_offset(about)) < most:
        raise InputError("All scores of a model must be finite numbers. These overflow: the training diverged.")
    for side, values in zip(_SIDES, factors, strict=True):
        if not np.sum(values.astype(np.float64) ** 2) < most:
            raise InputError(
                f"The squares of the {side} factors must be finite numbers, also summed up. These overflow: divide the "
                "factors of this side and multiply those of the other by one number, or train the model again."
            )
    return {**head, "n_factors": k, "about": about}, [array.tobytes() for array in (*factors, *biases)]


def _check_counts(about: Head, counts: dict[str, int]) -> None:
    """Raise InputError where the description of a model has other counts than its arrays: it is another model's."""
    for name, count in counts.items():
        said = about.get(name)
        if said is not None and (isinstance(said, bool) or said != count):
            raise InputError(
                f"The {name!r} in {ABOUT!r} must be that of the arrays, {count}. Got {str(said)[:40]!r}: the "
                "description belongs to another model, so export this one again or leave the description out."
            )


def _offset(about: Head) -> float:
    offset = about.get("offset", 0.0)
    if isinstance(offset, bool) or not isinstance(offset, int | float):
        raise InputError(
            f"The 'offset' in {ABOUT!r} must be a number. Got {str(offset)[:40]!r}: correct it or leave it out."
        )
    try:
        return float(offset)
    except OverflowError:  # a whole number of hundreds of digits
        return math.inf


def _texts(side: str, ids: np.ndarray) -> list[str]:
    """Return the ids as they are written in a data set: as text, whole numbers without a point."""
    if ids.ndim != 1 or ids.dtype.kind not in "iufUS":
        raise InputError(f"The {side} ids must be one column of numbers or text. Got {ids.dtype} of shape {ids.shape}.")
    if ids.dtype.kind == "f":
        if not (np.isfinite(ids) & (ids == np.floor(ids)) & (np.abs(ids) < 2**53)).all():
            raise InputError(f"The {side} ids must be whole numbers or text. Some are fractions: export them as text.")
        ids = ids.astype(np.int64)
    as_text = np.char.decode(ids, "utf-8", "backslashreplace") if ids.dtype.kind == "S" else ids.astype(str)
    texts: list[str] = as_text.tolist()
    if len(set(texts)) < len(texts):
        raise InputError(f"Every {side} id must have one row of factors. Some ids occur twice: remove those rows.")
    return texts


def _as_float32(name: str, values: np.ndarray) -> np.ndarray:
    """Convert the numbers to float32. Raises InputError unless all are finite."""
    if values.dtype.kind not in "fiu":
        raise InputError(f"The {name} must be numbers. Got {values.dtype}: convert them.")
    with np.errstate(over="ignore"):
        values = np.ascontiguousarray(values, "<f4")
    if not np.isfinite(values).all():
        raise InputError(
            f"The {name} must be finite numbers. Some are missing, infinite or not a number: train the model again."
        )
    return values
