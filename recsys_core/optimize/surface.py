"""Objectives of two numbers, which can be drawn: along one direction of the users and one of the items."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

MINIMUM, SADDLE, TOP, LEVEL = "minimum", "saddle", "top", "level"


@dataclass(frozen=True, eq=False)
class Surface:
    """f(a, b) = Σ c_ij aⁱ bʲ with i and j from 0 to 2; `coefficients` c is (3, 3).

    Whatever a factorisation costs is of this form along one direction of the users (a) and one of the items (b):
    with either fixed it is a parabola in the other, which is why ALS can take turns.
    """

    coefficients: np.ndarray

    def value(self, x: np.ndarray) -> float:
        """f at x = (a, b)."""
        return float(self.values(x[:, None])[0])

    def values(self, points: np.ndarray) -> np.ndarray:
        """f at every (a, b) of `points` (2, …), in its shape without the first axis."""
        a, b = points
        result: np.ndarray = np.einsum("i...,ij,j...->...", _powers(a), self.coefficients, _powers(b))
        return result

    def gradient(self, x: np.ndarray) -> np.ndarray:
        """(2,)"""
        (a, b), c = x, self.coefficients
        return np.array([_slopes(a) @ c @ _powers(b), _powers(a) @ c @ _slopes(b)])

    def hessian(self, x: np.ndarray) -> np.ndarray:
        """(2, 2)"""
        (a, b), c, bend = x, self.coefficients, np.array([0.0, 0.0, 2.0])
        mixed = _slopes(a) @ c @ _slopes(b)
        return np.array([[bend @ c @ _powers(b), mixed], [mixed, _powers(a) @ c @ bend]])

    def minimise_a(self, x: np.ndarray) -> np.ndarray:
        """Return x with a at the lowest point of its parabola, b as it was."""
        return np.array([_lowest(self.parabola(x, 0), x[0]), x[1]])

    def minimise_b(self, x: np.ndarray) -> np.ndarray:
        """Return x with b at the lowest point of its parabola, a as it was."""
        return np.array([x[0], _lowest(self.parabola(x, 1), x[1])])

    def parabola(self, x: np.ndarray, axis: int) -> np.ndarray:
        """Return f along an axis through x: coefficients (3,) of 1, t and t², where t is a (axis 0) or b (axis 1)."""
        result: np.ndarray = self.coefficients @ _powers(x[1]) if axis == 0 else _powers(x[0]) @ self.coefficients
        return result

    def sublevel(self, height: float, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for every a the lowest and the highest b with f(a, b) ≤ `height`; nan where there is none.

        c₂(a) must not be negative, as in all of a factorisation's landscapes.
        """
        c0, c1, c2 = self.coefficients.T @ _powers(a)
        bend = np.maximum(c2, 1e-12)
        with np.errstate(invalid="ignore"):
            half = np.sqrt(c1**2 - 4 * bend * (c0 - height)) / (2 * bend)
        return -c1 / (2 * bend) - half, -c1 / (2 * bend) + half

    @cached_property
    def minima(self) -> np.ndarray:
        """The lowest points, (1 or 2, 2).

        With b at its best for a, f is c₀ − c₁² / 4c₂, where the quadratics c_j(a) multiply bʲ; it is level where
        4c₂²c₀′ − 2c₁c₁′c₂ + c₁²c₂′ = 0, a polynomial. Where that holds for every a, a = 1 stands for all of a valley.
        """
        c0, c1, c2 = (np.polynomial.Polynomial(column) for column in self.coefficients.T)
        level = 4 * c2**2 * c0.deriv() - 2 * c1 * c1.deriv() * c2 + c1**2 * c2.deriv()
        roots = level.trim(1e-12 * np.abs(level.coef).max()).roots()
        nearly_real = np.abs(roots.imag) < 1e-4 * (1 + np.abs(roots))
        candidates = np.array([self.minimise_b(np.array([a, 0.0])) for a in [*roots[nearly_real].real, 1.0]])
        heights = self.values(candidates.T)
        lowest = candidates[heights <= heights.min() + max(1e-9, 1e-6 * np.ptp(heights))]
        lowest = lowest[np.argsort(-lowest[:, 0])]
        apart = np.append(True, np.linalg.norm(np.diff(lowest, axis=0), axis=1) > 1e-2)
        result: np.ndarray = lowest[apart]
        return result

    @property
    def lowest(self) -> float:
        """The value at the minima."""
        return self.value(self.minima[0])

    @property
    def curvatures(self) -> np.ndarray:
        """The eigenvalues of the Hessian at the first minimum, ascending (2,); equal ones make a round bowl."""
        return np.linalg.eigvalsh(self.hessian(self.minima[0]))

    @property
    def longest_safe_step(self) -> float:
        """2 / λ_max of the Hessian at the minimum: gradient descent with a longer step cannot stay there."""
        return float(2 / self.curvatures[-1])

    def kind(self, x: np.ndarray) -> str:
        """Say what a level point is, by the signs of the curvatures there; one as low as the minima is one of them."""
        if abs(self.value(x) - self.lowest) <= 1e-9 * (1 + abs(self.lowest)):
            return MINIMUM
        low, high = np.linalg.eigvalsh(self.hessian(x))
        rounding = 1e-6 * max(abs(low), abs(high), 1e-300)
        if low > rounding:
            return MINIMUM
        if high < -rounding:
            return TOP
        return SADDLE if low < -rounding else LEVEL


def smallest_factorisation(rating: float, regularization: float) -> Surface:
    """Return f(u, v) = (r − uv)² + λ(u² + v²): one user, one item, one factor.

    For 0 < λ < r its minima are ±(t, t), t² = r − λ, with curvatures 4(r − λ) and 4λ; at 0 is a saddle, with
    curvatures 2(λ ± r). From λ = r on the two have merged at 0. With λ = 0 all of uv = r is a minimum.
    """
    r, ridge = rating, regularization
    return Surface(np.array([[r * r, 0, ridge], [0, -2 * r, 0], [ridge, 0, 1.0]]))


def ridge_regression(items: np.ndarray, ratings: np.ndarray, regularization: float) -> Surface:
    """Return f(u) = ‖r − Qu‖² + λ‖u‖² of one user u = (u₁, u₂), with `items` Q (n, 2) fixed and `ratings` r (n,).

    Its Hessian 2(QᵀQ + λI) is the same everywhere: one minimum, no saddle, and a greater λ makes the bowl rounder.
    """
    gram, right = items.T @ items, items.T @ ratings
    (aa, ab), (_, bb) = gram
    one, other = -2 * right
    return Surface(
        np.array([[ratings @ ratings, other, bb + regularization], [one, 2 * ab, 0], [aa + regularization, 0, 0]])
    )


def _powers(a: np.ndarray) -> np.ndarray:
    return np.stack([np.ones_like(a, np.float64), a, np.square(a)])


def _slopes(a: float) -> np.ndarray:
    return np.array([0.0, 1.0, 2 * a])


def _lowest(parabola: np.ndarray, otherwise: float) -> float:
    """Return where c₀ + c₁x + c₂x² is lowest; `otherwise` where it has no bend."""
    _, c1, c2 = parabola
    return -c1 / (2 * c2) if c2 > 0 else otherwise
