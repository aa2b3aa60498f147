"""The surfaces on which methods are compared: two small ones, and two cuts through the objective of the data."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from recsys_core.data.subsample import sample_users
from recsys_core.optimize.factor_objective import FactorObjective
from recsys_core.optimize.surface import Surface, ridge_regression, smallest_factorisation

MOST_RATINGS = 200_000
_SWEEPS = 30  # of ALS: more change nothing that can be seen
_ITEMS, _RATINGS = np.array([[1.0, 0.7], [0.8, 1.0], [0.3, 0.1]]), np.array([1.5, 0.6, 0.5])


@dataclass(frozen=True, eq=False)
class Landscape:
    """A surface, the names of its axes, its formula in LaTeX, and a remark on what can be seen in it."""

    surface: Surface
    letters: tuple[str, str]
    axes: tuple[str, str]
    formula: str
    remark: str
    is_convex: bool = False


def _smallest() -> Landscape:
    left, right = st.columns(2)
    r = left.slider("Value r", 0.2, 2.0, 1.0, 0.05, key="rating", bind="query-params", persist_state="session")
    ridge = right.slider(
        "Regularisation λ", 0.0, 2.0, 0.1, 0.05, key="ridge", bind="query-params", persist_state="session"
    )
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
        return "With λ = 0 the valley is level along its whole length. Every point on uv = r is a minimum."
    if ridge >= r:
        return f"λ = {ridge:g} is not below r = {r:g}: both minima have merged at 0, which predicts nothing."
    (u, v), (low, high) = np.abs(surface.minima[0]), surface.curvatures
    across, along = (
        "across as along the valley (4(r − λ) against 4λ)",
        "along as across the valley (4λ against 4(r − λ))",
    )
    bend = across if ridge <= r / 2 else along
    return (
        f"Two mirror-image minima at ±({u:.2f}, {v:.2f}) predict the same uv = {u * v:.2f} for r = {r:g}; between them "
        f"lies a saddle at 0. Each bowl curves {high / low:.1f} times as much {bend}. It is round at λ = r/2, and from "
        "λ = r on the two minima are one, at 0."
    )


def _twin() -> Landscape:
    ridge = st.slider(
        "Regularisation λ", 0.0, 2.0, 0.1, 0.05, key="ridge", bind="query-params", persist_state="session"
    )
    surface = ridge_regression(_ITEMS, _RATINGS, ridge)
    low, high = surface.curvatures
    return Landscape(
        surface,
        ("u_1", "u_2"),
        ("u₁, the person's first taste", "u₂, the second"),
        rf"f(u)=\sum_i(r_i-u\cdot q_i)^2+\lambda\lVert u\rVert^2,\quad \lambda={ridge:g},\quad {_three_ratings()}",
        f"One person and three fixed items: ridge regression. The bowl curves {high / low:.1f} times as much across as "
        "along, the same everywhere; a larger λ makes it rounder. There is one minimum and no saddle.",
        is_convex=True,
    )


def _three_ratings() -> str:
    return r",\ ".join(
        rf"(q_{i},r_{i})=({one:g},{other:g};{rating:g})"
        for i, ((one, other), rating) in enumerate(zip(_ITEMS, _RATINGS, strict=True), start=1)
    )


def data_objective(left, right, *, prefix: str, note: str = "") -> tuple[FactorObjective, np.ndarray]:
    """Draw sliders for k and λ; return the objective on the current data, and (m,) whether each person is in it."""
    left.slider("Factors k", 1, 32, 8, key=f"{prefix}_k", persist_state="session", help=note or None)
    right.select_slider(
        "Regularisation λ",
        [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0],
        10.0,
        format_func=lambda stop: f"{stop:g}",
        key=f"{prefix}_ridge",
        persist_state="session",
        help=f"In units of s, the standard deviation of the values. {note}",
    )
    return chosen_objective(prefix)


def chosen_objective(prefix: str) -> tuple[FactorObjective, np.ndarray]:
    """Return what `data_objective` returned, from the sliders under `prefix`."""
    state, split = st.session_state, get_context().split
    return _objective(split.fingerprint, state[f"{prefix}_k"], state[f"{prefix}_ridge"], split)


@st.cache_resource(max_entries=8, show_spinner=False)
def _objective(fingerprint: str, k: int, ridge: float, _split) -> tuple[FactorObjective, np.ndarray]:
    kept = sample_users(_split.train, MOST_RATINGS, np.random.default_rng(0))
    return FactorObjective(_split.train.select(kept[_split.train.users]), k, ridge), kept


def sampled(kept: np.ndarray) -> str:
    """Say how many people are in the objective; '' if all are."""
    if kept.all():
        return ""
    return f" For speed, only {kept.sum():,} of {len(kept):,} people are included, chosen at random."


def _stretched() -> Landscape:
    objective, kept = data_objective(*st.columns(2), prefix="slice")
    solution = _solution(get_context().split.fingerprint, objective.n_factors, objective.regularization, objective)
    surface = objective.surface_along(np.zeros_like(solution), solution)
    return Landscape(
        surface,
        ("a", "b"),
        ("a, the scale of all people's factors", "b, the scale of all items' factors"),
        r"f(a,b)=F(aP,\,bQ)\,/\,|\Omega|",
        "The objective on your data. The ALS solution is at (1, 1), the same with all signs reversed at (−1, −1), and "
        "the model without factors at (0, 0): the same two minima and saddle as in the smallest factorisation."
        + sampled(kept),
    )


def _random() -> Landscape:
    left, middle, right = st.columns([2, 2, 1.3], vertical_alignment="bottom")
    objective, kept = data_objective(left, middle, prefix="slice")
    solution = _solution(get_context().split.fingerprint, objective.n_factors, objective.regularization, objective)
    seed = st.session_state.setdefault("slice_seed", 0)
    right.button("New directions", key="others", on_click=_other_directions, help="Draws two other random directions.")
    direction = objective.draw_direction(solution, np.random.default_rng(seed))
    return Landscape(
        objective.surface_along(solution, direction),
        ("a", "b"),
        ("a, people along a random direction", "b, items along another"),
        r"f(a,b)=F(P+aD,\,Q+bE)\,/\,|\Omega|",
        f"Cut {seed + 1} through the objective on your data. The ALS solution is at (0, 0); (1, 1) is as far from it "
        "as the model without factors is." + sampled(kept),
    )


def _other_directions() -> None:
    st.session_state["slice_seed"] += 1


@st.cache_resource(max_entries=8, show_spinner="Solving by ALS…")
def _solution(fingerprint: str, k: int, ridge: float, _objective: FactorObjective) -> np.ndarray:
    x = _objective.draw_start(np.random.default_rng(0))
    for _ in range(_SWEEPS):
        x = _objective.solve_items(_objective.solve_users(x))
    return _objective.balance(x)  # with a small λ ALS itself takes far more sweeps to do so


LANDSCAPES: dict[str, Callable[[], Landscape]] = {
    "Smallest factorisation": _smallest,
    "Convex twin": _twin,
    "Your data, stretched": _stretched,
    "Your data, random cut": _random,
}
