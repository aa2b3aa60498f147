"""Find the people to whom two recommenders give the most different lists."""

from typing import TYPE_CHECKING

import numpy as np

from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.metrics.overlap import rank_biased_overlap

if TYPE_CHECKING:
    import pandas as pd


def list_overlaps(one: Evaluation, other: Evaluation) -> np.ndarray:
    """Return (u,) the rank-biased overlap of the two lists of every scored user.

    Raises InputError unless both are of the same held-out ratings.
    """
    one.check_comparable(other)
    return rank_biased_overlap(one.top_items, other.top_items)


def disagreements(one: Evaluation, other: Evaluation, k: int, overlap: np.ndarray) -> "pd.DataFrame":
    """Return a row for each scored user: `user`, `overlap` of the two lists, `hits_one`, `hits_other`.

    `overlap` (u,) is that of `list_overlaps`, which looks at all ranks that are kept; hits are those of the top k. The
    most different lists come first. Among equals those come first of whose held-out items one list finds more than the
    other.
    """
    import pandas as pd  # slow, and the first page does without

    hits = [each.relevant.sum_per_user(each.relevant.ranks <= k).astype(int) for each in (one, other)]
    order = np.lexsort((-np.abs(hits[0] - hits[1]), overlap))
    table = pd.DataFrame({"user": one.users, "overlap": overlap, "hits_one": hits[0], "hits_other": hits[1]})
    return table.iloc[order].reset_index(drop=True)
