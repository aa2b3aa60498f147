"""Evaluate a Recommender on a Split: the ranks of all held-out items, from which every metric follows."""

from collections.abc import Hashable
from dataclasses import dataclass, field, fields, replace

import numpy as np

from recsys_core.algorithms.models import Recommender
from recsys_core.data.nouns import count_noun
from recsys_core.data.split import Split
from recsys_core.errors import InputError, to_python
from recsys_core.evaluation.best_epoch import predicts_ratings_of
from recsys_core.evaluation.bootstrap import Interval, difference_interval, mean_interval
from recsys_core.evaluation.rank_items import rank
from recsys_core.evaluation.significant_digits import format_interval
from recsys_core.html_table import html_table
from recsys_core.metrics import HEADLINE_METRICS, METRICS, rating
from recsys_core.metrics.dislikes import HeldOutRatings
from recsys_core.metrics.list_context import ListContext
from recsys_core.metrics.metric import Metric, RatingMetric
from recsys_core.metrics.ranked_relevance import RankedRelevance
from recsys_core.metrics.ranking import CUTOFF

TOP_DEPTH = 50
"""How many recommended items are kept per user; ranking metrics work at any k, those of lists up to here."""
_KEPT_BYTES = 2**24  # of values that are kept: with 50,000 users those of 40 metrics and cut-offs


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The results of one recommender on one subset of a split; every metric at every k follows without ranking.

    `users` (u,) are the scored ones, ascending: those with relevant held-out items; the other `n_left_out` have
    none. `relevant` has the ranks of these items, `held_out` those of all held-out items, relevant or not, in the
    order of the held-out interactions. In that order stand `predictions`, the predicted ratings, or None where scores
    are not ratings or the data have none. `top_items` (u, 50) int32 are the lists themselves, -1 past their end;
    `popularity` (n,) counts the train users of each item. `context` is what properties of lists depend on
    (`list_context`); it is not stored.
    """

    subset: str
    split_fingerprint: str
    users: np.ndarray
    n_left_out: int
    relevant: RankedRelevance
    held_out: HeldOutRatings
    top_items: np.ndarray
    popularity: np.ndarray
    predictions: np.ndarray | None
    context: ListContext | None = None
    _kept: dict[Hashable, np.ndarray] = field(default_factory=dict, init=False, repr=False)

    def per_user(self, metric: str, k: int) -> np.ndarray:
        """Return the (u,) values of a metric named in METRICS, in the order of `users`.

        A value is NaN where the metric is not defined for a user. The array is read-only, since it is computed once.
        Raises InputError for another name, for errors of ratings where scores are not ratings, and for properties of
        lists without a `context`.
        """
        known = _metric(metric)
        key = (metric, k if known.uses_k else None)
        values = self._kept.get(key)
        if values is None:
            values = known.per_user(self, k)
            values.flags.writeable = False
            if (len(self._kept) + 1) * values.nbytes > _KEPT_BYTES:
                self._kept.clear()
            self._kept[key] = values
        return values

    def overall(self, metric: str, k: int) -> float | None:
        """Return the number that tables print; None where it does not exist.

        For ranking metrics that is the mean over users, for errors of ratings the published one, pooled over ratings.
        """
        known = _metric(metric)
        if isinstance(known, RatingMetric):
            return known.overall(self)
        if known.why_not(self):
            return None
        values = self.per_user(metric, k)
        defined = values[~np.isnan(values)]
        return float(defined.mean()) if len(defined) else None

    def mean(self, metric: str, k: int) -> float:
        """Return the mean over the scored users, each counting alike; for the published RMSE see `rmse`."""
        return float(np.nanmean(self.per_user(metric, k)))

    def interval(self, metric: str, k: int) -> Interval:
        """Return the mean with its 95% interval over the users for whom the metric is defined."""
        values = self.per_user(metric, k)
        known = _metric(metric)
        return mean_interval(values[~np.isnan(values)], bounds=known.bounds).within(*known.limits)

    def difference(self, baseline: "Evaluation", metric: str, k: int) -> Interval:
        """Return ours minus the baseline's, user by user, with its 95% interval; for a verdict see `Comparison`.

        Only users count for whom the metric is defined in both. Raises InputError unless both were scored on the same
        subset of the same split.
        """
        self.check_comparable(baseline)
        most = _metric(metric).bounds[1]
        ours, theirs = self.per_user(metric, k), baseline.per_user(metric, k)
        is_defined = ~np.isnan(ours) & ~np.isnan(theirs)
        return difference_interval(ours[is_defined], theirs[is_defined], bounds=(-most, most))

    def reaches(self, threshold: float) -> bool:
        """Return whether any held-out rating is at least `threshold`."""
        return bool(np.any(self.relevant.relevance >= np.float32(threshold)))

    def with_threshold(self, threshold: float) -> "Evaluation":
        """Return the same lists scored with only those held-out ratings as relevant that reach `threshold`.

        Nothing is ranked again; the `context` is left out, since it is of other users. Raises InputError where no
        rating reaches the threshold, and where one does that the lists were scored without.
        """
        if not self.reaches(threshold):
            raise InputError(
                f"Something held out must count as relevant. Nothing reaches {threshold:g}: choose a lower threshold."
            )
        keep = self.relevant.relevance >= np.float32(threshold)
        if np.count_nonzero(self.held_out.values >= np.float32(threshold)) > np.count_nonzero(keep):
            raise InputError(
                "A threshold must be at least the one that the lists were scored with. "
                f"Got {threshold:g}, which is lower: evaluate again with that one."
            )
        relevant, is_scored = self.relevant.only(keep)
        return replace(
            self,
            users=self.users[is_scored],
            n_left_out=self.n_left_out + int(np.sum(~is_scored)),
            relevant=relevant,
            top_items=self.top_items[is_scored],
            context=None,
        )

    def check_comparable(self, other: "Evaluation") -> None:
        """Raise InputError unless both were scored on the same held-out ratings."""
        ours, theirs = (f"{each.subset} of split {each.split_fingerprint}" for each in (self, other))
        if ours != theirs:
            raise InputError(
                "Two evaluations must be of the same held-out data to be compared. "
                f"Got {ours} and {theirs}: evaluate both on one split."
            )

    @property
    def rmse(self) -> float | None:
        """RMSE pooled over all held-out ratings, as published; None where scores are not ratings."""
        return None if self.predictions is None else rating.rmse(self.predictions, self.held_out.values)

    @property
    def mae(self) -> float | None:
        """MAE pooled over all held-out ratings, as published; None where scores are not ratings."""
        return None if self.predictions is None else rating.mae(self.predictions, self.held_out.values)

    def _repr_html_(self) -> str:
        """Show the headline metrics in a notebook, of ranking metrics with their 95% intervals."""
        rows = []
        for name in HEADLINE_METRICS:
            metric = METRICS[name]
            if metric.kind == "ranking" and len(self.users):
                rows.append((metric.title(CUTOFF), format_interval(self.interval(name, CUTOFF)), metric.meaning))
            elif metric.kind == "rating" and not metric.why_not(self):
                rows.append((metric.title(CUTOFF), f"{self.overall(name, CUTOFF):.3f}", metric.meaning))
        caption = f"{count_noun(len(self.users), 'people')} scored, {self.n_left_out:,} with nothing relevant held out"
        return html_table(f"Evaluation on {self.subset}", caption, ["metric", "mean", "meaning"], rows)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as plain arrays, for `np.savez` or a store; `from_arrays` is the inverse."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        relevant, held_out = arrays.pop("relevant"), arrays.pop("held_out")
        del arrays["context"], arrays["_kept"]
        arrays["part"] = arrays.pop("subset")  # the name under which it is stored
        arrays |= {field.name: getattr(relevant, field.name) for field in fields(relevant)}
        if len(held_out.values) > len(relevant.relevance):  # else `relevant` says the same
            arrays |= {f"held_out_{field.name}": getattr(held_out, field.name) for field in fields(held_out)}
        return {name: np.asarray(value) for name, value in arrays.items() if value is not None}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> "Evaluation":
        """Restore the Evaluation that `to_arrays` took apart.

        One of before dislikes were told from likes is read as it would be scored now, its ratings below 0 not relevant.
        """
        relevant = RankedRelevance(**{field.name: arrays[field.name] for field in fields(RankedRelevance)})
        if "held_out_users" in arrays:
            held_out = HeldOutRatings(
                **{field.name: arrays[f"held_out_{field.name}"] for field in fields(HeldOutRatings)}
            )
        else:
            held_out = HeldOutRatings(arrays["users"][relevant.users], relevant.relevance, relevant.ranks)
        users, top_items, n_left_out = arrays["users"], arrays["top_items"], int(arrays["n_left_out"])
        if relevant.relevance.min() < 0 <= relevant.relevance.max():
            relevant, is_scored = relevant.only(relevant.relevance >= 0)
            users, top_items = users[is_scored], top_items[is_scored]
            n_left_out += int(np.sum(~is_scored))
        return cls(
            subset=str(arrays["part"]),
            split_fingerprint=str(arrays["split_fingerprint"]),
            users=users,
            n_left_out=n_left_out,
            relevant=relevant,
            held_out=held_out,
            top_items=top_items,
            popularity=arrays["popularity"],
            predictions=arrays.get("predictions"),
        )


def _metric(name: str) -> Metric:
    if name not in METRICS:
        raise InputError(f"A metric must be one of {', '.join(METRICS)}. Got {to_python(name)!r}.")
    return METRICS[name]


def evaluate(
    recommender: Recommender, split: Split, subset: str = "test", *, seed: int = 0, top_only: bool = False
) -> Evaluation:
    """Rank every unseen item for all users with relevant ratings in `subset` ("validation" or "test").

    `seed` only orders equal scores. Where `top_only`, what stands past the lists that are kept counts as unranked: all
    metrics but those that need all ranks are the same, in less time where there are many items. Where nothing held out
    is relevant but ratings are predicted, no user is ranked, and only `rmse` and `mae` are known. Raises InputError as
    `rank` does.
    """
    seen, held_out = split.seen_and_held_out(subset)
    ranking = rank(recommender, seen, held_out, depth=TOP_DEPTH, seed=seed, top_only=top_only)
    return Evaluation(
        subset=subset,
        split_fingerprint=split.fingerprint,
        users=ranking.users,
        n_left_out=held_out.n_users - len(ranking.users),
        relevant=ranking.relevant,
        held_out=ranking.held_out,
        top_items=ranking.top_items,
        popularity=split.train.users_per_item,
        predictions=ranking.held_out_scores if predicts_ratings_of(recommender, split) else None,
    )
