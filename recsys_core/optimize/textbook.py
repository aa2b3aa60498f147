"""Five textbook examples, one for each tool, with the answer that the book gives."""

from dataclasses import dataclass
from itertools import islice

import numpy as np

from recsys_core.optimize.gradient_descent import gradient_descent
from recsys_core.optimize.newton import newton
from recsys_core.optimize.pca import principal_components
from recsys_core.optimize.quasi_newton import bfgs, slsqp

# The book states the result of its portfolio, not its four assets; these lead to that result in every digit it gives.
RETURNS = np.array([0.12, 0.10, 0.07, 0.03])
COVARIANCE = np.array(
    [[0.10, 0.02, 0.03, 0], [0.02, 0.08, 0.03, 0.01], [0.03, 0.03, 0.08, 0.0075], [0, 0.01, 0.0075, 0.02]]
)
RISKLESS = 0.02
STEP_SIZE = 0.1


@dataclass(frozen=True, eq=False)
class Example:
    """`path` (s + 1, d): the start and every step; `known` (d,) the answer, in the letters `names`, as far as it is
    known beforehand within `within`."""

    question: str
    equation: str
    names: tuple[str, ...]
    path: np.ndarray
    known: np.ndarray
    within: float

    @property
    def found(self) -> np.ndarray:
        return self.path[-1]

    @property
    def is_right(self) -> bool:
        return bool(np.all(np.abs(self.found - self.known) <= self.within))


def risk(weights: np.ndarray) -> float:
    """The standard deviation of the return of a portfolio."""
    return float(np.sqrt(weights @ COVARIANCE @ weights))


def sharpe(weights: np.ndarray) -> float:
    """Return beyond the riskless one, by unit of risk."""
    return float(weights @ RETURNS - RISKLESS) / risk(weights)


def portfolio() -> Example:
    path = slsqp(
        lambda weights: -sharpe(weights),
        np.full(4, 0.25),
        bounds=[(0, 1)] * 4,
        constraints=[{"type": "eq", "fun": lambda weights: weights.sum() - 1}],
    )
    return Example(
        question="Four assets, nothing borrowed: which mixture earns most for its risk?",
        equation=r"\max_w \frac{w^{\top}\mu-r}{\sqrt{w^{\top}\Sigma w}}\quad w\ge 0,\ \sum_i w_i=1",
        names=("w₁", "w₂", "w₃", "w₄"),
        path=np.array(list(path)),
        known=np.array([0.486, 0.445, 0.005, 0.064]),
        within=0.0005,
    )


def cubic_root() -> Example:
    path = newton(lambda x: x**3 - 2 * x - 5, lambda x: 3 * x**2 - 2, 2.0)
    return Example(
        question="Newton's own example of 1669: where is x³ − 2x − 5 zero?",
        equation=r"x \leftarrow x-\frac{x^3-2x-5}{3x^2-2}",
        names=("x",),
        path=np.array(list(islice(path, 6))),
        known=np.array([2.094551481542]),
        within=5e-13,
    )


def repeated_column() -> Example:
    """The path is the shares of the variance alone: PCA is one factorisation, without steps."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(200, 5))
    points[:, 4] = points[:, 0] + 0.1 * rng.normal(size=200)
    values = np.linalg.eigvalsh(np.cov(points.T))[::-1]
    return Example(
        question="200 points in 5 columns, of which one nearly repeats another: how many directions are there?",
        equation=r"X-\bar x=U\,\Sigma\,V^{\top},\quad \text{share}_j=\sigma_j^2\Big/\sum_l\sigma_l^2",
        names=tuple(f"share {place}" for place in range(1, 6)),
        path=principal_components(points, 5).shares[None],
        known=values / values.sum(),
        within=1e-12,
    )


def regression() -> Example:
    rng = np.random.default_rng(0)
    x, true = rng.normal(size=(500, 3)), np.array([2.0, -1.0, 0.5])
    y = x @ true + rng.normal(0, 0.1, 500)
    path = gradient_descent(lambda w: 2 * x.T @ (x @ w - y) / 500, np.zeros(3), STEP_SIZE)
    return Example(
        question="500 noisy measurements of 2a − b + ½c: which are the coefficients?",
        equation=r"w \leftarrow w-\eta\,\tfrac{2}{m}X^{\top}(Xw-y)",
        names=("a", "b", "c"),
        path=np.array(list(islice(path, 101))),
        known=true,
        within=0.02,
    )


def slanted_bowl() -> Example:
    path = bfgs(
        lambda p: (p[0] - 3) ** 2 + (p[1] + 2) ** 2 + p[0] * p[1],
        lambda p: np.array([2 * (p[0] - 3) + p[1], 2 * (p[1] + 2) + p[0]]),
        np.zeros(2),
    )
    return Example(
        question="A bowl whose axes are slanted: where is its bottom?",
        equation=r"\min_{x,y}\,(x-3)^2+(y+2)^2+xy",
        names=("x", "y"),
        path=np.array(list(path)),
        known=np.array([16, -14]) / 3,
        within=1e-6,
    )


EXAMPLES = {
    "SLSQP": portfolio,
    "Newton–Raphson": cubic_root,
    "PCA": repeated_column,
    "Gradient descent": regression,
    "BFGS": slanted_bowl,
}
