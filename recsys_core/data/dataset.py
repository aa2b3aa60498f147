"""A Dataset: interactions with the ids, titles, times and origin that a person needs to read them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from recsys_core.data.attributes import SEPARATOR, SEVERAL, Attribute, format_number
from recsys_core.data.interactions import Interactions
from recsys_core.data.long_texts import shorten, shorten_ids
from recsys_core.data.nouns import count_noun, rating_noun
from recsys_core.errors import InputError
from recsys_core.html_table import html_table
from recsys_core.percent import percent

GENRES = "genres"
"""The name under which the genres are one of the attributes of the items."""
_SHOWN = 5  # ratings of a data set in a notebook


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """The model behind synthetic data: score(u, i) = user_tastes[u] · item_tastes[i] × popularity[i].

    `user_tastes` (m, K) and `item_tastes` (n, K) have rows that sum to 1; `popularity` (n,) is as strong as it was when
    people picked; `taste_names` has K names.
    """

    user_tastes: np.ndarray
    item_tastes: np.ndarray
    popularity: np.ndarray
    taste_names: tuple[str, ...]

    @property
    def n_tastes(self) -> int:
        """The number of tastes K."""
        return len(self.taste_names)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Interactions with raw ids, titles, genres, times and provenance.

    `feedback` is "explicit" (values are ratings) or "implicit" (values say how much was consumed). `times` (e,) are
    seconds since 1970, one for each of `interactions.values`, or None. `titles` and `genres` have one entry for each
    item; without an items file a title is the raw id, and genres are (). `ground_truth` is known of synthetic data.
    `origin` says in plain JSON where the data came from, such as the file name, or generator and seed.
    `given_subsets` (e,) says of each interaction in which part of a split that somebody else made it is: 0 training,
    1 validation, 2 test; None where the data came without a split. `user_attributes` have, by name, one text for each
    user, "" where it is unknown; `item_attributes` are what is known of each item beside title and genres. Like titles
    and genres they are no part of the fingerprint.

    Raises InputError where `times` do not match the interactions or are not finite.
    """

    name: str
    interactions: Interactions
    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    feedback: str
    titles: tuple[str, ...]
    genres: tuple[tuple[str, ...], ...] = ()
    times: np.ndarray | None = None
    ground_truth: GroundTruth | None = None
    origin: dict[str, Any] = field(default_factory=dict)
    given_subsets: np.ndarray | None = None
    user_attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    item_attributes: Mapping[str, Attribute] = field(default_factory=dict)

    def __post_init__(self) -> None:
        times = self.times
        if times is not None and not (len(times) == self.interactions.n_interactions and np.isfinite(times).all()):
            raise InputError(
                "Either every rating or none must have a time, and times must be finite numbers. Leave the times out."
            )
        if self.given_subsets is not None and len(self.given_subsets) != self.interactions.n_interactions:
            raise InputError("Every rating must be in one part of the given split. Load its parts again.")

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits of SHA-256 over ids, interactions, times, and threshold and given split if there are."""
        digest = hashlib.sha256()
        ids = json.dumps([self.feedback, self.user_ids, self.item_ids], ensure_ascii=True)
        digest.update(ids.encode())
        for array in (self.interactions.indptr, self.interactions.items, self.interactions.values):
            digest.update(array.tobytes())
        if self.times is not None:
            digest.update(self.times.tobytes())
        if self.relevance_threshold is not None:
            digest.update(json.dumps({"relevance_threshold": self.relevance_threshold}).encode())
        if self.given_subsets is not None:
            digest.update(b"given split" + self.given_subsets.tobytes())
        return digest.hexdigest()[:16]

    @cached_property
    def attributes_of_items(self) -> dict[str, Attribute]:
        """All attributes of the items by name, the genres first if there are any."""
        genres = {}
        if any(self.genres):
            genres[GENRES] = Attribute(SEVERAL, tuple(SEPARATOR.join(each) for each in self.genres))
        return {**genres, **self.item_attributes}

    @cached_property
    def description_key(self) -> str:
        """A hash of what is no part of the fingerprint, and may be loaded later: titles, genres and attributes."""
        items = {name: (each.kind, each.texts) for name, each in self.item_attributes.items()}
        described = [self.titles, self.genres, dict(self.user_attributes), items]
        return hashlib.sha256(json.dumps(described).encode()).hexdigest()[:16]

    def select(self, keep: np.ndarray) -> "Dataset":
        """Return only the interactions where the boolean `keep` (e,) is true; users and items stay the same."""
        times, subsets = (None if each is None else each[keep] for each in (self.times, self.given_subsets))
        return replace(self, interactions=self.interactions.select(keep), times=times, given_subsets=subsets)

    def called(self, name: str, origin: dict[str, Any]) -> "Dataset":
        """Return the same ratings with this name and origin, without computing their fingerprint again."""
        other = replace(self, name=name, origin=origin)
        if "fingerprint" in self.__dict__:
            other.__dict__["fingerprint"] = self.fingerprint
        return other

    @cached_property
    def user_names(self) -> tuple[str, ...]:
        """The raw user ids as they are shown; of a long id only its beginning."""
        return shorten_ids(self.user_ids)

    @property
    def relevance_threshold(self) -> float | None:
        """The least value that counts as relevant; None means 0."""
        return self.interactions.relevance_threshold

    @cached_property
    def is_graded(self) -> bool:
        """Whether the values are ratings that differ, so that more and less liked can be told apart."""
        values = self.interactions.values
        return self.feedback == "explicit" and len(values) > 0 and bool(values.min() < values.max())

    @cached_property
    def has_an_order(self) -> bool:
        """Whether the interactions have times that differ, so that earlier and later ones can be told apart."""
        return self.times is not None and bool(np.any(self.times != self.times[:1]))

    @property
    def rating_noun(self) -> str:
        """What the interactions are called: ratings where somebody rated, else interactions."""
        return rating_noun(is_graded=self.is_graded)

    def sentence(self) -> str:
        """Describe the data in one line: '610 people × 9,724 items, 100,836 ratings from 0.5 to 5, 1.7% filled'."""
        data = self.interactions
        people = f"{data.n_users:,} {'person' if data.n_users == 1 else 'people'}"
        items = f"{data.n_items:,} {'item' if data.n_items == 1 else 'items'}"
        text = f"{people} × {items}, {count_noun(data.n_interactions, self.rating_noun)}"
        if self.is_graded:
            text += f" from {format_number(data.values.min())} to {format_number(data.values.max())}"
        return f"{text}, {percent(data.density)} filled"

    def _repr_html_(self) -> str:
        """Show the sentence and the first ratings in a notebook."""
        data = self.interactions
        first = zip(data.users[:_SHOWN], data.items[:_SHOWN], data.values[:_SHOWN], strict=True)
        rows = [(self.user_names[user], shorten(self.titles[item]), f"{value:g}") for user, item, value in first]
        return html_table(self.name, self.sentence(), ["user", "item", "value"], rows)
