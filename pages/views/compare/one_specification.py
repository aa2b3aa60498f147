"""One of the reasonable ways to test: what was clicked in the curve, and Compare as it looks by that way alone."""

from collections.abc import Sequence

import streamlit as st

from pages.shared.context import get_context, use_split
from pages.shared.error_boundary import error_boundary
from pages.shared.large_data import open_corrupted_split
from pages.shared.results.cached import reference_models
from pages.shared.server import store
from pages.shared.text import escape
from pages.views.compare.groups import show_groups
from pages.views.compare.robustness_state import CountedSpecifications, chosen_grid, comparison_of
from pages.views.compare.verdicts import draw_differences, draw_means
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.robustness import NO_WINNER, Outcome, score_by
from recsys_core.comparison.sentences import ON_SUBSET
from recsys_core.comparison.specifications import Specification, value_label
from recsys_core.data.split import SplitRecipe
from recsys_core.evaluation.significant_digits import format_interval
from recsys_core.runner.specification_runs import find_specification_runs
from recsys_core.store.run import Run

CURVE_KEY = "specification_curve"
_DRAWN, _CLICKED, _OPENED = "specifications_drawn", "specification_clicked", "specification_opened"


@error_boundary()
def select_clicked() -> None:
    """Note, in a callback, which way to test was clicked in the curve."""
    points = st.session_state[CURVE_KEY]["selection"]["points"]
    if points:
        index = points[0]["customdata"]
        index = index[0] if isinstance(index, Sequence) else index
        st.session_state[_CLICKED] = st.session_state[_DRAWN][int(index)]


def draw_clicked(counted: CountedSpecifications) -> None:
    """Say what came of the way to test that was clicked, with a button that opens it."""
    outcomes = {outcome.specification: outcome for outcome in counted.robustness.outcomes}
    st.session_state[_DRAWN] = list(outcomes)
    clicked = st.session_state.get(_CLICKED)
    outcome = outcomes.get(clicked) if clicked else None
    if outcome is None:
        st.caption("Click on a point to open that way to test.")
        return
    left, right = st.columns([4, 1.2], vertical_alignment="center")
    left.markdown(escape(_sentence(outcome, counted, get_context().split.recipe)))
    right.button(
        "Open on this page",
        key="open_specification",
        on_click=_open,
        args=(outcome.specification, _identity(counted.runs.chosen)),
        width="stretch",
        icon=":material/open_in_full:",
        help="Shows the comparison by this split, seed, metric and length of the list.",
    )


def opened_specification(runs: Sequence[Run]) -> Specification | None:
    """Return the way to test that was opened for these pinned models; None where the page is as usual."""
    specification, opened_for = st.session_state.get(_OPENED, (None, None))
    return specification if opened_for == _identity(runs) else None


def show_specification(specification: Specification, runs: Sequence[Run], subset: str, margin: float) -> None:
    """Draw the comparison of the pinned `runs` by one way to test."""
    context = get_context()
    found = find_specification_runs(store(), runs, chosen_grid(runs))
    of_training = found.known.get(specification.training)
    compared = comparison_of(found, specification.training, subset) if of_training else None
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            escape(f"One of {len(chosen_grid(runs).specifications()):,} reasonable ways to test:")
            + f" **{escape(_describe(specification, context.split.recipe))}**"
        )
        st.button("Back to all", key="close_specification", icon=":material/arrow_back:", on_click=_close)
    if compared is None or of_training is None:
        st.write("The models of this way to test are no longer there.")
        return
    comparison = score_by(compared, specification, margin)
    with use_split(open_corrupted_split(of_training[0].split, of_training[0].corruptions)):
        _draw_comparison(comparison, specification, runs)


def _draw_comparison(comparison: Comparison, specification: Specification, runs: Sequence[Run]) -> None:
    references = reference_models(comparison.subset)
    if (threshold := specification.threshold) is not None:
        references = {name: each.with_threshold(threshold) for name, each in references.items()}
    st.subheader(escape(comparison.headline), anchor=False)
    st.caption(f"All numbers are {ON_SUBSET[comparison.subset]}, for this way to test and its one seed.")
    draw_differences(comparison, runs)
    draw_means(comparison, references)
    st.divider()
    show_groups(comparison, runs)


def _sentence(outcome: Outcome, counted: CountedSpecifications, current: SplitRecipe) -> str:
    names, model = counted.robustness.names, counted.robustness.leader
    lead = outcome.lead(model)
    won = "no model wins" if outcome.winner == NO_WINNER else f"{names[outcome.winner]} wins"
    if outcome.leaked_leader is not None:
        won = f"{names[outcome.leaked_leader]} is ahead, but may have been trained on that data, so no model wins"
    compared = f"{names[model]} compared with {counted.robustness.rivals}"
    return (
        f"{_describe(outcome.specification, current)}: {won}. {compared}: {lead.marked}, "
        f"{format_interval(lead.difference, sign=True)}."
    )


def _describe(specification: Specification, current: SplitRecipe) -> str:
    words = [
        value_label(choice, specification.value(choice), current)
        for choice in ("split", "seed_offset", "min_ratings", "threshold")
    ]
    return f"{specification.title}, {', '.join(words)}"


def _identity(runs: Sequence[Run]) -> tuple[str, tuple[int, ...]]:
    return get_context().split.fingerprint, tuple(run.id for run in runs)


@error_boundary()
def _open(specification: Specification, opened_for: tuple[str, tuple[int, ...]]) -> None:
    st.session_state[_OPENED] = specification, opened_for


@error_boundary()
def _close() -> None:
    st.session_state.pop(_OPENED, None)
