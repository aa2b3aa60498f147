"""A model out of a file, joined to a data set by raw ids. Nothing that the file says of itself is believed blindly."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms.imported import Imported
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.dataset import Dataset
from recsys_core.data.sandbox.run_child import unpack
from recsys_core.data.split import Split
from recsys_core.errors import InputError

_LONGEST_ABOUT = 20_000  # characters kept of what a file says of itself


@dataclass(frozen=True, eq=False)
class ModelFile:
    """A model with the raw ids of its rows, and what its file says `about` it: a stranger's words."""

    model: FactorModel
    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    about: dict


@dataclass(frozen=True)
class Match:
    """How the ids of a file and of a data set met: found in both, only in the data, only in the file."""

    what: str
    found: int
    without_factors: int
    left_out: int

    def sentence(self) -> str:
        text = f"{self.found:,} of {self.found + self.without_factors:,} {self.what} of this data are in the file"
        if self.without_factors:
            text += f"; the other {self.without_factors:,} get the mean of the file's"
        return text + (
            f"; {self.left_out:,} in the file are not in this data and are left out." if self.left_out else "."
        )


def read_model(content: bytes) -> ModelFile:
    """The factors in an NPZ or ZIP file; parsed in a child process (recsys_core.data.sandbox.model says of what form).

    Raises InputError for whatever is no such file, or a model whose scores are not all finite.
    """
    head, payload = unpack(content, "model")
    user_ids, item_ids, k, about = head["user_ids"], head["item_ids"], head["n_factors"], head["about"]
    m, n = len(user_ids), len(item_ids)
    numbers = np.frombuffer(payload, "<f4").astype(np.float32)
    if len(numbers) != (m + n) * (k + 1):
        raise InputError("A model file must be read whole. This one was not: export it again.")
    bounds = np.cumsum([m * k, n * k, m])
    user_factors, item_factors, user_bias, item_bias = np.split(numbers, bounds)
    model = FactorModel(
        user_factors.reshape(m, k),
        item_factors.reshape(n, k),
        user_bias,
        item_bias,
        float(about.get("offset", 0.0)),
        about.get("predicts_ratings") is True,
    )
    return ModelFile(model, tuple(user_ids), tuple(item_ids), about)


def joined(file: ModelFile, dataset: Dataset) -> tuple[FactorModel, tuple[Match, Match]]:
    """The model over the people and items of `dataset`, in its order, and how the ids met.

    Whoever has no factors in the file gets the mean of those that have some here, and so does every such item: they
    are scored as the average one is. With all ids found no bit of a score changes.
    Raises InputError where no person or no item is found.
    """
    model, parts, matches = file.model, [], []
    sides = (
        ("people", dataset.user_ids, file.user_ids, model.user_factors, model.user_bias),
        ("items", dataset.item_ids, file.item_ids, model.item_factors, model.item_bias),
    )
    for what, wanted, known, factors, bias in sides:
        rows = _rows(wanted, known)
        found = rows >= 0
        if not found.any():
            raise InputError(
                f"A model must know the {what} of the data that is chosen. None of its ids is here: it has "
                f"{_listed(known)}, the data {_listed(wanted)}. Choose the data that it was trained on."
            )
        parts += [_taken(array, rows, found) for array in (factors, bias)]
        n_found = int(found.sum())
        matches.append(Match(what, n_found, len(wanted) - n_found, len(known) - n_found))
    user_factors, user_bias, item_factors, item_bias = parts
    whole = FactorModel(user_factors, item_factors, user_bias, item_bias, model.offset, model.predicts_ratings)
    return whole, tuple(matches)


def imported(file: ModelFile, model: FactorModel, split: Split) -> Imported:
    """The recipe that stands for a joined `model`. It is `of_this_split` if the file names the fingerprint of `split`
    and nothing that was changed before training."""
    digest = hashlib.sha256()
    for array in (model.user_factors, model.item_factors, model.user_bias, model.item_bias):
        digest.update(array.tobytes())
    digest.update(json.dumps([model.offset, model.predicts_ratings, model.n_factors]).encode())
    about = json.dumps(file.about)
    stored_split = file.about.get("split")
    fits = (
        isinstance(stored_split, dict)
        and stored_split.get("fingerprint") == split.fingerprint
        and "trained_on" not in file.about
    )
    return Imported(
        n_factors=model.n_factors,
        content=digest.hexdigest()[:16],
        of_this_split=fits,
        about=about if len(about) <= _LONGEST_ABOUT else "{}",
    )


def _rows(wanted: Sequence[str], known: Sequence[str]) -> np.ndarray:
    """For each wanted id its row among the known ones, or -1."""
    places = {each: place for place, each in enumerate(known)}
    return np.array([places.get(each, -1) for each in wanted], np.int64)


def _taken(array: np.ndarray, rows: np.ndarray, found: np.ndarray) -> np.ndarray:
    taken = array[rows]
    taken[~found] = taken[found].mean(axis=0, dtype=np.float64)
    return taken


def _listed(ids: Sequence[str]) -> str:
    return ", ".join(repr(each[:20]) for each in ids[:3])
