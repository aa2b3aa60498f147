"""The metrics of one user under one convention, worked out hit by hit."""

from dataclasses import dataclass

import numpy as np

from recsys_core.errors import InputError
from recsys_core.metrics.conventions import NDCG, Convention
from recsys_core.metrics.dcg_terms import Terms
from recsys_core.metrics.ranked_relevance import UNRANKED, RankedRelevance
from recsys_core.metrics.ranking import check_cutoff


@dataclass(frozen=True, eq=False)
class WorkedUser:
    """NDCG@k and AP@k of one user term by term: `hits` and `ideal` are the two sums of NDCG, over items that count.

    `ap_ranks` are the ranks of the hits that average precision sees, ascending, and `precisions` the precision at
    each; their sum is divided by `ap_divisor`.
    """

    hits: Terms
    ideal: Terms
    ap_ranks: np.ndarray
    precisions: np.ndarray
    ap_divisor: int

    @property
    def ndcg(self) -> float:
        return self.hits.dcg / self.ideal.dcg if self.ideal.dcg > 0 else 0.0

    @property
    def average_precision(self) -> float:
        return float(self.precisions.sum()) / self.ap_divisor


def worked_user(convention: Convention, ranked: RankedRelevance, user: int, k: int) -> WorkedUser:
    """Work out the metrics of row `user` of `ranked` at the cut-off k, as `convention` computes them.

    Raises InputError for a row or a k out of range, and as the gain of the convention does.
    """
    if not 0 <= user < ranked.n_users:
        raise InputError(f"A user's row must lie in 0 to {ranked.n_users - 1}. Got {user}.")
    check_cutoff(k)
    alone = _one_user(ranked, user)
    ap_ranks = np.sort(alone.ranks[alone.ranks <= convention.map.depth(alone, k)])
    return WorkedUser(
        hits=_terms(convention.ndcg, alone, k),
        ideal=_terms(convention.ndcg, convention.ndcg.ideal(alone, k), UNRANKED),
        ap_ranks=ap_ranks,
        precisions=np.arange(1, len(ap_ranks) + 1) / ap_ranks,
        ap_divisor=int(convention.map.divisor(alone.n_relevant, k)[0]),
    )


def _one_user(ranked: RankedRelevance, user: int) -> RankedRelevance:
    row = slice(ranked.indptr[user], ranked.indptr[user + 1])
    return RankedRelevance(
        indptr=np.array([0, row.stop - row.start]),
        ranks=ranked.ranks[row],
        relevance=ranked.relevance[row],
        n_candidates=ranked.n_candidates[user : user + 1],
    )


def _terms(ndcg: NDCG, one_list: RankedRelevance, k: int) -> Terms:
    order = np.argsort(one_list.ranks)
    order = order[one_list.ranks[order] <= k]
    ranks, relevance = one_list.ranks[order], one_list.relevance[order]
    return Terms(ranks, relevance, ndcg.gain(relevance), ndcg.discount(ranks))
