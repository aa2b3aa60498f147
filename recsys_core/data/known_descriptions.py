"""Keep what is known of the people and items of a data set where the same data are loaded again without it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from recsys_core.data.dataset import Dataset
from recsys_core.data.item_noun import CALLED
from recsys_core.data.long_texts import shorten
from recsys_core.data.nouns import join_words

_ATTRIBUTES = {"user_attributes": "attributes of the people", "item_attributes": "attributes of the items"}


def keep_known_descriptions(dataset: Dataset, known: Dataset) -> tuple[Dataset, list[str]]:
    """Return `dataset` with what it lacks of `known`, the same data as they were before, and what that is, in words.

    That can be titles, genres, attributes, what the items are called, and the ground truth, with which the origin
    stays, since that says how it was made.
    """
    kept: dict[str, Any] = {}
    words = []
    if not _has_titles(dataset) and _has_titles(known):
        kept["titles"] = known.titles
        words.append("titles")
    if not any(dataset.genres) and any(known.genres):
        kept["genres"] = known.genres
        words.append("genres")
    for name, word in _ATTRIBUTES.items():
        if not getattr(dataset, name) and getattr(known, name):
            kept[name] = getattr(known, name)
            words.append(word)
    if dataset.ground_truth is None and known.ground_truth is not None:
        kept |= {"ground_truth": known.ground_truth, "origin": known.origin}
        words.append("planted tastes")
    elif CALLED in known.origin and CALLED not in dataset.origin:
        kept["origin"] = {**dataset.origin, CALLED: known.origin[CALLED]}
    return replace(dataset, **kept), words


def describe_kept(words: Sequence[str]) -> str:
    """Return the `words` of `keep_known_descriptions` as a sentence; '' where nothing was kept."""
    return f"The same data were loaded before: their {join_words(words)} are kept." if words else ""


def _has_titles(dataset: Dataset) -> bool:
    return dataset.titles not in (dataset.item_ids, tuple(map(shorten, dataset.item_ids)))
