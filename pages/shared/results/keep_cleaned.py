"""Keep what cleaning steps make of a data set."""

from collections.abc import Sequence

from pages.shared.server import store
from recsys_core.data.cleaning import clean, restore_steps
from recsys_core.data.dataset import Dataset
from recsys_core.parameters import Recipe


def source_and_steps(dataset: Dataset) -> tuple[str, tuple[Recipe, ...]]:
    """Return the fingerprint of the data set that `dataset` was made of, and the steps; its own and none if of none."""
    if dataset.origin.get("kind") != "mended":
        return dataset.fingerprint, ()
    return dataset.origin["source"], restore_steps(dataset.origin["steps"])


def keep_cleaned(source: str, steps: Sequence[Recipe]) -> str:
    """Apply the steps to the stored data set `source`, store what comes of it and return its fingerprint.

    Raises InputError where a step leaves nothing.
    """
    mended, effects = clean(store().dataset(source), steps)
    receipts = {row["fingerprint"]: row["receipt"] for row in store().dataset_list()}
    if mended.fingerprint not in receipts:
        store().add_dataset(mended, {**receipts[source], "mended": [effect.sentence() for effect in effects]})
    return mended.fingerprint
