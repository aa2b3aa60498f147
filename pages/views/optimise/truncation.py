"""Eckart–Young on screen: ALS lands on the truncated SVD where every cell is seen; hidden cells part them."""

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.views.optimise.explain import explain
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

_MOST_PEOPLE, _MOST_ITEMS, _MOST_FACTORS, _SWEEPS = 120, 80, 12, 300
_NOTHING = 1e-9  # an error below is rounding


@st.fragment
@error_boundary()
def eckart_young() -> None:
    """k, a share of hidden cells, two curves, and what they say of each other."""
    top = st.container()
    left, right = st.columns(2, gap="medium")
    dataset = get_context().dataset
    matrix, what = _whole_matrix(dataset.fingerprint, dataset)
    most = min(_MOST_FACTORS, rank(matrix))
    if most < 1:
        top.info("A matrix must hold something to be approximated. This one has nothing but 0: choose other data.")
        return
    k = left.slider("Factors k (instant)", 1, most, min(4, most), key="young_k", bind="query-params") if most > 1 else 1
    hidden = right.slider(
        "Cells hidden from ALS, % (instant)", 0, 80, 0, 5, key="young_hidden", bind="query-params",
        help="Drawn at random. The truncated SVD still sees all of them.",
    )  # fmt: skip
    found = _curves(dataset.fingerprint, k, hidden, matrix)
    sentence = _sentence(found, k, hidden)
    top.subheader(escape(sentence), anchor=False)
    show_chart(truncation(found), key="eckart_young", alt=sentence)
    st.caption(escape(what + " Both without penalty (λ = 0), in float64; ALS begins with random numbers."))
    explain(
        board=_board(found, hidden),
        student=_STUDENT,
        worked_step=lambda: _numbers(found, k, matrix.size),
        code=[truncated_error, als_sweeps],
    )


_STUDENT = (
    "Eckart and Young: of all matrices of rank k the truncated SVD is nearest to A, and its squared error is the sum "
    "of the squared singular values left out. ALS with λ = 0 minimises the same squared error over P and Qᵀ, in turns. "
    "The objective is not convex, but where every cell counts alike it has no false minima: every level point is built "
    "of singular vectors, all but the strongest k are saddles, and random numbers almost surely do not start on the "
    "way to one. A sweep multiplies the space of Q by AᵀA, so what is wrong in it shrinks by (σ_{k+1}/σ_k)² a sweep, a "
    "straight line on the logarithmic axis. Hide some cells and the weights are 0 or 1: no singular vectors solve that "
    "any more, nothing is known in closed form, and ALS fits the cells it sees better than the SVD can fit all of "
    "them, at the price of those it does not see. That is why recommenders, whose cells are mostly hidden, need ALS "
    "and a penalty, and why an SVD that fills the gaps with 0 answers another question."
)


@st.cache_resource(max_entries=4, show_spinner=False)
def _whole_matrix(fingerprint: str, _dataset: Dataset) -> tuple[np.ndarray, str]:
    """A matrix without gaps, (up to 120, up to 80), and what its cells are."""
    data = _dataset.interactions
    people = np.sort(np.argsort(-data.items_per_user, kind="stable")[:_MOST_PEOPLE])
    items = np.sort(np.argsort(-data.users_per_item, kind="stable")[:_MOST_ITEMS])
    size = f"the {len(people)} most active people and the {len(items)} most popular items"
    if _dataset.ground_truth is not None:
        ground_truth = _dataset.ground_truth
        return ground_truth.user_tastes[people] @ ground_truth.item_tastes[items].T, (
            f"The matrix has no gaps: how much each person likes each item, from 0 to 1, as planted, for {size}; "
            f"{ground_truth.item_tastes.shape[1]} tastes are in it."
        )
    whole = data.binary[people][:, items].toarray().astype(np.float64)
    return whole, f"The matrix has no gaps: 1 where a person has an item and 0 where not, for {size}."


@st.cache_resource(max_entries=32, show_spinner="Alternating…")
def _curves(fingerprint: str, k: int, hidden: int, _matrix: np.ndarray) -> Curves:
    return curves(_matrix, k, hidden / 100, sweeps=_SWEEPS)


def _sentence(found: Curves, k: int, hidden: int) -> str:
    als, svd, sweeps = found.on_seen[-1], found.truncated, len(found.on_all)
    factors = f"{k} factor{'s' if k > 1 else ''}"
    if not hidden:
        if svd < _NOTHING:
            return f"With {factors} nothing is left over: ALS and the truncated SVD both give the matrix back."
        text = f"After {sweeps} sweeps with {factors} ALS has an error of {als:.10f}, the truncated SVD {svd:.10f}: "
        if (same := n_equal_digits(als, svd)) >= 10:
            return text + f"{same} digits are the same."
        ratio = found.singular_values[k] / found.singular_values[k - 1]
        return text + f"{same} digits agree so far; it is slow, as factor {k + 1} is {ratio:.0%} as strong as {k}."
    unseen, whole = found.on_hidden[-1], found.on_all[-1]
    if whole < _NOTHING:
        return f"{hidden}% of the cells are hidden, and ALS with {factors} gives them back all the same."
    if svd < _NOTHING:
        return (
            f"With {hidden}% of the cells hidden, ALS with {factors} misses them by {unseen:.4f}, although the "
            "truncated SVD, which sees all, is exact."
        )
    beside = "closer than" if als < svd else "no closer than"
    return (
        f"With {hidden}% of the cells hidden they part: ALS fits the cells it sees to {als:.4f}, {beside} the "
        f"SVD's {svd:.4f} on all, and misses the hidden ones by {unseen:.4f}."
    )


def _board(found: Curves, hidden: int) -> str:
    if not hidden:
        return "Two quite different methods arrive at the same number: where nothing is missing, either method will do."
    return (
        "As soon as data are missing, a method must guess what it has not seen, and methods that agreed before now "
        "give different answers: how the gaps are treated is the decision."
    )


def _numbers(found: Curves, k: int, n_cells: int) -> None:
    worked = worked_truncation(found.singular_values, k, n_cells)
    st.latex(r"\min_{\operatorname{rank} B\le k}\sqrt{\frac{\lVert A-B\rVert^2}{mn}}"
             r"=\sqrt{\frac{\lVert A\rVert^2-\sigma_1^2-\dots-\sigma_k^2}{mn}}")  # fmt: skip
    minus = "".join(f"-{value:.6f}^2" for value in worked.strongest)
    st.latex(rf"=\sqrt{{\frac{{{worked.squared_norm:.6f}{minus}}}{{{n_cells}}}}}={worked.error:.6f}")
    st.write(f"ALS after {len(found.on_all)} sweeps, over all cells: {found.on_all[-1]:.6f}.")
