"""Which is better, is it real, and for whom?"""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.shared.context import get_context, use_split
from pages.shared.held_out import how_to_hold_out
from pages.shared.results.comparison import MARGIN_KEY, SMALLEST_DIFFERENCE, chosen_margin, get_comparison
from pages.shared.results.first_models import offer_first_models
from pages.shared.results.imported_models import warn_of_leaks
from pages.shared.results.learn_again import learned_again, wants_to_learn_again
from pages.shared.results.plain_words import draw_comparison_headline
from pages.shared.results.report_buttons import copy_as_python, report_button
from pages.shared.results.sealed_test import draw_sealed_test, visible_subset
from pages.shared.results.train_missing import offer_missing
from pages.shared.shell.navigation import ensure_in_app
from pages.shared.shell.pinned_models import pinned_runs
from pages.shared.text import escape
from pages.shared.widgets.choose_one import choose_one
from pages.views.compare.beyond_accuracy import show_beyond_accuracy
from pages.views.compare.calculator import show_calculator
from pages.views.compare.conventions import show_conventions
from pages.views.compare.cost import show_cost
from pages.views.compare.curves import show_curves
from pages.views.compare.disagreement import show_disagreement
from pages.views.compare.groups import show_groups
from pages.views.compare.left_behind import show_left_behind
from pages.views.compare.one_specification import opened_specification, show_specification
from pages.views.compare.popularity import show_popularity
from pages.views.compare.rating_accuracy import show_ratings
from pages.views.compare.rerank import show_rerank
from pages.views.compare.robustness import show_robustness
from pages.views.compare.robustness_state import grid_or_none
from pages.views.compare.table import show_table
from pages.views.compare.truth import show_truth
from pages.views.compare.verdicts import show_verdicts
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.relevance_sentences import counts_as_right, disliked_hits
from recsys_core.comparison.sentences import why_test_differs
from recsys_core.evaluation.evaluate import TOP_DEPTH
from recsys_core.metrics import JUDGED_METRICS, METRICS
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.store.run import Run

ensure_in_app()


def _show_for_whom(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Draw for whom the models differ, and whom each leaves behind."""
    show_groups(comparison, runs)
    st.divider()
    show_left_behind(comparison, runs)


VIEWS = {
    "Verdict": {"Verdict": show_verdicts, "Robustness": show_robustness},
    "For whom": {"For whom": _show_for_whom},
    "Lists": {
        "Popularity": show_popularity,
        "Beyond accuracy": show_beyond_accuracy,
        "Disagreement": show_disagreement,
        "Re-rank": show_rerank,
    },
    "Cost": {"Cost": show_cost},
    "Details": {"Table": show_table, "Curves": show_curves, "Ratings vs ranking": show_ratings},
    "How metrics work": {
        "Conventions": show_conventions,
        "Truth meter": show_truth,
        "Calculator": lambda comparison, runs: show_calculator(),
    },
}
"""By group, the views of this page; only the open one is drawn."""
_VIEW_KEY = "compare_view"
_KEYS = {
    "Verdict": "compare_verdict",
    "Lists": "compare_lists",
    "Details": "compare_details",
    "How metrics work": "compare_metrics",
}


def choose_settings(subset: str, runs: Sequence[Run]) -> Comparison:
    """Draw the controls above every view, and return the comparison that they ask for."""
    left, middle, third, right = st.columns([0.9, 0.8, 0.9, 2.6], vertical_alignment="center")
    metric = left.selectbox(
        "Metric",
        list(JUDGED_METRICS),
        format_func=lambda name: METRICS[name].label,
        key="metric",
        bind="query-params",
        persist_state="session",
        help="\n".join(f"- **{metric.label}**: {metric.meaning}" for metric in JUDGED_METRICS.values()),
    )
    k = middle.slider(
        "Length of the list, N", 1, TOP_DEPTH, CUTOFF, key="N", bind="query-params", persist_state="session"
    )
    third.slider(
        SMALLEST_DIFFERENCE.label,
        int(SMALLEST_DIFFERENCE.bounds[0]),
        int(SMALLEST_DIFFERENCE.bounds[1]),
        SMALLEST_DIFFERENCE.default,
        format="%d%%",
        key=MARGIN_KEY,
        bind="query-params",
        persist_state="session",
        help=SMALLEST_DIFFERENCE.help,
    )
    with right:
        draw_sealed_test()
    return get_comparison(runs, subset, metric=metric, k=k, margin=chosen_margin())


def say_what_is_relevant(comparison: Comparison) -> None:
    """Say which held-out ratings count as right, how many dislikes are among the hits, and how the test differs."""
    dataset = get_context().dataset
    differs = why_test_differs(get_context().split) if comparison.subset == "test" else ""
    disliked = disliked_hits(comparison.names, comparison.evaluations, comparison.k, dataset)
    if text := " ".join(filter(None, [differs, counts_as_right(dataset), disliked])):
        st.caption(escape(text))


def draw_downloads(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Draw the buttons for the report and the program of what is shown."""
    st.divider()
    subset, k = comparison.subset, comparison.k
    left, middle, _ = st.columns([1, 1, 2])
    with left:
        grid = grid_or_none(runs)
        report_button(runs, metric=comparison.metric, margin=comparison.margin, subset=subset, k=k, grid=grid)
    with middle:
        copy_as_python(runs, subset=subset, k=k)


def choose_view() -> Callable[[Comparison, Sequence[Run]], None]:
    """Draw the choice of a group and, where it has several, of a view in it; return the function that draws the view.

    A link may name a view, in whichever group it stands.
    """
    named = str(st.session_state.get(_VIEW_KEY) or st.query_params.get(_VIEW_KEY))
    if home := next((group for group, views in VIEWS.items() if named in views and named not in VIEWS), None):
        chosen = {_VIEW_KEY: home, **({_KEYS[home]: named} if home in _KEYS else {})}
        if _VIEW_KEY not in st.session_state:  # Streamlit drops a value from the URL that is no option
            st.query_params.update(chosen)
            st.rerun()
        st.session_state.update(chosen)
    group = choose_one(
        st.segmented_control, "View", list(VIEWS), default="Verdict", key=_VIEW_KEY, label_visibility="collapsed"
    )
    views = VIEWS[group]
    view = next(iter(views))
    if len(views) > 1:
        view = choose_one(
            st.pills, f"View in {group}", list(views), default=view, key=_KEYS[group], label_visibility="collapsed"
        )
    return views[view]


def show(runs: Sequence[Run], subset: str) -> None:
    """Draw the headline, the controls and the chosen view, or one of the ways to test that was opened."""
    if specification := opened_specification(runs):
        show_specification(specification, runs, subset, chosen_margin())
        return
    top = st.container()
    comparison = choose_settings(subset, runs)
    if why := comparison.why_not(comparison.metric):
        st.info(escape(why))
        return
    with top:
        draw_comparison_headline(comparison, runs)
        warn_of_leaks(runs)
        say_what_is_relevant(comparison)
    choose_view()(comparison, runs)
    draw_downloads(comparison, runs)


context = get_context()
all_runs = context.runs()
subset = visible_subset()
scored = {run.id for run in context.runs_with(subset)}
if not scored:
    if context.split.seen_and_held_out(subset)[1].relevant.n_interactions == 0:
        st.subheader("Nothing to compare yet.", anchor=False)
        st.write(f"Nothing is held out for the comparison. {how_to_hold_out('test')}")
    else:
        offer_first_models()
elif runs := [run for run in pinned_runs() if run.id in scored]:
    if wants_to_learn_again(subset):
        split, ready = learned_again(runs)
        with use_split(split):
            if ready:
                show(ready, subset)
            else:
                draw_sealed_test()
    else:
        show(runs, subset)
else:
    st.write("Pin at least one model in the sidebar.")
offer_missing(all_runs)
