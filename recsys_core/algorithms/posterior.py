"""A model that knows how sure it is: factors, and samples of what else they could be."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from recsys_core.algorithms.kernels.normal_wishart import Gaussian
from recsys_core.algorithms.models import FactorModel


@dataclass(frozen=True, eq=False)
class Sample:
    """One state of the chain, in units in which ratings have mean 0 and standard deviation 1.

    `users` (m, d) and `items` (n, d), float32, with d = k + 1: a bias and k factors each. A rating is
    users[u, 0] + items[i, 0] + users[u, 1:] · items[i, 1:] plus noise of the `precision` α; a user is drawn from
    `user_prior`.
    """

    users: np.ndarray
    items: np.ndarray
    precision: float
    user_prior: Gaussian

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Return (len(users), n) float32."""
        own = self.users[users]
        scores: np.ndarray = own[:, 1:] @ self.items[:, 1:].T + self.items[:, 0] + own[:, :1]
        return scores


@dataclass(frozen=True, eq=False)
class Posterior:
    """Samples of everything that the ratings leave uncertain; a rating is offset + scale · what a sample says."""

    samples: tuple[Sample, ...]
    offset: float
    scale: float

    @property
    def n_samples(self) -> int:
        return len(self.samples)

    @cached_property
    def noise(self) -> float:
        """The standard deviation of single ratings around their expectation, in the unit of ratings."""
        return self.scale * float(np.sqrt(np.mean([1 / sample.precision for sample in self.samples])))

    def scores_of_user(self, user: int) -> np.ndarray:
        """Return what every sample expects of the user, (samples, n) float32, in the unit of ratings."""
        drawn = np.concatenate([sample.scores(np.array([user])) for sample in self.samples])
        return np.float32(self.offset) + np.float32(self.scale) * drawn

    def scores_of(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return what every sample expects of single (user, item) pairs, (samples, pairs), in the unit of ratings."""
        drawn = [
            each.users[users, 0]
            + each.items[items, 0]
            + np.einsum("pk,pk->p", each.users[users, 1:], each.items[items, 1:])
            for each in self.samples
        ]
        return np.float32(self.offset) + np.float32(self.scale) * np.array(drawn, np.float32)


@dataclass(frozen=True, eq=False)
class BayesianModel(FactorModel):
    """The mean of all samples as a model of factors, and the samples that were kept.

    The mean has more than k directions; the model has its k strongest. `posterior` is None as long as the chain still
    forgets where it began.
    """

    posterior: Posterior | None = None

    @classmethod
    def with_posterior(cls, model: FactorModel, posterior: Posterior | None) -> Self:
        """Return `model`, which is the mean of a chain, with samples of this chain."""
        return cls(
            model.user_factors,
            model.item_factors,
            model.user_bias,
            model.item_bias,
            model.offset,
            model.predicts_ratings,
            posterior,
        )
