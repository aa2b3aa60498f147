"""Prepare what the properties of lists depend on: the same for all recommenders on one split."""

from dataclasses import replace

import numpy as np

from recsys_core.algorithms.models import FactorModel
from recsys_core.algorithms.svd import SVD
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.factors.item_attributes import TASTES, described_by, item_attributes
from recsys_core.metrics.list_context import ListContext

_N_FACTORS = 16
"""Factors of the truncated SVD that describe items of which no attributes are known."""


def list_context(dataset: Dataset, split: Split, popularity: Evaluation, attribute: str = "") -> ListContext:
    """Return the context of the lists of all users that `popularity`, the evaluation of the most popular, scored.

    Items are described by `attribute`, or without a name by planted tastes or else genres; where neither is known, by
    the factors of a truncated SVD of the training ratings. Raises InputError for an unknown attribute.
    """
    names, attributes = described_by(dataset, attribute) if attribute else item_attributes(dataset)
    features, features_name = attributes, attribute or (TASTES if dataset.ground_truth is not None else "genres")
    if len(names) < 2:
        *_, last = SVD(n_factors=min(_N_FACTORS, *split.train.matrix.shape), regularization=0).epochs(split.train)
        model = last.model
        assert isinstance(model, FactorModel)
        features, features_name = model.item_factors, f"factors of a truncated SVD with k = {_N_FACTORS}"
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
