"""Truncated singular value decomposition: one factorisation serves every number of factors."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from recsys_core.algorithms import shared_fields
from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.algorithms.centering import CENTERINGS, Averages, user_averages
from recsys_core.algorithms.kernels.lanczos import leading_singular_triplets
from recsys_core.algorithms.kernels.normal_equations import NormalEquations, residuals
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.interactions import Interactions
from recsys_core.parameters import choice, number

_AVERAGES = {
    "none": ("", "Nothing is taken away before the factorisation, so the score is this product alone."),
    "user mean": (r"\bar r_u+", "r̄ᵤ is the person's mean rating."),
    "item mean": (r"\bar r_i+", "r̄ᵢ is the item's mean rating."),
    "biases": (r"\mu+b_u+b_i+", "μ is the overall mean, b the biases of the person and of the item."),
}
"""What `centering` adds to a prediction, in LaTeX, and what its letters mean."""

# As measured: singular vectors in float64, factors of them, and what the last model and its packing take.
_BYTES_PER_SINGULAR_VALUE = 4 * 9
# Lanczos steps hold at most so many float64 vectors of the shorter side for each of k + 32.
_BYTES_PER_LANCZOS_VECTOR = 8 * 6


@dataclass(frozen=True)
class SVD(Algorithm):
    """Minimise Σ_{all u,i} (a_ui − p_u·q_i)² + λ s (Σ‖p_u‖² + Σ‖q_i‖²) over k factors, in closed form.

    With A = U Σ Vᵀ the minimiser is P = U_k √(Σ_k − λs)₊, Q = V_k √(Σ_k − λs)₊; λ = 0 is the truncated SVD
    (Eckart and Young 1936). With λ > 0 every singular value shrinks by λs (Mazumder, Hastie and Tibshirani,
    JMLR 2010, section 8). The unit s is 1 for choices and for ratings, which have one, their standard deviation, so
    that λ has none. Plain-penalty ALS with all cells observed reaches the same minimum where the same averages are
    taken away; without, ALS learns the ratings and this who chose what.

    A holds the ratings minus `centering`, with 0 where nothing is known; without centring it is 1 where there
    is an interaction (PureSVD: Cremonesi, Koren and Turrin, RecSys 2010, on binary data). Epoch j carries the
    best model of j factors, so the epochs are the ranks and the objective falls with each.

    Up to some hundred people or items LAPACK computes it; beyond, Lanczos steps in float64 from a start that is
    always the same, until each singular vector is within 10⁻⁶ radians of the exact one. Its angle is estimated to
    first order from the residuals (the second term of the Rayleigh–Schrödinger series); the bound ‖AᵀA v − σ² v‖ / gap
    (Davis and Kahan, SIAM J. Numer. Anal. 1970) is hundreds of times too high where values lie close. Equal values
    have a space and no vectors of their own, and it is taken as found; a k that cuts through nearly equal ones leaves
    open which of them belong to the answer. Thousands of values without any gap cannot be told apart in reasonable
    time: after 40 (k + 32) products what is found then is the answer.
    """

    label = "SVD"
    objective_label = "Squared error over all cells + penalty"
    equation = (
        r"\begin{gathered}\min_{P,Q}\sum_{u,i}\big(a_{ui}-p_u^{\top}q_i\big)^2"
        r"+\lambda\,s\Big(\sum_u\lVert p_u\rVert^2+\sum_i\lVert q_i\rVert^2\Big)"
        r"\\ P=U_k\sqrt{(\Sigma_k-\lambda s)_+},\quad Q=V_k\sqrt{(\Sigma_k-\lambda s)_+}\end{gathered}"
    )
    meaning = (
        "Among all matrices with k patterns, the nearest to the whole table where λ is 0; a larger λ shrinks it: no "
        "search, one exact answer. Each further factor explains less than the one before it. The unit s of λ is 1 for "
        "choices and the standard deviation for ratings."
    )
    derivation_title = "The prediction, with one person's numbers"
    divergence_advice = "raise the regularisation λ"
    is_stochastic = False
    has_normal_equations = True
    has_nested_factors = True
    epoch_word = "factors"
    caution = (
        "With averages taken away it predicts ratings, and its lists are often worse than those of popularity. Where "
        "every cell is observed, ALS with the plain penalty, the same averages taken away and the same λ then reaches "
        "exactly this answer (Eckart and Young)."
    )

    n_factors: int = shared_fields.factors(48)
    regularization: float = number(
        10.0,
        "Regularisation λ",
        "By how much every singular value is shrunk; 0 is the plain truncated SVD. With averages taken away it is in "
        "units of s, the standard deviation of the training ratings; without, s = 1.",
        bounds=(0, 1e6),
        typical=(0, 50),
        symbol="λ",
    )
    centering: str = choice(
        "none",
        "Centre on",
        "None: factorise who chose what, good for ranking. The others predict ratings.",
        options=CENTERINGS,
    )

    def learns_from(self, data: Interactions) -> Interactions:
        """Return all ratings where averages are taken away; else what is relevant: who chose what is factorised."""
        return data.relevant if self.centering == "none" else data

    @property
    def derivation(self) -> str:
        averages, meaning = _AVERAGES[self.centering]
        sigma = r"(\Sigma_k-\lambda s I)_+" if self.regularization else r"\Sigma_k"
        shrunk = (
            " Every singular value is shrunk by λs, where s is the standard deviation of the ratings, or 1 where who "
            "chose what is factorised; with λ = 0 it is the plain truncated SVD."
        )
        formula = rf"\hat r_{{ui}}={averages}\big(U_k\,{sigma}\,V_k^{{\top}}\big)_{{ui}}"
        return f"$$\n{formula}\n$$\n\n{meaning}{shrunk if self.regularization else ''}"

    def last_epoch(self, train: Interactions) -> int:
        return min(self.n_factors, train.n_users, train.n_items)

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Generator[Epoch, Self | None, None]:
        averages = Averages.of(train, self.centering)
        predicts_ratings = self.centering != "none"
        values = averages.residuals(train) if predicts_ratings else np.ones(train.n_interactions, np.float32)
        matrix = sparse.csr_array((values, train.items, train.indptr), shape=train.matrix.shape)
        u, sigma, v = leading_singular_triplets(matrix, self.n_factors)
        ridge = self.ridge(train)
        shrunk = np.maximum(sigma - ridge, 0)
        p, q = u * np.sqrt(shrunk), v * np.sqrt(shrunk)
        # What one factor takes off the squared error, less what it costs in penalty.
        gains = sigma**2 - (sigma - shrunk) ** 2 - 2 * ridge * shrunk
        objectives = np.sum(values.astype(np.float64) ** 2) - np.cumsum(gains)
        for rank in range(1, len(sigma) + 1):
            model = FactorModel.of(
                p[:, :rank],
                q[:, :rank],
                user_bias=averages.user_bias,
                item_bias=averages.item_bias,
                offset=averages.offset,
                predicts_ratings=predicts_ratings,
            )
            yield Epoch(rank, model, float(max(objectives[rank - 1], 0.0)))

    def normal_equations(self, model: FactorModel, train: Interactions, users: Interactions) -> NormalEquations:
        """Form (QᵀQ + λsI) p_u = Qᵀa_u: as QᵀQ = (Σ − λs)₊, least squares over all cells of the user's row a_u."""
        user_bias = user_averages(self.centering, model, users)
        ones = np.ones(users.n_interactions, np.float32)
        return NormalEquations(
            targets=ones if self.centering == "none" else residuals(model, users, user_bias),
            weights=np.zeros_like(ones),
            everywhere=1.0,
            ridge=np.full(users.n_users, self.ridge(train)),
            user_bias=user_bias,
        )

    def training_bytes(self, train: Interactions) -> int:
        m, n = train.n_users, train.n_items
        k = min(self.n_factors, m, n)
        return max(_BYTES_PER_SINGULAR_VALUE * (m + n) * k, _BYTES_PER_LANCZOS_VECTOR * min(m, n) * (k + 32))

    def ridge(self, train: Interactions) -> float:
        """Return λ s, by which every singular value shrinks; choices have no unit, ratings that of `train`."""
        return self.regularization * (1.0 if self.centering == "none" else train.rating_scale)
