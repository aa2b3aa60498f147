"""Ranking one held-out item among candidates that were given with it, as in published leave-one-out tests."""

from collections.abc import Callable

import numpy as np

from recsys_core.algorithms.models import Recommender
from recsys_core.errors import InputError, to_python
from recsys_core.evaluation.rank_items import blocks_of, finite_scores
from recsys_core.metrics.ranked_relevance import RankedRelevance
from recsys_core.threads import for_each_block


def pessimistic(n_above: np.ndarray, n_equal: np.ndarray) -> np.ndarray:
    """Rank the held-out item below all that score the same: a constant recommender finds nothing."""
    ranks: np.ndarray = n_above + n_equal + 1
    return ranks


def optimistic(n_above: np.ndarray, n_equal: np.ndarray) -> np.ndarray:
    """Rank the held-out item above all that score the same: a constant recommender is perfect."""
    return n_above + 1


def realistic(n_above: np.ndarray, n_equal: np.ndarray) -> np.ndarray:
    """Return the mean of the two, which may be half a rank: the mean rank over all orders of the equal ones.

    The three names are those of Berrendorf, Faerman, Vermue and Tresp (2020).
    """
    return n_above + n_equal / 2 + 1


TIES = {"pessimistic": pessimistic, "optimistic": optimistic, "realistic": realistic}
"""How equal scores are ranked, by name: (how many score more, how many the same) to a rank from 1."""


def rank_candidates(
    recommender: Recommender,
    users: np.ndarray,
    positives: np.ndarray,
    candidates: np.ndarray,
    ties: str = "pessimistic",
) -> RankedRelevance:
    """Rank item `positives[s]` (u,) among `candidates[s]` (u, c) for `users[s]` (u,); one relevant item each.

    He et al., Neural collaborative filtering, WWW 2017, with c = 99 sampled items. Such numbers are far above those
    of a ranking of all items and may order recommenders differently (Krichene and Rendle, KDD 2020): they are for
    comparison with what was published, no more. `ties` names one of TIES.

    Candidates are a set: as in the published evaluations, which looked scores up by item, one that is named twice is
    one rival, and the held-out item, which the published candidates for MovieLens 1M name in 156 places, is none of
    itself. `n_candidates` counts the different items, the held-out one among them. Nothing else is left out: an item
    that the user has in training is a rival like any other, for the candidates are given and not drawn here.
    Raises InputError for an unknown `ties`, ids out of range, unequal lengths, and scores that are not finite.
    """
    to_rank = _tie_handling(ties)
    users, positives, candidates = (np.asarray(ids, np.int64) for ids in (users, positives, candidates))
    _check(recommender, users, positives, candidates)
    candidates = np.sort(candidates, axis=1)
    is_rival = candidates != positives[:, None]
    is_rival[:, 1:] &= candidates[:, 1:] != candidates[:, :-1]

    def rank_block(block: np.ndarray) -> np.ndarray:
        scores = finite_scores(recommender, users[block])
        wanted = np.take_along_axis(scores, positives[block, None], axis=1)
        others = np.take_along_axis(scores, candidates[block], axis=1)
        n_above, n_equal = (np.sum(is_rival[block] & each, axis=1) for each in (others > wanted, others == wanted))
        return to_rank(n_above, n_equal)

    ranks = np.concatenate(for_each_block(rank_block, blocks_of(np.arange(len(users)), recommender.n_items)))
    return RankedRelevance(
        indptr=np.arange(len(users) + 1),
        ranks=ranks if ties == "realistic" else ranks.astype(np.int32),
        relevance=np.ones(len(users), np.float32),
        n_candidates=1 + is_rival.sum(axis=1),
    )


def _tie_handling(name: str) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    if name not in TIES:
        raise InputError(f"'ties' must be one of {', '.join(map(repr, TIES))}. Got {to_python(name)!r}.")
    return TIES[name]


def _check(recommender: Recommender, users: np.ndarray, positives: np.ndarray, candidates: np.ndarray) -> None:
    if not (len(users) == len(positives) == len(candidates) and len(users) and candidates.ndim == 2):
        raise InputError(
            "Every user must have one held-out item and one row of candidates. "
            f"Got {len(users)} users, {len(positives)} items and candidates of shape {candidates.shape}."
        )
    for name, ids, count in (
        ("user", users, recommender.n_users),
        ("item", np.append(candidates, positives), recommender.n_items),
    ):
        if not (0 <= ids.min() and ids.max() < count):
            raise InputError(f"Every {name} index must lie in 0 to {count - 1}. Got {ids.min()} to {ids.max()}.")
