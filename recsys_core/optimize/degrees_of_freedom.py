"""The effective number of factors under a ridge, and the ridge that leaves as many as wanted."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import overload

import numpy as np

from recsys_core.errors import InputError
from recsys_core.optimize.methods import newton

_LEAST = 1e-6  # of the largest singular value: below, float32 factors have no direction of their own
_ARRIVED = 1e-9  # of df
_MOST = 200  # steps
_DF, _DIGITS = 6, 6  # decimals of df, and digits of λ and the slope, that are printed


def singular_values(items: np.ndarray) -> np.ndarray:
    """Return the singular values (r,) of item factors (|Ω_u|, k) that are not 0, the largest first."""
    values = np.linalg.svd(np.asarray(items, np.float64), compute_uv=False)
    result: np.ndarray = values[values > _LEAST * values.max(initial=0.0)]
    return result


@overload
def degrees_of_freedom(singular_values: np.ndarray, ridge: float) -> float: ...
@overload
def degrees_of_freedom(singular_values: np.ndarray, ridge: np.ndarray) -> np.ndarray: ...
def degrees_of_freedom(singular_values: np.ndarray, ridge: float | np.ndarray) -> float | np.ndarray:
    """Return df(λ) = Σ d²/(d² + λ), from r at λ = 0 down to 0; an array of λ gives an array.

    The trace of the matrix that makes fitted ratings of ratings (Hastie, Tibshirani and Friedman, The Elements of
    Statistical Learning, equation 3.50).
    """
    squares = np.square(singular_values)
    result: float | np.ndarray = np.sum(squares / (squares + np.asarray(ridge, np.float64)[..., None]), axis=-1)
    return result


def slope(singular_values: np.ndarray, ridge: float) -> float:
    """Return df′(λ) = −Σ d²/(d² + λ)², below 0 everywhere."""
    squares = np.square(singular_values)
    return -float(np.sum(squares / (squares + ridge) ** 2))


def ridge_for(singular_values: np.ndarray, wanted: float) -> Iterator[float]:
    """Newton–Raphson on df(λ) − wanted from λ = 0: λ ← λ − (df(λ) − wanted) / df′(λ), until it has arrived.

    df falls and is convex, so each tangent meets `wanted` before the curve does: λ grows step by step, never leaps
    too far and never becomes negative. That holds in λ and not in log λ, where df is level at both ends and a
    tangent may lead far off.
    Raises InputError unless 0 < wanted ≤ r.
    """
    if not 0 < wanted <= len(singular_values):
        raise InputError(
            f"The effective factors must be more than 0 and at most {len(singular_values)}, the directions that the "
            f"ratings tell. Got {wanted:g}."
        )
    steps = newton(
        lambda x: degrees_of_freedom(singular_values, x[0]) - wanted, lambda x: slope(singular_values, x[0]), 0.0
    )
    for (ridge,) in islice(steps, _MOST):
        yield float(ridge)
        if degrees_of_freedom(singular_values, ridge) - wanted <= _ARRIVED:
            return


@dataclass(frozen=True)
class WorkedRidge:
    """One step of `ridge_for` in the digits that are printed: `after` is what the others give."""

    before: float
    df: float
    slope: float
    after: float


def worked_ridge(singular_values: np.ndarray, wanted: float, ridge: float) -> WorkedRidge:
    """The step from `ridge`."""
    before = _digits(ridge)
    df = round(float(degrees_of_freedom(singular_values, before)), _DF)
    tangent = _digits(slope(singular_values, before))
    return WorkedRidge(before, df, tangent, _digits(before - (df - wanted) / tangent))


def _digits(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
