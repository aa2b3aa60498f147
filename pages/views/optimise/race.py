"""A race of optimisers on the current data: objective, gradient and held-out error against seconds."""

import math

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.plain_words import draw_headline
from pages.views.optimise.explain import explain
from pages.views.optimise.surfaces import chosen_objective, data_objective, sampled
from recsys_core.data.nouns import write_number
from recsys_core.figures.race import race_curves
from recsys_core.optimize.factor_objective import FactorObjective
from recsys_core.optimize.gradient_check import gradient_error
from recsys_core.optimize.race import Mark, Race
from recsys_core.optimize.trajectory import ARRIVED, DIVERGED, UNFINISHED

_RACE = "optimise_race"  # in the session's state: the settings of the race and the race itself
_SLICE = 0.6  # seconds of work between two updates of the screen
_AS_LOW = 1.01  # times the lowest objective that any method reached: from there on, a method counts as arrived
_ENDINGS = {"": "running", ARRIVED: "arrived", UNFINISHED: "out of time", DIVERGED: "diverged"}


def draw_race() -> None:
    """Draw the settings, a button, the running race and the explanations."""
    left, right, first, second, third, button = st.columns(6, gap="medium", vertical_alignment="bottom")
    objective, kept = data_objective(left, right, prefix="race", note="Restarts the race.")
    share = first.slider("Step size", 0.1, 3.0, 0.5, 0.1, key="race_step", persist_state="session", help=_STEP_HELP)
    rate = second.select_slider(
        "Learning rate",
        [0.01, 0.02, 0.05, 0.1, 0.2, 0.5],
        0.1,
        key="race_rate",
        persist_state="session",
        help=_RATE_HELP,
    )
    seconds = third.slider(
        "Seconds each", 1, 20, 3, key="race_seconds", persist_state="session", help="Restarts the race."
    )
    settings = (get_context().split.fingerprint, objective.n_factors, objective.regularization, share, rate, seconds)
    button.button("Race", key="race_start", type="primary", width="stretch", on_click=_start)
    of, race = st.session_state.get(_RACE, (settings, None))
    if of != settings:
        del st.session_state[_RACE]
        race = None
    if race is None:
        st.subheader("Which optimiser is fastest on your own data? Press Race.", anchor=False)
        st.caption(
            f"Four methods run from the same random start for {seconds} s each; measuring takes about as long "
            "again." + sampled(kept)
        )
    else:
        st.fragment(_watch, run_every=None if race.is_over else 0.1)()
    if np.ptp(objective.train.values) == 0:
        st.info("All these values are equal, so there is hardly anything to learn. Choose data with ratings.")
    error = _checked(settings[0], objective.n_factors, objective.regularization, objective)
    explain(
        board=_BOARD,
        student=_STUDENT,
        worked_step=lambda: _numbers(objective, error),
        code=[FactorObjective.value_and_gradient, FactorObjective.batch_gradient, gradient_error, Race.advance],
    )


_STEP_HELP = (
    "The step size of gradient descent, as a multiple of 1 / 2a, where a is the larger of σ₁ − λs and λs: what the "
    "smallest factorisation allows if its value is the largest singular value σ₁ of the data. Restarts the race."
)
_RATE_HELP = "The learning rate of Adagrad, in units of √s, like the factors. Restarts the race."
_BOARD = (
    "All four methods minimise the same function from the same start. The first to arrive needs the least computing "
    "time; one with a badly chosen step size may never arrive."
)
_STUDENT = (
    "ALS solves one small ridge regression per person and per item exactly, and has no step size; half a sweep costs "
    "about |Ω|k² operations, plus k³ per row. Full-batch gradient descent reads all values for one step, |Ω|k "
    "operations, and the direction of greatest curvature limits its step, so that flat directions progress slowly. "
    "Adagrad takes a step after every 2,000 values, of its own length η/√Σg² in each coordinate: it is fast at first, "
    "but its noise can keep it above the minimum. L-BFGS estimates the curvature from the last ten gradients, which is "
    "what gradient descent lacks. The lowest objective is not the lowest error on held-out values: with a weak λ the "
    "objective may fall while the RMSE rises. The times are those of this server, with one thread per product."
)


@error_boundary()
def _start() -> None:
    objective, kept = chosen_objective("race")
    state, split = st.session_state, get_context().split
    share, rate, seconds = state["race_step"], state["race_rate"], state["race_seconds"]
    race = Race(
        objective,
        split.validation.select(kept[split.validation.users]),
        seconds=seconds,
        step_size=share * objective.longest_safe_step,
        learning_rate=rate,
    )
    settings = (split.fingerprint, objective.n_factors, objective.regularization, share, rate, seconds)
    state[_RACE] = settings, race


@error_boundary()
def _watch() -> None:
    """Let the race run a little, and draw how far it is."""
    _, race = st.session_state[_RACE]
    if not race.is_over:
        race.advance(_SLICE)
        if race.is_over:
            st.rerun()
    now = {racer.name: racer.marks for racer in race.racers}
    draw_headline(_headline(race, with_error=False), _headline(race))
    done = min(1.0, sum(1.0 if r.ending else r.seconds / race.seconds for r in race.racers) / len(race.racers))
    if not race.is_over:
        st.progress(done, "Racing: the method that has used the least time runs next.")
    lowest = race.lowest
    has_ratings = get_context().dataset.is_graded
    columns = st.columns(3 if has_ratings else 2)
    for column, title, log, measure in (
        (
            columns[0],
            "Objective, % above the lowest reached",
            True,
            lambda mark: 100 * (mark.objective / lowest - 1) if lowest else math.nan,
        ),
        (columns[1], "Gradient norm", True, lambda mark: mark.slope),
        *([(columns[2], "RMSE on validation", False, lambda mark: mark.rmse)] if has_ratings else []),
    ):
        curves = {name: [(mark.seconds, measure(mark)) for mark in marks] for name, marks in now.items()}
        curves = {name: [(x, y) for x, y in points if math.isfinite(y)] for name, points in curves.items()}
        with column:
            st.markdown(f"**{title}**")
            last = ", ".join(
                f"{name} {write_number(points[-1][1], '.4g')}" for name, points in curves.items() if points
            )
            spec = race_curves(curves, title=title, seconds=race.seconds, log=log)
            st.vega_lite_chart(spec, width="stretch", key=f"race_{title}", alt=f"{title} by seconds: {last}.")
    st.dataframe(
        _table(race),
        hide_index=True,
        key="race_table",
        alt="How far each method came, in how many steps and seconds.",
        column_config=_COLUMNS,
    )


_COLUMNS = {
    "seconds": st.column_config.NumberColumn(format="%.2f"),
    "objective": st.column_config.NumberColumn(format="%,.1f"),
    "gradient": st.column_config.NumberColumn("gradient norm", format="%.3g"),
    "RMSE on validation": st.column_config.NumberColumn(format="%.4f"),
}


def _table(race: Race) -> pd.DataFrame:
    rows = []
    for racer in race.racers:
        mark = racer.marks[-1] if racer.marks else Mark(0, 0.0, math.nan, math.nan, math.nan)
        rows.append(
            {
                "method": racer.name,
                "ended": _ENDINGS[racer.ending],
                "steps": mark.steps,
                "seconds": mark.seconds,
                "objective": mark.objective,
                "gradient": mark.slope,
                "RMSE on validation": mark.rmse,
            }
        )
    table = pd.DataFrame(rows)
    return table if get_context().dataset.is_graded else table.drop(columns="RMSE on validation")


def _headline(race: Race, *, with_error: bool = True) -> str:
    """Say who arrived first, how far the models are off on held-out ratings, and what went wrong."""
    lost = [racer.name for racer in race.racers if racer.ending == DIVERGED]
    running = {racer.name: racer.marks for racer in race.racers if racer.marks and racer.name not in lost}
    if not running:
        return "The race has started."
    down = {
        name: next((mark.seconds for mark in marks if mark.objective <= _AS_LOW * race.lowest), math.inf)
        for name, marks in running.items()
    }
    first, *others = sorted(down, key=lambda name: down[name])
    later = [f"{name} after {down[name]:.2f} s" for name in others if math.isfinite(down[name])]
    behind = [name for name in others if not math.isfinite(down[name])]
    text = f"{first} is within 1% of the lowest objective after {down[first]:.2f} s"
    text += "".join(f", {each}" for each in later) + "."
    if behind:
        text += f" {_listed(behind)} {'is' if len(behind) == 1 else 'are'} not there yet."
    errors = [marks[-1].rmse for marks in running.values() if math.isfinite(marks[-1].rmse)]
    if with_error and race.is_over and errors and get_context().dataset.is_graded:
        least, most = (write_number(end(errors), ".3f") for end in (min, max))
        text += f" The RMSE ends between {least} and {most}."
    for name in lost:
        text += f" {name} diverged: lower “{'Learning rate' if name == 'Adagrad' else 'Step size'}”."
    return text


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


@st.cache_data(max_entries=16, show_spinner="Checking the gradient…")
def _checked(fingerprint: str, k: int, ridge: float, _objective: FactorObjective) -> float:
    rng = np.random.default_rng(0)
    return gradient_error(_objective.value, _objective.gradient, _objective.draw_start(rng), rng)


def _numbers(objective: FactorObjective, error: float) -> None:
    """Draw one component of the gradient with its numbers, and the check of the whole gradient."""
    st.latex(
        r"F(P,Q)=\sum_{(u,i)\in\Omega}\big(r_{ui}-p_u^{\top}q_i\big)^2"
        r"+\lambda\,s\Big(\sum_u\lVert p_u\rVert^2+\sum_i\lVert q_i\rVert^2\Big),\qquad"
        r"\frac{\partial F}{\partial p_u}=-2\sum_{i}e_{ui}\,q_i+2\lambda s\,p_u"
    )
    terms = objective.worked_slope(objective.draw_start(np.random.default_rng(0)))
    st.latex(
        rf"\frac{{\partial F}}{{\partial p_{{{terms.user + 1},1}}}} = -2 \cdot ({terms.pull:.6f}) + 2 \cdot "
        rf"{terms.ridge:g} \cdot ({terms.factor:.6f}) = {terms.slope:.4f}"
    )
    scale = "standard deviation" if np.ptp(objective.train.values) else "size, since all are equal,"
    st.write(
        f"λs is λ = {objective.regularization:g} times s = {write_number(objective.train.rating_scale, '.4g')}, the "
        f"{scale} of these values, so that the same λ suits every scale. "
        f"Above is the slope along the first factor of person {terms.user + 1} at the start of the race: the errors of "
        f"their {terms.n_ratings} {get_context().dataset.rating_noun}, times the items' first factor, add up to "
        f"{terms.pull:.6f}.".replace("-", "−")
    )
    st.markdown(
        "**Checked against finite differences in 8 random directions, the gradient is off by at most "
        f"{write_number(error, '.1g')} of its size.**"
    )
