"""The prior that Bayesian factorisation gives the rows of a side, itself drawn from what the rows look like."""

from dataclasses import dataclass

import numpy as np
import scipy.linalg

_STRENGTH = 2.0  # β₀: the prior mean of a side counts as so many rows at 0


@dataclass(frozen=True, eq=False)
class Gaussian:
    """N(mean, precision⁻¹) in d dimensions: `mean` μ (d,) and `precision` Λ (d, d), float64."""

    mean: np.ndarray
    precision: np.ndarray

    def place(self, noise: np.ndarray) -> np.ndarray:
        """Return the draws μ + L⁻ᵀξ, (m, d), that `noise` ξ (m, d) of independent N(0, 1) gives, with Λ = LLᵀ."""
        lower = np.linalg.cholesky(self.precision)
        spread: np.ndarray = scipy.linalg.solve_triangular(lower, noise.T.astype(np.float64), lower=True, trans="T").T
        spread += self.mean
        return spread


def sample_prior(rows: np.ndarray, rng: np.random.Generator) -> Gaussian:
    """Draw μ and Λ from their posterior given `rows` (m, d), each of which is N(μ, Λ⁻¹).

    Before any row, Λ ~ Wishart(W₀ = I, ν₀ = d) and μ ~ N(0, (β₀Λ)⁻¹) with β₀ = 2; the posterior has the same form.
    Source: Salakhutdinov and Mnih, ICML 2008, equation 14. The Wishart draw is Bartlett's: Λ = (CT)(CT)ᵀ with C the
    Cholesky factor of the scale, T lower triangular, T_jj² ~ χ²(ν − j) and N(0, 1) below.
    """
    m, d = rows.shape
    mean = rows.mean(axis=0, dtype=np.float64)
    centred = rows - mean
    inverse_scale = np.eye(d) + centred.T @ centred + _STRENGTH * m / (_STRENGTH + m) * np.outer(mean, mean)
    # With W⁻¹ = UᵀU, the inverse of U is a factor C of W = CCᵀ, though not the lower one: the draw is as good.
    factor = np.linalg.inv(np.linalg.cholesky(inverse_scale)).T
    bartlett = np.tril(rng.standard_normal((d, d)), -1)
    np.fill_diagonal(bartlett, np.sqrt(rng.chisquare(d + m - np.arange(d))))
    root = factor @ bartlett
    precision = root @ root.T
    centre = m / (_STRENGTH + m) * mean
    around = Gaussian(centre, (_STRENGTH + m) * precision)
    return Gaussian(around.place(rng.standard_normal((1, d)))[0], precision)
