"""The comparison of pinned runs: cached between reruns, with the widgets that several views share."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import (
    evaluation_with_context,
    list_context_of,
    reference_models,
    reference_models_with_context,
    scored_evaluation,
)
from pages.shared.server import store
from pages.shared.widgets.remembered_select import remembered_select
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.verdicts import MARGIN
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.figures.on_page import SharedFigure
from recsys_core.metrics import METRICS, NEEDING_ALL_RANKS
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.parameters import Parameter
from recsys_core.store.compare_runs import compare_runs
from recsys_core.store.other_seeds import other_seeds
from recsys_core.store.run import Run
from recsys_core.store.tried_elsewhere import tried_elsewhere

MARGIN_KEY, CHALLENGER_KEY = "smallest_difference", "challenger"
SMALLEST_DIFFERENCE = Parameter(
    MARGIN_KEY,
    "Smallest difference that matters",
    round(100 * MARGIN),
    "In % of the reference's value: the baseline on this page, the best setting on What-if. A model is better or worse "
    "only if the whole interval lies beyond this difference, and practically the same only if the whole interval lies "
    "within it.",
    bounds=(0, 20),
)

_figures: WeakKeyDictionary[Comparison, dict[Hashable, SharedFigure]] = WeakKeyDictionary()


def get_comparison(
    runs: Sequence[Run], subset: str, *, metric: str = "ndcg", k: int = CUTOFF, margin: float
) -> Comparison:
    """Return the comparison of `runs` of the current split on a subset, the first as the baseline.

    The same object is returned until a run, another seed of a run or an argument changes, so that what is computed
    from it is computed once. It knows no properties of lists unless `metric` is one; see `with_list_properties`.
    """
    return _compare(runs, subset, metric, k, margin, knows_lists=METRICS[metric].kind == "list")


def with_list_properties(comparison: Comparison, runs: Sequence[Run]) -> Comparison:
    """Return the same comparison of `runs` with all properties of lists, for which large data take a while."""
    return _compare(runs, comparison.subset, comparison.metric, comparison.k, comparison.margin, knows_lists=True)


def references_of(comparison: Comparison) -> dict[str, Evaluation]:
    """Return the reference models, scored as the metric of the comparison needs them."""
    if METRICS[comparison.metric].kind == "list":
        return reference_models_with_context(comparison.subset)
    return reference_models(comparison.subset, all_ranks=comparison.metric in NEEDING_ALL_RANKS)


def _compare(runs: Sequence[Run], subset: str, metric: str, k: int, margin: float, *, knows_lists: bool) -> Comparison:
    scored = get_context().runs_with(subset)
    others = [other_seeds(store(), run, scored) for run in runs]
    compared = tuple((run.id, run.label, tuple((other.fingerprint, other.id) for other in seeds))
                     for run, seeds in zip(runs, others, strict=True))  # fmt: skip
    fingerprints = tuple(run.fingerprint for run in runs)
    # Models that learn again for the test were chosen on the split before.
    split = get_context().split
    tried = store().tried_runs(split.selection_fingerprint)
    elsewhere = tried_elsewhere(store(), split.data_fingerprint, split.selection_fingerprint)
    context = list_context_of(subset) if knows_lists else None  # not inside the cache, since it may draw a bar
    counts = len(tried), len(elsewhere)
    key = fingerprints, (compared, counts, get_context().dataset.description_key), subset, knows_lists
    return _judged_by(*key, metric, k, margin, lambda: _comparison(*key, list(runs), others, tried, elsewhere, context))


@st.cache_resource(max_entries=64, show_spinner=False)
def _judged_by(fingerprints, compared, subset, knows_lists, metric, k, margin, _comparison) -> Comparison:
    return _comparison().judged_by(metric, k, margin)


@st.cache_resource(max_entries=16, show_spinner=False)
def _comparison(
    fingerprints, compared, subset, knows_lists, _runs, _other_seeds, _tried, _tried_elsewhere, _context
) -> Comparison:
    def evaluation(run: Run) -> Evaluation:
        find = evaluation_with_context if knows_lists else scored_evaluation
        return find(run.fingerprint, run.id, subset)

    return compare_runs(
        _runs,
        evaluation,
        other_seeds=_other_seeds,
        context=_context,
        tried=_tried,
        tried_elsewhere=_tried_elsewhere,
    )


def figure_of(comparison: Comparison, name: Hashable, make: Callable[[], Any]) -> SharedFigure:
    """Return a figure of this comparison by its name, made once for all sessions that are shown the same object.

    All that `make` draws must follow from the comparison and the name.
    """
    figures = _figures.setdefault(comparison, {})
    if name not in figures:
        figures[name] = SharedFigure(make())
    return figures[name]


def chosen_margin() -> float:
    """Return the smallest difference that matters, as a share of the reference's mean, as chosen on Compare."""
    return st.session_state.get(MARGIN_KEY, SMALLEST_DIFFERENCE.default) / 100


def choose_challenger(comparison: Comparison, runs: Sequence[Run]) -> int | None:
    """Draw a select box of all models but the baseline, and return the index of the chosen one.

    At first that is the best of them. Without a second model, say so and return None.
    """
    if comparison.challenger is None:
        st.write("Pin a second model in the sidebar to compare.")
        return None
    indices = {run.id: index for index, run in enumerate(runs) if index}
    chosen = remembered_select(
        "Compare with the baseline",
        list(indices),
        key=CHALLENGER_KEY,
        default=runs[comparison.challenger].id,
        format_func=lambda run_id: comparison.labels[indices[run_id]],
        help="The baseline is the first of the pinned models.",
    )
    return indices[chosen]
