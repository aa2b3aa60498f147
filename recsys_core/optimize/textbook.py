"""Five textbook examples, one for each tool, each with an answer that is known exactly by another way."""

from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from recsys_core.optimize.methods import bfgs, gradient_descent, newton, slsqp
from recsys_core.optimize.pca import principal_components

RETURNS = np.array([0.12, 0.10, 0.07, 0.03])
COVARIANCE = np.array(
    [[0.10, 0.02, 0.04, 0.00], [0.02, 0.08, 0.02, 0.01], [0.04, 0.02, 0.09, 0.00], [0, 0.01, 0, 0.02]]
)
RISKLESS = 0.02
STEP_SIZE, N_EPOCHS = 0.05, 200
_SCIPY_SLSQP, _SCIPY_BFGS = 1e-6, 1e-5  # the tolerances that scipy.optimize.minimize has by default


@dataclass(frozen=True, eq=False)
class Example:
    """`path` (s + 1, d): the start and every step, in the letters `names`; `known` (d,) the exact answer.

    `known_by` says how the answer is known without the tool. `measures` are further columns (s + 1,) beside the path,
    `decimals` how many of them are printed, and `data` shows the given numbers in LaTeX.
    """

    question: str
    equation: str
    names: tuple[str, ...]
    path: np.ndarray
    known: np.ndarray
    known_by: str
    measures: dict[str, np.ndarray] = field(default_factory=dict)
    decimals: int = 3
    data: str = ""

    @property
    def found(self) -> np.ndarray:
        last: np.ndarray = self.path[-1]
        return last

    @property
    def distance(self) -> float:
        """The largest difference of a coordinate between what was found and the exact answer."""
        return float(np.abs(self.found - self.known).max())


def risk(weights: np.ndarray) -> float:
    """Return the standard deviation of the return of a portfolio."""
    return float(np.sqrt(weights @ COVARIANCE @ weights))


def sharpe(weights: np.ndarray) -> float:
    """Return the expected return beyond the riskless one, per unit of risk (Sharpe, Journal of Business 1966)."""
    return float(weights @ RETURNS - RISKLESS) / risk(weights)


def portfolio() -> Example:
    """Find the mixture with the greatest Sharpe ratio.

    No bound binds at the optimum, so it is the tangency portfolio Σ⁻¹(μ − r), scaled to a sum of 1.
    """
    iterates = slsqp(
        lambda weights: -sharpe(weights),
        np.full(4, 0.25),
        bounds=[(0, 1)] * 4,
        constraints=[{"type": "eq", "fun": lambda weights: weights.sum() - 1}],
        tolerance=_SCIPY_SLSQP,
    )
    path = np.array(list(iterates))
    tangency = np.linalg.solve(COVARIANCE, RETURNS - RISKLESS)
    rows = r" \\ ".join(" & ".join(f"{value:.2f}" for value in row) for row in COVARIANCE)
    returns = r" \\ ".join(f"{value:.2f}" for value in RETURNS)
    return Example(
        question="Four assets, nothing borrowed: which mixture earns most for its risk?",
        equation=r"\max_w \frac{w^{\top}\mu-r}{\sqrt{w^{\top}\Sigma w}}\quad 0\le w\le 1,\ \sum_i w_i=1",
        data=rf"\mu=\begin{{pmatrix}}{returns}\end{{pmatrix}},\ \Sigma=\begin{{pmatrix}}{rows}\end{{pmatrix}},\ "
        rf"r={RISKLESS:g}",
        names=("w₁", "w₂", "w₃", "w₄"),
        path=path,
        known=tangency / tangency.sum(),
        known_by="No bound binds there, so the exact answer is the tangency portfolio: Σ⁻¹(μ − r), scaled to a sum "
        "of 1.",
        measures={
            "return": path @ RETURNS,
            "Sharpe ratio": np.array([sharpe(weights) for weights in path]),
        },
    )


def cubic_root() -> Example:
    """Find the real root of x³ − 2x − 5, which Cardano's formula gives exactly."""
    iterates = newton(lambda x: x**3 - 2 * x - 5, lambda x: 3 * x**2 - 2, 2.0)
    path = np.array(list(islice(iterates, 6)))
    half, under = 5 / 2, np.sqrt(25 / 4 - 8 / 27)
    return Example(
        question="Newton's own example of 1669: where is x³ − 2x − 5 zero?",
        equation=r"x \leftarrow x-\frac{x^3-2x-5}{3x^2-2}",
        names=("x",),
        path=path,
        known=np.cbrt([half + under]) + np.cbrt([half - under]),
        known_by="The exact answer is Cardano's formula for the roots of a cubic.",
        measures={"x³ − 2x − 5": path[:, 0] ** 3 - 2 * path[:, 0] - 5},
        decimals=12,
    )


def repeated_column() -> Example:
    """Find the shares of the variance along the principal directions: one factorisation, without steps."""
    points = np.random.default_rng(0).standard_normal((200, 5))
    points[:, 1] = 0.8 * points[:, 0] + 0.2 * points[:, 1]
    values = np.linalg.eigvalsh(np.cov(points.T))[::-1]
    sigma = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return Example(
        question="200 points in 5 columns, of which one nearly repeats another: how many directions are there?",
        equation=r"X-\bar x=U\,\Sigma\,V^{\top},\quad \text{share}_j=\sigma_j^2\Big/\sum_l\sigma_l^2",
        names=tuple(f"share {index}" for index in range(1, 6)),
        path=principal_components(points, 5).shares[None],
        known=values / values.sum(),
        known_by="The exact answer is computed in another way: by the eigenvalues of the covariance matrix.",
        measures={f"σ{digit}": value[None] for digit, value in zip("₁₂₃₄₅", sigma, strict=True)},
        data=r"\sigma=(" + r",\ ".join(f"{value:.3f}" for value in sigma) + ")",
    )


def regression() -> Example:
    """Find the coefficients of a linear regression; the normal equations give them exactly."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 3))
    y = x @ np.array([2.0, -1.0, 0.5]) + rng.normal(0, 0.3, 500)
    iterates = gradient_descent(lambda w: 2 / 500 * x.T @ (x @ w - y), np.zeros(3), STEP_SIZE)
    path = np.array(list(islice(iterates, N_EPOCHS + 1)))
    return Example(
        question="500 noisy measurements of 2a − b + ½c: which are the coefficients?",
        equation=rf"w \leftarrow w-\eta\,\tfrac{{2}}{{n}}X^{{\top}}(Xw-y),\quad \eta={STEP_SIZE:g}",
        names=("a", "b", "c"),
        path=path,
        known=np.linalg.solve(x.T @ x, x.T @ y),
        known_by="The exact answer solves the normal equations XᵀXw = Xᵀy.",
        measures={"mean squared error": np.mean((path @ x.T - y) ** 2, axis=1)},
    )


def slanted_bowl() -> Example:
    """Find the bottom of a quadratic bowl; two linear equations give it exactly."""

    def value(p: np.ndarray) -> float:
        return float((p[0] - 3) ** 2 + (p[1] + 2) ** 2 + p[0] * p[1])

    iterates = bfgs(
        value, lambda p: np.array([2 * (p[0] - 3) + p[1], 2 * (p[1] + 2) + p[0]]), np.zeros(2), tolerance=_SCIPY_BFGS
    )
    path = np.array(list(iterates))
    return Example(
        question="A bowl whose axes are slanted: where is its bottom?",
        equation=r"\min_{x,y}\,f(x,y),\quad f(x,y)=(x-3)^2+(y+2)^2+xy",
        names=("x", "y"),
        path=path,
        known=np.array([16, -14]) / 3,
        known_by="The exact answer, where both slopes are 0, is x = 16/3 and y = −14/3, with the value −37/3.",
        measures={"f": np.array([value(point) for point in path])},
        decimals=4,
    )


EXAMPLES = {
    "SLSQP": portfolio,
    "Newton–Raphson": cubic_root,
    "PCA": repeated_column,
    "Gradient descent": regression,
    "BFGS": slanted_bowl,
}
