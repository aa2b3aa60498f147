"""Verdicts: the rule by which a recommender is called better, worse or practically the same as another.

The mean difference over users has an interval. The band holds all differences that are too small to matter: at most
2% of the reference's mean, or what a person has set (a region of practical equivalence: Kruschke, Advances in Methods
and Practices in Psychological Science 2018; for learners Benavoli et al., JMLR 2017). The four outcomes:

- *better* and *worse*: the whole interval lies beyond the band, and the randomisation test has p < 5%;
- *practically the same*: the whole interval lies within the band;
- *no clear difference*: all else, and always with fewer than 10 users.

Intervals and p-values hold for all that is judged together: p is that of max-T, and the level of the intervals follows
from the same draws (`randomisation.Chance`).

Where a recommender is shown because it scored best of n settings, its lead must hold whichever of them had scored best:
the interval is at the level α/n (Bonferroni). Nothing is asked of the one behind, which its own choice only flatters.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from recsys_core.evaluation.bootstrap import DIFFERENCES, LEVEL, Interval, SeedVariance, mean_interval, widened
from recsys_core.evaluation.randomisation import Chance, chance_of_pairs

MARGIN = 0.02
"""The smallest difference that matters, as a share of the reference's mean, unless somebody says otherwise."""
POWER = 0.8
"""With as many users as `users_needed`, a difference of this size is told in 80 of 100 tests."""
BETTER, SAME, UNCLEAR, WORSE = "better", "practically the same", "no clear difference", "worse"
MARKS = {BETTER: "▲", SAME: "=", UNCLEAR: "?", WORSE: "▼"}
OPPOSITE = {BETTER: WORSE, WORSE: BETTER, SAME: SAME, UNCLEAR: UNCLEAR}
_MOST_TIMES = 1000  # as many users as there are: needing more is no plan


@dataclass(frozen=True)
class Verdict:
    """The verdict on one recommender compared with another: `word` says what the first one is.

    `difference` is first minus second; its interval holds together with all that was judged with it, over users and,
    where known, over seeds. `p_value` is corrected for all that was judged, not for a choice among settings.
    `users_needed` is how many users would tell if the true difference were as observed; None where that cannot be said
    or helps nobody. `band` is the smallest difference that matters, in units of the metric.
    """

    difference: Interval
    p_value: float
    word: str
    users_needed: int | None
    band: float

    @property
    def mark(self) -> str:
        """'▲', '=', '?' or '▼'"""
        return MARKS[self.word]

    @property
    def marked(self) -> str:
        """'▲ better', '= practically the same', '? no clear difference', '▼ worse'"""
        return f"{self.mark} {self.word}"

    @property
    def numbers(self) -> dict[str, object]:
        """The verdict as plain numbers by the name of a column, for a table or a file."""
        return {
            "value": self.difference.mean,
            "low": self.difference.low,
            "high": self.difference.high,
            "p (max-T)": self.p_value,
            "smallest difference that matters": self.band,
            "verdict": self.word,
            "people needed": self.users_needed,
        }

    def __neg__(self) -> "Verdict":
        """Return the verdict on the second compared with the first."""
        return Verdict(-self.difference, self.p_value, OPPOSITE[self.word], self.users_needed, self.band)


def judge(
    differences: np.ndarray,
    chance: Chance,
    *,
    band: float,
    bounds: tuple[float, float] = DIFFERENCES,
    seeds: Sequence[SeedVariance] = (),
    are_alike: bool = False,
    n_settings: tuple[int, int] = (1, 1),
) -> Verdict:
    """Return the verdict on `differences` (u,), one of the family that `chance` describes.

    Where the two `are_alike`, of one recipe, only their seeds tell them apart, and neither is better. `n_settings` says
    of how many settings each of the two had the highest mean on the same users.
    """
    n_settings_ahead = n_settings[0] if differences.mean() > 0 else n_settings[1]
    alpha = chance.alpha / n_settings_ahead
    interval = mean_interval(differences, bounds=bounds, alpha=alpha)
    interval = widened(interval, seeds, n_users=len(differences), alpha=alpha)
    p = chance.p_value(differences)
    if p < 1 - LEVEL and not are_alike and interval.low > band:
        word = BETTER
    elif p < 1 - LEVEL and not are_alike and interval.high < -band:
        word = WORSE
    elif -band < interval.low and interval.high < band:
        word = SAME
    else:
        word = UNCLEAR
    needed = None if are_alike or word != UNCLEAR else users_needed(differences, band, alpha=alpha, seeds=seeds)
    return Verdict(interval, p, word, needed, band)


def judge_all(
    values: Sequence[np.ndarray],
    *,
    recipes: Sequence[Hashable] | None = None,
    seeds: Sequence[Sequence[SeedVariance]] | None = None,
    margin: float = MARGIN,
    bounds: tuple[float, float] = DIFFERENCES,
    higher_is_better: bool = True,
    n_settings: Sequence[int] | None = None,
) -> dict[tuple[int, int], Verdict]:
    """Return verdicts on all pairs of recommenders, by their indices (first, second), both ways round.

    `values` holds one (u,) array a recommender, over the same users in the same order. The first is
    the reference: the smallest difference that matters is `margin` times its mean. `recipes` says what each was
    trained by, `seeds` what is known of their variance over seeds, and `n_settings` of how many settings each scored
    best on these users.
    """
    table = np.stack(values, axis=1).astype(np.float64)
    pairs = list(combinations(range(table.shape[1]), 2))
    if not pairs:
        return {}
    chance, band = chance_of_pairs(table), margin * abs(float(table[:, 0].mean()))
    chosen_of = n_settings if n_settings is not None else [1] * table.shape[1]
    verdicts = {}
    for first, second in pairs:
        # Who is ahead where first − second > 0, and who where it is < 0.
        greater, less = (first, second) if higher_is_better else (second, first)
        verdict = judge(
            table[:, first] - table[:, second],
            chance,
            band=band,
            bounds=bounds,
            seeds=[*seeds[first], *seeds[second]] if seeds is not None else (),
            are_alike=recipes is not None and recipes[first] == recipes[second],
            n_settings=(chosen_of[greater], chosen_of[less]),
        )
        if not higher_is_better:
            verdict = replace(verdict, word=OPPOSITE[verdict.word])
        verdicts[first, second], verdicts[second, first] = verdict, -verdict
    return verdicts


def users_needed(
    differences: np.ndarray, band: float = 0.0, *, alpha: float = 1 - LEVEL, seeds: Sequence[SeedVariance] = ()
) -> int | None:
    """Return how many users would show on which side of the band the mean of `differences` (u,) lies.

    n = s² / ((δ / z)² − v), where δ is its distance to the nearer end of the band, s the standard deviation over users
    and v the variance over seeds, of which more users take nothing away: the paired t test's size in the normal limit
    (Cohen 1988; for rankings Sakai, Information Retrieval Journal 2016), at a power of 80%. Beyond the band,
    z = z_{1−α/2} + z_0.8. Within it, the interval must keep clear of both ends (two one-sided tests: Schuirmann,
    Journal of Pharmacokinetics and Biopharmaceutics 1987), so that with the distance δ' to the further end, z solves
    Φ(z − z_{1−α/2}) + Φ(z δ'/δ − z_{1−α/2}) − 1 = 0.8. None where no number of users would do, where no more are needed
    than there are, and where it is more than a thousand times as many.
    """
    n_users = len(differences)
    if n_users < 2:
        return None
    mean = abs(float(differences.mean()))
    distance = abs(mean - band)
    if distance == 0:
        return None
    from scipy.special import ndtri  # see `exceeded_by_t`

    critical = float(-ndtri(alpha / 2))
    z = critical + float(ndtri(POWER)) if mean > band else _to_lie_within(critical, (band + mean) / distance)
    room = (distance / z) ** 2 - sum(each.variance for each in seeds)
    variance = float(differences.var(ddof=1))
    if room <= 0 or not n_users < variance / room <= _MOST_TIMES * n_users:
        return None
    return math.ceil(variance / room)


def _to_lie_within(critical: float, ratio: float) -> float:
    """Return how many standard errors away the nearer end of a band must be for an interval to lie within it.

    The further end is `ratio` times as far away, and the interval is ± `critical` standard errors.
    """
    from scipy.optimize import brentq  # see `exceeded_by_t`
    from scipy.special import ndtr, ndtri

    one_end, both_alike = (critical + float(ndtri(power)) for power in (POWER, (1 + POWER) / 2))
    # From where one end would do, a little less because of rounding, to what would do if both were as near.
    found: float = brentq(
        lambda z: ndtr(z - critical) + ndtr(z * ratio - critical) - 1 - POWER, one_end - 1e-6, both_alike + 1e-6
    )
    return found
