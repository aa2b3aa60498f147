"""What the items of a data set are called: films, songs, jokes, or items where nothing says more."""

import re
from collections.abc import Mapping

from recsys_core.data.dataset import Dataset

CALLED, COLUMN = "items_called", "item_column"
"""Keys of `Dataset.origin`: the noun that a person has chosen, and the name of the items' column in the file."""
NOUNS = {
    "films": ("movie", "film", "imdb", "tmdb", "netflix"),
    "songs": ("song", "track", "music"),
    "artists": ("artist", "band", "musician"),
    "jokes": ("joke", "jester"),
    "books": ("book", "isbn", "goodreads"),
    "games": ("game", "steam"),
    "products": ("product", "asin", "sku"),
    "articles": ("article", "news"),
    "recipes": ("recipe",),
    "restaurants": ("restaurant",),
    "places": ("venue", "place", "poi"),
    "courses": ("course",),
    "videos": ("video", "youtube"),
}
"""What items can be called, with words of a column or a file that say so."""
ITEMS = "items"
_LONGEST = 20
_FEWEST_GENRES = 4
_FILM_GENRES = {"Comedy", "Drama", "Thriller", "Documentary", "Horror", "Western", "Film-Noir", "Animation", "Romance"}
_YEAR = re.compile(r"\(\d{4}\)\s*$")


def item_noun(dataset: Dataset) -> str:
    """Return the plural by which items are called, as 'films'.

    What a person has chosen counts, then the name of the items' column, then titles that end with a year and genres as
    films have them, then the name of the data and its file. Planted items are 'titles'.
    """
    origin = dataset.origin
    if parts := origin.get("parts"):  # a given split, of several files
        origin = {**next(iter(parts.values())), **origin}
    if chosen := shorten_noun(str(origin.get(CALLED, ""))):
        return chosen
    if noun := _noun_in(str(origin.get(COLUMN, ""))):
        return noun
    if dataset.ground_truth is not None:
        return "titles"
    if _are_films(dataset):
        return "films"
    return _noun_in(f"{dataset.name} {origin.get('filename', '')} {origin.get('url', '')}") or ITEMS


def shorten_noun(text: str) -> str:
    """Return a chosen noun as it is kept: one line of at most 20 characters, without signs at its ends."""
    return " ".join(text.split()).strip(".,;:!?\"'()[]{}<>*_`#|/\\")[:_LONGEST].strip()


def inherited_noun(origin: Mapping[str, object], *, is_swapped: bool = False) -> dict[str, object]:
    """Return what of an origin says how items are called, for data that are made of these.

    Where people and items `is_swapped`, what items were called says nothing any more.
    """
    if is_swapped:
        return {CALLED: ITEMS}
    return {key: origin[key] for key in (CALLED, COLUMN) if key in origin}


def _noun_in(text: str) -> str:
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower()
    tokens = {*re.split(r"[\W_\d]+", words)}
    tokens |= {token.removesuffix("id") for token in tokens} | {token.removesuffix("s") for token in tokens}
    return next((noun for noun, known in NOUNS.items() if tokens & {*known}), "")


def _are_films(dataset: Dataset) -> bool:
    genres = {genre for each in dataset.genres for genre in each}
    with_year = sum(_YEAR.search(title) is not None for title in dataset.titles)
    return len(genres & _FILM_GENRES) >= _FEWEST_GENRES or with_year > len(dataset.titles) / 2
