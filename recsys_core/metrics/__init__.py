"""Metrics of lists and of predicted ratings. METRICS has all that the app offers: a new metric is one entry there."""

import math

from recsys_core.metrics import beyond_accuracy, catalogue, ranking, rating
from recsys_core.metrics import catalogue_contributions as contributions
from recsys_core.metrics.metric import CatalogueMetric, ListMetric, Metric, RankingMetric, RatingMetric

METRICS: dict[str, Metric] = {
    "ndcg": RankingMetric(
        function=ranking.ndcg,
        label="NDCG",
        meaning="How high the held-out items rank in the list; the first ranks count most.",
        formula=r"\frac{\sum_{r \le N} 1 / \log_2(r + 1)}{\sum_{i=1}^{\min(N, R)} 1 / \log_2(i + 1)}",
        source="Järvelin and Kekäläinen, TOIS 2002, with gains 0 and 1 and the discount of Burges et al., ICML 2005",
        is_headline=True,
    ),
    "ndcg_graded": RankingMetric(
        function=ranking.ndcg_graded,
        label="NDCG graded",
        meaning="NDCG with the gain 2^rating − 1, so that higher-rated items weigh more.",
        formula=r"\frac{\sum_{r \le N} (2^{\mathrm{rel}_r} - 1) / \log_2(r + 1)}"
        r"{\sum_{i=1}^{\min(N, R)} (2^{\mathrm{rel}^*_i} - 1) / \log_2(i + 1)}",
        source="Burges et al., ICML 2005",
        gain=ranking.exponential_gain,
    ),
    "map": RankingMetric(
        function=ranking.average_precision,
        label="MAP",
        meaning="The precision down to each held-out item in the list, summed and divided by how many it could hold.",
        formula=r"\frac{1}{\min(N, R)} \sum_{r \le N} \mathrm{precision@}r",
        source="as in implicit and on Kaggle",
        is_headline=True,
    ),
    "precision": RankingMetric(
        function=ranking.precision,
        label="Precision",
        meaning="The share of the list that was held out.",
        formula=r"\frac{|\{r \le N\}|}{N}",
        source="trec_eval, P",
    ),
    "recall": RankingMetric(
        function=ranking.recall,
        label="Recall",
        meaning="The share of the held-out items that the list contains.",
        formula=r"\frac{|\{r \le N\}|}{R}",
        source="trec_eval, recall",
        is_headline=True,
    ),
    "hit_rate": RankingMetric(
        function=ranking.hit_rate,
        label="Hit rate",
        meaning="The share of people whose list contains at least one held-out item.",
        formula=r"\min(1, |\{r \le N\}|)",
    ),
    "mrr": RankingMetric(
        function=ranking.reciprocal_rank,
        label="MRR",
        meaning="One divided by the rank of the first held-out item; 0 where the list contains none.",
        formula=r"\frac{1}{r_1} \text{ where } r_1 \le N, \text{ else } 0",
        source="Voorhees, TREC-8 1999",
        is_headline=True,
    ),
    "auc": RankingMetric(
        function=ranking.auc,
        label="AUC",
        meaning="How often a held-out item ranks above one that was not held out.",
        formula=r"\frac{|\{(i, j) : i\ \mathrm{held\ out},\ j\ \mathrm{not},\ i \text{ ranks above } j\}|"
        r"}{R\,(n_u - R)}",
        source="Rendle et al., UAI 2009",
        uses_k=False,
        needs_all_ranks=True,
    ),
    "ndcg_uncut_ideal": RankingMetric(
        function=ranking.ndcg_uncut_ideal,
        label="NDCG (ideal not cut)",
        meaning="NDCG as defined by Ferrari Dacrema et al. (2021): lower for people with many held-out items.",
        formula=r"\frac{\sum_{r \le N} 1 / \log_2(r + 1)}{\sum_{i=1}^{R} 1 / \log_2(i + 1)}",
        source="Ferrari Dacrema et al., TOIS 2021",
    ),
    "ndcg_linear": RankingMetric(
        function=ranking.ndcg_linear,
        label="NDCG (linear gain)",
        meaning="NDCG as trec_eval computes it: the value itself is the gain.",
        formula=r"\frac{\sum_{r \le N} \mathrm{rel}_r / \log_2(r + 1)}"
        r"{\sum_{i=1}^{\min(N, R)} \mathrm{rel}^*_i / \log_2(i + 1)}",
        source="trec_eval, ndcg_cut; Järvelin and Kekäläinen, TOIS 2002, with another discount",
        gain=ranking.linear_gain,
    ),
    "map_over_relevant": RankingMetric(
        function=ranking.average_precision_over_relevant,
        label="MAP (over relevant)",
        meaning="MAP as trec_eval computes it: lower for people with many held-out items.",
        formula=r"\frac{1}{R} \sum_{r \le N} \mathrm{precision@}r",
        source="trec_eval, map_cut",
    ),
    "rmse": RatingMetric(
        pooled=rating.rmse,
        grouped=rating.rmse_per_user,
        label="RMSE",
        meaning="The root of the mean squared error of the predicted ratings; lower is better.",
        formula=r"\sqrt{\tfrac{1}{n} \sum (\hat r - r)^2}",
        is_headline=True,
    ),
    "mae": RatingMetric(
        pooled=rating.mae,
        grouped=rating.mae_per_user,
        label="MAE",
        meaning="By how much a predicted rating is off, on average; lower is better.",
        formula=r"\tfrac{1}{n} \sum |\hat r - r|",
    ),
    "novelty": ListMetric(
        function=lambda scored, context, k: beyond_accuracy.novelty(
            scored.top_items, k, scored.popularity, context.n_train_users
        ),
        label="Novelty",
        meaning="How little known the recommended items are, in bits: one bit more is half as many people.",
        formula=r"\frac{1}{|L_u|}\sum_{i \in L_u} -\log_2 \frac{\mathrm{users}(i)}{m}",
        source="Zhou et al., PNAS 2010",
        bounds=(0.0, math.inf),
    ),
    "diversity": ListMetric(
        function=lambda scored, context, k: beyond_accuracy.intra_list_diversity(scored.top_items, k, context.features),
        label="Diversity",
        meaning="How unlike each other the items of a list are: one minus the cosine, on average over all pairs.",
        formula=r"\frac{1}{|L_u|(|L_u|-1)}\sum_{i \ne j \in L_u} 1 - \cos(f_i, f_j)",
        source="Ziegler et al., WWW 2005",
        bounds=(0.0, 2.0),
    ),
    "serendipity": ListMetric(
        function=lambda scored, context, k: beyond_accuracy.serendipity(
            scored.top_items, k, scored.relevant.hits(scored.top_items.shape[1]), context.expected
        ),
        label="Serendipity",
        meaning="The share of the list that was held out and is not in the list of the most popular items.",
        formula=r"\frac{1}{N}\,\big|\{i \in L_u : i\ \mathrm{relevant},\ i \notin L^{\mathrm{pop}}_u\}\big|",
        source="Ge, Delgado-Battenfeld and Jannach, RecSys 2010",
        bounds=(0.0, 1.0),
    ),
    "miscalibration": ListMetric(
        function=lambda scored, context, k: beyond_accuracy.miscalibration(
            scored.top_items, k, context.profiles, context.attributes
        ),
        label="Miscalibration",
        meaning="How far the mix of genres in the list is from what the person chose: 0 alike, 1 nothing in common.",
        formula=r"\tfrac12 \mathrm{KL}(p \,\|\, \tfrac{p+q}{2}) + \tfrac12 \mathrm{KL}(q \,\|\, \tfrac{p+q}{2})",
        source="Steck, RecSys 2018; Lin, IEEE Trans. Information Theory 1991",
        needs_attributes=True,
        higher_is_better=False,
        bounds=(0.0, 1.0),
    ),
    "popularity_lift": ListMetric(
        function=lambda scored, context, k: beyond_accuracy.popularity_lift(
            scored.top_items, k, context.profiles, scored.popularity
        ),
        label="Popularity lift",
        meaning="How much more popular the list is than what the person chose: 0 alike, 1 twice as popular.",
        formula=r"\frac{\overline{\mathrm{pop}}(L_u) - \overline{\mathrm{pop}}(P_u)}{\overline{\mathrm{pop}}(P_u)}",
        source="Abdollahpouri et al., RMSE workshop at RecSys 2019",
        higher_is_better=False,
        bounds=(-1.0, math.inf),
    ),
    "tail_share": ListMetric(
        function=lambda scored, context, k: catalogue.tail_share(scored.top_items, k, scored.popularity),
        label="Long-tail share",
        meaning="The share of the list outside the most popular fifth of the items.",
        formula=r"\frac{|L_u \cap \mathrm{tail}|}{|L_u|}",
        source="Abdollahpouri et al., FLAIRS 2019",
        bounds=(0.0, 1.0),
    ),
    "coverage": CatalogueMetric(
        contributions=lambda lists, k, popularity: contributions.coverage_contributions(lists, k, len(popularity)),
        label="Coverage",
        meaning="The share of all items that at least one list contains.",
        formula=r"\frac{1}{n}\Big|\bigcup_u L_u\Big|",
        source="Herlocker et al., TOIS 2004",
        higher_is_better=True,
        limits=(0.0, 1.0),
    ),
    "popularity": CatalogueMetric(
        contributions=catalogue.mean_popularity,
        label="Popularity",
        meaning="How many people have a recommended item in training, on average.",
        formula=r"\frac{1}{m}\sum_u \overline{\mathrm{pop}}(L_u)",
        source="Abdollahpouri et al., FLAIRS 2019",
    ),
    "gini": CatalogueMetric(
        contributions=lambda lists, k, popularity: contributions.gini_contributions(lists, k, len(popularity)),
        label="Gini",
        meaning="How unequally the recommendations are spread over n items: 0 evenly, 1 − N/n all on the same N.",
        formula=r"\frac{\sum_i (2i-n-1)\,c_{(i)}}{n \sum_i c_i}",
        source="Fleder and Hosanagar, Management Science 2009",
        limits=(0.0, 1.0),
    ),
    "overlap": CatalogueMetric(
        contributions=lambda lists, k, popularity: contributions.overlap_contributions(lists, k, len(popularity)),
        label="Overlap",
        meaning="The share of their lists that two people have in common, on average.",
        formula=r"\frac{1}{m(m-1)}\sum_{u \ne v} \frac{|L_u \cap L_v|}{\max(|L_u|, |L_v|)}",
        source="1 − personalisation, as in recmetrics",
        limits=(0.0, 1.0),
    ),
}
"""By the name that stands in URLs and in the store."""

RANKING_METRICS = {name: metric for name, metric in METRICS.items() if isinstance(metric, RankingMetric)}
"""Those that see whether lists are right."""

NEEDING_ALL_RANKS = frozenset(name for name, metric in RANKING_METRICS.items() if metric.needs_all_ranks)
"""Those for which it is not enough to know the lists."""

JUDGED_METRICS = {name: metric for name, metric in METRICS.items() if metric.kind != "rating"}
"""Those by which models can be compared person by person, accuracy first."""

HEADLINE_METRICS = tuple(name for name, metric in METRICS.items() if metric.is_headline)
"""Those that every table, report and export has, beside the metric that somebody has chosen."""
