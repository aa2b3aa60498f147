"""Truncated singular value decomposition: one factorisation serves every number of factors."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from recsys_core.algorithms.algorithm import Algorithm, Epoch, FactorModel
from recsys_core.algorithms.centering import CENTERINGS, Baseline
from recsys_core.data.interactions import Interactions
from recsys_core.parameters import choice, number

_DENSE_CELLS = 1_000_000  # below, LAPACK on the dense matrix is quicker than Lanczos steps on the sparse one


@dataclass(frozen=True)
class SVD(Algorithm):
    """Minimise Σ_{all u,i} (a_ui − p_u·q_i)² + λ(Σ‖p_u‖² + Σ‖q_i‖²) over k factors, in closed form.

    With A = U Σ Vᵀ the minimiser is P = U_k √(Σ_k − λ)₊, Q = V_k √(Σ_k − λ)₊; λ = 0 is the truncated SVD
    (Eckart and Young 1936). With λ > 0 every singular value shrinks by λ (Mazumder, Hastie and Tibshirani,
    JMLR 2010, section 8). Plain-penalty ALS with all cells observed reaches the same minimum.

    A holds the ratings minus `centering`, with 0 where nothing is known; without centring it is 1 where there
    is an interaction (PureSVD: Cremonesi, Koren and Turrin, RecSys 2010, on binary data). Epoch j carries the
    best model of j factors, so the epochs are the ranks and the objective falls with each.
    """

    label = "SVD"
    objective_label = "Squared error over all cells + penalty"
    equation = (
        r"\begin{gathered}\min_{P,Q}\sum_{u,i}\big(a_{ui}-p_u^{\top}q_i\big)^2"
        r"+\lambda\Big(\sum_u\lVert p_u\rVert^2+\sum_i\lVert q_i\rVert^2\Big)"
        r"\\ P=U_k\sqrt{(\Sigma_k-\lambda)_+},\quad Q=V_k\sqrt{(\Sigma_k-\lambda)_+}\end{gathered}"
    )
    meaning = (
        "Among all matrices with k patterns, the nearest to the whole table: no search, one exact answer; "
        "each further factor explains less than the one before it."
    )
    mend = "raise the regularisation λ"
    caution = (
        "Where every cell is observed, ALS with the plain penalty and the same λ reaches exactly this answer "
        "(Eckart and Young). With averages taken away it predicts ratings, and then ranks badly by nature."
    )

    n_factors: int = number(
        48, "Factors k", "How many tastes the model may use.", bounds=(1, 1024), typical=(1, 128), symbol="k"
    )
    regularization: float = number(
        10.0,
        "Regularisation λ",
        "By how much every singular value is shrunk; 0 is the plain truncated SVD.",
        bounds=(0, 1e6),
        typical=(0, 50),
        symbol="λ",
    )
    centering: str = choice(
        "none",
        "Averages taken away first",
        "None: factorise who chose what, good for ranking. The others predict ratings.",
        options=CENTERINGS,
    )

    def last_epoch(self, train: Interactions) -> int:
        return min(self.n_factors, train.n_users, train.n_items)

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Iterator[Epoch]:
        baseline = Baseline.of(train, self.centering)
        predicts_ratings = self.centering != "none"
        values = baseline.residuals(train) if predicts_ratings else np.ones(train.n_interactions, np.float32)
        matrix = sparse.csr_array((values, train.items, train.indptr), shape=train.matrix.shape)
        u, sigma, v = leading_singular_triplets(matrix, self.n_factors, rng)
        shrunk = np.maximum(sigma - self.regularization, 0)
        p, q = u * np.sqrt(shrunk), v * np.sqrt(shrunk)
        # What one factor takes off the squared error, less what it costs in penalty.
        gains = sigma**2 - (sigma - shrunk) ** 2 - 2 * self.regularization * shrunk
        objectives = np.sum(values.astype(np.float64) ** 2) - np.cumsum(gains)
        for rank in range(1, len(sigma) + 1):
            model = FactorModel.of(
                p[:, :rank],
                q[:, :rank],
                user_bias=baseline.user_bias,
                item_bias=baseline.item_bias,
                offset=baseline.offset,
                predicts_ratings=predicts_ratings,
            )
            yield Epoch(rank, model, float(max(objectives[rank - 1], 0.0)))


def leading_singular_triplets(matrix: sparse.csr_array, k: int, rng: np.random.Generator):
    """U (m, k), σ (k,) descending and V (n, k) of the k largest singular values, k at most min(m, n).

    A large matrix's Lanczos steps leave out the last value of all, so there k = min(m, n) has σ_k = 0.
    The largest entry of each column of V is positive, so that signs do not depend on the start vector.
    """
    k = min(k, *matrix.shape)
    if not np.any(matrix.data):  # Lanczos steps need something to start from
        return np.eye(matrix.shape[0], k), np.zeros(k), np.eye(matrix.shape[1], k)
    if matrix.shape[0] * matrix.shape[1] <= _DENSE_CELLS:
        u, sigma, vt = np.linalg.svd(matrix.toarray().astype(np.float64), full_matrices=False)
    else:
        start = rng.normal(size=min(matrix.shape))
        u, sigma, vt = svds(matrix.astype(np.float64), min(k, min(matrix.shape) - 1), v0=start)
        order = np.argsort(-sigma)
        missing = k - len(order)
        u = np.pad(u[:, order], ((0, 0), (0, missing)))
        sigma, vt = np.pad(sigma[order], (0, missing)), np.pad(vt[order], ((0, missing), (0, 0)))
    u, sigma, v = u[:, :k], sigma[:k], vt[:k].T
    signs = np.sign(v[np.abs(v).argmax(axis=0), np.arange(k)])
    return u * signs, sigma, v * signs
