"""Store what cleaning steps make of a data set."""

from collections.abc import Sequence

from pages.shared.server import store
from recsys_core.data.cleaning import CleaningStep, restore_steps
from recsys_core.data.dataset import Dataset
from recsys_core.runner.clean_stored import clean_stored


def source_and_steps(dataset: Dataset) -> tuple[str, tuple[CleaningStep, ...]]:
    """Return the fingerprint of the data set that `dataset` was cleaned from, and the steps; or its own, and ()."""
    if dataset.origin.get("kind") != "mended":
        return dataset.fingerprint, ()
    return dataset.origin["source"], restore_steps(dataset.origin["steps"])


def keep_cleaned(source: str, steps: Sequence[CleaningStep]) -> str:
    """Apply the steps to the stored data set `source`, store the result, and return its fingerprint.

    Raises InputError where a step leaves nothing.
    """
    cleaned, receipt = clean_stored(store(), source, steps)
    return cleaned.fingerprint if receipt is None else store().add_dataset(cleaned, receipt)
