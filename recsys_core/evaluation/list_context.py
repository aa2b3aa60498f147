"""Prepare what the properties of lists depend on: the same for all recommenders on one split."""

from dataclasses import dataclass, replace

import numpy as np

from recsys_core.algorithms.models import FactorModel
from recsys_core.algorithms.reference_models import Popularity
from recsys_core.algorithms.svd import SVD
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split
from recsys_core.evaluation.evaluate import TOP_DEPTH, Evaluation
from recsys_core.evaluation.rank_items import top_items
from recsys_core.factors.item_attributes import TASTES, described_by, item_attributes
from recsys_core.metrics.list_context import ListContext

_N_FACTORS = 16
"""Factors of the truncated SVD that describe items of which no attributes are known."""


@dataclass(frozen=True, eq=False)
class PopularLists:
    """The lists (u, 50) of the most popular unseen items of the u scored `users`, as an Evaluation has them."""

    users: np.ndarray
    top_items: np.ndarray


def popular_lists(split: Split, subset: str) -> PopularLists | None:
    """Return the lists that the evaluation of the most popular on `subset` has, at a fraction of its time.

    None where `subset` holds nothing relevant.
    """
    seen, held_out = split.seen_and_held_out(subset)
    users = np.flatnonzero(held_out.relevant.items_per_user)
    if not len(users):
        return None
    popularity = next(Popularity().epochs(split.train)).model
    return PopularLists(users, top_items(popularity, seen, users, TOP_DEPTH))


def svd_features(split: Split) -> np.ndarray:
    """Return the factors (n, k) of items of a truncated SVD of the training ratings, which describe them where no
    attributes are known."""
    *_, last = SVD(n_factors=min(_N_FACTORS, *split.train.matrix.shape), regularization=0).epochs(split.train)
    assert isinstance(last.model, FactorModel)
    return last.model.item_factors


def needs_svd_features(dataset: Dataset, attribute: str = "") -> bool:
    """Tell whether too little is known of the items to describe them by attributes."""
    return len((described_by(dataset, attribute) if attribute else item_attributes(dataset))[0]) < 2


def list_context(
    dataset: Dataset,
    split: Split,
    popularity: Evaluation | PopularLists,
    attribute: str = "",
    features: np.ndarray | None = None,
) -> ListContext:
    """Return the context of the lists of all scored users; `popularity` has those of the most popular items.

    Items are described by `attribute`, or without a name by planted tastes or else genres; where neither is known, by
    the `features` that `svd_features` returns, computed unless given. Raises InputError for an unknown attribute.
    """
    _, attributes = described_by(dataset, attribute) if attribute else item_attributes(dataset)
    features_name = attribute or (TASTES if dataset.ground_truth is not None else "genres")
    if needs_svd_features(dataset, attribute):
        features_name = f"factors of a truncated SVD with k = {_N_FACTORS}"
        features = svd_features(split) if features is None else features
    else:
        features = attributes
    return ListContext(
        profiles=split.train.relevant.binary[popularity.users],
        n_train_users=int(np.count_nonzero(split.train.items_per_user)),
        attributes=attributes,
        features=features,
        features_name=features_name,
        expected=popularity.top_items,
    )


def with_context(evaluation: Evaluation, context: ListContext | None) -> Evaluation:
    """Return the evaluation with the context of its lists, so that their properties are known too."""
    return evaluation if evaluation.context is context else replace(evaluation, context=context)
