"""One objective, many paths: which methods reach a minimum from a chosen start, and which do not."""

import numpy as np
import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.results.plain_words import draw_headline
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.views.optimise.explain import explain
from pages.views.optimise.step import show_step
from pages.views.optimise.surfaces import LANDSCAPES, Landscape
from recsys_core.figures.descent import EXTENT, descent
from recsys_core.figures.on_page import SharedFigure
from recsys_core.optimize.methods import alternating, bfgs, gradient_descent, newton
from recsys_core.optimize.surface import MINIMUM, SADDLE, Surface
from recsys_core.optimize.trajectory import ARRIVED, DIVERGED, Trajectory
from recsys_core.optimize.worked_steps import DESCENT, METHODS, follow_methods

_START = {"start_a": -0.4, "start_b": 0.8}
_STEP_LABEL = "Step size"
_FLAT = 1e-9  # below this greatest curvature a surface shows nothing


@st.fragment
@error_boundary()
def draw_paths() -> None:
    """Draw the controls, a sentence on who arrives, the map with all paths, and the explanations."""
    top = st.container()
    left, right = st.columns([1, 1.3], gap="medium", vertical_alignment="bottom")
    kind = left.selectbox("Objective", list(LANDSCAPES), key="landscape", bind="query-params", persist_state="session")
    names = right.pills(
        "Methods",
        list(METHODS),
        selection_mode="multi",
        default=list(METHODS),
        key="methods",
        bind="query-params",
        persist_state="session",
    )
    of_objective, first, second, third = st.columns([2, 1, 1, 1], gap="medium", vertical_alignment="bottom")
    with of_objective:
        landscape = LANDSCAPES[kind]()
    share = first.slider(
        _STEP_LABEL,
        0.05,
        3.0,
        0.3,
        0.05,
        key="step_share",
        bind="query-params",
        persist_state="session",
        help="The step size of gradient descent, as a multiple of 2 / (greatest curvature at the minimum): above 1 it "
        "cannot stay there.",
    )
    for column, key, label in ((second, "start_a", "Start, horizontal"), (third, "start_b", "Start, vertical")):
        column.slider(
            label,
            -EXTENT,
            EXTENT,
            _START[key],
            0.1,
            key=key,
            bind="query-params",
            persist_state="session",
            help="You can also click on the map.",
        )
    start = np.array([st.session_state["start_a"], st.session_state["start_b"]])
    if not names:
        top.subheader("Choose at least one method.", anchor=False)
    surface = landscape.surface
    if surface.curvatures[-1] < _FLAT:
        with top:
            draw_headline(
                "The surface is flat: the penalty outweighs the strongest pattern, so nothing is learned. Lower it.",
                "The surface is flat: λ outweighs the strongest pattern in the data, so all factors are 0. Lower λ.",
            )
        return
    coefficients = surface.coefficients.tobytes()
    trajectories, figure = _draw(coefficients, tuple(start), share, tuple(names), landscape.axes, surface)
    if names:
        top.subheader(escape(_headline(start, trajectories, surface, share)), anchor=False)
    show_chart(
        figure,
        key="paths",
        on_select=_start_where_clicked,
        selection_mode="points",
        alt=_headline(start, trajectories, surface, share) if names else "A surface without paths.",
    )
    st.caption(
        escape(landscape.remark)
        + " Click on the map to start there. ▶ and the slider below it replay the paths. The times were measured just "
        "now on this server."
    )
    explain(
        board=_board(landscape, trajectories, surface),
        student=_student(landscape),
        worked_step=lambda: show_step(landscape, trajectories, share * surface.longest_safe_step),
        code=[alternating, gradient_descent, newton, bfgs],
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _draw(
    coefficients: bytes, start: tuple[float, float], share: float, names, axes: tuple[str, str], _surface: Surface
):
    """Return the path of each method, and the figure of them; the times of both are of the same measurement."""
    trajectories = follow_methods(_surface, np.array(start), share * _surface.longest_safe_step, names)
    origin = np.zeros(2)
    figure = descent(
        _surface,
        trajectories,
        axes=axes,
        indices={name: index for index, name in enumerate(METHODS)},
        saddle=_surface.kind(origin) == SADDLE and np.allclose(_surface.gradient(origin), 0),
    )
    return trajectories, SharedFigure(figure)


@error_boundary()
def _start_where_clicked() -> None:
    state = st.session_state
    for spot in state["paths"]["selection"]["points"]:
        if spot.get("customdata"):
            state["start_a"], state["start_b"] = (round(float(spot[axis]), 1) for axis in "xy")


def _headline(start: np.ndarray, trajectories: dict[str, Trajectory], surface: Surface, share: float) -> str:
    """Say who arrives at a minimum in how many steps, why the others do not, and which slider helps."""
    arrived = {name: path for name, path in trajectories.items() if _ends_at(path, surface) == MINIMUM}
    sentences = []
    if arrived:
        quickest = sorted(arrived, key=lambda name: arrived[name].n_steps)
        steps = [f"{name} in {arrived[name].n_steps} {_steps(arrived[name])}" for name in quickest]
        sentences.append(
            f"From ({_signed(start[0])}, {_signed(start[1])}) these arrive at a minimum: {', '.join(steps)}."
        )
    sentences += [_failure(name, path, surface, share) for name, path in trajectories.items() if name not in arrived]
    return " ".join(sentences)


def _signed(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _steps(path: Trajectory) -> str:
    return "step" if path.n_steps == 1 else "steps"


def _ends_at(path: Trajectory, surface: Surface) -> str:
    """Return the kind of stationary point at which a path ends; '' if it is none."""
    return surface.kind(path.points[-1]) if path.ending == ARRIVED else ""


def _failure(name: str, path: Trajectory, surface: Surface, share: float) -> str:
    end = _ends_at(path, surface)
    if end == SADDLE:
        return f"{name} ends at the saddle after {path.n_steps} {_steps(path)}: it looks for any point with gradient 0."
    if end:
        return f"{name} stops at a level point that is no minimum."
    if path.ending == DIVERGED:
        if name == DESCENT:
            cure = "below 1" if share > 1 else f"below {share:g}, since it is steeper here than at the minimum"
            return (
                f"{name} diverges after {path.n_steps} {_steps(path)}: lower “{_STEP_LABEL}” from {share:g} to {cure}."
            )
        return f"{name} diverges after {path.n_steps} {_steps(path)}: start nearer to a minimum."
    if name == DESCENT and share >= 1:
        return (
            f"{name} still jumps back and forth across the valley after {path.n_steps} steps: lower “{_STEP_LABEL}” "
            f"from {share:g} to below 1."
        )
    if name == DESCENT:
        return f"{name} has not arrived after {path.n_steps} steps: raise “{_STEP_LABEL}”."
    return f"{name} has not arrived after {path.n_steps} steps, in a valley that hardly descends."


def _board(landscape: Landscape, trajectories: dict[str, Trajectory], surface: Surface) -> str:
    n_arrived = sum(_ends_at(path, surface) == MINIMUM for path in trajectories.values())
    if landscape.is_convex:
        return (
            f"With the items fixed there is one best answer, and {n_arrived} of {len(trajectories)} methods found it: "
            "here the choice of method and step size decides how soon it is found, not what is found."
        )
    return (
        f"Learning people and items at once has several equally good answers, and points that only look like one. From "
        f"this start {n_arrived} of {len(trajectories)} methods arrived: the optimiser of a recommender and its step "
        "size should be checked, not taken for granted."
    )


def _student(landscape: Landscape) -> str:
    if landscape.is_convex:
        return (
            "With the items fixed the objective is a paraboloid. Its Hessian 2(QᵀQ + λI) is the same everywhere and, "
            "for λ > 0, positive definite: so the one point where the gradient vanishes is the minimum, and Newton is "
            "there in one step, since a parabola equals its own second-order model. Gradient descent shrinks its "
            "distance "
            "by max |1 − ηh| over the curvatures h at each step: it converges for η < 2/h_max, and slowly where the "
            "bowl is long. ALS, which moves one number at a time, zigzags slowly along a slanted valley."
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
