"""Newton's method chooses λ so that one person has a wanted number of effective factors."""

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.cached import model_of, trained_recipe
from pages.shared.results.person_lists import load_person
from pages.shared.results.plain_words import draw_headline
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.choose_person_item import choose_person
from pages.shared.widgets.choose_run import choose_run
from pages.views.optimise.explain import explain, tex
from recsys_core.data.nouns import write_number
from recsys_core.figures.effective_factors import tangents
from recsys_core.optimize.degrees_of_freedom import degrees_of_freedom, ridge_for, singular_values, slope, worked_ridge
from recsys_core.optimize.methods import newton

_WANTED = 8.0


@st.fragment
@error_boundary()
def draw_effective_factors() -> None:
    """Choose a model, a person and a number of factors; draw Newton's steps to λ as a picture and a table."""
    top = st.container()
    left, middle, right = st.columns([1.3, 1, 1.3], gap="medium", vertical_alignment="bottom")
    with left:
        run = choose_run(lambda recipe: recipe.has_normal_equations)
    if run is None:
        return
    with middle:
        person = choose_person()
    recipe = trained_recipe(run)
    train, own_ratings = (recipe.learns_from(each) for each in (get_context().split.train, load_person(person).learned))
    model, name = model_of(run.fingerprint, run.id), load_person(person).name
    equations = recipe.normal_equations(model, train, own_ratings)
    assert equations is not None, "only models with normal equations can be chosen"
    values = singular_values(equations.rows_of_one(model.item_factors, own_ratings.items))
    if len(values) == 0:
        top.subheader(
            escape(
                f"Nothing can be learned about {name} here: the factors of the items that count for them are all 0."
            ),
            anchor=False,
        )
        st.write("Choose another person, or a model with weaker regularisation.")
        return
    with right:
        wanted = _wanted(len(values))
    ridges = list(ridge_for(values, wanted))
    trained_with = float(equations.ridge[0])
    sentence = _sentence(name, wanted, len(values), ridges)
    with top:
        plainly = (
            f"For {name} to use {wanted:g} of {len(values)} possible tastes, Newton's method finds the strength of "
        )
        draw_headline(f"{plainly}the penalty in {_steps(ridges)}.", sentence)
    st.caption(f"The model itself was trained with λ = {write_number(trained_with, '.4g')} for this person, which "
               f"leaves {degrees_of_freedom(values, trained_with):.2f} effective factors.")  # fmt: skip
    left, right = st.columns([1.7, 1], gap="medium")
    with left:
        show_chart(tangents(values, wanted, ridges, trained_with), key="degrees", alt=sentence)
    right.dataframe(
        _table(values, wanted, ridges),
        hide_index=True,
        key="degrees_table",
        alt="The effective number of factors for each penalty.",
        column_config=_COLUMNS,
    )
    explain(
        board=f"The strength of a penalty says little by itself. “Use {wanted:g} of {len(values)} possible tastes for "
        f"{name}” is clear, and Newton's method finds the strength for it in {_steps(ridges)}.",
        student=_STUDENT,
        worked_step=lambda: _numbers(values, wanted, ridges),
        code=[degrees_of_freedom, slope, ridge_for, newton],
    )


_COLUMNS: dict = {
    "step": st.column_config.NumberColumn(width=40),
    "λ": st.column_config.NumberColumn(format="%.6g"),
    "effective factors": st.column_config.NumberColumn(format="%.6f"),
    "above target": {"alignment": "right"},
}
_STUDENT = (
    "With the items fixed, a person's factors solve a ridge regression on rows Q of item factors: those of the items "
    "they have in ALS (ratings); those of all items in SVD and, times the root of their confidence, in ALS "
    "(implicit). Along each singular direction of Q with singular value d the ridge takes the least-squares answer "
    "and multiplies it by d²/(d² + λ): well-determined directions (large d) stay, weak ones shrink towards 0. "
    "The sum of these multipliers, df(λ), is the effective number of factors; at λ = 0 it is the rank of Q. To solve "
    "df(λ) = wanted, Newton goes where the tangent meets the level. df falls and is convex, so from λ = 0 it never "
    "overshoots, λ never becomes negative, and near the end the error is about squared at every step. Solving for "
    "log λ, the usual way to keep λ positive, is worse here: df is flat at both ends, and a tangent may lead far off."
)


def _wanted(most: int) -> float:
    """Draw a slider for the effective factors, of which at most `most` are possible."""
    if most == 1:
        return 0.5
    return st.slider(
        "Effective factors wanted",
        0.5,
        most - 0.5,
        float(min(_WANTED, most // 2)),
        0.5,
        format="%g",
        key=f"wanted_{most}",
        help=f"Less than {most}, the number of directions in the rows Q.",
    )


def _steps(ridges: list[float]) -> str:
    return f"{len(ridges) - 1} step{'' if len(ridges) == 2 else 's'}"


def _sentence(name: str, wanted: float, most: int, ridges: list[float]) -> str:
    ridge = write_number(ridges[-1], ".4g")
    return (
        f"For {name} to use {wanted:g} of {most} possible factors, the penalty λ must be {ridge}: Newton finds it in "
        f"{_steps(ridges)}."
    )


def _table(values: np.ndarray, wanted: float, ridges: list[float]) -> pd.DataFrame:
    df = degrees_of_freedom(values, np.array(ridges))
    above = [write_number(each) for each in df - wanted]
    return pd.DataFrame({"step": range(len(ridges)), "λ": ridges, "effective factors": df, "above target": above})


def _numbers(values: np.ndarray, wanted: float, ridges: list[float]) -> None:
    last = len(ridges) - 1
    step = st.slider("Step", 1, last, 1, key=f"degrees_step_{last}") if last > 1 else 1
    worked = worked_ridge(values, wanted, ridges[step - 1])
    st.latex(r"\mathrm{df}(\lambda)=\sum_{j}\frac{d_j^2}{d_j^2+\lambda},\qquad"
             r"\mathrm{df}'(\lambda)=-\sum_{j}\frac{d_j^2}{(d_j^2+\lambda)^2}")  # fmt: skip
    st.latex(
        r"\lambda\leftarrow\lambda-\frac{\mathrm{df}(\lambda)-w}{\mathrm{df}'(\lambda)}"
        rf"={tex(worked.before)}-\frac{{{worked.df:.6f}-{wanted:g}}}{{{tex(worked.slope)}}}={tex(worked.after)}"
    )
    st.write(
        "The singular values d of this person's rows Q: "
        + ", ".join(write_number(value, ".4g") for value in values)
        + "."
    )
