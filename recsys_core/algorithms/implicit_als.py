"""Alternating least squares on implicit feedback."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms.algorithm import Algorithm, Epoch, FactorModel
from recsys_core.algorithms.als import penalty
from recsys_core.algorithms.least_squares import RowGroups, solve_rows
from recsys_core.data.interactions import Interactions
from recsys_core.parameters import number


@dataclass(frozen=True)
class ImplicitALS(Algorithm):
    """Minimise Σ_{all u,i} c_ui (p_ui − x_u·y_i)² + λ(Σ‖x_u‖² + Σ‖y_i‖²), c_ui = 1 + α r_ui.

    The preference p_ui is 1 where there is an interaction and 0 elsewhere; unobserved cells count with
    confidence 1. Source: Hu, Koren and Volinsky, Collaborative filtering for implicit feedback datasets,
    ICDM 2008, equations 3 to 5. As there, YᵀY is computed once a side, so that the unobserved cells cost
    nothing per user. Negative values of r (a scale around zero) count as 0.
    """

    label = "ALS (implicit)"
    objective_label = "Weighted squared error over all cells + penalty"
    equation = (
        r"\begin{gathered}\min_{X,Y}\sum_{u,i}c_{ui}\big(p_{ui}-x_u^{\top}y_i\big)^2"
        r"+\lambda\Big(\sum_u\lVert x_u\rVert^2+\sum_i\lVert y_i\rVert^2\Big)\\ c_{ui}=1+\alpha\,r_{ui}\end{gathered}"
    )
    meaning = (
        "What a person chose should score 1 and everything else 0, but the choices count more the surer they "
        "are; not having chosen something is only weak evidence against it."
    )
    mend = "raise the regularisation λ"

    n_factors: int = number(16, "Factors k", "How many tastes the model may use.", bounds=(1, 1024), typical=(1, 128))
    regularization: float = number(
        10.0,
        "Regularisation λ",
        "How strongly factors are held near zero.",
        bounds=(0, 1e6),
        typical=(1e-2, 1000),
        log=True,
    )
    alpha: float = number(
        1.0,
        "Confidence α",
        "How much surer one unit of rating makes us that a choice is meant.",
        bounds=(0, 1e6),
        typical=(0.1, 40),
        log=True,
    )
    n_epochs: int = number(15, "Epochs", "Passes over both sides.", bounds=(1, 10_000), typical=(1, 50))

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Iterator[Epoch]:
        m, n, k = train.n_users, train.n_items, self.n_factors
        by_item = train.transposed
        extra_by_user, extra_by_item = (  # α r, the confidence beyond the 1 that every cell has
            np.float32(self.alpha) * np.maximum(side.values, 0) for side in (train, by_item)
        )
        user_ridge, item_ridge = np.full(m, self.regularization), np.full(n, self.regularization)
        user_rows, item_rows = RowGroups.of(train, k), RowGroups.of(by_item, k)
        y = rng.normal(0, 0.1, (n, k)).astype(np.float32)
        for number_ in range(1, self.n_epochs + 1):
            x, _ = solve_rows(
                user_rows, y, targets=1 + extra_by_user, weights=extra_by_user, gram=y.T @ y, ridge=user_ridge
            )
            gram = x.T @ x
            y, fitted = solve_rows(
                item_rows, x, targets=1 + extra_by_item, weights=extra_by_item, gram=gram, ridge=item_ridge
            )
            # Σ_all (x·y)² = Σ (XᵀX ∘ YᵀY); observed cells trade their (x·y)² for c(1 − x·y)².
            everywhere = np.sum(gram * (y.T @ y), dtype=np.float64)
            observed = np.sum((1 + extra_by_item) * (1 - fitted) ** 2 - fitted**2, dtype=np.float64)
            yield Epoch(
                number_,
                FactorModel.of(x, y),
                max(0.0, float(everywhere + observed)) + penalty(x, user_ridge) + penalty(y, item_ridge),
            )
