"""The landscapes that can be walked on: three small ones made by hand, two cut through the person's own data."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from recsys_core.data.subsample import sample_users
from recsys_core.optimize.factor_objective import FactorObjective
from recsys_core.optimize.surface import Surface, ridge_regression, smallest_factorisation

MOST_RATINGS = 200_000
_TURNS = 30  # half steps of ALS: no picture shows more
_ITEMS, _RATINGS = np.array([[1.0, 0.7], [0.8, 1.0], [0.3, 0.1]]), np.array([1.5, 0.6, 0.5])


@dataclass(frozen=True, eq=False)
class Landscape:
    """What is drawn, what its axes are called, its formulas in LaTeX and what a reader should see in it."""

    surface: Surface
    letters: tuple[str, str]
    axes: tuple[str, str]
    formula: str
    remark: str
    is_convex: bool = False


def _smallest() -> Landscape:
    left, right = st.columns(2)
    r = left.slider("Rating r (instant)", 0.2, 2.0, 1.0, 0.05, key="rating", bind="query-params")
    ridge = right.slider("Regularisation λ (instant)", 0.0, 2.0, 0.1, 0.05, key="ridge", bind="query-params")
    surface = smallest_factorisation(r, ridge)
    return Landscape(
        surface,
        ("u", "v"),
        ("u, the person", "v, the item"),
        rf"f(u,v)=(r-uv)^2+\lambda(u^2+v^2),\quad r={r:g},\ \lambda={ridge:g},\qquad"
        r"\nabla f=\begin{pmatrix}-2(r-uv)v+2\lambda u\\-2(r-uv)u+2\lambda v\end{pmatrix}",
        _valley(surface, r, ridge),
    )


def _valley(surface: Surface, r: float, ridge: float) -> str:
    if ridge == 0:
        return "λ = 0: a valley that is level along its whole length. Every point on uv = r is a minimum."
    if ridge >= r:
        return f"λ = {ridge:g} is no less than r = {r:g}: both minima have merged at 0, which predicts nothing."
    (u, v), (low, high) = np.abs(surface.minima[0]), surface.curvatures
    return (
        f"Two mirror minima at ±({u:.2f}, {v:.2f}), which predict the same uv = {u * v:.2f} for r = {r:g}, and a "
        f"saddle at 0. The bowl around each bends {high / low:.1f} times as much across as along (4(r − λ) against "
        f"4λ): it is round at λ = r/2, and from λ = r on both minima are one, at 0."
    )


def _twin() -> Landscape:
    ridge = st.slider("Regularisation λ (instant)", 0.0, 2.0, 0.1, 0.05, key="ridge", bind="query-params")
    surface = ridge_regression(_ITEMS, _RATINGS, ridge)
    low, high = surface.curvatures
    return Landscape(
        surface,
        ("u_1", "u_2"),
        ("u₁, the person's first taste", "u₂, the second"),
        rf"f(u)=\sum_i(r_i-u\cdot q_i)^2+\lambda\lVert u\rVert^2,\quad \lambda={ridge:g},\quad {_three_ratings()}",
        f"One person, three items that stay fixed: ridge regression. The bowl bends {high / low:.1f} times as much "
        "across as along, the same everywhere; a greater λ makes it rounder. One minimum, no saddle.",
        is_convex=True,
    )


def _three_ratings() -> str:
    return r",\ ".join(
        rf"(q_{i},r_{i})=({one:g},{other:g};{rating:g})"
        for i, ((one, other), rating) in enumerate(zip(_ITEMS, _RATINGS, strict=True), start=1)
    )


def own_objective(left, right, *, prefix: str, cost: str) -> tuple[FactorObjective, np.ndarray]:
    """Sliders for k and λ in two columns; the objective of the current data with them, and who is in it, (m,) bool."""
    left.slider("Factors k", 1, 32, 8, key=f"{prefix}_k", persist_state="session", help=cost)
    right.select_slider(
        "Regularisation λ",
        [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0],
        10.0,
        format_func=lambda stop: f"{stop:g}",
        key=f"{prefix}_ridge",
        persist_state="session",
        help="In units of s, the standard deviation of the ratings. " + cost,
    )
    return chosen_objective(prefix)


def chosen_objective(prefix: str) -> tuple[FactorObjective, np.ndarray]:
    """What the sliders under `prefix` describe, as `own_objective` returns it."""
    state, split = st.session_state, get_context().split
    return _objective(split.fingerprint, state[f"{prefix}_k"], state[f"{prefix}_ridge"], split)


@st.cache_resource(max_entries=8, show_spinner=False)
def _objective(fingerprint: str, k: int, ridge: float, _split) -> tuple[FactorObjective, np.ndarray]:
    kept = sample_users(_split.train, MOST_RATINGS, np.random.default_rng(0))
    return FactorObjective(_split.train.select(kept[_split.train.users]), k, ridge), kept


def sampled(kept: np.ndarray) -> str:
    """What to say where not everybody is in."""
    if kept.all():
        return ""
    return f" To stay quick it is taken on {kept.sum():,} random people of {len(kept):,}."


def _stretched() -> Landscape:
    objective, kept = own_objective(*st.columns(2), prefix="slice", cost="Instant.")
    solution = _solution(get_context().split.fingerprint, objective.n_factors, objective.regularization, objective)
    surface = objective.along(np.zeros_like(solution), solution)
    return Landscape(
        surface,
        ("a", "b"),
        ("a, all people's factors times a", "b, all items' factors times b"),
        r"f(a,b)=F(aP,\,bQ)\,/\,|\Omega|",
        "The objective of your data where ALS's solution is at (1, 1), nothing at (0, 0), and everybody's and every "
        "item's sign turned at (−1, −1): the same two minima and saddle as in the smallest factorisation."
        + sampled(kept),
    )


def _random() -> Landscape:
    left, middle, right = st.columns([2, 2, 1.3], vertical_alignment="bottom")
    objective, kept = own_objective(left, middle, prefix="slice", cost="Instant.")
    solution = _solution(get_context().split.fingerprint, objective.n_factors, objective.regularization, objective)
    seed = st.session_state.setdefault("slice_seed", 0)
    right.button("Others", key="others", on_click=_other_directions, help="Two other directions. Instant.")
    direction = objective.random_direction(solution, np.random.default_rng(seed))
    return Landscape(
        objective.along(solution, direction),
        ("a", "b"),
        ("a, people along a random direction", "b, items along another"),
        r"f(a,b)=F(P+aD,\,Q+bE)\,/\,|\Omega|",
        f"Cut {seed + 1} through the objective of your data: ALS's solution is at (0, 0), and (1, 1) as far "
        "off as the solution is from nothing." + sampled(kept),
    )


def _other_directions() -> None:
    st.session_state["slice_seed"] += 1


@st.cache_resource(max_entries=8, show_spinner="Solving by ALS…")
def _solution(fingerprint: str, k: int, ridge: float, _objective: FactorObjective) -> np.ndarray:
    x = _objective.start(np.random.default_rng(0))
    for _ in range(_TURNS):
        x = _objective.best_items(_objective.best_people(x))
    return x


LANDSCAPES: dict[str, Callable[[], Landscape]] = {
    "Smallest factorisation": _smallest,
    "Convex twin": _twin,
    "Your data, stretched": _stretched,
    "Your data, random cut": _random,
}
