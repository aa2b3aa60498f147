"""What blending minimises: one number a choice of weights, with its gradient, for `slsqp`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, softmax

from recsys_core.optimize.methods import Constraint, Function, Gradient, slsqp

_RANK_SHARPNESS = 32.0  # α of ranks: on scores of standard deviation 1, 0.1 higher counts as 0.96 of being above
_DRAW_SHARPNESS = 8.0  # α of what is drawn
BELOW = -1e3
"""A score, or a difference of scores, of what is not there."""


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
        result: np.ndarray = -2 * self.predictions @ (self.ratings - w @ self.predictions) / len(self.ratings)
        return result


@dataclass(frozen=True, eq=False)
class ApproximateNDCG:
    """f(w) = −Σ_i g_i / log₂(1 + π_i(w)): NDCG with ranks that are smooth in the weights; not convex.

    π_i = 1 + Σ_j σ(α Σ_p w_p (z_pj − z_pi)) counts the items j above the held-out item i, each as far as it is above
    it (Qin, Liu and Li, A general approximation framework for direct optimization of information retrieval measures,
    Information Retrieval 2010). `differences` (p, c, n) are z_pj − z_pi for c held-out items and n others of the same
    person, BELOW where there are fewer; `gains` (c,) are 1 / (ideal DCG of the person · people).
    """

    differences: np.ndarray
    gains: np.ndarray

    def value(self, w: np.ndarray) -> float:
        """f(w)"""
        return -float(self.gains @ (1 / np.log2(1 + self._ranks(self._above(w)))))

    def gradient(self, w: np.ndarray) -> np.ndarray:
        """∂f/∂w_p = Σ_i g_i ln 2 / ((1 + π_i) ln²(1 + π_i)) · α Σ_j σ(1 − σ)(z_pj − z_pi)."""
        above = self._above(w)
        after = 1 + self._ranks(above)
        slopes = self.gains * np.log(2) / (after * np.log(after) ** 2)
        pulls = above * (1 - above) * slopes[:, None]
        return _RANK_SHARPNESS * _along_components(self.differences, pulls)

    def _above(self, w: np.ndarray) -> np.ndarray:
        """(c, n) how far each other item is above the held-out one, from 0 to 1."""
        result: np.ndarray = expit(np.einsum("p,pij->ij", _RANK_SHARPNESS * w, self.differences))
        return result

    @staticmethod
    def _ranks(above: np.ndarray) -> np.ndarray:
        result: np.ndarray = 1 + above.sum(axis=1)
        return result


@dataclass(frozen=True, eq=False)
class SoftPopularity:
    """How many people have an item that is drawn with chances exp(α Σ_p w_p z_pi), on average: a smooth stand-in for
    that of the first items of a list. `scores` z (p, people, n), BELOW where there are fewer than n items, and
    `popularity` (people, n)."""

    scores: np.ndarray
    popularity: np.ndarray

    def value(self, w: np.ndarray) -> float:
        """Mean over people of Σ_i chance_i · popularity_i."""
        return float(np.vdot(self._chances(w), self.popularity)) / len(self.popularity)

    def gradient(self, w: np.ndarray) -> np.ndarray:
        """α · mean over people of the covariance of popularity and z_p under the chances."""
        chances = self._chances(w)
        expected = np.sum(chances * self.popularity, axis=1, keepdims=True)
        pulls = chances * (self.popularity - expected)
        return _DRAW_SHARPNESS * _along_components(self.scores, pulls) / len(self.popularity)

    def _chances(self, w: np.ndarray) -> np.ndarray:
        result: np.ndarray = softmax(np.einsum("p,pij->ij", _DRAW_SHARPNESS * w, self.scores), axis=1)
        return result


def _along_components(components: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Return Σ_ij components_pij table_ij for every p by one matrix product, which is quicker than dot products."""
    result: np.ndarray = components.reshape(len(components), -1) @ table.ravel()
    return result


def blend_weights(
    value: Function,
    gradient: Gradient,
    start: np.ndarray,
    most: np.ndarray,
    constraints: Sequence[Constraint] = (),
) -> Iterator[np.ndarray]:
    """Yield the iterates of SLSQP to the weights w that minimise `value`; `start` (p,) first.

    Σ w = 1 and 0 ≤ w ≤ `most` (p,) hold at the end.

    `constraints` are more of them, as in `slsqp`.
    """
    adds_up = {"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like}
    bounds = [(0.0, highest) for highest in most]
    return slsqp(value, start, gradient=gradient, bounds=bounds, constraints=[adds_up, *constraints])


def at_most(limit: float, measure: Function, its_slope: Gradient) -> Constraint:
    """Return the constraint measure(w) ≤ limit, in SLSQP's words, scaled so that its size does not matter."""
    size = max(abs(limit), 1e-12)
    return {"type": "ineq", "fun": lambda w: (limit - measure(w)) / size, "jac": lambda w: -its_slope(w) / size}
