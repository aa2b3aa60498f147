"""ALS beside the truncated SVD: they agree if every cell is seen, and differ if cells are hidden."""

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.views.optimise.explain import explain
from pages.views.optimise.long_sums import break_sum
from recsys_core.data.dataset import Dataset
from recsys_core.figures.truncation import truncation
from recsys_core.optimize.truncation import (
    Curves,
    als_sweeps,
    curves,
    n_equal_digits,
    rank,
    truncated_error,
    worked_truncation,
)
from recsys_core.percent import percent

_MOST_PEOPLE, _MOST_ITEMS, _MOST_FACTORS, _SWEEPS = 120, 80, 12, 300
_NOTHING = 1e-9  # an error below is rounding


@st.fragment
@error_boundary()
def draw_truncation() -> None:
    """Choose k and a share of hidden cells; draw the errors of both methods, and say how they compare."""
    top = st.container()
    left, right = st.columns(2, gap="medium")
    dataset = get_context().dataset
    matrix, what = _whole_matrix(dataset.fingerprint, dataset)
    most = min(_MOST_FACTORS, rank(matrix))
    if most < 1:
        top.info("This matrix holds nothing but zeros, so there is nothing to approximate: choose other data.")
        return
    k = (
        left.slider("Factors k", 1, most, min(4, most), key="young_k", bind="query-params", persist_state="session")
        if most > 1
        else 1
    )
    hidden = right.slider(
        "Cells hidden from ALS, %", 0, 80, 0, 5, key="young_hidden", bind="query-params", persist_state="session",
        help="Chosen at random. The truncated SVD still sees all cells.",
    )  # fmt: skip
    errors = _curves(dataset.fingerprint, k, hidden, matrix)
    sentence = _sentence(errors, k, hidden)
    top.subheader(escape(sentence), anchor=False)
    show_chart(truncation(errors), key="eckart_young", alt=sentence)
    st.caption(
        escape(
            what + " Both methods work without a penalty (λ = 0), in double precision; ALS starts from random numbers."
        )
    )
    explain(
        board=_board(errors, hidden),
        student=_STUDENT,
        worked_step=lambda: _numbers(errors, k, matrix.size),
        code=[truncated_error, als_sweeps],
    )


_STUDENT = (
    "By the theorem of Eckart and Young, of all matrices of rank k the truncated SVD is nearest to A, and its squared "
    "error is the sum of the squared singular values left out. ALS with λ = 0 minimises the same squared error over P "
    "and Q in turns. The objective is not convex, but if every cell counts alike it has no false minima: every "
    "stationary point consists of singular vectors, all but the strongest k are saddles, and from random numbers ALS "
    "almost surely misses those. A sweep multiplies the space of Q by AᵀA, so in the long run its angle to that of "
    "the SVD shrinks by (σ_{k+1}/σ_k)² per sweep. What the curve shows, by how much the error is larger than the "
    "SVD's, goes with the square of the angle and shrinks by (σ_{k+1}/σ_k)⁴: a straight line on the logarithmic axis. "
    "If some cells are hidden, the weights are 0 or 1: singular vectors solve that no more, there is no closed form, "
    "and ALS fits the cells it sees better than the SVD can fit all, at the price of those it does not see. That is "
    "why recommenders, whose cells are mostly hidden, need a method such as ALS with a penalty, and why an SVD that "
    "fills the gaps with 0 answers another question."
)


@st.cache_resource(max_entries=4, show_spinner=False)
def _whole_matrix(fingerprint: str, _dataset: Dataset) -> tuple[np.ndarray, str]:
    """Return a complete matrix, (up to 120, up to 80), and a sentence on what its cells are."""
    data = _dataset.interactions
    people = np.sort(np.argsort(-data.items_per_user, kind="stable")[:_MOST_PEOPLE])
    items = np.sort(np.argsort(-data.users_per_item, kind="stable")[:_MOST_ITEMS])
    size = f"the {len(people)} most active people and the {len(items)} most popular items"
    if _dataset.ground_truth is not None:
        ground_truth = _dataset.ground_truth
        return ground_truth.user_tastes[people] @ ground_truth.item_tastes[items].T, (
            f"The matrix is complete: for {size} it holds how much each person likes each item, from 0 to 1, as "
            f"planted with {ground_truth.item_tastes.shape[1]} tastes."
        )
    whole = data.binary[people][:, items].toarray().astype(np.float64)
    return whole, f"The matrix is complete: for {size} it holds 1 where the person has the item and 0 elsewhere."


@st.cache_resource(max_entries=32, show_spinner="Alternating…")
def _curves(fingerprint: str, k: int, hidden: int, _matrix: np.ndarray) -> Curves:
    return curves(_matrix, k, hidden / 100, sweeps=_SWEEPS)


def _sentence(errors: Curves, k: int, hidden: int) -> str:
    als, svd, sweeps = errors.on_seen[-1], errors.truncated, len(errors.on_all)
    factors = f"{k} factor{'s' if k > 1 else ''}"
    if not hidden:
        if svd < _NOTHING:
            return f"With {factors} both ALS and the truncated SVD reproduce the matrix exactly."
        text = f"After {sweeps} sweeps with {factors} ALS has an error of {als:.10f}, the truncated SVD {svd:.10f}: "
        if (same := n_equal_digits(als, svd)) >= 10:
            return text + f"the first {same} digits agree."
        ratio = errors.singular_values[k] / errors.singular_values[k - 1]
        return text + (
            f"{same} digits agree so far. Convergence is slow, because factor {k + 1} is {percent(ratio)} as strong as "
            f"factor {k}."
        )
    unseen, whole = errors.on_hidden[-1], errors.on_all[-1]
    if whole < _NOTHING:
        return f"With {hidden}% of the cells hidden, ALS with {factors} still recovers all of them."
    if svd < _NOTHING:
        return (
            f"With {hidden}% of the cells hidden, ALS with {factors} has an error of {unseen:.4f} on them, whereas the "
            "truncated SVD, which sees all cells, is exact."
        )
    beside = "less" if als < svd else "not less"
    return (
        f"With {hidden}% of the cells hidden the methods differ: the error of ALS is {als:.4f} on the cells it sees, "
        f"{beside} than the SVD's {svd:.4f} on all cells, and {unseen:.4f} on the hidden ones."
    )


def _board(errors: Curves, hidden: int) -> str:
    if not hidden:
        return "Two quite different methods arrive at the same number: where nothing is missing, either method will do."
    return (
        "As soon as data are missing, a method must guess what it has not seen, and methods that agreed before give "
        "different answers: the decision is how to treat what is missing."
    )


def _numbers(errors: Curves, k: int, n_cells: int) -> None:
    worked = worked_truncation(errors.singular_values, k, n_cells)
    st.latex(r"\min_{\operatorname{rank} B\le k}\sqrt{\frac{\lVert A-B\rVert^2}{mn}}=\sqrt{\frac{s}{mn}},\qquad"
             r" s=\lVert A\rVert^2-\sigma_1^2-\dots-\sigma_k^2")  # fmt: skip
    terms = [f"{worked.squared_norm:.6f}", *(f"-{value:.6f}^2" for value in worked.strongest)]
    st.latex(rf"\begin{{aligned}}s&={break_sum(terms)}\\"
             rf"\sqrt{{\tfrac{{s}}{{{n_cells}}}}}&={worked.error:.6f}\end{{aligned}}")  # fmt: skip
    st.write(f"ALS after {len(errors.on_all)} sweeps, over all cells: {errors.on_all[-1]:.6f}.")
