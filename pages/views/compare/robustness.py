"""Robustness: in how many reasonable ways to test does a model win, and which choice decides that?"""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from pages.shared.cluster import draw_trouble, n_at_once, where_trained
from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.failed_runs import show_failed
from pages.shared.results.train_on_splits import ask_for_training, train_if_asked
from pages.shared.server import store
from pages.shared.text import duration, escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.csv_download import draw_csv_link
from pages.views.compare.one_specification import CURVE_KEY, draw_clicked, select_clicked
from pages.views.compare.robustness_state import (
    CountedSpecifications,
    count_specifications,
    first_grid,
    grid_key,
)
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.robustness import how_to_read
from recsys_core.comparison.sentences import ON_SUBSET
from recsys_core.comparison.specifications import (
    CONVENTION_CHOICES,
    EVERYBODY,
    METRIC_CHOICES,
    SpecificationGrid,
    pruning_choices,
    split_choices,
    value_label,
)
from recsys_core.data.nouns import join_words
from recsys_core.data.relevance import threshold_choices
from recsys_core.data.split import Split
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import TOP_DEPTH
from recsys_core.figures.specification_curve import specification_curve
from recsys_core.report.tables import latex_table
from recsys_core.runner.retrain import can_retrain
from recsys_core.runner.specification_runs import (
    SpecificationRuns,
    TrainingData,
    estimate_specification_seconds,
    find_specification_runs,
    queue_specification_runs,
)
from recsys_core.store.run import Run
from recsys_core.sweeps.progress import deadline_after, stop_sweep

_TRAIN_KEY, _MINUTES_KEY = "train_specifications", "robust_minutes"
_REFRESH_SECONDS = 1.0
_MINUTES = 10.0
_CUTOFFS = (1, 3, 5, 10, 20, TOP_DEPTH)
_SEEDS = (0, 1, 2, 3, 4)
_CONVENTIONS_HELP = (
    "RecBole: every hit counts alike, and the ideal list ends at N. trec_eval: in NDCG the value is the gain, and MAP "
    "divides by all held-out items. Ideal not cut: in NDCG, people with more than N held-out items cannot reach 1."
)
_THRESHOLD_HELP = "What of the held-out data counts as right. Models learn from the same data as before."
_PRUNING_HELP = (
    "People with fewer items in training are not learned from. They are scored all the same: a test without them would "
    "no longer measure the people whom the model will serve."
)


def show_robustness(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Draw in how many ways to test each model wins, the specification curve, and what may vary."""
    if len(comparison) < 2:
        st.write("Pin a second model in the sidebar to compare.")
        return
    top = st.container()
    with st.expander("What may vary", icon=":material/tune:"):
        _draw_choices(runs)
    with top:
        try:
            counted = count_specifications(comparison, runs)
        except InputError as error:
            st.info(escape(error))
            return
        _draw_counted(comparison, runs, counted)


def _draw_counted(comparison: Comparison, runs: Sequence[Run], counted: CountedSpecifications) -> None:
    robustness, current = counted.robustness, get_context().split.recipe
    sentence, decides = robustness.sentence, robustness.what_decides(current)
    st.markdown(f"**{escape(sentence)}** {escape(decides)}")
    with st.container():  # or the button below would move when the training ends, see draw_app
        _draw_training(counted, runs)
    draw_clicked(counted)  # above the curve, which is as high as a screen
    figure = specification_curve(robustness, current, margin=comparison.margin)
    show_chart(figure, key=CURVE_KEY, alt=sentence, on_select=select_clicked, selection_mode="points")
    header, rows = robustness.table(current)
    if rows:
        st.dataframe(
            pd.DataFrame(rows, columns=header),
            key="specification_table",
            alt="How often each model wins, by the values of each choice.",
            hide_index=True,
        )
    st.caption(" ".join(filter(None, [robustness.left_out, how_to_read(comparison.margin)])))
    left, right = st.columns([1, 1])
    with left:
        draw_csv_link(lambda: pd.DataFrame(robustness.numbers(current)), "ways_to_test", key="numbers_robustness")
    if rows:
        caption = " ".join(
            filter(None, [f"{get_context().dataset.name}, {ON_SUBSET[comparison.subset]}:", sentence, decides])
        )
        right.download_button(
            "Table, LaTeX", latex_table(header, rows, caption), "ways_to_test.tex", "text/plain",
            key="robustness_latex", on_click="ignore", type="tertiary", icon=":material/download:",
        )  # fmt: skip


def _draw_training(counted: CountedSpecifications, runs: Sequence[Run]) -> None:
    """Say how much is known, and draw the button that trains the rest, or how far that is."""
    show_failed(_TRAIN_KEY)
    found, robustness = counted.runs, counted.robustness
    train_if_asked(_TRAIN_KEY, (each.training_data for each in found.missing), lambda splits: _queue(found, splits))
    if fixed := [run.short_label for run in runs if not can_retrain(run)]:
        names = join_words(fixed)
        st.caption(escape(f"{names} cannot be trained here, so only how lists are scored varies."))
    if found.failed:
        st.caption(escape(f"{len(found.failed)} of the models ended without a result: {found.failed[0].message}"))
    if found.live:
        n_known = len(found.known)
        st.fragment(_draw_progress, run_every=_REFRESH_SECONDS)(runs, counted.grid, n_known)
        return
    missing = found.missing
    if not missing:
        return
    seconds = estimate_specification_seconds(found, n_at_once())
    count = "1 model" if len(missing) == 1 else f"{len(missing)} models"
    left, right = st.columns([3, 1.2], vertical_alignment="center")
    left.caption(
        f"{robustness.known} The others need models trained on other splits, from other seeds or with fewer people. "
        + escape(where_trained())
    )
    right.button(
        f"Train {count} (about {duration(max(1.0, seconds))})",
        key=_TRAIN_KEY,
        on_click=ask_for_training,
        args=(_TRAIN_KEY, get_context().split.fingerprint),
        width="stretch",
        help="Trains the pinned models, with their settings, in the background and replaces nothing. What is trained "
        "counts at once, and can be stopped and continued.",
    )


@error_boundary()
def _draw_progress(runs: Sequence[Run], grid: SpecificationGrid, n_known: int) -> None:
    """Draw how far the trainings are; the page is drawn again when one is complete and at the end."""
    with st.container():
        draw_trouble()
    found = find_specification_runs(store(), runs, grid)
    if not found.live or len(found.known) > n_known:
        st.rerun()
    n_all = len({each for wanted in found.wanted.values() for each in wanted})
    n_done = n_all - len(found.missing) - len(found.live)
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.progress(n_done / n_all, f"{n_done:,} of {n_all:,} models trained")
    right.button("Stop", key="stop_specifications", on_click=_stop, args=(runs, grid), width="stretch",
                 help="Finished models are kept. The rest can be trained later.")  # fmt: skip


def _queue(found: SpecificationRuns, splits: Mapping[TrainingData, Split]) -> list[int]:
    minutes = float(st.session_state.get(_MINUTES_KEY) or _MINUTES)
    return queue_specification_runs(store(), found, splits, deadline=deadline_after(minutes))


@error_boundary()
def _stop(runs: Sequence[Run], grid: SpecificationGrid) -> None:
    stop_sweep(store(), find_specification_runs(store(), runs, grid).live)


def _draw_choices(runs: Sequence[Run]) -> None:
    """Draw the widgets that choose the values of each choice, and the budget."""
    first, context = first_grid(runs), get_context()
    current = context.split.recipe

    def choose(label: str, field: str, options: Sequence, choice: str, help_text: str = "") -> None:
        st.multiselect(
            label,
            list(dict.fromkeys([*options, *getattr(first, field)])),
            default=list(getattr(first, field)),
            format_func=lambda value: value_label(choice, value, current),
            key=grid_key(field),
            persist_state="session",
            help=help_text or None,
        )

    left, right = st.columns(2)
    with left:
        choose("Metrics", "metrics", METRIC_CHOICES, "metric")
        choose("Conventions", "conventions", CONVENTION_CHOICES, "convention", _CONVENTIONS_HELP)
        choose("Lengths of the list, N", "cutoffs", _CUTOFFS, "k")
        base = context.dataset.relevance_threshold or 0
        if thresholds := [value for value in threshold_choices(context.dataset) if value > base]:
            choose("What counts as relevant", "thresholds", (None, *thresholds), "threshold", _THRESHOLD_HELP)
    with right:
        if not all(can_retrain(run) for run in runs):
            return
        choose("Splits", "splits", split_choices(context.dataset, current), "split")
        if any(run.recipe.is_stochastic for run in runs):
            choose("Seeds of training", "seed_offsets", _SEEDS, "seed_offset")
        if pruning := pruning_choices(context.split):
            choose("Whom models learn from", "min_ratings", (EVERYBODY, *pruning[::-1]), "min_ratings", _PRUNING_HELP)
        st.number_input("Maximum minutes", 0.1, 10_000.0, _MINUTES, format="%g", key=_MINUTES_KEY,
                        persist_state="session", help="After this time no new training starts.")  # fmt: skip
    st.caption("The current split, the seeds of the pinned models and what counts as relevant now are always included.")
