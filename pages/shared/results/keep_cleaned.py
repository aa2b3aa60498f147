"""Store what cleaning steps make of a data set."""

import json
from collections.abc import Callable, Sequence

from pages.shared.beside import compute_beside
from pages.shared.large_data import is_stored_large
from pages.shared.server import store
from recsys_core.data.cleaning import CleaningStep, restore_steps, steps_to_settings
from recsys_core.data.dataset import Dataset
from recsys_core.runner import clean_stored
from recsys_core.runner.task import CLEANED, Task


def source_and_steps(dataset: Dataset) -> tuple[str, tuple[CleaningStep, ...]]:
    """Return the fingerprint of the data set that `dataset` was cleaned from, and the steps; or its own, and ()."""
    if dataset.origin.get("kind") != "mended":
        return dataset.fingerprint, ()
    return dataset.origin["source"], restore_steps(dataset.origin["steps"])


def keep_cleaned(source: str, steps: Sequence[CleaningStep]) -> str:
    """Apply the steps to the stored data set `source`, store the result, and return its fingerprint.

    Raises InputError where a step leaves nothing.
    """
    return clean_stored.keep_cleaned(store(), source, steps)


def keep_cleaned_beside(source: str, steps: Sequence[CleaningStep], on_cancel: Callable[[], bool]) -> str:
    """Do the same beside the server where the data are large; `on_cancel` is as in `compute_beside`."""
    if not is_stored_large(source):
        return keep_cleaned(source, steps)
    task = Task(CLEANED, source, steps=json.dumps(steps_to_settings(steps)))
    fingerprint = compute_beside(task, "Cleaning the data", lambda _, made: str(made), on_cancel=on_cancel, keeps=False)
    store().database.read_again()
    return fingerprint
