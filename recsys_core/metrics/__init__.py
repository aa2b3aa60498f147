"""Metrics of lists and of predicted ratings. METRICS has all that the app offers: a new metric is one entry there."""

from recsys_core.metrics import catalogue, ranking, rating
from recsys_core.metrics.metric import CatalogueMetric, Metric, RankingMetric, RatingMetric

METRICS: dict[str, Metric] = {
    "ndcg": RankingMetric(
        function=ranking.ndcg,
        label="NDCG",
        meaning="How high the held-out items rank in the list; the first ranks count most.",
        is_headline=True,
    ),
    "ndcg_graded": RankingMetric(
        function=ranking.ndcg_graded,
        label="NDCG graded",
        meaning="NDCG with the gain 2^rating − 1, so that higher-rated items weigh more.",
        gain=ranking.exponential_gain,
    ),
    "map": RankingMetric(
        function=ranking.average_precision,
        label="MAP",
        meaning="The precision of the list down to each held-out item that it finds, averaged.",
        is_headline=True,
    ),
    "precision": RankingMetric(
        function=ranking.precision,
        label="Precision",
        meaning="The share of the list that was held out.",
    ),
    "recall": RankingMetric(
        function=ranking.recall,
        label="Recall",
        meaning="The share of the held-out items that the list contains.",
        is_headline=True,
    ),
    "hit_rate": RankingMetric(
        function=ranking.hit_rate,
        label="Hit rate",
        meaning="The share of people whose list contains at least one held-out item.",
    ),
    "mrr": RankingMetric(
        function=ranking.reciprocal_rank,
        label="MRR",
        meaning="One divided by the rank of the first held-out item; 0 where the list contains none.",
        is_headline=True,
    ),
    "auc": RankingMetric(
        function=ranking.auc,
        label="AUC",
        meaning="How often a held-out item ranks above one that was not held out.",
        uses_k=False,
    ),
    "ndcg_uncut_ideal": RankingMetric(
        function=ranking.ndcg_uncut_ideal,
        label="NDCG (ideal not cut)",
        meaning="NDCG as defined by Ferrari Dacrema et al. (2021): lower for people with many held-out items.",
    ),
    "ndcg_linear": RankingMetric(
        function=ranking.ndcg_linear,
        label="NDCG (linear gain)",
        meaning="NDCG as trec_eval computes it: the rating itself is the gain.",
        gain=ranking.linear_gain,
    ),
    "map_over_relevant": RankingMetric(
        function=ranking.average_precision_over_relevant,
        label="MAP (over relevant)",
        meaning="MAP as trec_eval computes it: lower for people with many held-out items.",
    ),
    "rmse": RatingMetric(
        pooled=rating.rmse,
        grouped=rating.rmse_per_user,
        label="RMSE",
        meaning="The root of the mean squared error of the predicted ratings; lower is better.",
        is_headline=True,
    ),
    "mae": RatingMetric(
        pooled=rating.mae,
        grouped=rating.mae_per_user,
        label="MAE",
        meaning="By how much a predicted rating is off, on average; lower is better.",
    ),
    "coverage": CatalogueMetric(
        function=lambda lists, k, popularity: catalogue.coverage(lists, k, len(popularity)),
        label="Coverage",
        meaning="The share of all items that at least one list contains.",
        higher_is_better=True,
    ),
    "popularity": CatalogueMetric(
        function=lambda lists, k, popularity: float(catalogue.mean_popularity(lists, k, popularity).mean()),
        label="Popularity",
        meaning="How many people have a recommended item in training, on average.",
    ),
    "gini": CatalogueMetric(
        function=lambda lists, k, popularity: catalogue.gini(
            catalogue.recommendation_counts(lists, k, len(popularity))
        ),
        label="Gini",
        meaning="How unequally the recommendations are spread over the items: 0 evenly, 1 all on one item.",
    ),
    "overlap": CatalogueMetric(
        function=lambda lists, k, popularity: catalogue.mean_overlap(lists, k, len(popularity)),
        label="Overlap",
        meaning="The share of their lists that two people have in common, on average.",
    ),
}
"""By the name that stands in URLs and in the store."""

RANKING_METRICS = {name: metric for name, metric in METRICS.items() if isinstance(metric, RankingMetric)}
"""Those by which models can be compared person by person."""

HEADLINE_METRICS = tuple(name for name, metric in METRICS.items() if metric.is_headline)
"""Those that every table, report and export has, beside the metric that somebody has chosen."""
