"""Ranked lists whose metrics others have worked out: the official trec_eval example and one done by hand."""

from collections import defaultdict

import numpy as np

from recsys_core.metrics import ranking
from recsys_core.metrics.ranked_relevance import UNRANKED, RankedRelevance
from tests import real_data

TREC = real_data.FOLDER / "trec_eval"


def ranked_relevance(ranks, relevance=None, n_candidates=100) -> RankedRelevance:
    """From one list of ranks per user, and likewise ratings (1 where left out)."""
    relevance = [[1] * len(each) for each in ranks] if relevance is None else relevance
    return RankedRelevance(
        indptr=np.concatenate([[0], np.cumsum([len(each) for each in ranks])]),
        ranks=np.concatenate(ranks).astype(np.int32),
        relevance=np.concatenate(relevance).astype(np.float32),
        n_candidates=np.broadcast_to(n_candidates, len(ranks)).copy(),
    )


def graded_by_hand() -> dict[str, float]:
    """DCG, ideal DCG and NDCG at 5 of one list whose items have the grades 3, 2, 3, 0, 1, with the gain 2^rel − 1."""
    ranked = ranked_relevance([[1, 2, 3, 4, 5]], [[3, 2, 3, 0, 1]])
    return {
        "DCG": ranking.dcg(ranked, 5, ranking.exponential_gain)[0],
        "IDCG": ranking.ideal_dcg(ranked, 5, ranking.exponential_gain)[0],
        "NDCG": ranking.ndcg_graded(ranked, 5)[0],
    }


def trec_measures() -> dict[str, float]:
    """Our means over the queries of the official example, under trec_eval's names."""
    ranked = _ranked_relevance_of_trec(*_read_trec())
    everything = 10_000
    per_query = {
        "map": ranking.average_precision_over_relevant(ranked, everything),
        "ndcg": ranking.ndcg(ranked, everything),
        "ndcg_cut_10": ranking.ndcg(ranked, 10),
        "P_10": ranking.precision(ranked, 10),
        "recip_rank": ranking.reciprocal_rank(ranked, everything),
        "recall_100": ranking.recall(ranked, 100),
        "map_cut_100": ranking.average_precision_over_relevant(ranked, 100),
        "success_10": ranking.hit_rate(ranked, 10),
    }
    return {name: float(values.mean()) for name, values in per_query.items()}


def _read_trec():
    """(qrels, run) of the official example, by query and document."""
    qrels, run = defaultdict(dict), defaultdict(dict)
    for line in (TREC / "qrels.test").read_text().splitlines():
        query, _, document, relevance = line.split()
        qrels[query][document] = int(relevance)
    for line in (TREC / "results.test").read_text().splitlines():
        query, _, document, _, score, _ = line.split()
        run[query][document] = float(score)
    return qrels, run


def _ranked_relevance_of_trec(qrels, run) -> RankedRelevance:
    """Ties go to the greater document id, as in trec_eval; relevant documents not retrieved are unranked."""
    ranks, relevance = [], []
    for query in sorted(run):
        best_first = sorted(run[query], key=lambda document: (run[query][document], document), reverse=True)
        place = {document: rank for rank, document in enumerate(best_first, start=1)}
        judged = {document: value for document, value in qrels[query].items() if value > 0}
        ranks.append([place.get(document, UNRANKED) for document in judged])
        relevance.append(list(judged.values()))
    return ranked_relevance(ranks, relevance, [len(run[query]) for query in sorted(run)])
