"""Write a model as one file: NPZ, or factors as Parquet in a ZIP archive; both contain model.json."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse

from recsys_core.algorithms.models import FactorModel, ItemModel
from recsys_core.data.dataset import Dataset
from recsys_core.data.long_texts import pad_ids, pad_titles
from recsys_core.data.sandbox.model import ABOUT
from recsys_core.errors import InputError


def model_as_npz(model: FactorModel | ItemModel, dataset: Dataset, about: Mapping[str, object]) -> bytes:
    """Return an NPZ file without pickle, which `np.load` opens: the arrays of `model`, user_ids, item_ids and titles.

    A factor model has user_factors (m, k), item_factors (n, k), user_bias (m,) and item_bias (n,); a model of weights
    between items has weights (n, n), or weights_data, weights_indices and weights_indptr of a CSR matrix. `about` is
    the member model.json. Long titles are shortened. Raises InputError if ids are too long for this format.
    """
    arrays = {
        "user_ids": pad_ids("user ids", dataset.user_ids),
        "item_ids": pad_ids("item ids", dataset.item_ids),
        "titles": pad_titles(dataset.titles),
    }
    if isinstance(model, FactorModel):
        arrays |= {name: getattr(model, name) for name in ("user_factors", "item_factors", "user_bias", "item_bias")}
    elif sparse.issparse(model.weights):
        arrays |= {f"weights_{name}": getattr(model.weights, name) for name in ("data", "indices", "indptr")}
    else:
        arrays["weights"] = model.weights
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:  # np.savez takes no member such as model.json
        _write_about(archive, about)
        for name, array in arrays.items():
            # Texts of fixed width are mostly padding; numbers hardly compress.
            packed = zipfile.ZIP_DEFLATED if array.dtype.kind == "U" else zipfile.ZIP_STORED
            content = io.BytesIO()
            np.lib.format.write_array(content, array, allow_pickle=False)
            archive.writestr(f"{name}.npy", content.getvalue(), packed)
    return file.getvalue()


def model_as_parquet(model: FactorModel | ItemModel, dataset: Dataset, about: Mapping[str, object]) -> bytes:
    """Return a ZIP archive with user_factors.parquet and item_factors.parquet.

    Their columns are id, features and, if the model has biases, bias; items have their title, too. The names are those
    of Spark's ALS. Raises InputError for a model without factors.
    """
    if not isinstance(model, FactorModel):
        raise InputError(
            "A model must have factors to be written as tables of them. This one has weights between items: "
            "take the NPZ file."
        )
    sides: list[tuple[str, Sequence[str], np.ndarray, np.ndarray, dict[str, Sequence[str]]]] = [
        ("user_factors", dataset.user_ids, model.user_factors, model.user_bias, {}),
        ("item_factors", dataset.item_ids, model.item_factors, model.item_bias, {"title": dataset.titles}),
    ]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        _write_about(archive, about)
        for name, ids, factors, bias, more in sides:
            rows = np.arange(len(factors) + 1, dtype=np.int64) * factors.shape[1]
            features = pa.LargeListArray.from_arrays(rows, factors.ravel())
            columns = {"id": pa.array(ids, pa.string()), "features": features}
            columns |= {"bias": bias} if bias.any() else {}
            columns |= {name: pa.array(texts, pa.string()) for name, texts in more.items()}
            content = io.BytesIO()
            pq.write_table(pa.table(columns), content)
            archive.writestr(f"{name}.parquet", content.getvalue())
    return file.getvalue()


def _write_about(archive: zipfile.ZipFile, about: Mapping[str, object]) -> None:
    archive.writestr(ABOUT, json.dumps(about, indent=2), zipfile.ZIP_DEFLATED)
