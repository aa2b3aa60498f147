"""Encode arrays, models and data sets as NPZ bytes and decode them, without pickle."""

import io
import json
import threading
from dataclasses import fields

import numpy as np
from scipy import sparse

from recsys_core.algorithms.list_model import ListModel
from recsys_core.algorithms.models import FactorModel, ItemModel, Recommender
from recsys_core.data.attributes import Attribute
from recsys_core.data.dataset import Dataset, GroundTruth
from recsys_core.data.interactions import Interactions

# NumPy parses the head of an array as Python, and Python 3.11 fails now and then where two threads parse at once
# ("AST constructor recursion depth mismatch").
_one_at_a_time = threading.Lock()


def pack(arrays: dict[str, np.ndarray]) -> bytes:
    """Encode plain arrays as NPZ bytes. Raises ValueError for an array of objects."""
    if any(array.dtype.hasobject for array in arrays.values()):
        raise ValueError("Only arrays of numbers and texts can be kept: an array of objects would be pickled.")
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]  # the stub takes array names for its own option
    return buffer.getvalue()


def unpack(content: bytes) -> dict[str, np.ndarray]:
    """Decode the arrays that `pack` has encoded. Raises ValueError or EOFError if the bytes are no such file."""
    with _one_at_a_time, np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def pack_model(model: Recommender) -> bytes:
    """Encode a model of factors, of items or of lists. Raises TypeError for another kind of model."""
    if isinstance(model, FactorModel):
        return pack({field.name: np.asarray(getattr(model, field.name)) for field in fields(model)})
    if isinstance(model, ListModel):
        return pack({"lists": model.lists, "n_items": np.asarray(model.n_items)})
    if not isinstance(model, ItemModel):
        raise TypeError(f"Only models of factors, items or lists can be stored, not {type(model).__name__}.")
    train, weights = model.train, model.weights
    arrays = {"indptr": train.indptr, "items": train.items, "values": train.values}
    if sparse.issparse(weights):
        names = ("data", "indices", "indptr")
        arrays |= {f"weights_{name}": getattr(weights, name) for name in names}
    else:
        arrays["weights"] = weights
    return pack(arrays)


def unpack_model(content: bytes) -> FactorModel | ItemModel | ListModel:
    """Decode the model that `pack_model` has encoded."""
    arrays = unpack(content)
    if "user_factors" in arrays:
        offset, predicts_ratings = float(arrays.pop("offset")), bool(arrays.pop("predicts_ratings"))
        return FactorModel(**arrays, offset=offset, predicts_ratings=predicts_ratings)
    if "lists" in arrays:
        return ListModel(arrays["lists"], int(arrays["n_items"]))
    if "weights" in arrays:
        weights = arrays["weights"]
        n = len(weights)
    else:
        n = len(arrays["weights_indptr"]) - 1
        parts = (arrays["weights_data"], arrays["weights_indices"], arrays["weights_indptr"])
        weights = sparse.csr_array(parts, shape=(n, n))
    return ItemModel(Interactions(arrays["indptr"], arrays["items"], arrays["values"], n), weights)


_TEXT_FIELDS = ("name", "user_ids", "item_ids", "feedback", "titles", "genres", "origin")


def pack_dataset(dataset: Dataset) -> bytes:
    """Encode a data set: its texts as JSON in one array of bytes, its numbers as arrays."""
    texts = {name: getattr(dataset, name) for name in _TEXT_FIELDS}
    if dataset.user_attributes:
        texts["user_attributes"] = dict(dataset.user_attributes)
    if dataset.item_attributes:
        texts["item_attributes"] = {name: (each.kind, each.texts) for name, each in dataset.item_attributes.items()}
    if dataset.relevance_threshold is not None:
        texts["relevance_threshold"] = dataset.relevance_threshold
    data, ground_truth = dataset.interactions, dataset.ground_truth
    arrays = {"indptr": data.indptr, "items": data.items, "values": data.values, "n_items": np.asarray(data.n_items)}
    if dataset.times is not None:
        arrays["times"] = dataset.times
    if dataset.given_subsets is not None:
        arrays["given_subsets"] = dataset.given_subsets
    if ground_truth is not None:
        texts["taste_names"] = ground_truth.taste_names
        arrays |= {
            "user_tastes": ground_truth.user_tastes,
            "item_tastes": ground_truth.item_tastes,
            "popularity": ground_truth.popularity,
        }
    arrays["texts"] = np.frombuffer(json.dumps(texts).encode(), np.uint8)
    return pack(arrays)


def unpack_dataset(content: bytes) -> Dataset:
    """Decode the data set that `pack_dataset` has encoded."""
    arrays = unpack(content)
    texts = json.loads(arrays["texts"].tobytes())
    ground_truth = None
    if "taste_names" in texts:
        tastes = tuple(texts["taste_names"])
        ground_truth = GroundTruth(arrays["user_tastes"], arrays["item_tastes"], arrays["popularity"], tastes)
    parts, threshold = (arrays["indptr"], arrays["items"], arrays["values"]), texts.get("relevance_threshold")
    return Dataset(
        name=texts["name"],
        interactions=Interactions(*parts, int(arrays["n_items"]), threshold),
        user_ids=tuple(texts["user_ids"]),
        item_ids=tuple(texts["item_ids"]),
        feedback=texts["feedback"],
        titles=tuple(texts["titles"]),
        genres=tuple(tuple(genres) for genres in texts["genres"]),
        times=arrays.get("times"),
        given_subsets=arrays.get("given_subsets"),
        ground_truth=ground_truth,
        origin=texts["origin"],
        user_attributes={name: tuple(values) for name, values in texts.get("user_attributes", {}).items()},
        item_attributes={
            name: Attribute(kind, tuple(values)) for name, (kind, values) in texts.get("item_attributes", {}).items()
        },
    )
