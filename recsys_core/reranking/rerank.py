"""Filter and re-rank the lists of a trained model: the recipe `Reranked` carried out on one subset of a split."""

from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms.list_model import ListModel
from recsys_core.algorithms.models import FactorModel, ItemModel
from recsys_core.algorithms.reranked import CALIBRATION, DIVERSITY, Reranked
from recsys_core.data.attributes import UNKNOWN
from recsys_core.data.dataset import GENRES, Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import Split
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import TOP_DEPTH
from recsys_core.factors.item_attributes import described_by, genres_of
from recsys_core.metrics.list_context import ListContext
from recsys_core.reranking.candidates import Candidates
from recsys_core.reranking.greedy import rerank_for_calibration, rerank_for_diversity
from recsys_core.reranking.owned import OwnedItems

DEPTH = 200
"""From how many of each user's best items a list is chosen."""


def find_candidates(
    model: FactorModel | ItemModel,
    dataset: Dataset,
    split: Split,
    subset: str,
    recipe: Reranked,
    owned: OwnedItems | None = None,
) -> Candidates:
    """Return the DEPTH best items of all m users among those that the recipe lets through, neither seen nor `owned`.

    `subset` is "validation" or "test": seen is what comes before it. Raises InputError for a value that no
    item has, where no item passes, and where the recipe leaves out other owned items.
    """
    seen, _ = split.seen_and_held_out(subset)
    if recipe.owned != ("" if owned is None else owned.fingerprint):
        raise InputError(
            f"These lists leave out the owned items with the fingerprint {recipe.owned or '(none)'}. Got "
            f"{'none' if owned is None else owned.fingerprint}: give the file that they were made with."
        )
    if owned is not None:
        seen = _union(seen, owned.pairs)
    return Candidates.of(model, seen, np.arange(split.train.n_users), DEPTH, allowed=_allowed(dataset, split, recipe))


def rerank(candidates: Candidates, dataset: Dataset, split: Split, recipe: Reranked, context: ListContext) -> ListModel:
    """Return the lists of all m users, TOP_DEPTH items long, in the order that the recipe asks for.

    `context` describes the items: its `features` for diversity, its `attributes` for calibration with what each user
    chose in training. A limit per genre holds among the first `recipe.length` items; those that it leaves out come
    after them. Raises InputError where nothing is known that the recipe needs.
    """
    lists = _reorder(candidates, split.train.relevant, recipe, context)
    if recipe.most_per_genre:
        _, membership = described_by(dataset, recipe.attribute) if recipe.attribute else genres_of(dataset)
        if not membership.shape[1]:
            raise InputError("A limit per genre needs genres: load a file of items with the data.")
        lists = _with_limit(lists, membership, recipe.most_per_genre, recipe.length)
    return ListModel(np.ascontiguousarray(lists[:, :TOP_DEPTH], np.int32), split.train.n_items)


@dataclass(frozen=True)
class ListLengths:
    """How many of the scored users get fewer than k items, and the most items that one of them gets."""

    n_users: int
    n_short: int
    longest: int


def count_short_lists(model: ListModel, users: np.ndarray, k: int) -> ListLengths:
    """Count the lists of `users` that have fewer than k items."""
    lengths = np.sum(model.lists[users] >= 0, axis=1)
    return ListLengths(len(users), int(np.sum(lengths < k)), int(lengths.max(initial=0)))


def _union(first: Interactions, second: Interactions) -> Interactions:
    """Return the pairs of either, each with the value 1."""
    users, items = (np.concatenate([getattr(each, side) for each in (first, second)]) for side in ("users", "items"))
    return Interactions.from_triples(users, items, np.ones(len(users)), first.n_users, first.n_items)


def _allowed(dataset: Dataset, split: Split, recipe: Reranked) -> np.ndarray | None:
    """(n,) bool: the items that the recipe lets through for everybody; None where that is all."""
    allowed = np.ones(split.train.n_items, bool)
    if recipe.only or recipe.between:
        name = recipe.attribute or GENRES
        attribute = dataset.attributes_of_items.get(name)
        known = set() if attribute is None else {*attribute.counts, UNKNOWN}
        unknown = set(recipe.only) - known
        if attribute is None or unknown:
            raise InputError(
                f"Lists can be limited to {name} that the data have. "
                f"No item here has {' or '.join(sorted(unknown)) or 'any'}."
            )
        allowed &= attribute.has_any(recipe.only) if recipe.only else attribute.between(*recipe.between)
    if recipe.most_people < 1:
        n_people = np.count_nonzero(split.train.items_per_user)
        allowed &= split.train.users_per_item <= recipe.most_people * n_people
    if not allowed.any():
        raise InputError("No item passes all filters. Loosen one of them.")
    return None if allowed.all() else allowed


def _reorder(candidates: Candidates, profiles: Interactions, recipe: Reranked, context: ListContext) -> np.ndarray:
    """(m, depth) the candidates in the order of the aim; as many as a list has, or all where a limit will skip some."""
    depth = DEPTH if recipe.most_per_genre else TOP_DEPTH
    if recipe.aim == DIVERSITY:
        return rerank_for_diversity(candidates, context.features, recipe.dial, depth)
    if recipe.aim == CALIBRATION:
        if not context.attributes.shape[1]:
            raise InputError("Calibration needs attributes of items, such as genres: load a file of items.")
        return rerank_for_calibration(candidates, profiles, context.attributes, recipe.dial, depth)
    return candidates.items


def _with_limit(lists: np.ndarray, membership: np.ndarray, most: int, length: int) -> np.ndarray:
    """First the first `length` items of each row that keep the limit, then the others in their order.

    Where fewer than `length` keep it, the list ends with them.
    """
    first = Candidates(lists, np.zeros(lists.shape)).cap_groups(membership, most, length).items[:, :length]
    owners = np.arange(len(lists))[:, None] * len(membership)
    is_first = np.isin(owners + lists, (owners + first)[first >= 0])
    is_full = np.sum(first >= 0, axis=1, keepdims=True) == length
    others = np.where(is_full & ~is_first, lists, -1)
    joined = np.hstack([first, others])
    return np.take_along_axis(joined, np.argsort(joined < 0, axis=1, kind="stable"), axis=1)
