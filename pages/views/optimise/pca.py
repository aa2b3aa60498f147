"""From the factors of a run to the map of the Factors page by PCA, in four pictures."""

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.factor_axes_of_run import map_of, strongest_first
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.choose_person_item import choose_item
from pages.shared.widgets.choose_run import choose_run
from pages.views.optimise.explain import explain
from recsys_core.data.nouns import count_noun
from recsys_core.factors.axes import map_points
from recsys_core.figures.pca import four_pictures
from recsys_core.optimize.pca import Projection, principal_components, worked_coordinate
from recsys_core.percent import percent


@st.fragment
@error_boundary()
def draw_pca() -> None:
    """Choose a model and an item; draw the four pictures, and the item's coordinate on the map in numbers."""
    top = st.container()
    left, right = st.columns(2, gap="medium")
    with left:
        run = choose_run()
    if run is None:
        return
    with right:
        item = choose_item()
    mapped, axes = map_of(run), strongest_first(run)
    points = np.concatenate(map_points(axes.model, axes.strengths))
    projection = mapped.projection
    sentence = _sentence(projection, points.shape[1])
    top.subheader(escape(sentence), anchor=False)
    show_chart(four_pictures(points, mapped), key="pca", alt=sentence)
    st.caption(
        "Pictures 1 and 3 show only two of the factors, and picture 2 at most twelve: blue means that two factors "
        "rise together, orange that one falls as the other rises, white that they are unrelated. The directions in "
        "picture 3 lie in the space of all factors, so they look shorter than they are. Picture 4 is the map of the "
        "Factors page."
    )
    explain(
        board=_board(projection),
        student=_STUDENT,
        worked_step=lambda: _numbers(projection, points[len(points) - axes.model.n_items + item], item),
        code=[principal_components],
    )


_STUDENT = (
    "A map shows two numbers per point, but the model has k. PCA looks for the direction in which the points vary "
    "most, "
    "then for the next one at a right angle to it. Centre: unless the mean is subtracted, the first direction would "
    "only "
    "point at the middle of the cloud. Covariance: C = XᵀX / points, for the centred points X, says how much each "
    "factor varies and how any two vary together. Axes: the eigenvectors of C, since the variance along a unit vector "
    "v is vᵀCv, which is greatest for the first of them, where it is the eigenvalue. Projection: X v. That is the "
    "singular "
    "value decomposition of X: its right singular vectors are the axes, its squared singular values divided by the "
    "number of points the variances. Here the points are U Σ of the people and V Σ of the items, so C is nearly "
    "diagonal before any rotation: the factors, strongest first, are close to principal axes already."
)


def _sentence(projection: Projection, k: int) -> str:
    first, second = projection.shares
    if first + second == 0:
        return "All points coincide: this model has learned nothing that could be mapped."
    return (
        f"Two directions show {percent(first + second)} of how people and items differ in {count_noun(k, 'factors')}, "
        f"{percent(first)} and {percent(second)}: together they are the map of the Factors page."
    )


def _board(projection: Projection) -> str:
    return (
        f"Every flat map of many factors leaves something out. Of all linear projections this one leaves out the "
        f"least, yet it hides {percent(projection.hidden)}: use it for orientation, not as proof that two items are "
        "alike."
    )


def _numbers(projection: Projection, point: np.ndarray, item: int) -> None:
    worked = worked_coordinate(projection, point)
    st.latex(r"C=\tfrac{1}{N}\sum_{a}(x_a-\bar x)(x_a-\bar x)^{\top},\qquad C v_1=\sigma_1^2 v_1,\qquad"
             r"\text{coordinate}=\sum_{f}(x_f-\bar x_f)\,v_{1f}")  # fmt: skip
    st.markdown(
        f"**{escape(get_context().dataset.titles[item])} is at {worked.total:.8f} along the first direction:** "
        "the sum of the last column."
    )
    table = pd.DataFrame(
        {
            "factor": range(1, len(worked.values) + 1),
            "value x": worked.values,
            "mean x̄": worked.means,
            "axis v₁": worked.axis,
            "(x − x̄) · v₁": worked.products,
        }
    )
    four = st.column_config.NumberColumn(format="%.4f")
    st.dataframe(
        table,
        hide_index=True,
        height=min(38 * (len(table) + 1), 320),
        key="pca_table",
        alt="One value on the first axis, added up column by column.",
        column_config={name: four for name in table.columns[1:4]}
        | {table.columns[4]: st.column_config.NumberColumn(format="%.8f")},
    )
