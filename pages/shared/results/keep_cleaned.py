"""Store what cleaning steps make of a data set."""

from collections.abc import Sequence

from pages.shared.server import store
from recsys_core.data.cleaning import CleaningStep, clean, restore_steps
from recsys_core.data.dataset import Dataset


def source_and_steps(dataset: Dataset) -> tuple[str, tuple[CleaningStep, ...]]:
    """Return the fingerprint of the data set that `dataset` was cleaned from, and the steps; or its own, and ()."""
    if dataset.origin.get("kind") != "mended":
        return dataset.fingerprint, ()
    return dataset.origin["source"], restore_steps(dataset.origin["steps"])


def keep_cleaned(source: str, steps: Sequence[CleaningStep]) -> str:
    """Apply the steps to the stored data set `source`, store the result, and return its fingerprint.

    Raises InputError where a step leaves nothing.
    """
    cleaned, effects = clean(store().dataset(source), steps)
    if cleaned.fingerprint not in {row["fingerprint"] for row in store().dataset_list()}:
        store().add_dataset(cleaned, {**store().receipt(source), "mended": [effect.sentence() for effect in effects]})
    return cleaned.fingerprint
