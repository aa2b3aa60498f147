"""Write a split as files, so that a model can be trained anywhere and its lists scored here."""

import io
import zipfile
from collections.abc import Callable

import numpy as np
import pandas as pd

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import Split

FORMATS = ("csv", "parquet")


def split_as_zip(dataset: Dataset, split: Split, kind: str = "csv") -> bytes:
    """Return a ZIP archive with training, validation and test, what is known of items and of users, and README.txt.

    Columns are user, item, rating (if graded) and time (seconds since 1970, if known), with the ids of the source.
    Several values of an item have "|" between them. `kind` is "csv" or "parquet". What the split left out, if
    anything, is a separate file.
    """
    users, items = np.asarray(dataset.user_ids, object), np.asarray(dataset.item_ids, object)
    time_of = _times(dataset)
    subsets = {"training": split.train, "validation": split.validation, "test": split.test, "left_out": split.left_out}
    tables = {
        name: _table(subset, users, items, with_values=dataset.feedback == "explicit", time_of=time_of)
        for name, subset in subsets.items()
        if name != "left_out" or subset.n_interactions
    }
    sizes = {name: len(table) for name, table in tables.items()}
    known = {"item": items, "title": np.asarray(dataset.titles, object)}
    if any(dataset.genres):
        known["genres"] = np.array(["|".join(genres) for genres in dataset.genres], object)
    known |= {name: np.asarray(each.texts, object) for name, each in dataset.item_attributes.items()}
    tables["items"] = pd.DataFrame(known)
    if dataset.user_attributes:
        texts = {name: np.asarray(each, object) for name, each in dataset.user_attributes.items()}
        tables["users"] = pd.DataFrame({"user": users, **texts})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _readme(dataset, split, kind, sizes))
        for name, table in tables.items():
            archive.writestr(f"{name}.{kind}", _as_bytes(table, kind))
    return file.getvalue()


def _table(
    subset: Interactions,
    users: np.ndarray,
    items: np.ndarray,
    *,
    with_values: bool,
    time_of: Callable[[Interactions], np.ndarray] | None,
) -> pd.DataFrame:
    columns = {"user": users[subset.users], "item": items[subset.items]}
    if with_values:
        columns["rating"] = subset.values
    if time_of:
        columns["time"] = time_of(subset)
    return pd.DataFrame(columns)


def _times(dataset: Dataset) -> Callable[[Interactions], np.ndarray] | None:
    """Return a function that looks up the times of some interactions; None if there are no times."""
    times, data = dataset.times, dataset.interactions
    if times is None:
        return None
    keys = data.users.astype(np.int64) * data.n_items + data.items  # ascending, as rows and items are

    def time_of(subset: Interactions) -> np.ndarray:
        selected: np.ndarray = times[np.searchsorted(keys, subset.users.astype(np.int64) * data.n_items + subset.items)]
        return selected.astype(np.int64) if np.array_equal(selected, np.floor(selected)) else selected

    return time_of


def _as_bytes(table: pd.DataFrame, kind: str) -> bytes:
    if kind == "csv":
        return table.to_csv(index=False).encode()
    file = io.BytesIO()
    table.to_parquet(file, index=False)
    return file.getvalue()


def _readme(dataset: Dataset, split: Split, kind: str, sizes: dict[str, int]) -> str:
    counts = "\n".join(f"  {name}.{kind:<8} {count:>12,} rows" for name, count in sizes.items())
    about = f"  items.{kind}: ids with titles, and genres and attributes where they are known."
    if dataset.user_attributes:
        about += f"\n  users.{kind}: ids with the attributes of people."
    read = f'pd.read_csv("training.{kind}", dtype={{"user": str, "item": str}})'
    if kind == "parquet":
        about = f"  items.{kind}: ids with titles, and genres and attributes where they are known."
    if dataset.user_attributes:
        about += f"\n  users.{kind}: ids with the attributes of people."
    read = f'pd.read_parquet("training.{kind}")'
    return f"""A train/test split of ratings.

{counts}
{about}

Split:              {split.recipe.sentence}
Fingerprint:        {split.fingerprint}
Data's fingerprint: {split.data_fingerprint}
Data:               {dataset.sentence()}

1. Train on training.{kind} only:

   import pandas as pd
   training = {read}

2. Choose settings by their lists for the validation subset: for every user in validation.{kind}, recommend items that
   the user does not have in training.{kind}.

3. Once, at the end, recommend for every user in test.{kind} items that the user has neither in training.{kind} nor in
   validation.{kind}.

4. Write the lists with the ids of these files as CSV or Parquet with the columns user, item and rank (1 is best), or as
   a TREC run (user Q0 item rank score tag), and import them on the History page of the app that wrote this split.
   They are then scored on the same held-out ratings, by the same code, as every model there.
"""
