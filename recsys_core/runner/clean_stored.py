"""Apply cleaning steps to a stored data set, and tell what they do."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from recsys_core.data.cleaning import CleaningStep, Effect, clean, restore_steps, steps_to_settings
from recsys_core.data.dataset import Dataset
from recsys_core.store.store import RunStore


def clean_stored(store: RunStore, source: str, steps: Sequence[CleaningStep]) -> tuple[Dataset, dict[str, Any] | None]:
    """Apply the steps to the stored data set `source`; return the result, and its receipt unless it is listed already.

    Raises InputError where a step leaves nothing.
    """
    cleaned, effects = clean(store.dataset(source), steps)
    names = {row["fingerprint"]: row["name"] for row in store.dataset_list()}
    if cleaned.fingerprint in names:
        return replace(cleaned, name=names[cleaned.fingerprint]), None
    return cleaned, {**store.receipt(source), "mended": [effect.sentence() for effect in effects]}


def keep_cleaned(store: RunStore, source: str, steps: Sequence[CleaningStep]) -> str:
    """Apply the steps to the stored data set `source`, store the result, and return its fingerprint.

    Raises InputError where a step leaves nothing.
    """
    cleaned, receipt = clean_stored(store, source, steps)
    return cleaned.fingerprint if receipt is None else store.add_dataset(cleaned, receipt)


def effect_to_json(effect: Effect) -> dict[str, Any]:
    """Return the effect of a cleaning step as plain JSON."""
    return {**asdict(effect), "step": steps_to_settings([effect.step])[0]}


def effect_from_json(values: Mapping[str, Any]) -> Effect:
    """Restore the effect that `effect_to_json` described."""
    tuples = {name: tuple(values[name]) for name in ("n_left", "n_relevant", "dropped")}
    return Effect(**{**values, **tuples, "step": restore_steps([values["step"]])[0]})
