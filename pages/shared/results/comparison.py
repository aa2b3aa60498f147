"""What the person compares: the pinned runs, the subset of the split, the metric, the length of the list."""

from dataclasses import dataclass
from functools import cached_property

import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import evaluation_of
from pages.shared.widgets.remembered_select import remembered_select
from recsys_core.comparison.side_by_side import intervals_of, verdicts_of
from recsys_core.comparison.verdicts import MARGIN, Verdict
from recsys_core.evaluation.bootstrap import Interval
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.metrics.ranking import METRICS
from recsys_core.parameters import Parameter
from recsys_core.store.run import Run, all_but_seed, other_seeds

MARGIN_KEY = "smallest_difference"
SMALLEST_DIFFERENCE = Parameter(
    MARGIN_KEY,
    "Smallest difference that matters",
    round(100 * MARGIN),
    "In % of the reference's value: of the baseline here, of the best setting on What-if. A model is better or worse "
    "only where the whole interval lies beyond it, and practically the same where the whole interval lies within it.",
    bounds=(0, 20),
)


@dataclass(frozen=True, eq=False)
class Comparison:
    """`runs` has the baseline first; all were scored on the same `subset` of the current split."""

    runs: list[Run]
    subset: str
    metric: str
    k: int
    margin: float

    @property
    def title(self) -> str:
        """'NDCG@10'"""
        return METRICS[self.metric].title(self.k)

    @property
    def names(self) -> list[str]:
        return [run.label for run in self.runs]

    @cached_property
    def key(self) -> tuple:
        """What every number of this comparison depends on, but metric and k."""
        return self.subset, *((run.fingerprint, run.id) for run in self.runs)

    @cached_property
    def evaluations(self) -> list[Evaluation]:
        return [evaluation_of(run.fingerprint, run.id, self.subset) for run in self.runs]

    @cached_property
    def other_seeds(self) -> list[list[Run]]:
        """For each run those on this split that differ from it by nothing but the seed, one a seed."""
        scored = get_context().runs_with(self.subset)
        return [other_seeds(run, scored) for run in self.runs]

    @cached_property
    def verdicts(self) -> dict[tuple[int, int], Verdict]:
        """On all pairs, by their places."""
        return _verdicts(self.key, self.metric, self.k, self.margin, self.seed_key, self)

    @cached_property
    def seed_key(self) -> tuple:
        """What verdicts depend on beside `key`, metric, k and margin."""
        return tuple((run.fingerprint, run.id) for runs in self.other_seeds for run in runs)

    def known(self) -> dict:
        """What verdicts on the evaluations must know beside them."""
        evaluated = [[evaluation_of(run.fingerprint, run.id, self.subset) for run in runs] for runs in self.other_seeds]
        recipes = [all_but_seed(run) for run in self.runs]
        return dict(recipes=recipes, other_seeds=evaluated, margin=self.margin)

    def intervals(self, *others: str) -> dict[str, list[Interval]]:
        """By metric, the means of the runs with their intervals: of NDCG, MAP, the chosen metric and `others`."""
        metrics = tuple(dict.fromkeys(["ndcg", "map", self.metric, *others]))  # in one go: they share the resampling
        return _intervals(self.key, metrics, self.k, self)


@st.cache_resource(max_entries=256, show_spinner=False)
def _verdicts(key, metric, k, margin, seed_key, _comparison: Comparison):
    return verdicts_of(_comparison.evaluations, metric, k, **_comparison.known())


@st.cache_resource(max_entries=256, show_spinner=False)
def _intervals(key, metrics, k, _comparison: Comparison):
    return intervals_of(_comparison.evaluations, metrics, k)


def margin() -> float:
    """The smallest difference that matters, as a share of the reference's mean, as chosen on Compare."""
    return st.session_state.get(MARGIN_KEY, SMALLEST_DIFFERENCE.default) / 100


def short(run: Run) -> str:
    """What a run is called in running text, as '#3 BPR'."""
    return f"#{run.id} {run.recipe.label}"


def choose_challenger(comparison: Comparison) -> int | None:
    """The place of the run to hold against the baseline: at first the best of the others; None where there is none."""
    if len(comparison.runs) < 2:
        st.write("Pin a second model in the sidebar: it takes two to differ.")
        return None
    places = {run.id: place for place, run in enumerate(comparison.runs) if place}
    means = comparison.intervals()[comparison.metric]
    labels = {run.id: run.label for run in comparison.runs}
    chosen = remembered_select(
        "Compare with the baseline",
        list(places),
        key="challenger",
        default=max(places, key=lambda run_id: means[places[run_id]].mean),
        format_func=lambda run_id: labels[run_id],
        help="The baseline is the first of the pinned models. Instant.",
    )
    return places[chosen]
