"""The ways to test that Compare counts: which choices vary, what is trained of them, and what came of each."""

from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from pages.shared.beside import compute_beside, leave_place
from pages.shared.context import Context, get_context
from pages.shared.large_data import open_other_split
from pages.shared.results.cached import evaluation_of
from pages.shared.server import store
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.robustness import Outcome, Robustness, judge_specifications
from recsys_core.comparison.specifications import SpecificationGrid, Training, default_grid
from recsys_core.data.split import Split
from recsys_core.errors import InputError
from recsys_core.runner.judge_trainings import order_to_judge, outcomes_from_json
from recsys_core.runner.large_data import is_large
from recsys_core.runner.retrain import can_retrain
from recsys_core.runner.specification_runs import SpecificationRuns, compare_training, find_specification_runs
from recsys_core.runner.task import JUDGED, Task
from recsys_core.store.run import Run

GRID_KEYS = {
    "splits": "robust_splits",
    "seed_offsets": "robust_seeds",
    "min_ratings": "robust_pruning",
    "metrics": "robust_metrics",
    "conventions": "robust_conventions",
    "cutoffs": "robust_cutoffs",
    "thresholds": "robust_thresholds",
}
"""The widgets that choose the values of each choice, without the split that their keys end with."""


@dataclass(frozen=True, eq=False)
class CountedSpecifications:
    """The grid that was asked for, the runs of it that are there, and the outcomes that follow from them."""

    grid: SpecificationGrid
    runs: SpecificationRuns
    robustness: Robustness


def grid_key(field: str) -> str:
    """Return the key of the widget for a field of the grid: what can be chosen depends on data and split."""
    return f"{GRID_KEYS[field]}_{get_context().split.fingerprint}"


def first_grid(runs: Sequence[Run]) -> SpecificationGrid:
    """Return the grid before anybody has chosen; with a model that cannot be trained here, only the scoring varies."""
    context = get_context()
    varies_training = all(can_retrain(run) for run in runs)
    is_stochastic = any(run.recipe.is_stochastic for run in runs)
    return default_grid(context.dataset, context.split, varies_training=varies_training, is_stochastic=is_stochastic)


def chosen_grid(runs: Sequence[Run]) -> SpecificationGrid:
    """Return the grid that the widgets describe. Raises InputError where they describe none."""
    first = first_grid(runs)
    chosen: dict[str, Any] = {}
    for field in GRID_KEYS:
        values = st.session_state.get(grid_key(field))
        if values is not None and (field not in ("splits", "seed_offsets", "min_ratings") or len(first.trainings) > 1):
            chosen[field] = tuple(values)
    for field in ("splits", "seed_offsets", "min_ratings", "thresholds"):  # what is, always counts
        now = getattr(first, field)[0]
        chosen[field] = (now, *(value for value in chosen.get(field, getattr(first, field)) if value != now))
    return replace(first, **chosen)


def grid_or_none(runs: Sequence[Run]) -> SpecificationGrid | None:
    """Return the grid that the widgets describe, None where they describe none."""
    with suppress(InputError):
        return chosen_grid(runs)
    return None


def add_robustness(
    caption: str, comparison: Comparison, runs: Sequence[Run], grid: SpecificationGrid | None, context: Context
) -> str:
    """Return `caption` with the sentence on robustness, where it can be said; for a download, while nothing is drawn.

    `context` has the split of the comparison. A test of another split that nobody has opened is left out, and of large
    data what Robustness has not judged yet.
    """
    if len(comparison) < 2 or grid is None:
        return caption
    with suppress(InputError):
        found = find_specification_runs(store(), runs, grid)
        judged: list[list[Outcome]] = []
        for training in found.known:
            if not _is_unopened(training, comparison.subset, context.split):
                asked = found, training, grid, comparison.subset, comparison.margin
                at_hand = _at_hand(*asked)
                if at_hand is None and not is_large(context.dataset):
                    at_hand = _judge(*asked)
                judged.append(at_hand or [])
        if any(judged):
            robustness = Robustness.of(comparison.names, judged, grid)
            return " ".join(filter(None, [caption, robustness.sentence, robustness.known, robustness.left_out]))
    return caption


def count_specifications(comparison: Comparison, runs: Sequence[Run]) -> CountedSpecifications:
    """Judge every specification whose models are trained, with the margin and on the subset of `comparison`.

    Raises InputError where the widgets describe no grid.
    """
    grid = chosen_grid(runs)
    found = find_specification_runs(store(), runs, grid)
    for training in found.known:
        _count_reveal(training, comparison.subset)
    judged = outcomes_of(found, grid, comparison.subset, comparison.margin)
    return CountedSpecifications(grid, found, Robustness.of(comparison.names, judged.values(), grid))


class NotJudgedError(Exception):
    """A training has not been judged yet."""


def outcomes_of(
    found: SpecificationRuns, grid: SpecificationGrid, subset: str, margin: float
) -> dict[Training, list[Outcome]]:
    """Return the outcomes of every known training; [] where one of its models has no score."""
    at_hand = {each: _at_hand(found, each, grid, subset, margin) for each in found.known}
    missing = {each: runs for each, runs in found.known.items() if at_hand[each] is None}
    context = get_context()
    if not is_large(context.dataset):
        made = {each: _judge(found, each, grid, subset, margin) for each in missing}
    elif missing:
        order = order_to_judge(missing, found.chosen, grid, margin)
        made = compute_beside(
            Task(JUDGED, context.dataset.fingerprint, context.split.recipe, subset, order=order),
            "Judging the ways to test",
            lambda _, judged: outcomes_from_json(judged, grid),
            keeps=False,
        )
    else:
        leave_place()
        made = {}
    for each, outcomes in made.items():
        _outcomes(_depends_on(found, each, grid, subset, margin), outcomes)
    return {each: made.get(each, at_hand[each]) or [] for each in found.known}


def _at_hand(
    found: SpecificationRuns, training: Training, grid: SpecificationGrid, subset: str, margin: float
) -> list[Outcome] | None:
    """Return the outcomes of a known training that some session has judged already, None for another."""
    try:
        return _outcomes(_depends_on(found, training, grid, subset, margin), None)
    except NotJudgedError:
        return None


def _judge(
    found: SpecificationRuns, training: Training, grid: SpecificationGrid, subset: str, margin: float
) -> list[Outcome]:
    comparison = comparison_of(found, training, subset)
    if comparison is None:
        return []
    return list(judge_specifications(comparison, grid.of_training(training), margin=margin))


def _depends_on(
    found: SpecificationRuns, training: Training, grid: SpecificationGrid, subset: str, margin: float
) -> tuple[Hashable, ...]:
    runs = tuple((run.fingerprint, run.id) for run in found.known[training])
    scoring = grid.measures, grid.cutoffs, grid.thresholds
    return runs, tuple(run.label for run in found.chosen), scoring, training, subset, margin


@st.cache_resource(max_entries=512, show_spinner=False)
def _outcomes(depends_on: tuple[Hashable, ...], _made: list[Outcome] | None) -> list[Outcome]:
    if _made is None:
        raise NotJudgedError
    return _made


def comparison_of(found: SpecificationRuns, training: Training, subset: str) -> Comparison | None:
    """Return the comparison of the models of one training; None where one has no score."""
    runs = found.known[training]
    return compare_training(runs, found.chosen, lambda run: evaluation_of(run.fingerprint, run.id, subset))


def _count_reveal(training: Training, subset: str) -> None:
    """Count the sealed test of another split as opened, once it is counted beside that of the current one."""
    here = get_context().split
    if here.is_sealed(subset):
        open_other_split(training.split)  # so that large data are split beside the server
    if _is_unopened(training, subset, here):
        split = store().split(here.data_fingerprint, training.split)
        store().reveal_test(split.selection_fingerprint)


def _is_unopened(training: Training, subset: str, here: Split) -> bool:
    """Return whether the training is on another split than `here`, of whose test nobody has seen a number yet."""
    if training.split == here.recipe or not here.is_sealed(subset):
        return False
    split = store().split(here.data_fingerprint, training.split)
    return split.is_sealed(subset) and not store().n_reveals(split.selection_fingerprint)
