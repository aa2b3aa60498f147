"""What blending minimises: one number a choice of weights, with its gradient, for the SLSQP of `quasi_newton`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from recsys_core.optimize.quasi_newton import slsqp

_SHARPNESS = (0.05, 20.0)


@dataclass(frozen=True, eq=False)
class SquaredError:
    """f(w) = mean of (r − Σ_j w_j ŷ_j)² over held-out ratings r (c,) that p models predict as ŷ (p, c); convex."""

    predictions: np.ndarray
    ratings: np.ndarray

    def value(self, w: np.ndarray) -> float:
        """f(w), whose root is the RMSE."""
        return float(np.mean((self.ratings - w @ self.predictions) ** 2))

    def gradient(self, w: np.ndarray) -> np.ndarray:
        """∂f/∂w_j = −2 mean of (r − Σ w ŷ) ŷ_j."""
        return -2 * self.predictions @ (self.ratings - w @ self.predictions) / len(self.ratings)


@dataclass(frozen=True, eq=False)
class ListError:
    """f(w) = −mean over people of mean over their held-out items i of log softmax_i(t Σ_j w_j z_j); convex.

    The softmax cross-entropy of ListNet (Cao et al., ICML 2007), which bounds NDCG and MRR (Bruch, Wang, Bendersky
    and Najork, ICTIR 2019): NDCG itself is made of steps and has no gradient. z (p, people, n) are the models' scores,
    standardised for each person, 0 where `seen` (people, n); `relevant` (p,) is the mean of z over the held-out items
    of each person, averaged over people; `popularity` (n,) counts people; t is the `sharpness`.
    """

    scores: np.ndarray
    seen: np.ndarray
    relevant: np.ndarray
    popularity: np.ndarray
    sharpness: float = 1.0

    def value(self, w: np.ndarray) -> float:
        """f(w) = mean over people of log Σ_i exp(t Σ_j w_j z_ji), minus t Σ_j w_j relevant_j."""
        return float(np.mean(self._softmax(w)[1]) - self.sharpness * w @ self.relevant)

    def gradient(self, w: np.ndarray) -> np.ndarray:
        """∂f/∂w_j = t (what the softmax expects of z_j − relevant_j)."""
        return self.sharpness * (self._expected(self._softmax(w)[0]) - self.relevant)

    def mean_popularity(self, w: np.ndarray) -> float:
        """How many people have an item drawn by the softmax, on average: a smooth stand-in for that of the lists."""
        return float(np.mean(self._softmax(w)[0] @ self.popularity))

    def popularity_slope(self, w: np.ndarray) -> np.ndarray:
        """∂/∂w_j = t · mean over people of the covariance of popularity and z_j under the softmax."""
        shares, _ = self._softmax(w)
        above = self.popularity - (shares @ self.popularity)[:, None]
        return self.sharpness * self._expected(shares * above)

    def _softmax(self, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The shares (people, n), 0 for what is seen, and the logarithms of their denominators (people,)."""
        exponents = np.tensordot(self.sharpness * w, self.scores, axes=1)
        exponents[self.seen] = -np.inf
        highest = exponents.max(axis=1, keepdims=True)
        shares = np.exp(exponents - highest)
        sums = shares.sum(axis=1, keepdims=True)
        return shares / sums, (highest + np.log(sums))[:, 0]

    def _expected(self, shares: np.ndarray) -> np.ndarray:
        return np.array([np.vdot(shares, z) for z in self.scores]) / len(shares)


def best_sharpness(make: Callable[[float], ListError], n_models: int) -> float:
    """The t at which the models in equal parts fit best: then no weight stands for being sure instead of right."""
    equal = np.full(n_models, 1 / n_models)
    found = minimize_scalar(lambda t: make(np.exp(t)).value(equal), bounds=np.log(_SHARPNESS), method="bounded")
    return float(np.exp(found.x))


def blend_weights(
    value: Callable, gradient: Callable, start: np.ndarray, constraints: Sequence[dict] = ()
) -> Iterator[np.ndarray]:
    """SLSQP to the weights w ≥ 0, Σ w = 1, that minimise `value`; `start` (p,) first, `constraints` as in `slsqp`."""
    adds_up = {"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like}
    return slsqp(
        value, start, gradient=gradient, bounds=[(0.0, 1.0)] * len(start), constraints=[adds_up, *constraints]
    )


def at_most(limit: float, measure: Callable, its_slope: Callable) -> dict:
    """The constraint measure(w) ≤ limit, in SLSQP's words, scaled so that its size does not matter."""
    size = max(abs(limit), 1e-12)
    return {"type": "ineq", "fun": lambda w: (limit - measure(w)) / size, "jac": lambda w: -its_slope(w) / size}
