"""Read a model from a file and join it to a data set by raw ids. What the file says of itself is not trusted."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys_core.algorithms.imported import Imported
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.dataset import Dataset
from recsys_core.data.match_ids import match_ids
from recsys_core.data.sandbox.run_child import unpack
from recsys_core.data.split import Split
from recsys_core.errors import InputError

_LONGEST_ABOUT = 20_000  # characters that are kept of what a file says of itself
_LONGEST_ENTRY = 200  # characters of an entry, where all of them together are longer than that


@dataclass(frozen=True, eq=False)
class ModelFile:
    """A model with the raw ids of its rows, and what its file says `about` it, which is untrusted."""

    model: FactorModel
    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    about: dict[str, Any]


@dataclass(frozen=True)
class IdMatch:
    """How the ids of a file and of a data set match: how many are in both, only in the data, only in the file."""

    what: str
    n_matched: int
    n_only_in_data: int
    n_only_in_file: int

    def sentence(self) -> str:
        """'50 of 60 people in the data are in the file; the other 10 get the mean of the file's.'"""
        n_in_data = self.n_matched + self.n_only_in_data
        text = f"{self.n_matched:,} of {n_in_data:,} {self.what} in the data are in the file"
        if self.n_only_in_data:
            text += f"; the other {self.n_only_in_data:,} get the mean of the file's"
        if self.n_only_in_file:
            text += f"; {self.n_only_in_file:,} in the file are not in the data and are left out"
        return f"{text}."


def read_model(content: bytes) -> ModelFile:
    """Read the factors in an NPZ or ZIP file, parsed in a child process; recsys_core.data.sandbox.model has the format.

    Raises InputError for any other file, and for a model whose scores are not all finite.
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


def align_to_dataset(file: ModelFile, dataset: Dataset) -> tuple[FactorModel, tuple[IdMatch, IdMatch]]:
    """Return the model over the users and items of `dataset`, in its order, and how their ids match.

    Users without factors in the file get the mean of the matched ones, and so do items: they are scored like an
    average one. If all ids match, no bit of a score changes. Raises InputError if no user or no item matches.
    """
    model = file.model
    users = _match_rows("people", dataset.user_ids, file.user_ids)
    items = _match_rows("items", dataset.item_ids, file.item_ids)
    aligned = FactorModel(
        _take_rows(model.user_factors, users),
        _take_rows(model.item_factors, items),
        _take_rows(model.user_bias, users),
        _take_rows(model.item_bias, items),
        model.offset,
        model.predicts_ratings,
    )
    return aligned, (_id_match("people", users, file.user_ids), _id_match("items", items, file.item_ids))


def imported_recipe(file: ModelFile, model: FactorModel, split: Split) -> Imported:
    """Return the recipe of an imported `model`. It is `of_this_split` if its file names the fingerprint of `split`, no
    other settings or data of a split, and no change to the training ratings."""
    digest = hashlib.sha256()
    for array in (model.user_factors, model.item_factors, model.user_bias, model.item_bias):
        digest.update(array.tobytes())
    digest.update(json.dumps([model.offset, model.predicts_ratings, model.n_factors]).encode())
    return Imported(
        n_factors=model.n_factors,
        content=digest.hexdigest()[:16],
        of_this_split=_names_split(file, split) and "trained_on" not in file.about,
        about=_kept_about(file.about),
    )


def _kept_about(about: dict[str, Any]) -> str:
    """Return what is kept of what a file says of its model, as JSON text; where it is too long, what is short of it."""
    short = {name: value for name, value in about.items() if len(json.dumps(value)) <= _LONGEST_ENTRY}
    texts = (json.dumps(each) for each in (about, short))
    return next((text for text in texts if len(text) <= _LONGEST_ABOUT), "{}")


def _names_split(file: ModelFile, split: Split) -> bool:
    """Whether the file names the fingerprint of `split`, and no settings or data that this split does not have."""
    said, data = file.about.get("split"), file.about.get("data")
    if isinstance(data, dict) and data.get("fingerprint", split.data_fingerprint) != split.data_fingerprint:
        return False
    known = {**split.recipe.settings(), "fingerprint": split.fingerprint}
    if not isinstance(said, dict) or "fingerprint" not in said:
        return False
    return all(known[name] == value for name, value in said.items() if name in known)


def describe_contradictions(file: ModelFile, split: Split) -> list[str]:
    """Return what a file says of its model that cannot be, or that makes its numbers on `split` doubtful."""
    sentences = []
    seconds = file.about.get("training_seconds")
    if seconds is not None and Imported(about=json.dumps({"training_seconds": seconds})).training_seconds is None:
        sentences.append("The training time in the file is not a number of seconds, so it is left out.")
    if file.about.get("split") is not None and not _names_split(file, split):
        sentences.append(
            "The file says that it was trained on another split than this one, so it may have learned from ratings "
            "that are held out here."
        )
    return sentences


def _match_rows(what: str, wanted: Sequence[str], known: Sequence[str]) -> np.ndarray:
    """Return for each wanted id its row among the known ones, or -1. Raises InputError if none is known."""
    rows = match_ids(wanted, known)
    if not (rows >= 0).any():
        raise InputError(
            f"A model must know the {what} of the data that is chosen. None of its ids is here: it has "
            f"{_listed(known)}, the data {_listed(wanted)}. Choose the data that it was trained on."
        )
    return rows


def _take_rows(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the rows of `array`, with the mean of the known ones for -1."""
    taken: np.ndarray = array[rows]
    is_known = rows >= 0
    taken[~is_known] = taken[is_known].mean(axis=0, dtype=np.float64)
    return taken


def _id_match(what: str, rows: np.ndarray, known: Sequence[str]) -> IdMatch:
    n_matched = int((rows >= 0).sum())
    return IdMatch(what, n_matched, len(rows) - n_matched, len(known) - n_matched)


def _listed(ids: Sequence[str]) -> str:
    return ", ".join(repr(each[:20]) for each in ids[:3])
