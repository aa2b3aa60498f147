"""What each factor means, by strength or after the rotation that the user chose."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.cached import share, share_figure
from pages.shared.results.factor_axes_of_run import ROTATE_KEY, Axes, names_of, shown_axes
from pages.shared.server import store
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.open_tab import draw_open_tab
from recsys_core.factors.axes import extremes
from recsys_core.factors.item_attributes import attribute_columns, chance_level, correlations
from recsys_core.figures.factors import heat_map, spectrum
from recsys_core.percent import percent
from recsys_core.store.run import Run

TAB_KEY = "factor_tab"
_ENDS, _HEAT_ROWS, _LONGEST_NAME = 6, 24, 40
_MOST_RELATED = 1_000  # items for the correlation with genres: the positions of rarely rated ones are uncertain


@st.fragment
@error_boundary()
def axes_and_meanings(run: Run) -> None:
    """Draw the switch that rotates the axes, and the open one of three views of them."""
    left, right = st.columns([1, 3], vertical_alignment="center")
    left.toggle(
        "Rotate (varimax)",
        key=ROTATE_KEY,
        bind="query-params",
        persist_state="session",
        help="Rotates the axes so that each item loads on few of them (Kaiser's varimax).",
    )
    axes = shown_axes(run)
    right.markdown(_about_turning(axes))
    views = {"What each factor means": _meanings, "Strength of the factors": _strengths, "Heat map": _heat_map}
    draw_open_tab({title: partial(draw, run, axes) for title, draw in views.items()}, TAB_KEY)


def _about_turning(axes: Axes) -> str:
    if axes.name == "strength":
        return (
            "**Factors are not unique:** any rotation of the axes gives the same scores. Here they are sorted by "
            "strength; rotate them and see their meaning change."
        )
    return (
        f"**The axes were rotated, the scores stayed:** the largest change of any of {axes.n_compared:,} scores is "
        f"**{axes.change:.6f}**. Scores depend only on products of factors, which do not change when both sides are "
        "rotated, apart from rounding."
    )


def _strengths(run: Run, axes: Axes) -> None:
    st.caption(_about_strengths(axes))
    is_rotated = axes.name == "varimax"
    figure = share_figure(
        ("spectrum", run.fingerprint, run.id, axes.name),
        lambda: spectrum(axes.strengths, are_singular_values=not is_rotated),
    )
    show_chart(figure, key="spectrum", alt=_about_strengths(axes))


def _heat_map(run: Run, axes: Axes) -> None:
    dataset = get_context().dataset
    most = np.argsort(-get_context().split.train.users_per_item, kind="stable")[:_HEAT_ROWS]
    st.caption(f"The {len(most)} most popular items; orange is negative, blue positive.")
    figure = share_figure(
        ("heat", run.fingerprint, run.id, axes.name, dataset.description_key),
        lambda: heat_map(axes.model.item_factors[most], [dataset.titles[item] for item in most]),
    )
    show_chart(figure, key="heat", alt="Items are rows and factors are columns; orange is negative and blue positive.")


def _about_strengths(axes: Axes) -> str:
    share = axes.strengths[0] / max(axes.strengths.sum(), 1e-12)
    of_all = f" of all {len(axes.strengths)} factors" if len(axes.strengths) > 1 else ""
    return f"Factor 1 accounts for {percent(share)} of the total strength{of_all}."


def _meanings(run: Run, axes: Axes) -> None:
    dataset = get_context().dataset
    ends = share(("ends", run.fingerprint, run.id, axes.name), lambda: _ends(axes))
    names, related, level, n_items = _related(run.fingerprint, run.id, axes.name, dataset.description_key, axes)
    sentence, right = st.columns([3, 2], vertical_alignment="bottom")
    if names:
        sentence.caption(escape(_about_following(names, related, level, n_items)))
    with right:
        _name_a_factor(run, axes)
    rows = []
    for factor, label in enumerate(names_of(run, axes)):
        row = {"factor": label, "one end": _titles(ends[factor][0]), "the other end": _titles(ends[factor][1])}
        if names:
            most, least = int(related[factor].argmax()), int(related[factor].argmin())
            row["follows"] = _correlation(names[most], related[factor, most], level)
            row["avoids"] = _correlation(names[least], related[factor, least], level)
        rows.append(row)
    order = ["factor", *(["follows"] if names else []), "one end", *(["avoids"] if names else []), "the other end"]
    st.dataframe(pd.DataFrame(rows)[order], hide_index=True, alt="The items at the two ends of each factor.")


def _ends(axes: Axes) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the items at the two ends of each factor, of those with training ratings."""
    known = np.flatnonzero(get_context().split.train.users_per_item)
    ends = (extremes(column, _ENDS) for column in axes.model.item_factors[known].T)
    return [(known[high], known[low]) for high, low in ends]


def _correlation(name: str, correlation: float, level: float) -> str:
    """Return the name with its correlation, or "" where chance reaches that too."""
    return f"{name} {correlation:+.2f}".replace(" -", " −") if abs(correlation) > level else ""


@st.cache_resource(max_entries=16, show_spinner=False)
def _related(
    fingerprint: str, run_id: int, axes_name: str, description_key: str, _axes: Axes
) -> tuple[tuple[str, ...], np.ndarray, float, int]:
    """Return the t names of what factors may follow, their correlations (k, t) over the most rated items, the level
    that chance reaches, and how many items that are."""
    popularity = get_context().split.train.users_per_item
    popular = np.argsort(-popularity, kind="stable")[: min(_MOST_RELATED, np.count_nonzero(popularity))]
    names, values = attribute_columns(get_context().dataset)
    factors = _axes.model.item_factors[popular]
    level = chance_level(factors, values[popular])
    return names, correlations(factors, values[popular]), level, len(popular)


def _about_following(names: Sequence[str], related: np.ndarray, level: float, n_items: int) -> str:
    """Say how many attributes a factor follows more closely than chance does, and which is followed best."""
    dataset = get_context().dataset
    what = "planted tastes" if dataset.ground_truth is not None else "attributes"
    if not dataset.item_attributes and dataset.ground_truth is None:
        what = "genres"
    best = np.abs(related).max(axis=0)
    n_followed, top = int(np.sum(best > level)), int(best.argmax())
    basis = f"over the {n_items:,} most rated items; chance alone reaches {level:.2f}"
    if not n_followed:
        return (
            f"No factor follows any of the {len(names)} {what} more closely than chance: the largest correlation is "
            f"{best[top]:.2f} {basis}."
        )
    followed = f"{n_followed} of {len(names)} {what} {'is' if n_followed == 1 else 'are'} followed"
    if n_followed == len(names):
        followed = f"Each of the {len(names)} {what} is followed"
    return (
        f"{followed} by a factor more closely than chance. The closest is {names[top]}, with a correlation of "
        f"{best[top]:.2f} {basis}. Which end of a factor is positive has no meaning."
    )


def _titles(items: np.ndarray) -> str:
    titles = get_context().dataset.titles
    return " · ".join(titles[item] for item in items)


def _name_a_factor(run: Run, axes: Axes) -> None:
    """Choose a factor and type its name; the store keeps it with the run and this rotation of the axes."""
    left, right = st.columns([1, 2])
    if st.session_state.get("factor", 1) > axes.model.n_factors:
        st.session_state["factor"] = 1
    factor = left.number_input("Factor", 1, axes.model.n_factors, 1, key="factor", persist_state="session") - 1
    named = (run.id, axes.name, factor)
    # While another tab is open, Streamlit forgets what was typed here.
    if st.session_state.get("factor_named") != named or "factor_name" not in st.session_state:
        given = store().factor_names(run.id, axes.name)
        st.session_state.update(factor_named=named, factor_name=given.get(factor, ""))
    right.text_input(
        "Factor name",
        key="factor_name",
        max_chars=_LONGEST_NAME,
        placeholder="Type a name to keep it",
        on_change=_keep_name,
    )


@error_boundary()
def _keep_name() -> None:
    run_id, axes_name, factor = st.session_state["factor_named"]
    store().name_factor(run_id, axes_name, factor, st.session_state["factor_name"].strip())
