"""One objective, many paths: which method arrives from where, and which does not."""

import numpy as np
import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.text import escape
from pages.views.optimise.explain import explain
from pages.views.optimise.step import show_step
from pages.views.optimise.surfaces import LANDSCAPES, Landscape
from recsys_core.figures.descent import EXTENT, descent
from recsys_core.optimize.methods import alternating, bfgs, gradient_descent, newton
from recsys_core.optimize.surface import MINIMUM, SADDLE, Surface
from recsys_core.optimize.trajectory import ARRIVED, DIVERGED, Path
from recsys_core.optimize.worked_steps import DESCENT, METHODS, paths

_START = {"start_a": -0.4, "start_b": 0.8}
_STEP_LABEL = "Step size"
_LEVEL = 1e-9  # the greatest curvature of a landscape in which there is nothing to see


@st.fragment
@error_boundary()
def many_paths() -> None:
    """Controls, one sentence on who arrives, the map with all paths, and the four explanations."""
    top = st.container()
    left, right = st.columns([1, 1.3], gap="medium", vertical_alignment="bottom")
    kind = left.selectbox("Objective (instant)", list(LANDSCAPES), key="landscape", bind="query-params")
    names = right.pills(
        "Methods", list(METHODS), selection_mode="multi", default=list(METHODS), key="methods", bind="query-params"
    )
    own, first, second, third = st.columns([2, 1, 1, 1], gap="medium", vertical_alignment="bottom")
    with own:
        landscape = LANDSCAPES[kind]()
    share = first.slider(
        _STEP_LABEL,
        0.05,
        3.0,
        0.3,
        0.05,
        key="step_share",
        bind="query-params",
        help="Of gradient descent, as a multiple of 2 / the greatest curvature at the minimum, the longest that can "
        "stay there. Instant.",
    )
    for column, key, label in ((second, "start_a", "Start, across"), (third, "start_b", "Start, up")):
        column.slider(
            label, -EXTENT, EXTENT, _START[key], 0.1, key=key, bind="query-params", help="Or click on the map. Instant."
        )
    start = np.array([st.session_state["start_a"], st.session_state["start_b"]])
    if not names:
        top.subheader("Choose a method: then somebody walks.", anchor=False)
    surface = landscape.surface
    if surface.curvatures[-1] < _LEVEL:
        top.subheader(
            "All is level: λ outweighs the strongest pattern in the ratings, so the best factors are 0. Lower it.",
            anchor=False,
        )
        return
    walked = _paths(surface.coefficients.tobytes(), tuple(start), share, tuple(names), surface)
    if names:
        top.subheader(escape(_headline(start, walked, surface, share)), anchor=False)
    st.plotly_chart(
        descent(
            surface,
            walked,
            axes=landscape.axes,
            places={name: place for place, name in enumerate(METHODS)},
            saddle=surface.kind(np.zeros(2)) == SADDLE and np.allclose(surface.gradient(np.zeros(2)), 0),
        ),
        key="paths",
        on_select=_start_where_clicked,
        selection_mode="points",
        config={"displayModeBar": False},
        alt=_headline(start, walked, surface, share) if names else "A landscape in which nobody walks.",
    )
    st.caption(
        escape(landscape.remark)
        + " Click on the map to start there. ▶ and the slider below it replay the walk; the times were measured here, "
        "just now."
    )
    explain(
        board=_board(landscape, walked, surface),
        student=_student(landscape),
        worked_step=lambda: show_step(landscape, walked, share * surface.longest_safe_step),
        code=[alternating, gradient_descent, newton, bfgs],
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _paths(coefficients: bytes, start: tuple[float, float], share: float, names, _surface: Surface) -> dict[str, Path]:
    return paths(_surface, np.array(start), share * _surface.longest_safe_step, names)


@error_boundary()
def _start_where_clicked() -> None:
    state = st.session_state
    for spot in state["paths"]["selection"]["points"]:
        if spot.get("customdata"):
            state["start_a"], state["start_b"] = (round(float(spot[axis]), 1) for axis in "xy")


def _headline(start: np.ndarray, walked: dict[str, Path], surface: Surface, share: float) -> str:
    """Who arrives at a minimum and in how many steps; what became of the others, and which slider helps."""
    arrived = {name: path for name, path in walked.items() if _ends_at(path, surface) == MINIMUM}
    told = []
    if arrived:
        quickest = sorted(arrived, key=lambda name: arrived[name].n_steps)
        steps = [f"{name} in {arrived[name].n_steps} {_steps(arrived[name])}" for name in quickest]
        told.append(f"From ({_signed(start[0])}, {_signed(start[1])}) these arrive at a minimum: {', '.join(steps)}.")
    told += [_failure(name, path, surface, share) for name, path in walked.items() if name not in arrived]
    return " ".join(told)


def _signed(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _steps(path: Path) -> str:
    return "step" if path.n_steps == 1 else "steps"


def _ends_at(path: Path, surface: Surface) -> str:
    """The kind of level point that a path has come to; nothing where it is not level."""
    return surface.kind(path.points[-1]) if path.ending == ARRIVED else ""


def _failure(name: str, path: Path, surface: Surface, share: float) -> str:
    place = _ends_at(path, surface)
    if place == SADDLE:
        return f"{name} falls into the saddle in {path.n_steps} {_steps(path)}: level ground is all it looks for."
    if place:
        return f"{name} comes to rest on level ground that has no lowest point."
    if path.ending == DIVERGED:
        if name == DESCENT:
            cure = "below 1" if share > 1 else f"below {share:g}, since it is steeper here than at the minimum"
            return (
                f"{name} diverges after {path.n_steps} {_steps(path)}: lower “{_STEP_LABEL}” from {share:g} to {cure}."
            )
        return f"{name} diverges after {path.n_steps} {_steps(path)}: start nearer to a minimum."
    if name == DESCENT and share >= 1:
        return (
            f"{name} still leaps to and fro over the valley after {path.n_steps} steps: lower “{_STEP_LABEL}” from "
            f"{share:g} to below 1."
        )
    if name == DESCENT:
        return f"{name} is still on its way after {path.n_steps} steps: raise “{_STEP_LABEL}”."
    return f"{name} is still on its way after {path.n_steps} steps, along a valley that hardly falls."


def _board(landscape: Landscape, walked: dict[str, Path], surface: Surface) -> str:
    n_arrived = sum(_ends_at(path, surface) == MINIMUM for path in walked.values())
    if landscape.is_convex:
        return (
            f"With the items fixed there is one best answer, and {n_arrived} of {len(walked)} methods found it: here "
            "the choice of method and step size decides how soon it is found, not what is found."
        )
    return (
        f"Learning people and items at once has several equally good answers and places that only look like one: "
        f"{n_arrived} of {len(walked)} methods arrived from here, so a recommender's optimiser and its step size are "
        "choices to be checked, not details."
    )


def _student(landscape: Landscape) -> str:
    if landscape.is_convex:
        return (
            "With the items fixed the objective is a paraboloid. Its Hessian 2(QᵀQ + λI) is the same everywhere and, "
            "for λ > 0, positive definite: so the one point where the gradient vanishes is the minimum, and Newton is "
            "there in one step, since a parabola is its own second-order model. Gradient descent shrinks its distance "
            "by max |1 − ηh| over the curvatures h at each step: it converges for η < 2/h_max, and slowly where the "
            "bowl is long. ALS, moving one number at a time, creeps along a slanted valley in a zigzag."
        )
    return (
        "In u alone, or in v alone, the objective is a parabola: that is why ALS moves along the axes and each of its"
        " steps can only descend. In both at once it is not convex: (u, v) and (−u, −v) predict the same, and between"
        " two minima lies a saddle. Gradient descent is pushed away from a saddle, if slowly; Newton looks for any "
        "point with gradient 0 and is often drawn into it: in the smallest factorisation with r = 1 and λ = 0.1 from "
        "about four in five of the starts where the Hessian has eigenvalues of both signs, and from about a third of "
        "the others. BFGS builds up a Hessian that stays positive definite, so each of its steps leads down. Close to"
        " a minimum Newton squares its error at every step, roughly; gradient descent and ALS multiply theirs by "
        "about a constant."
    )
