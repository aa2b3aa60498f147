"""Worlds in which the truth is known, and how often intervals and verdicts are right in them.

The suite asks for short versions; `python -m tests.simulations` prints the whole table.
"""

from collections.abc import Callable

import numpy as np
from scipy.stats import t as student

from recsys_core.comparison.left_behind import group_gaps, worst_off
from recsys_core.comparison.user_groups import Grouping, differences_by_group
from recsys_core.comparison.verdicts import BETTER, WORSE, judge, judge_all
from recsys_core.evaluation.bootstrap import mean_intervals, seed_variances, widened
from recsys_core.evaluation.randomisation import chance_of_pairs, statistic

# --- One mean -------------------------------------------------------------------------------------------------


def _ndcg(rng, shape):
    return np.where(rng.random(shape) < 0.5, 0, rng.beta(1.2, 3, shape))


def _difference_of_ndcg(rng, shape):
    ease = rng.beta(1, 4, shape)
    ours, theirs = (np.clip(each + rng.normal(0, 0.1, shape), 0, 1) for each in (ease, 0.9 * ease))
    return np.where(rng.random(shape) < 0.4, 0, ours) - np.where(rng.random(shape) < 0.4, 0, theirs)


def _mostly_nothing(share, mean, spread):
    def draw(rng, shape):
        return np.where(rng.random(shape) < share, np.clip(rng.normal(mean, spread, shape), -1, 1), 0)

    return draw


def _few_gain_much(rng, shape):
    losses = np.where(rng.random(shape) < 0.3, -rng.beta(1, 8, shape), 0)
    return np.where(rng.random(shape) < 0.1, rng.beta(2, 2, shape), losses)


def _hits(share):
    return lambda rng, shape: (rng.random(shape) < share).astype(float)


SHARES, DIFFERENCES, ERRORS, ERROR_DIFFERENCES = (0, 1), (-1, 1), (0, np.inf), (-np.inf, np.inf)
VALUES: dict[str, tuple[Callable, tuple[float, float]]] = {
    "NDCG, half zero": (_ndcg, SHARES),
    "NDCG, four fifths zero": (lambda r, s: np.where(r.random(s) < 0.8, 0, r.beta(2, 3, s)), SHARES),
    "NDCG, 5% zero": (lambda r, s: np.where(r.random(s) < 0.05, 0, r.beta(1.2, 3, s)), SHARES),
    "AUC": (lambda r, s: r.beta(8, 1.5, s), SHARES),
    "hit rate 3%": (_hits(0.03), SHARES),
    "hit rate 10%": (_hits(0.1), SHARES),
    "hit rate 50%": (_hits(0.5), SHARES),
    "hit rate 30%": (_hits(0.3), SHARES),
    "hit rate 90%": (_hits(0.9), SHARES),
    "hit rate 92%": (_hits(0.92), SHARES),
    "difference of NDCG": (_difference_of_ndcg, DIFFERENCES),
    "difference of hit rates 10% and 6%": (lambda r, s: _hits(0.1)(r, s) - _hits(0.06)(r, s), DIFFERENCES),
    "difference, 30% not zero": (_mostly_nothing(0.3, 0.05, 0.25), DIFFERENCES),
    "difference, 10% not zero": (_mostly_nothing(0.1, 0.05, 0.25), DIFFERENCES),
    "difference, 5% not zero": (_mostly_nothing(0.05, 0.1, 0.2), DIFFERENCES),
    "difference, 20% gain, none loses": (_mostly_nothing(0.2, 0.3, 0.2), DIFFERENCES),
    "difference, few gain much, many lose little": (_few_gain_much, DIFFERENCES),
    "RMSE": (lambda r, s: np.sqrt(r.gamma(2, 0.4, s)), ERRORS),
    "−RMSE": (lambda r, s: -np.sqrt(r.gamma(2, 0.4, s)), (-np.inf, 0)),
    "difference of RMSE": (lambda r, s: np.sqrt(r.gamma(2, 0.4, s)) - np.sqrt(r.gamma(2, 0.4, s)), ERROR_DIFFERENCES),
}


def coverage(world: str, n_users: int, *, samples: int, seed: int = 0, alpha: float = 0.05) -> tuple[float, float]:
    """In how many of all samples the interval holds the true mean, and its width in widths of Student's interval.

    Both are means; the second is of the samples in which not all values are equal.
    """
    draw, bounds = VALUES[world]
    truth = draw(np.random.default_rng(99), (2_000_000,)).mean()
    values = draw(np.random.default_rng([seed, n_users]), (n_users, samples))
    found = mean_intervals(values, bounds=bounds, alpha=alpha)
    lows, highs = np.array([each.low for each in found]), np.array([each.high for each in found])
    half = student.isf(alpha / 2, n_users - 1) * values.std(axis=0, ddof=1) / np.sqrt(n_users)
    differs = half > 0
    slack = 0.0 if bounds == SHARES else 1e-12
    covered = (lows - slack <= truth) & (truth <= highs + slack)
    return float(covered.mean()), float(np.median((highs - lows)[differs] / (2 * half[differs])))


def seed_coverage(
    n_seeds: int, ratio: float, *, samples: int, n_users: int = 100, both: bool = True, seed: int = 0
) -> float:
    """In how many samples the widened interval of a difference of two recipes holds its true mean, where `both` or
    one of them have `n_seeds` seeds, and luck has `ratio` times the standard error over users."""
    rng = np.random.default_rng([seed, n_seeds, n_users])
    users = rng.normal(0, 0.05, (n_users, samples))
    luck = ratio * 0.05 / np.sqrt(n_users)
    first, second = (
        rng.normal(0, luck, (2, n_seeds, samples)) / np.sqrt(2)
        if both
        else (rng.normal(0, luck, (n_seeds, samples)), np.zeros((n_seeds, samples)))
    )
    values = users + first[0] - second[0]
    covered = 0
    for at, interval in enumerate(mean_intervals(values, bounds=DIFFERENCES)):
        known = [*seed_variances(first[:, at]), *seed_variances(second[:, at])]
        wide = widened(interval, known, n_users=n_users)
        covered += wide.low <= 0 <= wide.high
    return covered / samples


# --- Many equal recommenders ----------------------------------------------------------------------------------


def equal_settings(kind: str, n_users: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """(u, r) values of r recommenders with the same true mean.

    "independent" noise, "neighbours" as settings along a grid (correlation 0.9 from one to the next), "zeros" with
    seven of ten values 0, or "skewed": each serves other people well.
    """
    ease = rng.beta(1, 4, (n_users, 1))
    if kind == "independent":
        return np.clip(ease + rng.normal(0, 0.1, (n_users, count)), 0, 1)
    if kind == "neighbours":
        noise = rng.normal(0, 1, (n_users, count))
        for at in range(1, count):
            noise[:, at] = 0.9 * noise[:, at - 1] + np.sqrt(1 - 0.81) * noise[:, at]
        return np.clip(ease + 0.1 * noise, 0, 1)
    if kind == "zeros":
        return np.where(
            rng.random((n_users, count)) < 0.7, 0, np.clip(ease + rng.normal(0, 0.1, (n_users, count)), 0, 1)
        )
    return np.where(rng.random((n_users, count)) < 0.12, rng.beta(2, 2, (n_users, count)), ease / 10)


KINDS = ("independent", "neighbours", "zeros", "skewed")


def alarms_among_equals(kind: str, n_users: int, count: int, *, samples: int, margin: float, seed: int = 0) -> float:
    """In how many samples somebody is called better or worse."""
    rng = np.random.default_rng([seed, n_users, count])
    alarmed = 0
    for _ in range(samples):
        values = equal_settings(kind, n_users, count, rng)
        best = int(values.mean(axis=0).argmax())
        alarmed += worse_than_best(values, best, margin)
    return alarmed / samples


def worse_than_best(values: np.ndarray, best: int, margin: float) -> bool:
    """Whether the best is called better than one of the eight that differ most from it: all others differ less."""
    chance, band = chance_of_pairs(values), margin * values[:, best].mean()
    ahead = [values[:, best] - values[:, at] for at in range(values.shape[1]) if at != best]
    ahead.sort(key=statistic, reverse=True)
    return any(judge(each, chance, band=band).word == BETTER for each in ahead[:8])


def told_after_tuning(
    n_users: int, n_first: int, n_second: int, *, samples: int, standard_errors: float = 0.0, seed: int = 0
) -> float:
    """In how many samples the best of `n_first` settings of one recommender is called better than the best of
    `n_second` of another, by the 2% that matter.

    All settings of the first are better by so many standard errors of a difference; without any the two are equal.
    """
    rng, told = np.random.default_rng([seed, n_users, n_first, n_second]), 0
    for _ in range(samples):
        scores = np.sqrt(0.3) * rng.normal(size=(n_users, n_first + n_second))
        scores[:, :n_first] += standard_errors * np.sqrt(2 * 0.3 / n_users)
        values = np.clip(0.25 + 0.25 * (np.sqrt(0.7) * rng.normal(size=(n_users, 1)) + scores), 0, 1)
        first, second = values[:, :n_first], values[:, n_first:]
        shown = [each[:, each.mean(axis=0).argmax()] for each in (first, second)]
        told += judge_all(shown, n_settings=[n_first, n_second])[0, 1].word == BETTER
    return told / samples


# --- Groups -----------------------------------------------------------------------------------------------------


def alarms_in_groups(
    kind: str, n_users: int, *, samples: int, margin: float, n_challengers: int = 1, seed: int = 0
) -> float:
    """In how many worlds without any effect a page of four groupings calls some group better or worse off.

    Of several challengers the one with the highest mean is shown.

    The means of groups differ much from one another, and are the same under both recommenders.
    """
    rng = np.random.default_rng([seed, n_users])
    alarmed = 0
    for _ in range(samples):
        activity = np.minimum((np.argsort(np.argsort(rng.random(n_users))) * 4) // n_users, 3)
        popularity = np.minimum(3, np.maximum(0, activity + rng.integers(-1, 2, n_users)))
        genre = np.minimum(rng.geometric(0.3, n_users) - 1, 8)
        taste = rng.integers(0, 5, n_users)
        groupings = [
            Grouping(name, tuple(str(at) for at in np.unique(of)), np.unique(of, return_inverse=True)[1])
            for name, of in (("activity", activity), ("popularity", popularity), ("genre", genre), ("taste", taste))
        ]
        level = 0.05 + 0.1 * activity + 0.02 * genre
        shape = n_users, 1 + n_challengers
        if kind == "zeros":
            filled = np.clip(level[:, None] + rng.normal(0, 0.1, shape), 0, 1)
            values = np.where(rng.random(shape) < 0.7, 0, filled)
        elif kind == "hits":
            values = (rng.random(shape) < level[:, None]) * 1.0
        else:
            values = np.clip(level[:, None] + rng.normal(0, 0.05, shape), 0, 1)
        differences = (values[:, 1:] - values[:, [0]]).T
        shown = int(differences.mean(axis=1).argmax())
        found = differences_by_group(
            differences[shown],
            groupings,
            beside=np.delete(differences, shown, axis=0),
            band=margin * values[:, 0].mean(),
        )
        alarmed += any(group.verdict.word in (BETTER, WORSE) for groups in found.values() for group in groups)
    return alarmed / samples


# --- Who is left behind -----------------------------------------------------------------------------------------

WORST_OFF_WORLDS = ("NDCG, half zero", "NDCG, 5% zero", "AUC", "hit rate 90%", "hit rate 92%", "−RMSE")
GAP_WORLDS = ("NDCG, half zero", "NDCG, four fifths zero", "AUC", "hit rate 10%", "hit rate 30%", "RMSE")
GROUPS = {200: (10, 20, 50, 120), 600: (10, 10, 12, 15, 20, 30, 60, 443)}
"""By the number of people, the sizes of the groups that they are in."""


def worst_off_coverage(world: str, n_users: int, *, samples: int, seed: int = 0) -> float:
    """In how many samples the interval of the mean of the worst-off tenth holds the true one."""
    draw, bounds = VALUES[world]
    truth = np.sort(draw(np.random.default_rng(99), (2_000_000,)))[:200_000].mean()
    values = draw(np.random.default_rng([seed, n_users]), (n_users, samples))
    found = [worst_off(each, bounds=bounds) for each in values.T]
    return float(np.mean([each.low - 1e-9 <= truth <= each.high + 1e-9 for each in found]))


def alarms_of_gaps(world: str, n_users: int, *, samples: int, seed: int = 0) -> float:
    """In how many samples a group is said to be above or below all others, where all groups of people are alike."""
    draw, bounds = VALUES[world]
    sizes = GROUPS[n_users]
    group_of, labels = np.repeat(np.arange(len(sizes)), sizes), [str(size) for size in sizes]
    values = draw(np.random.default_rng([seed, n_users]), (n_users, samples))
    return float(
        np.mean([any(gap.is_clear for gap in group_gaps(each, group_of, labels, bounds=bounds)) for each in values.T])
    )


def told(n_settings: int, standard_errors: float, *, samples: int, n_users: int = 300, seed: int = 0) -> float:
    """How large a share of all others is told worse, where one is better by so many standard errors of a difference."""
    rng = np.random.default_rng([seed, n_settings])
    share = 0.0
    for _ in range(samples):
        values = rng.normal(0.5, 0.2, (n_users, 1)) + rng.normal(0, 0.02, (n_users, n_settings))
        values[:, 0] += standard_errors * 0.02 * np.sqrt(2 / n_users)
        chance = chance_of_pairs(values)
        words = [judge(values[:, 0] - other, chance, band=0.0).word for other in values.T[1:]]
        share += np.mean([word == BETTER for word in words])
    return share / samples


def main() -> None:
    sizes = (10, 15, 30, 60, 100, 200, 600)
    print("Coverage of 95 % intervals over users (and width, Student's = 1)")
    print(" " * 46 + "".join(f"{n:>14}" for n in sizes))
    for world in VALUES:
        row = (coverage(world, n, samples=4000) for n in sizes)
        print(f"{world:46}" + "".join(f"{covered:7.3f} ({width:.2f})" for covered, width in row), flush=True)
    print("\nCoverage with the luck of the start, by its ratio to the standard error over users")
    ratios = (0.2, 0.5, 1, 2, 5)
    for n_seeds in (2, 3, 5):
        row = (seed_coverage(n_seeds, ratio, samples=4000) for ratio in ratios)
        print(
            f"{n_seeds} seeds"
            + "".join(f"  {ratio}: {covered:.3f}" for ratio, covered in zip(ratios, row, strict=True))
        )
    print("\nFalse alarms among equal settings, without a band")
    for kind in KINDS:
        for n_users in (30, 100, 600):
            sizes = ((2, 1000), (6, 1000), (20, 500), (60, 300))
            rates = [alarms_among_equals(kind, n_users, count, samples=s, margin=0) for count, s in sizes]
            print(
                f"{kind:12} {n_users:4} people, 2, 6, 20, 60 settings: " + "  ".join(f"{r:.3f}" for r in rates),
                flush=True,
            )
    print("\nThe best of 20 settings called better than the best of 1, of 20, and the best of 200 than that of 1,")
    print("where all are equal, and where the first are better by 4 or by 6 standard errors of a difference")
    for n_users in (60, 100, 400):
        for errors in (0, 4, 6):
            rates = [
                told_after_tuning(n_users, *counts, samples=1000 if errors == 0 else 200, standard_errors=errors)
                for counts in ((20, 1), (20, 20), (200, 1))
            ]
            numbers = "  ".join(f"{rate:.3f}" for rate in rates)
            print(f"{n_users:4} people, {errors} standard errors: {numbers}", flush=True)
    print("\nFalse alarms of a page of groups, without a band")
    for kind in ("even", "zeros", "hits"):
        for n_challengers in (1, 5):
            rates = [
                alarms_in_groups(kind, n, samples=500, margin=0, n_challengers=n_challengers) for n in (60, 150, 600)
            ]
            numbers = "  ".join(f"{rate:.3f}" for rate in rates)
            print(f"{kind:6} 60, 150, 600 people, best of {n_challengers}: {numbers}", flush=True)
    print("\nCoverage of the interval of the worst-off tenth, 10, 20, 30, 60, 100, 200, 400, 2000 people")
    for world in WORST_OFF_WORLDS:
        rates = [worst_off_coverage(world, n, samples=1000) for n in (10, 20, 30, 60, 100, 200, 400, 2000)]
        print(f"{world:26}" + "  ".join(f"{rate:.3f}" for rate in rates), flush=True)
    print("\nFalse alarms of the gaps of groups that are alike, 200 people in 4 groups, 600 in 8")
    for world in GAP_WORLDS:
        print(f"{world:26}" + "  ".join(f"{alarms_of_gaps(world, n, samples=1000):.3f}" for n in GROUPS), flush=True)
    print("\nShare of 199 others that are told worse than one that is better by 4, 5, 6 standard errors")
    print("  ".join(f"{told(200, errors, samples=10):.2f}" for errors in (4, 5, 6)))


if __name__ == "__main__":
    main()
