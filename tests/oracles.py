"""Slow versions straight from the textbook, by explicit loops: what the fast ones are held against."""

import math

# --- Ranking metrics -------------------------------------------------------------------------------------
# A list is item ids, best first; `relevant` maps each held-out item to its rating.


def dcg_at(ranked_list, gain_of, k):
    total = 0.0
    for place, item in enumerate(ranked_list[:k], start=1):
        total += gain_of.get(item, 0.0) / math.log2(place + 1)
    return total


def ndcg_at(ranked_list, gain_of, k, ideal_k=None):
    perfect = sorted(gain_of, key=lambda item: -gain_of[item])
    ideal = dcg_at(perfect, gain_of, k if ideal_k is None else ideal_k)
    return dcg_at(ranked_list, gain_of, k) / ideal if ideal else 0.0


def ndcg(ranked_list, relevant, k):
    return ndcg_at(ranked_list, {item: 1.0 for item in relevant}, k)


def ndcg_uncut_ideal(ranked_list, relevant, k):
    return ndcg_at(ranked_list, {item: 1.0 for item in relevant}, k, ideal_k=len(relevant))


def ndcg_graded(ranked_list, relevant, k):
    return ndcg_at(ranked_list, {item: 2.0**rating - 1 for item, rating in relevant.items()}, k)


def ndcg_linear(ranked_list, relevant, k):
    return ndcg_at(ranked_list, dict(relevant), k)


def precision(ranked_list, relevant, k):
    return sum(item in relevant for item in ranked_list[:k]) / k


def recall(ranked_list, relevant, k):
    return sum(item in relevant for item in ranked_list[:k]) / len(relevant)


def hit_rate(ranked_list, relevant, k):
    return float(any(item in relevant for item in ranked_list[:k]))


def average_precision_over_relevant(ranked_list, relevant, k):
    total = 0.0
    for place, item in enumerate(ranked_list[:k], start=1):
        if item in relevant:
            total += precision(ranked_list, relevant, place)
    return total / len(relevant)


def average_precision(ranked_list, relevant, k):
    return average_precision_over_relevant(ranked_list, relevant, k) * len(relevant) / min(k, len(relevant))


def reciprocal_rank(ranked_list, relevant, k):
    for place, item in enumerate(ranked_list[:k], start=1):
        if item in relevant:
            return 1 / place
    return 0.0


def auc(ranked_list, relevant, k=None):
    right = pairs = 0
    for higher, item in enumerate(ranked_list):
        for other in ranked_list[higher + 1 :]:
            if (item in relevant) != (other in relevant):
                pairs += 1
                right += item in relevant
    return right / pairs if pairs else 0.5


# --- Ranking ---------------------------------------------------------------------------------------------


def unseen_items_best_first(scores_of_user, seen_items):
    """All unseen items by descending score; for scores that are all different."""
    unseen = [item for item in range(len(scores_of_user)) if item not in set(seen_items)]
    return sorted(unseen, key=lambda item: -scores_of_user[item])
