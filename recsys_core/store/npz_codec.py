"""Encode arrays, models and data sets as NPZ bytes and decode them, without pickle."""

import io
import json
import threading
from dataclasses import fields

import numpy as np
from scipy import sparse

from recsys_core.algorithms.kernels.normal_wishart import Gaussian
from recsys_core.algorithms.list_model import ListModel
from recsys_core.algorithms.models import FactorModel, ItemModel, Recommender
from recsys_core.algorithms.posterior import BayesianModel, Posterior, Sample
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
        arrays = {field.name: np.asarray(getattr(model, field.name)) for field in fields(FactorModel)}
        posterior = model.posterior if isinstance(model, BayesianModel) else None
        return pack(arrays | (_posterior_arrays(posterior) if posterior else {}))
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
        factors = {name: arrays[name] for name in ("user_factors", "item_factors", "user_bias", "item_bias")}
        offset, predicts_ratings = float(arrays["offset"]), bool(arrays["predicts_ratings"])
        model = FactorModel(**factors, offset=offset, predicts_ratings=predicts_ratings)
        return BayesianModel.with_posterior(model, _posterior_of(arrays)) if "sampled_users" in arrays else model
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


def _posterior_arrays(posterior: Posterior) -> dict[str, np.ndarray]:
    samples = posterior.samples
    return {
        "sampled_users": np.array([sample.users for sample in samples]),
        "sampled_items": np.array([sample.items for sample in samples]),
        "sampled_precisions": np.array([sample.precision for sample in samples]),
        "prior_means": np.array([sample.user_prior.mean for sample in samples]),
        "prior_precisions": np.array([sample.user_prior.precision for sample in samples]),
        "sample_unit": np.array([posterior.offset, posterior.scale]),
    }


def _posterior_of(arrays: dict[str, np.ndarray]) -> Posterior:
    names = ("sampled_users", "sampled_items", "sampled_precisions", "prior_means", "prior_precisions")
    samples = tuple(
        Sample(users, items, float(precision), Gaussian(mean, prior_precision))
        for users, items, precision, mean, prior_precision in zip(*(arrays[name] for name in names), strict=True)
    )
    return Posterior(samples, *(float(each) for each in arrays["sample_unit"]))


_TEXT_FIELDS = ("name", "user_ids", "item_ids", "feedback", "titles", "genres", "origin")


def pack_dataset(dataset: Dataset) -> bytes:
    """Encode a data set as NPZ bytes."""
    return pack(dataset_to_arrays(dataset))


def unpack_dataset(content: bytes) -> Dataset:
    """Decode the data set that `pack_dataset` has encoded."""
    return dataset_from_arrays(unpack(content))


def dataset_to_arrays(dataset: Dataset) -> dict[str, np.ndarray]:
    """Return a data set as plain arrays: its texts as JSON in one array of bytes, its numbers as they are."""
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
    return arrays


def dataset_from_arrays(arrays: dict[str, np.ndarray]) -> Dataset:
    """Restore the data set that `dataset_to_arrays` took apart; the arrays are shared, not copied."""
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
