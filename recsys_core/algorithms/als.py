"""Alternating least squares on explicit ratings."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Self

import numpy as np

from recsys_core.algorithms import shared_fields
from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.algorithms.centering import CENTERINGS, Averages, user_averages
from recsys_core.algorithms.kernels.least_squares import solve_rows, weighted_norm
from recsys_core.algorithms.kernels.normal_equations import NormalEquations, residuals
from recsys_core.algorithms.kernels.row_groups import RowGroups
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.interactions import Interactions
from recsys_core.data.nouns import write_number
from recsys_core.parameters import choice

PENALTIES = ("weighted", "plain")
_START = 0.1  # standard deviation of the first factors, in units of √s


@dataclass(frozen=True)
class ALS(Algorithm):
    """Minimise Σ_Ω (r_ui − p_u·q_i)² + λ s (Σ w_u‖p_u‖² + Σ w_i‖q_i‖²), one side at a time, each exactly.

    Source: Zhou, Wilkinson, Schreiber and Pan, Large-scale parallel collaborative filtering for the Netflix
    prize, AAIM 2008 (weighted); Koren, Bell and Volinsky, Matrix factorization techniques, IEEE Computer
    2009 (plain). With fixed item factors, p_u = (Q_ΩᵀQ_Ω + λ_u I)⁻¹ Q_Ωᵀ r_u with λ_u = λ s w_u, and the mirror
    image. The penalty is "plain" with w = 1 and "weighted" with w_u = |Ω_u|, w_i = |Ω_i|. The objective reported is
    the one that belongs to the chosen penalty, and it never rises. With centring, r is what is left after the
    averages are taken away; they stay fixed.

    We differ by s, the standard deviation of the training ratings (`rating_scale`): the papers' λ is λ s here. So λ
    has no unit. Ratings times c leave predictions times c, where factors are times √c, and with centring a shift of
    all ratings only shifts the predictions.
    """

    label = "ALS (ratings)"
    objective_label = "Squared error on the training ratings + penalty"
    equation = (
        r"\min_{P,Q}\sum_{(u,i)\in\Omega}\big(r_{ui}-p_u^{\top}q_i\big)^2"
        r"+\lambda\,s\Big(\sum_u w_u\lVert p_u\rVert^2+\sum_i w_i\lVert q_i\rVert^2\Big)"
    )
    meaning = (
        "Fix the items and every person's tastes are a small least-squares problem; fix the people and every "
        "item's are; taking turns, the squared error plus the penalty can only fall. The unit of λ is s, the standard "
        "deviation of the ratings."
    )
    divergence_advice = "raise the regularisation λ"
    derivation_title = "Where the update comes from"
    derivation = r"""
$$
p_u=\big(Q_\Omega^{\top}Q_\Omega+\lambda_u I\big)^{-1}Q_\Omega^{\top}r_u,\qquad
q_i=\big(P_\Omega^{\top}P_\Omega+\lambda_i I\big)^{-1}P_\Omega^{\top}r_i
$$

Ω are the items that the person rated, or the people who rated the item. With one side fixed, the objective is a ridge
regression for each row of the other; setting its gradient to 0 gives these equations.
"""
    adjustable = ("regularization",)
    learns_ratings = True
    has_normal_equations = True
    caution = (
        "It predicts ratings and learns only from rated cells, not from what people left alone. So its lists are often "
        "worse than those of popularity, however good its RMSE; to rank, use ALS (implicit)."
    )

    n_factors: int = shared_fields.factors(16)
    regularization: float = shared_fields.regularization(
        0.14,
        "How strongly large factors are penalised, in units of s, the standard deviation of the training ratings: "
        "the same λ serves 1 to 5 stars and 0 to 100 points.",
    )
    n_epochs: int = shared_fields.alternations(15)
    penalty: str = choice(
        "weighted",
        "Penalty",
        "Weighted: λ times the number of ratings of the person or item, w = |Ω|. Plain: w = 1 for all.",
        options=PENALTIES,
    )
    centering: str = choice(
        "biases",
        "Centre on",
        "None, the mean rating of each user or of each item, or both with the overall mean (biases).",
        options=CENTERINGS,
    )
    kept_model: str = shared_fields.kept_model()

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Generator[Epoch, Self | None, None]:
        k, scale = self.n_factors, train.rating_scale
        averages = Averages.of(train, self.centering)
        r_by_user = averages.residuals(train)
        by_item = train.transposed
        r_by_item = _transposed_values(train, r_by_user)
        user_rows, item_rows = RowGroups.of(train, k), RowGroups.of(by_item, k)
        item_factors = self._first_item_factors(train, rng)
        fitted = np.empty(train.n_interactions, np.float32)
        recipe = self
        for number_ in range(1, self.n_epochs + 1):
            user_ridge, item_ridge = recipe.ridge(train, scale), recipe.ridge(by_item, scale)
            user_factors = solve_rows(user_rows, item_factors, targets=r_by_user, ridge=user_ridge)
            item_factors = solve_rows(item_rows, user_factors, targets=r_by_item, ridge=item_ridge, fitted=fitted)
            squared_error = float(np.sum((r_by_item - fitted) ** 2, dtype=np.float64))
            changed = yield Epoch(
                number_,
                FactorModel.of(
                    user_factors,
                    item_factors,
                    user_bias=averages.user_bias,
                    item_bias=averages.item_bias,
                    offset=averages.offset,
                    predicts_ratings=True,
                ),
                squared_error + weighted_norm(user_factors, user_ridge) + weighted_norm(item_factors, item_ridge),
            )
            recipe = changed or recipe

    def _first_item_factors(self, train: Interactions, rng: np.random.Generator) -> np.ndarray:
        spread = _START * np.sqrt(train.rating_scale)
        return rng.normal(0, spread, (train.n_items, self.n_factors)).astype(np.float32)

    def initial_model(self, train: Interactions, rng: np.random.Generator) -> FactorModel:
        averages = Averages.of(train, self.centering)
        return FactorModel.of(
            np.zeros((train.n_users, self.n_factors)),
            self._first_item_factors(train, rng),
            user_bias=averages.user_bias,
            item_bias=averages.item_bias,
            offset=averages.offset,
            predicts_ratings=True,
        )

    def empty_objective(self, train: Interactions) -> float:
        return float(np.sum(Averages.of(train, self.centering).residuals(train).astype(np.float64) ** 2))

    def normal_equations(self, model: FactorModel, train: Interactions, users: Interactions) -> NormalEquations:
        """Form (Q_ΩᵀQ_Ω + λ_u I) p_u = Q_Ωᵀ r_u, where r is what averages leave of the ratings."""
        user_bias = user_averages(self.centering, model, users)
        return NormalEquations(
            targets=residuals(model, users, user_bias),
            weights=np.ones(users.n_interactions, np.float32),
            everywhere=0.0,
            ridge=self.ridge(users, train.rating_scale),
            user_bias=user_bias,
        )

    def item_equations(self, model: FactorModel, train: Interactions) -> NormalEquations:
        """Form (P_ΩᵀP_Ω + λ_i I) q_i = P_Ωᵀ r_i, where r is what the averages of `model` leave of the ratings."""
        by_item = train.transposed
        return NormalEquations(
            targets=residuals(model.transposed, by_item, model.item_bias),
            weights=np.ones(by_item.n_interactions, np.float32),
            everywhere=0.0,
            ridge=self.ridge(by_item, train.rating_scale),
            user_bias=model.item_bias,
        )

    def penalty_sentence(self, ridge: float, n_ratings: int) -> str:
        is_weighted = self.penalty == "weighted"
        plain = ridge / n_ratings if is_weighted else ridge
        return (
            f"The penalty is {self.penalty}: "
            + (f"λs times the {n_ratings:,} ratings; " if is_weighted else "the same λs for everybody; ")
            + f"{'plain' if is_weighted else 'weighted'} it would be "
            + f"{write_number(plain if is_weighted else plain * n_ratings, '.4g')}. "
            "Texts that write λI and programs that add λ times the number of ratings minimise different objectives. "
            "s is the standard deviation of the training ratings."
        )

    def ridge(self, rows: Interactions, scale: float) -> np.ndarray:
        """Return λ_u = λ s w_u of every row, (m,); `scale` is s, the `rating_scale` of what is learned from."""
        weights = rows.items_per_user if self.penalty == "weighted" else np.ones(rows.n_users)
        return self.regularization * scale * weights


def _transposed_values(train: Interactions, values: np.ndarray) -> np.ndarray:
    """Return `values`, which stand beside the entries of `train`, in the order of `train.transposed`."""
    return Interactions(train.indptr, train.items, values, train.n_items).transposed.values
