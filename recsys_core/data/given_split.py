"""A split that somebody else made: the ratings of its parts in one data set, with what is wrong with them named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.nouns import join_words
from recsys_core.errors import InputError

SUBSETS = ("training", "validation", "test")
"""The parts of a split; where they stand here is the number by which `Dataset.given_subsets` knows them."""
_EXAMPLES = 3


@dataclass(frozen=True)
class GivenSplitReport:
    """What the parts have in common that they should not, and whom a model cannot know.

    `overlaps` counts, for two parts, the pairs of user and item that are in both. `unknown_users` and `unknown_items`
    (raw ids, at most three) have no training rating; `n_unknown_...` counts them, `n_left_out` the held-out ratings of
    the users, which cannot be scored.
    """

    n_ratings: Mapping[str, int]
    overlaps: Mapping[tuple[str, str], int]
    unknown_users: tuple[str, ...]
    n_unknown_users: int
    n_left_out: int
    unknown_items: tuple[str, ...]
    n_unknown_items: int

    def sentences(self) -> list[str]:
        """Sentences on what must be known before a number is believed; none where the split is clean."""
        text = []
        for (first, second), count in self.overlaps.items():
            if count:
                text.append(
                    f"{count:,} {_plural(count, 'rating is', 'ratings are')} in {first} and in {second} too: a leak. "
                    f"{_plural(count, 'It counts', 'They count')} as {first} only, so that no model is scored on what "
                    "it has seen."
                )
        if self.n_unknown_users:
            text.append(
                f"{self.n_unknown_users:,} {_plural(self.n_unknown_users, 'person has', 'people have')} no training "
                f"rating, such as {_quoted(self.unknown_users)}. No model can know them: their {self.n_left_out:,} "
                f"held-out {_plural(self.n_left_out, 'rating is', 'ratings are')} not scored."
            )
        if self.n_unknown_items:
            text.append(
                f"{self.n_unknown_items:,} {_plural(self.n_unknown_items, 'item is', 'items are')} in no training "
                f"rating, such as {_quoted(self.unknown_items)}. They stay among the items to recommend, though no "
                "model can learn them."
            )
        return text


def combine_subsets(parts: Mapping[str, Dataset]) -> tuple[Dataset, GivenSplitReport]:
    """One data set of the `parts` "training", "test" and maybe "validation", which remembers where each rating was.

    Users and items are those of all parts, in the order in which they appear. A pair that is in two parts counts as the
    earlier one only. Times are kept if every part has them. Raises InputError without training or without a held-out
    part, and where some parts have ratings with values and others do not.
    """
    given = [name for name in SUBSETS if name in parts and parts[name].interactions.n_interactions]
    if "training" not in given or len(given) < 2:
        raise InputError(
            "A given split must have training ratings and at least one of validation and test. "
            f"Got {join_words(given) or 'none'}."
        )
    if len(kinds := {parts[name].feedback for name in given}) > 1:
        raise InputError(
            "The parts of a split must be alike: ratings with values, or choices without. Got "
            f"{' and '.join(sorted(kinds))}: check which columns are read in each file."
        )
    user_ids = _union([parts[name].user_ids for name in given])
    item_ids = _union([parts[name].item_ids for name in given])
    user_index, item_index = ({each: at for at, each in enumerate(ids)} for ids in (user_ids, item_ids))
    has_times = all(parts[name].times is not None for name in given)
    columns: dict[str, list[np.ndarray]] = {"keys": [], "values": [], "subsets": [], "times": []}
    for name in given:
        part = parts[name]
        users = np.array([user_index[each] for each in part.user_ids], np.int64)[part.interactions.users]
        items = np.array([item_index[each] for each in part.item_ids], np.int64)[part.interactions.items]
        columns["keys"].append(users * len(item_ids) + items)
        columns["values"].append(part.interactions.values)
        columns["subsets"].append(np.full(len(users), SUBSETS.index(name), np.int8))
        columns["times"].append(part.times if has_times and part.times is not None else np.zeros(len(users)))
    keys, values, subsets, times = (np.concatenate(column) for column in columns.values())
    overlaps = {
        (first, second): len(
            np.intersect1d(keys[subsets == SUBSETS.index(first)], keys[subsets == SUBSETS.index(second)])
        )
        for at, first in enumerate(given)
        for second in given[at + 1 :]
    }
    order = np.lexsort((subsets, keys))
    order = order[np.append(True, np.diff(keys[order]) != 0)]  # of a pair in two parts the earlier one
    keys, values, subsets, times = (column[order] for column in (keys, values, subsets, times))
    users, items = keys // len(item_ids), keys % len(item_ids)
    threshold = parts["training"].relevance_threshold
    data = Interactions.from_triples(users, items, values, len(user_ids), len(item_ids), relevance_threshold=threshold)
    in_training = subsets == 0
    unknown_users = np.flatnonzero(np.bincount(users[in_training], minlength=len(user_ids)) == 0)
    unknown_items = np.flatnonzero(np.bincount(items[in_training], minlength=len(item_ids)) == 0)
    report = GivenSplitReport(
        n_ratings={name: int(np.sum(subsets == SUBSETS.index(name))) for name in given},
        overlaps=overlaps,
        unknown_users=tuple(user_ids[at] for at in unknown_users[:_EXAMPLES]),
        n_unknown_users=len(unknown_users),
        n_left_out=int(np.isin(users, unknown_users).sum()),
        unknown_items=tuple(item_ids[at] for at in unknown_items[:_EXAMPLES]),
        n_unknown_items=len(unknown_items),
    )
    titles, genres = _descriptions([parts[name] for name in given], item_ids)
    dataset = Dataset(
        name=parts["training"].name,
        interactions=data,
        user_ids=user_ids,
        item_ids=item_ids,
        feedback=kinds.pop(),
        titles=titles,
        genres=genres,
        times=times if has_times else None,
        given_subsets=subsets,
        origin={"kind": "given split", "parts": {name: parts[name].origin for name in given}},
    )
    return dataset, report


def _union(ids: Sequence[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for some in ids for each in some))


def _descriptions(
    parts: Sequence[Dataset], item_ids: Sequence[str]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Title and genres of each item, from the first part that knows it."""
    titles: dict[str, str] = {}
    genres: dict[str, tuple[str, ...]] = {}
    for part in parts:
        for item, title in zip(part.item_ids, part.titles, strict=True):
            titles.setdefault(item, title)
        for item, own in zip(part.item_ids, part.genres, strict=False):
            genres.setdefault(item, own)
    return tuple(titles[item] for item in item_ids), tuple(genres.get(item, ()) for item in item_ids) if genres else ()


def _plural(count: int, one: str, many: str) -> str:
    return one if count == 1 else many


def _quoted(ids: Sequence[str]) -> str:
    return ", ".join(f"'{each[:40]}'" for each in ids)
