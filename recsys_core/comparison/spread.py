"""Where the spread of a difference comes from: the people, the seed of training, the seed or time of the split."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys_core.errors import InputError


@dataclass(frozen=True)
class Spread:
    """Standard deviations of a mean difference: how far it would move with other people, another seed, another split.

    `seed` and `split` are NaN where fewer than two are known. Of few seeds or splits they are rough.
    """

    people: float
    seed: float
    split: float
    n_seeds: int
    n_splits: int


def spread_of(differences: Sequence[Sequence[np.ndarray]]) -> Spread:
    """The components of the spread of `differences[c][s]` (u_c,), user by user, on split c with seed s.

    People: the sampling variance of a mean, s²/u, averaged over all. Seed: the variance of the means of one split over
    its seeds, pooled over splits; the people are the same ones, so that it holds only what the seed moves. Split: the
    variance of the splits' means less what the seeds account for in it, at least 0 (analysis of variance with random
    effects; Searle, Casella and McCulloch, Variance Components, 1992, chapter 3). Raises InputError without a value.
    """
    if not differences or not all(differences) or not all(len(each) for row in differences for each in row):
        raise InputError("A spread must have a difference on every split. Got none on one of them.")
    cells = [[float(each.mean()) for each in row] for row in differences]
    people = float(
        np.mean([each.var(ddof=1) / len(each) if len(each) > 1 else 0.0 for row in differences for each in row])
    )
    freedom = sum(len(row) - 1 for row in cells)
    seed = float(sum(np.var(row) * len(row) for row in cells)) / freedom if freedom else math.nan
    split = math.nan
    if len(cells) > 1:
        by_seed = 0.0 if math.isnan(seed) else seed * float(np.mean([1 / len(row) for row in cells]))
        split = max(0.0, float(np.var([np.mean(row) for row in cells], ddof=1)) - by_seed)
    return Spread(math.sqrt(people), math.sqrt(seed), math.sqrt(split), max(len(row) for row in cells), len(cells))
